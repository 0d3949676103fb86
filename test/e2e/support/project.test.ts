import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openProject, type Project } from ".";

const program = `
  const pulumi = require("@pulumi/pulumi");
  const provider = "exports.handler = () => ({ create: async (inputs) => ({ id: 'made', outs: { ...inputs, seen: {" +
    "resolved: require.resolve('pulumi-keymgmt/dynamic'), node: process.version, home: process.env.HOME," +
    "names: Object.keys(process.env).filter((name) => /^AWS_/.test(name)).sort() } } }) });";
  class Seen extends pulumi.CustomResource {
    constructor(name) {
      super("pulumi-nodejs:dynamic/e2e:Seen", name, { seen: undefined, __provider: provider });
    }
  }
  exports.seen = new Seen("seen").seen;
  exports.tag = new pulumi.Config().require("tag");
  exports.hidden = new pulumi.Config().requireSecret("hidden");
`;

describe("openProject", function () {
  this.timeout(120_000);
  let project: Project;

  before(async () => {
    process.env.AWS_PROFILE = "of-the-machine";
    const config = { tag: "a b=c", hidden: { secret: "planted" } };
    project = await openProject({ program, config, env: { AWS_REGION: "eu-west-1" } });
    delete process.env.AWS_PROFILE;
  });

  after(() => project?.close());

  it("runs a program whose provider finds this package, in a scrubbed environment, on this Node", async () => {
    const { stdout } = await project.up();
    match(stdout, /\+ 2 created/);
    const { json } = await project.stackOutput({ showSecrets: true });
    equal(json.tag, "a b=c");
    equal(json.hidden, "planted");
    match(json.seen.resolved, /provider[/\\]dynamic\.js$/);
    equal(json.seen.node, process.version);
    equal(json.seen.home, project.folder.home);
    deepEqual(json.seen.names, ["AWS_EC2_METADATA_DISABLED", "AWS_REGION"]);
  });

  it("keeps secrets out of what it exports, and shows them when asked", async () => {
    equal(JSON.stringify((await project.stackExport()).json).includes("planted"), false);
    equal(JSON.stringify((await project.stackExport({ showSecrets: true })).json).includes("planted"), true);
  });

  it("previews as JSON, with the program as it now is", async () => {
    await project.setProgram(program.replace('new Seen("seen")', 'new Seen("other")'));
    const { json } = await project.preview({ json: true });
    deepEqual(
      json.steps.map(({ op }: { op: string }) => op),
      ["same", "create", "delete"],
    );
  });

  it("throws with what was printed where a command ends otherwise than expected", async () => {
    await project.setProgram(
      program.replace("create: async", "check: async () => { throw new Error('on purpose') }, create: async"),
    );
    await rejects(project.preview(), /pulumi preview .* ended with 1\n.*on purpose/s);
    match((await project.preview({ fails: true })).stdout, /on purpose/);
    await project.setProgram(program);
    await rejects(project.preview({ fails: true }), /ended with 0/);
  });

  it("ends a command that takes too long, with all that it started", async () => {
    const beats = join(project.folder.root, "beats");
    await project.setProgram(
      `setInterval(() => require("fs").appendFileSync(${JSON.stringify(beats)}, "."), 50);`,
    );
    await rejects(project.preview({ seconds: 4 }), /pulumi preview not done after 4 s/);
    const { length } = await readFile(beats);
    await sleep(300);
    equal((await readFile(beats)).length, length);
  });

  it("destroys, and leaves nothing behind when it is closed", async () => {
    await project.destroy();
    await project.close();
    equal(existsSync(project.folder.root), false);
  });
});
