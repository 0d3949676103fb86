import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sinon from "sinon";
import type { LocalKms } from "../../../local-kms/src/index";
import { type Backup, openBackup, sealBackup } from "../../../provider/keys/backup/backup";
import { identityKey, recipientKey } from "../../../provider/keys/backup/backupKeys";
import { keyCheckValue } from "../../../provider/keys/keyCheckValue";
import { keymgmt } from "../../cli/support";
import { backUp, forgetBackup } from "../../world/backup";
import { localKms, Program } from "../../world/program";

const messageOf = (work: Promise<unknown>) =>
  work.then(
    () => "it was done",
    ({ message }: Error) => message,
  );

/**
 * Has: write access to where the backup is, and the public key that it is encrypted to (or the passphrase, which several
 * people have). Wants: a key with material of theirs, or a command of theirs run.
 */
describe("who writes the backup that a key is restored from", function () {
  this.timeout(60_000);
  let local: LocalKms;
  let folder: string;
  let publicKey: KeyObject;
  let identity: string;
  const theirs = randomBytes(32);
  const file = () => join(folder, "orders.jwe");
  const trace = () => join(folder, "ran");

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "keymgmt-backup-writer-"));
    local = await localKms();
    sinon.stub(console, "error");
    const pair = generateKeyPairSync("x25519");
    publicKey = pair.publicKey;
    identity = join(folder, "owner.pem");
    writeFileSync(identity, pair.privateKey.export({ format: "pem", type: "pkcs8" }));
  });
  afterEach(async () => {
    sinon.restore();
    forgetBackup();
    rmSync(folder, { recursive: true });
    await local.close();
  });

  /** The owner's backup of a key that AWS has, and what `keymgmt import` made of it. */
  async function owners() {
    const old = new Program(local);
    await old.up();
    const { restore } = await backUp(old);
    const text = String(process.env.KEYMGMT_TEST_BACKUP);
    const own = await openBackup(text, await identityKey(String(process.env.KEYMGMT_TEST_IDENTITY)), "it");
    writeFileSync(file(), await sealed(own));
    const from = pathToFileURL(file()).href;
    return { own, restore: { ...restore, from, identity: pathToFileURL(identity).href } };
  }
  const sealed = async (backup: Backup) =>
    sealBackup(backup, await recipientKey(String(publicKey.export({ format: "pem", type: "spki" }))));
  const forged = (own: Backup, keyring: object): Backup => ({
    ...own,
    keyring: keyring as Backup["keyring"],
    kcvs: [keyCheckValue(theirs)],
    distributions: [],
  });
  const withTheirs = {
    keys: [{ kty: "oct", alg: "A256GCM", kid: "1", k: theirs.toString("base64url"), iat: 1_760_000_000 }],
  };
  const fingerprint = async () => (await keymgmt(["export", "--fingerprint", file()])).stdout.trim();
  const opens = () => ["--identity", pathToFileURL(identity).href];

  it("has nothing of it restored: the owner has the fingerprint of theirs", async () => {
    const { own, restore } = await owners();
    const known = await fingerprint();
    writeFileSync(file(), await sealed(forged(own, withTheirs)));
    const program = new Program(local);
    local.resetCounts();
    const given = { ...restore, kcvs: [keyCheckValue(theirs)], fingerprint: known };
    const message = await messageOf(program.up({ key: { restore: given } }));
    assert.match(message, /to have the fingerprint that `restore` or --fingerprint says; it has another/);
    assert.ok(!message.includes(await fingerprint()), "or it would only be copied");
    assert.equal(program.states.has("key"), false);
    assert.equal(local.counts().CreateKey, undefined);
  });

  it("has nothing restored by a program or a configuration that has no fingerprint", async () => {
    const { own, restore } = await owners();
    writeFileSync(file(), await sealed(forged(own, withTheirs)));
    const given = { ...restore, kcvs: [keyCheckValue(theirs)], fingerprint: undefined };
    const elsewhere = new Program(local, "444455556666");
    const message = await messageOf(elsewhere.up({ key: { restore: given } }));
    assert.equal(elsewhere.states.has("key"), false);
    assert.match(message, /^Expected `restore\.fingerprint`.*`keymgmt export --fingerprint FILE`/);
    assert.equal(local.counts().CreateKey, 1, "the owner's, before");
  });

  it("has nothing imported by the command, which does not take the file's word for what it is", async () => {
    const { own } = await owners();
    const known = await fingerprint();
    writeFileSync(file(), await sealed(forged(own, withTheirs)));
    for (const [given, said] of [
      [[], /Expected\s+--fingerprint/],
      [["--fingerprint", known], /has another/],
    ] as const) {
      const { code, stdout, stderr } = await keymgmt(["import", file(), ...opens(), ...given]);
      assert.notEqual(code, 0);
      assert.match(stderr, said);
      assert.ok(!`${stdout}${stderr}`.includes(await fingerprint()));
    }
  });

  it("has no file of theirs with the owner's fingerprint, by blanks or a change of the same material", async () => {
    const { own } = await owners();
    const known = await fingerprint();
    const text = readFileSync(file(), "utf8");
    writeFileSync(file(), `${text}\n`);
    assert.equal(await fingerprint(), known, "the end of a line is no other backup");
    writeFileSync(file(), await sealed(own));
    assert.notEqual(await fingerprint(), known);
  });

  it("has no command run, nothing read and no root key asked that the program does not name", async () => {
    const { own, restore } = await owners();
    const at = { kid: "1", iat: 1_760_000_000, kcv: keyCheckValue(theirs) };
    writeFileSync(join(folder, "known"), theirs.toString("hex"));
    const known = pathToFileURL(join(folder, "known")).href;
    for (const keyring of [
      {
        keystore: "none",
        keys: [{ ...at, from: `exec:touch ${trace()}` }],
      },
      { keystore: "none", keys: [{ ...at, from: known }] },
      { keystore: "none", keys: [{ ...at, from: "pkcs11:object=orders" }] },
      { keystore: known, keys: [{ ...at, jwe: "a.b.c.d.e" }] },
      {
        keystore: `awskms://alias/root?region=us-east-1&endpoint=${local.url}`,
        keys: [{ ...at, jwe: "a.b.c.d.e" }],
      },
    ]) {
      writeFileSync(file(), await sealed(forged(own, keyring)));
      // Even where the owner was made to give the fingerprint of it.
      const given = { ...restore, kcvs: [at.kcv], fingerprint: await fingerprint() };
      local.resetCounts();
      const message = await messageOf(new Program(local).up({ key: { restore: given } }));
      assert.equal(existsSync(trace()), false);
      assert.match(
        message,
        /^Expected (`material` of key "orders" in the program to name where|a backup that `keymgmt export` made)/,
      );
      assert.deepEqual([local.counts().Decrypt, local.counts().CreateKey], [undefined, undefined]);
    }
  });

  it("does not hinder the owner, nor a key that is restored already, of which it is not asked again", async () => {
    const { restore } = await owners();
    const program = new Program(local);
    await program.up({ key: { restore: { ...restore, fingerprint: await fingerprint() } } });
    await program.up({ key: { restore: { ...restore, fingerprint: undefined }, rotationTrigger: "2" } });
    assert.equal(program.outputs("key").latestVersion, 2);
  });
});
