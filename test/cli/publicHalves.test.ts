/** `keymgmt export --public`: from a state whose secrets are encrypted, without anything that opens them. */
import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fingerprintOf, publicPem } from "../../provider/keys/privateKeys/publicKeys";
import { setEnvironment } from "../provider/kms/loopback";
import { temporaryFolder } from "../temporaryFolders";
import { exportOf, fileOf, keymgmt, useCommand } from "./support";

describe("keymgmt export --public", function () {
  this.timeout(60_000);
  const { program } = useCommand();
  let restore: () => void;
  beforeEach(() => {
    restore = setEnvironment({ ROOT: randomBytes(32).toString("base64") });
  });
  afterEach(() => restore());

  const up = (type: string, trigger = "a", more = {}) =>
    program.up({ key: { type, keystore: "env://ROOT", rotationTrigger: trigger, ...more } });
  const state = () => fileOf(exportOf(program));
  const exported = async (...args: string[]) =>
    keymgmt(["export", "--key", "orders", "--public", "--state", await state(), ...args]);
  const pemsOf = (first = 0) =>
    (program.outputs("key").versions as { publicKey: string }[]).slice(first).map((one) => one.publicKey);

  for (const type of ["rsa-2048", "ecdsa-p256", "ecdsa-p384"])
    it(`of a key of type ${type}: the enabled versions, as the output \`jwks\` has them, or in PEM`, async () => {
      await up(type);
      await up(type, "b");
      const set = await exported();
      assert.deepEqual([set.code, set.stderr], [0, ""]);
      assert.equal(set.stdout, `${program.outputs("key").jwks}\n`);
      const pem = await exported("--format", "pem");
      assert.deepEqual(pem, { code: 0, stdout: pemsOf().join(""), stderr: "" });
      await up(type, "b", { minEnabledVersion: 2 });
      assert.equal((await exported("--format", "pem")).stdout, pemsOf(1).join(""));
      const [half] = JSON.parse((await exported()).stdout).keys;
      assert.ok(createPublicKey({ key: half, format: "jwk" }).equals(createPublicKey(pemsOf(1)[0]!)));
    });

  it("into a file, which it replaces only with --force, and without a secret of the state", async () => {
    await up("ecdsa-p384");
    const out = join(await temporaryFolder(), "jwks.json");
    const { code, stdout, stderr } = await exported("--out", out);
    assert.deepEqual([code, stdout], [0, ""]);
    assert.match(stderr, /^Written to .*jwks\.json: 1 public key of "orders", and no secret\.$/m);
    assert.equal(await readFile(out, "utf8"), `${program.outputs("key").jwks}\n`);
    await writeFile(out, "theirs");
    const again = await exported("--out", out);
    assert.deepEqual([again.code, await readFile(out, "utf8")], [1, "theirs"]);
    assert.match(again.stderr, /with --force; .*jwks\.json cannot be written \(EEXIST\)/);
    assert.equal((await exported("--out", out, "--force")).code, 0);
    assert.equal(await readFile(out, "utf8"), `${program.outputs("key").jwks}\n`);
  });

  it("of a stack, whose secrets `pulumi` does not open", async () => {
    await up("ecdsa-p256");
    const PATH = await temporaryFolder();
    const script = `#!/bin/sh\ncase "$*" in *--show-secrets*) exit 1;; esac\nexec /bin/cat ${await state()}\n`;
    await writeFile(join(PATH, "pulumi"), script, { mode: 0o755 });
    const { code, stdout, stderr } = await keymgmt(
      ["export", "--key", "orders", "--public", "--stack", "dev"],
      { env: { PATH } },
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `${program.outputs("key").jwks}\n`);
  });

  for (const type of ["aes256-gcm96", "hmac-sha256"])
    it(`refuses a key of type ${type}, and says what to do`, async () => {
      await up(type);
      const { code, stdout, stderr } = await exported();
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(
        stderr,
        new RegExp(`"orders" is of type ${type}, and a symmetric key has no public half\\.`),
      );
      assert.match(stderr.replaceAll(/\s+/g, " "), /give --passphrase or --recipient in place of --public/);
    });

  it("refuses a state in which another public key was put in", async () => {
    await up("ecdsa-p384");
    await up("ecdsa-p384", "b");
    const versions = program.outputs("key").versions as { publicKey: string }[];
    versions[0]!.publicKey = versions[1]!.publicKey;
    const { code, stdout, stderr } = await exported();
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr.replaceAll(/\s+/g, " "), /Expected version 1 of "orders" in .* Nothing was written/);
  });

  it("refuses a state in which a key of another type was put in, with its fingerprint", async () => {
    await up("ecdsa-p384");
    const [version] = program.outputs("key").versions as { publicKey: string; fingerprint: string }[];
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    version!.publicKey = publicPem(publicKey);
    version!.fingerprint = fingerprintOf(publicKey);
    const { code, stdout, stderr } = await exported();
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(
      stderr.replaceAll(/\s+/g, " "),
      /to have a public key of type ecdsa-p384 and its fingerprint/,
    );
  });

  it("refuses what belongs to a backup, and a form without --public", async () => {
    await up("ecdsa-p384");
    for (const args of [
      ["--passphrase", "env://ROOT"],
      ["--recipient", "owner.pem"],
      ["--keystore", "env://ROOT"],
    ])
      assert.match((await exported(...args)).stderr, new RegExp(`Expected --public without ${args[0]}`));
    const alone = await keymgmt(["export", "--key", "orders", "--out", "-", "--format", "pem"]);
    assert.deepEqual([alone.code, alone.stdout], [2, ""]);
    assert.match(alone.stderr, /Expected --format with --public/);
  });
});
