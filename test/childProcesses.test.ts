import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AES_256 } from "../provider/keys/keyTypes";
import { readKey } from "../provider/keys/readReference";
import { findCredentials } from "../provider/kms/credentials/credentials";
import { keymgmt } from "./cli/support";
import { setEnvironment } from "./provider/kms/loopback";

const CHECKOUT = join(__dirname, "..");

/** What the parent has; `PATH` and the like come to it. */
const ENVIRONMENT = {
  AWS_SECRET_ACCESS_KEY: "a-secret-key",
  PULUMI_CONFIG_PASSPHRASE: "a-passphrase",
  PULUMI_ACCESS_TOKEN: "a-token",
  PULUMI_ROOT: "a root key whose owner keeps it from commands",
  ROOT: "another root key",
};

/** docs/security.md names every program that is started, and what it is given. */
describe("a program that is started", () => {
  let folder: string;
  let restore: () => void;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keymgmt-children-"));
    restore = setEnvironment(ENVIRONMENT);
  });
  afterEach(async () => {
    restore();
    await rm(folder, { recursive: true });
  });

  /** A program that notes its arguments and the names in its environment, and prints a text. */
  async function program(name: string, prints: string): Promise<string> {
    const note = `require("fs").writeFileSync(${JSON.stringify(join(folder, "noted"))}, JSON.stringify({ argv: process.argv.slice(2), names: Object.keys(process.env) }));`;
    await writeFile(
      join(folder, name),
      `#!${process.execPath}\n${note}\nconsole.log(${JSON.stringify(prints)});\n`,
    );
    await chmod(join(folder, name), 0o700);
    return join(folder, name);
  }
  const noted = async (): Promise<{ argv: string[]; given: string[] }> => {
    const { argv, names } = JSON.parse(await readFile(join(folder, "noted"), "utf8"));
    return { argv, given: Object.keys(ENVIRONMENT).filter((name) => names.includes(name)) };
  };

  it("for an exec: reference has nothing of Pulumi's in its environment", async () => {
    const command = await program("get", randomBytes(32).toString("base64"));
    await readKey(AES_256, `exec:${command} orders 7`, "the material", assert.fail);
    assert.deepEqual(await noted(), { argv: ["orders", "7"], given: ["AWS_SECRET_ACCESS_KEY", "ROOT"] });
  });

  it("for a profile's credential_process has the whole environment, as the AWS SDK gives it", async () => {
    const keys = { Version: 1, AccessKeyId: "A", SecretAccessKey: "s" };
    const command = await program("keys", JSON.stringify(keys));
    process.env.AWS_CONFIG_FILE = join(folder, "config");
    await writeFile(process.env.AWS_CONFIG_FILE, `[profile ops]\ncredential_process = ${command} login\n`);
    const connection = { keyCollection: "us-west-1", profile: "ops" };
    const { provider } = await findCredentials(connection, { connectMs: 1_000, requestMs: 1_000 });
    assert.equal((await provider()).accessKeyId, "A");
    assert.deepEqual(await noted(), { argv: ["login"], given: Object.keys(ENVIRONMENT) });
  });

  it("as `pulumi` has the whole environment, which its backend and secrets provider need, and exports no secrets", async () => {
    await program("pulumi", JSON.stringify({ deployment: { resources: [] } }));
    const { code, stderr } = await keymgmt(["status", "--offline"], {
      env: { ...ENVIRONMENT, PATH: folder },
    });
    assert.equal(code, 0, stderr);
    const argv = ["stack", "export", "--non-interactive"];
    assert.deepEqual(await noted(), { argv, given: Object.keys(ENVIRONMENT) });
  });

  it("is started in these places alone", () => {
    const starts = [
      "grep",
      "-rlE",
      "node:child_process|node:cluster",
      "cli",
      "local-kms/src",
      "provider",
      "sdk",
    ] as const;
    const files = execFileSync(starts[0], starts.slice(1), { cwd: CHECKOUT, encoding: "utf8" });
    assert.deepEqual(files.trim().split("\n").sort(), ["cli/state/pulumi.ts", "provider/content.ts"]);
  });
});
