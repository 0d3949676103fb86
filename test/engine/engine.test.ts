import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Bench } from "./support/bench";

const programs = ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];

const downloads = `
  const { mkdirSync, writeFileSync } = require("node:fs");
  const bin = process.env.PULUMI_HOME + "/versions/" + process.env.PULUMI_VERSION + "/bin";
  mkdirSync(bin, { recursive: true });
  for (const name of ${JSON.stringify(programs)})
    writeFileSync(bin + "/" + name, "#!/bin/sh\\necho v" + process.env.PULUMI_VERSION, { mode: 0o755 });`;

describe("tools/engine", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => bench.close());

  it("takes a pulumi on PATH that is new enough, and looks no further", async () => {
    bench.pulumi("v3.200.1");
    bench.go("v3.259.0");
    const { code, folder, said } = await bench.run();
    equal(code, 0);
    equal(folder, bench.bin);
    match(said, /pulumi 3\.200\.1, installed at /);
    deepEqual(bench.calls("go"), []);
    deepEqual(bench.kept(), []);
  });

  for (const [what, version, says] of [
    ["is too old", "v3.149.9", /on PATH: .*pulumi: 3\.149\.9 is older than 3\.150\.0/],
    ["is a build without a version", "", /on PATH: .*pulumi: `pulumi version` says nothing/],
  ] as const) {
    it(`passes over a pulumi on PATH that ${what}, and says so`, async () => {
      bench.pulumi(version);
      bench.go("v3.259.0");
      const { code, folder, said } = await bench.run();
      equal(code, 0);
      notEqual(folder, bench.bin);
      match(said, says);
    });
  }

  it("adds to an installed pulumi what is not beside it, in a folder of its own", async () => {
    bench.pulumi("v3.200.1", { alone: true });
    bench.go("v3.68.0");
    const { folder } = await bench.run();
    deepEqual(readdirSync(folder).sort(), programs);
    deepEqual(readdirSync(bench.bin).sort(), ["go", "pulumi"]);
    const built = bench.calls("go").length;
    equal((await bench.run()).folder, folder);
    equal(bench.calls("go").length, built);
  });

  it("takes the release of the npm package, and the next time the kept one without npm", async () => {
    bench.npm(downloads);
    bench.go("v3.259.0");
    const first = await bench.run();
    deepEqual(readdirSync(first.folder).sort(), programs);
    match(first.said, /the release that the npm package pulumi downloads/);
    const second = await bench.run();
    equal(second.folder, first.folder);
    match(second.said, /pulumi 3\.259\.0, kept in/);
    equal(bench.calls("npm").length, 1);
    deepEqual(bench.calls("go"), []);
  });

  it("builds with Go where npm has no package or the package cannot download, says each cause in a line", async () => {
    bench.program("npm", "echo 'npm error network offline' >&2; exit 1");
    bench.go("v3.259.0");
    const { said } = await bench.run();
    match(said, /^engine: by the npm package pulumi: npm cannot install it: network offline$/m);
    match(said, /^engine: pulumi 3\.259\.0, built with Go$/m);

    rmSync(bench.cache, { recursive: true });
    bench.npm(`console.error("Downloading"); console.error("pulumi: fetch failed"); process.exit(1);`);
    const again = await bench.run();
    match(
      again.said,
      /^engine: by the npm package pulumi: its download of the release fails: pulumi: fetch failed$/m,
    );
    match(again.said, /^engine: pulumi 3\.259\.0, built with Go$/m);
  });

  it("needs neither npm nor Go for what it keeps", async () => {
    bench.go("v3.259.0");
    const { folder } = await bench.run();
    rmSync(join(bench.bin, "go"));
    const again = await bench.run();
    equal(again.code, 0);
    equal(again.folder, folder);
  });

  it("says what to install where there is no way", async () => {
    const { code, folder, said } = await bench.run();
    equal(code, 1);
    equal(folder, "");
    match(said, /built with Go: no go here\nengine: no usable pulumi: install Pulumi .* or Go .*\n$/);
  });

  for (const [what, harm] of [
    ["lacks a program", (folder: string) => rmSync(join(folder, "pulumi-language-nodejs"))],
    ["holds an empty program", (folder: string) => truncateSync(join(folder, "pulumi"))],
    ["holds a program that is cut off", (folder: string) => truncateSync(join(folder, "pulumi"), 12)],
  ] as const) {
    it(`makes a kept engine anew that ${what}`, async () => {
      bench.go("v3.259.0");
      const { folder } = await bench.run();
      const whole = readFileSync(join(folder, "pulumi"), "utf8");
      harm(folder);
      const again = await bench.run();
      match(again.said, /built with Go$/m);
      equal(again.folder, folder);
      deepEqual(readdirSync(folder).sort(), programs);
      equal(readFileSync(join(folder, "pulumi"), "utf8"), whole);
      equal(bench.kept().length, 1);
    });
  }

  it("keeps nothing of a build whose pulumi does not answer with its version", async () => {
    bench.go("v3.1.0");
    const { code, said } = await bench.run();
    equal(code, 1);
    match(said, /built with Go: what was built does not run/);
    deepEqual(bench.kept(), []);
  });

  it("recovers from a build that was killed", async () => {
    bench.go("v3.259.0", 60);
    const killed = bench.start();
    while (bench.calls("go").length < 2) await sleep(20);
    killed.kill();
    await killed.found;
    notEqual(bench.kept().length, 0);

    bench.go("v3.259.0");
    const { code, folder } = await bench.run();
    equal(code, 0);
    deepEqual(readdirSync(folder).sort(), programs);
    equal(bench.kept().length, 1);
  });

  it("builds once for two that ask at the same time", async () => {
    bench.go("v3.259.0", 1);
    const [one, other] = await Promise.all([bench.run(), bench.run()]);
    equal(one.code, 0);
    equal(other.code, 0);
    equal(one.folder, other.folder);
    equal(bench.calls("go").filter((call) => call.startsWith("go build")).length, 2); // The CLI and its language host.
  });
});
