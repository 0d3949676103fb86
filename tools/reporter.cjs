const { appendFileSync } = require("node:fs");
const { reporters } = require("mocha");

/**
 * Mocha's "spec", which then lists what was skipped (the names say why) and closes with one line of counts.
 *
 * Where KEYMGMT_COUNTS names a file the line goes there instead, for whoever adds up several runs. Before it the file has what failed and why,
 * each line indented.
 */
module.exports = class Reporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    this.skipped = [];
    this.failed = [];
    runner.on("fail", (test, error) =>
      this.failed.push(`failed: ${test.fullTitle()}\n${error.stack ?? error}`),
    );
    runner.on("pending", (test) => this.skipped.push(test.fullTitle()));
    runner.once("end", () => this.close());
  }

  close() {
    for (const title of this.skipped) console.log(`skipped: ${title}`);
    const { passes, failures } = this.stats;
    const counts = `${passes} passed, ${failures} failed, ${this.skipped.length} skipped`;
    const file = process.env.KEYMGMT_COUNTS;
    const failed = this.failed.map((text) => `${text.replace(/^/gm, "  ")}\n`).join("");
    if (file) appendFileSync(file, `${failed}${counts}\n`);
    else console.log(counts);
  }
};
