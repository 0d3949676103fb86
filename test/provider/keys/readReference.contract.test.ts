import assert from "node:assert/strict";
import childProcess from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sinon from "sinon";
import { isKeymgmtError } from "../../../provider/errors";
import { keyCheckValue } from "../../../provider/keys/keyCheckValue";
import { AES_256 } from "../../../provider/keys/keyTypes";
import { readKey, readKnownKey, readSecret } from "../../../provider/keys/readReference";
import {
  isReference,
  namesEachVersion,
  referenceMistakes,
  referenceTo,
} from "../../../provider/keys/reference";
import { sayOnce } from "../../../provider/say";
import { setEnvironment } from "../kms/loopback";

const said: string[] = [];
const say = sayOnce((line) => said.push(line));
const read = (reference: string) => readKey(AES_256, reference, "the material", say);

/** The sentence that a reading is refused with. */
async function refusal(reading: Promise<Buffer>): Promise<string> {
  try {
    await reading;
  } catch (error) {
    assert.ok(isKeymgmtError(error, "KeystoreUnavailable"), String(error));
    assert.equal(error.cause, undefined, "a cause may hold what was read");
    return error.message;
  }
  assert.fail("it was read");
}

describe("a reference to material", () => {
  const material = randomBytes(32);
  let folder: string;
  let restore: () => void;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keymgmt-"));
    restore = setEnvironment({ ORDERS_1: material.toString("hex"), PULUMI_CONFIG_PASSPHRASE: "passphrase" });
  });
  afterEach(async () => {
    sinon.restore();
    restore();
    await rm(folder, { recursive: true });
  });

  const file = async (name: string, text: string | Buffer) => {
    await writeFile(join(folder, name), text);
    return pathToFileURL(join(folder, name)).href;
  };
  const script = async (text: string) => {
    const path = join(folder, "command");
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o700);
    return `exec:${path}`;
  };

  it("names an environment variable, a file or a command, and tells itself from material", () => {
    for (const text of ["env://A", "file:///a", "exec:a"]) assert.ok(isReference(text), text);
    for (const text of ["", "a", material.toString("base64"), "http://a", undefined, 5])
      assert.ok(!isReference(text), String(text));
  });

  it("may hold a version's number, as often as it likes", () => {
    assert.equal(referenceTo(12, "exec:get v{version} {version}"), "exec:get v12 12");
    assert.ok(namesEachVersion("env://ORDERS_{version}"));
    assert.ok(!namesEachVersion("env://ORDERS_1"));
    assert.ok(!namesEachVersion("{version}"));
  });

  for (const wrong of [
    "env:A",
    "env://",
    "env://A-B",
    "env://1A",
    `env://${"A1".repeat(32)}`,
    `env://${Buffer.alloc(32, "0123456789").toString("base64")}`,
    "file:a",
    "file://host/a",
    "exec:",
    "exec: ",
  ])
    it(`is refused as "${wrong}", and not shown, as it may hold the key itself`, () => {
      const [mistake, ...more] = referenceMistakes(wrong, "`material`");
      assert.equal(
        mistake,
        'Expected `material` to be env://NAME, file:///path (absolute) or "exec:command argument …"; what came is none of them, and is not shown here in case it holds a key.',
      );
      assert.deepEqual(more, []);
    });

  it("reads a variable, a file and what a command prints, in each form that material has", async () => {
    assert.deepEqual(await read("env://ORDERS_1"), material);
    assert.deepEqual(await read(await file("a b", `${material.toString("base64")}\n`)), material);
    const jwk = await file("jwk", JSON.stringify({ kty: "oct", k: material.toString("base64url") }));
    assert.deepEqual(await read(jwk), material);
    const command = await script(`test "$1 $2" = "orders 7" && echo ${material.toString("base64")}`);
    assert.deepEqual(await read(`${command}  orders 7`), material);
  });

  it("reads a key's 32 bytes as they are from a file and a command, as `openssl rand` makes them", async () => {
    const path = join(folder, "PlaintextKeyMaterial.bin");
    childProcess.execFileSync("openssl", ["rand", "-out", path, "32"]);
    const bytes = await readFile(path);
    assert.deepEqual(await read(pathToFileURL(path).href), bytes);
    assert.deepEqual(await read(`exec:cat ${path}`), bytes);
    const hex = childProcess.execFileSync("od", ["-An", "-v", "-tx1", path]);
    assert.deepEqual(await read(await file("hex", hex)), bytes);
    const line = Buffer.concat([bytes, Buffer.from("\n")]);
    assert.match(await refusal(read(await file("line", line))), /an end of line among them/);
  });

  it("takes no raw bytes from a variable, in which they do not arrive as they are", async () => {
    // Valid in UTF-8, so that they do arrive here.
    process.env.ORDERS_1 = "\u0001\u0002".repeat(16);
    assert.equal(
      await refusal(read("env://ORDERS_1")),
      "Expected the material from env://ORDERS_1 to be 32 bytes in base64, hex or a JWK; what came is none of them.",
    );
  });

  it("gives a secret text as it is, whatever its length and bytes", async () => {
    for (const text of ["x".repeat(32), "\u0001".repeat(32), "ab\ncd ", " ab", "\ufeffab"]) {
      assert.equal(await readSecret(await file("pin", `${text}\n`), "the PIN", say), text);
      assert.equal(await readSecret(`exec:cat ${join(folder, "pin")}`, "the PIN", say), text);
    }
  });

  it("says why nothing is there", async () => {
    assert.equal(
      await refusal(read("env://ORDERS_2")),
      "Expected the material from env://ORDERS_2; the environment has no such variable.",
    );
    assert.equal(
      await refusal(read(`file://${folder}/none`)),
      `Expected the material from file://${folder}/none; the file cannot be read (ENOENT).`,
    );
    assert.match(await refusal(read("exec:/no/such/command")), /; the command failed with ENOENT\.$/);
  });

  it("warns once of a file that others can read, where a link leads too", async () => {
    if (process.platform === "win32") return;
    const path = join(folder, "key");
    await writeFile(path, material.toString("hex"));
    await symlink(path, join(folder, "link"));
    const warnings = async (mode: number, name: string) => {
      await chmod(path, mode);
      said.length = 0;
      const once = sayOnce((line) => said.push(line));
      for (const what of ["the root key", "the material"])
        await readKey(AES_256, pathToFileURL(join(folder, name)).href, what, once);
      return said;
    };
    for (const mode of [0o600, 0o400, 0o711, 0o622]) assert.deepEqual(await warnings(mode, "key"), []);
    for (const [mode, name] of [
      [0o644, "key"],
      [0o640, "link"],
      [0o604, "key"],
    ] as const)
      assert.deepEqual(await warnings(mode, name), [
        `keymgmt: others than its owner can read ${join(folder, name)}, which holds a secret: its mode is 0${mode.toString(8)}. Run: chmod 600 ${join(folder, name)}`,
      ]);
  });

  it("shows nothing of what a command prints", async () => {
    const secret = material.toString("base64");
    const message = await refusal(read(await script(`echo ${secret}; echo ${secret} >&2; exit 3`)));
    assert.match(message, /; the command failed with 3\.$/);
    assert.ok(!message.includes(secret));
    const weak = await refusal(read(await script("echo correct horse")));
    assert.match(weak, /what came is none of them\.$/);
    assert.ok(!weak.includes("horse"));
  });

  it("gives a command no secret of Pulumi's, and no shell", async () => {
    const command = await script(
      `test -z "$PULUMI_CONFIG_PASSPHRASE" && test "$1" = '$HOME;' && echo "$ORDERS_1"`,
    );
    assert.deepEqual(await read(`${command} $HOME;`), material);
  });

  it("ends a command that prints without end, or takes more than 30 seconds", async () => {
    assert.match(
      await refusal(read("exec:yes")),
      /; the command failed with ERR_CHILD_PROCESS_STDIO_MAXBUFFER\.$/,
    );
    const ran = sinon
      .stub(childProcess, "execFile")
      .yields(Object.assign(new Error("ended"), { killed: true }));
    assert.match(await refusal(read("exec:sleep 60")), /; the command was ended after 30 seconds\.$/);
    const { timeout, killSignal } = ran.firstCall.args[2] as { timeout: number; killSignal: string };
    assert.deepEqual([timeout, killSignal], [30_000, "SIGKILL"]);
  });

  it("refuses another key than the one that is known by its key check value, and shows neither", async () => {
    const kcv = keyCheckValue(material);
    assert.deepEqual(await readKnownKey(AES_256, { kcv }, "env://ORDERS_1", "the material", say), material);
    const wrong = { kcv: "0123456789" };
    const message = await refusal(readKnownKey(AES_256, wrong, "env://ORDERS_1", "the material", say));
    assert.equal(
      message,
      `Expected the material from env://ORDERS_1, with key check value 0123456789; what came has key check value ${kcv}, not 0123456789. Put the right one there; nothing was changed.`,
    );
  });
});
