const { appendFileSync } = require("node:fs");
const { reporters } = require("mocha");

/**
 * Mocha's "spec", which then lists what was skipped (the names say why) and closes with one line of counts.
 *
 * Where KEYMGMT_COUNTS names a file the line goes there instead, for whoever adds up several runs.
 */
module.exports = class Reporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    this.skipped = [];
    runner.on("pending", (test) => this.skipped.push(test.fullTitle()));
    runner.once("end", () => this.close());
  }

  close() {
    for (const title of this.skipped) console.log(`skipped: ${title}`);
    const { passes, failures } = this.stats;
    const counts = `${passes} passed, ${failures} failed, ${this.skipped.length} skipped`;
    const file = process.env.KEYMGMT_COUNTS;
    if (file) appendFileSync(file, `${counts}\n`);
    else console.log(counts);
  }
};
