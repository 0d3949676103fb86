import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../../../temporaryFolders";
import { HOME, useScene } from "../../../world/scene";

const PASSPHRASE = "correct horse battery staple";

function encrypted(key: KeyObject, passphrase = PASSPHRASE): string {
  return key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase }).toString();
}

describe("an encrypted private key as `material`", function () {
  this.timeout(60_000);
  const { scene, program } = useScene();
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
    process.env.KEYMGMT_TEST_PASSPHRASE = PASSPHRASE;
  });
  afterEach(() => {
    delete process.env.KEYMGMT_TEST_PASSPHRASE;
  });

  const up = (key = {}) =>
    program.up({
      kms: { wrappingKeySpec: "RSA_3072" },
      key: { type: "ecdsa-p256", materialPassphrase: "env://KEYMGMT_TEST_PASSPHRASE", ...key },
    });
  const published = () => (program.outputs("key").versions as { publicKey: string }[])[0]!.publicKey;
  const PUBLIC = publicKey.export({ type: "spki", format: "pem" });

  it("is opened by the passphrase that a reference names, and is not asked for it again", async () => {
    await up({ material: encrypted(privateKey) });
    assert.equal(published(), PUBLIC);
    assert.equal((await scene.kmsKeys(HOME)).length, 1);
    delete process.env.KEYMGMT_TEST_PASSPHRASE;
    const { material, ...same } = { material: program.states.get("key")!.inputs.material };
    assert.deepEqual(await scene.callsOf(() => up({ ...same, material })), {});
  });

  it("is opened by it at each import where the key is kept nowhere else", async () => {
    const file = join(folder, "key-1.pem");
    await writeFile(file, encrypted(privateKey), { mode: 0o600 });
    await up({ keystore: "none", material: `file://${join(folder, "key-{version}.pem")}` });
    assert.equal(published(), PUBLIC);
    const state = JSON.stringify([...program.states]);
    assert.ok(!state.includes(PASSPHRASE) && !state.includes("PRIVATE KEY"));
  });

  it("is refused without a passphrase, with a wrong one, and with one that is no reference; nothing of either is shown", async () => {
    const material = encrypted(privateKey);
    const refused = async (key: object, expected: RegExp) =>
      assert.rejects(up(key), (error: Error) => {
        assert.match(error.message, expected);
        assert.doesNotMatch(error.message, /battery|BEGIN/);
        return true;
      });
    await refused(
      { material, materialPassphrase: undefined },
      /what came is encrypted, and no passphrase was given: `materialPassphrase` names where it is read/,
    );
    process.env.KEYMGMT_TEST_PASSPHRASE = "another";
    await refused({ material }, /what came is encrypted, and the passphrase that was given does not open it/);
    await refused(
      { material, materialPassphrase: PASSPHRASE },
      /Expected `materialPassphrase` to be env:\/\/NAME/,
    );
    await refused({}, /Expected `materialPassphrase` together with `material`/);
    assert.equal((await scene.kmsKeys(HOME)).length, 0);
  });
});
