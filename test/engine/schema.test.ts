import { equal, match } from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkout, engineFolder } from "../../tools/toolchain";
import { command } from "../e2e/support/command";

describe("schema.json and Pulumi's schema binder", () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "keymgmt-schema-"));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function check(file: string) {
    const env = { HOME: folder, PATH: process.env.PATH!, PULUMI_SKIP_UPDATE_CHECK: "true" };
    const pulumi = join(await engineFolder(), "pulumi");
    return command(pulumi, ["schema", "check", file, "--color", "never"], { cwd: folder, env, seconds: 30 });
  }

  it("binds", async () => {
    const { exitCode, stderr } = await check(join(checkout, "schema.json"));
    equal(stderr, "");
    equal(exitCode, 0);
  });

  it("is refused with a type that is none and with a reference to nothing", async () => {
    const schema = JSON.parse(await readFile(join(checkout, "schema.json"), "utf8"));
    const [token] = Object.keys(schema.resources);
    schema.resources[token!].inputProperties.broken = { type: "strin" };
    schema.resources[token!].inputProperties.dangling = { $ref: "#/types/keymgmt:index:Nothing" };
    const file = join(folder, "broken.json");
    await writeFile(file, JSON.stringify(schema));
    const { exitCode, stdout, stderr } = await check(file);
    equal(exitCode, 1);
    match(stdout + stderr, /broken.*unknown type kind strin/);
    match(stdout + stderr, /dangling.*keymgmt:index:Nothing not found/);
  });
});
