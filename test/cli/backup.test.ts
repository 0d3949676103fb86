import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { access, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { unsealed } from "../../cli/export/keyring";
import type { LocalKms } from "../../local-kms/src/index";
import { fingerprintOf, openBackup } from "../../provider/keys/backup/backup";
import { identityKey, passphraseKey } from "../../provider/keys/backup/backupKeys";
import { type Keyring, storedKeyring } from "../../provider/keys/keyring";
import { AES_256 } from "../../provider/keys/keyTypes";
import type { KmsKeyRecords } from "../../provider/state/types";

import { assertNoSecret } from "../e2e/support/planted";
import { withoutKms } from "../provider/keys/keystores/withoutKms";
import { localKms, Program } from "../world/program";
import { type Ended, exportOf, fakePulumi, keymgmt } from "./support";

const PASSPHRASE = "correct horse battery staple";

describe("keymgmt export and import", function () {
  this.timeout(60_000);
  const material = [randomBytes(32), randomBytes(32)];
  const root = randomBytes(32).toString("base64");
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  const secrets: Record<string, Buffer> = {
    "the material of version 1": material[0]!,
    "the material of version 2": material[1]!,
    "the passphrase": Buffer.from(PASSPHRASE),
    "the root key": Buffer.from(root, "base64"),
  };
  const BACKUP = { BACKUP: PASSPHRASE };
  let local: LocalKms;
  let program: Program;
  let folder: string;
  const at = (name: string) => join(folder, name);
  const records = () => program.outputs("distribution").versions as KmsKeyRecords;

  before(async () => {
    local = await localKms();
    program = new Program(local);
    for (const bytes of material)
      await program.up({
        key: { material: bytes.toString("base64"), replicaRegions: ["eu-west-1"] },
        replicas: ["eu-west-1"],
      });
    folder = await mkdtemp(join(tmpdir(), "keymgmt-backup-"));
    await writeFile(at("state.json"), exportOf(program, true));
    await writeFile(at("encrypted.json"), exportOf(program));
    await writeFile(at("owner.pub"), publicKey.export({ format: "pem", type: "spki" }));
    await writeFile(at("owner.pem"), privateKey.export({ format: "pem", type: "pkcs8" }));
  });
  after(async () => {
    await local.close();
    await rm(folder, { recursive: true, force: true });
  });

  const clean = ({ stdout, stderr }: Ended) => assertNoSecret("the output", stdout + stderr, secrets);
  const exported = async (args: string[], env: Record<string, string> = {}, input?: string) => {
    const ended = await keymgmt(["export", "--key", "orders", ...args], { env, input });
    clean(ended);
    return ended;
  };
  const toPassphrase = ["--passphrase", "env://BACKUP", "--state"];

  it("writes a key, its versions and its KMS keys into a file for the user alone, and says what is in it", async () => {
    const { code, stdout, stderr } = await exported(
      [...toPassphrase, at("state.json"), "--out", at("orders.jwe")],
      BACKUP,
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /^orders: aes256-gcm96, 2 versions, of organization\/shop\/dev/);
    assert.match(
      stderr,
      /alias\/hashicorp\/orders-\d{10} in 111122223333: 2 KMS keys in us-west-1,\s+replicas in\s+eu-west-1/,
    );
    assert.match(stderr, /Without\s+the\s+passphrase\s+it\s+is\s+lost/);
    const fingerprint = /^[0-9a-f]{64}$/m.exec(stderr)?.[0];
    assert.equal((await keymgmt(["export", "--fingerprint", at("orders.jwe")])).stdout, `${fingerprint}\n`);
    assert.equal((await stat(at("orders.jwe"))).mode & 0o777, 0o600);
    const text = await readFile(at("orders.jwe"), "utf8");
    const backup = await openBackup(text, passphraseKey(PASSPHRASE), "it");
    assert.deepEqual(
      backup.keyring.keys.map((entry) => "k" in entry && entry.k),
      material.map((bytes) => bytes.toString("base64url")),
    );
    const versions = Object.fromEntries(Object.entries(records()).map(([n, { keyArn }]) => [n, keyArn]));
    const { aliasName } = program.outputs("distribution");
    assert.deepEqual(backup.distributions, [
      {
        region: "us-west-1",
        accountId: "111122223333",
        aliasName,
        versions,
        kcvs: { 1: backup.kcvs[0], 2: backup.kcvs[1] },
        replicas: ["eu-west-1"],
      },
    ]);
    assert.deepEqual(backup.key.replicaRegions, ["eu-west-1"]);
  });

  it("writes it to the standard output alone, of a state from the standard input, to a public key", async () => {
    const { code, stdout, stderr } = await exported(
      ["--recipient", at("owner.pub"), "--state", "-", "--out", "-"],
      {},
      exportOf(program, true),
    );
    assert.equal(code, 0, stderr);
    const identity = await identityKey(await readFile(at("owner.pem"), "utf8"));
    assert.equal((await openBackup(stdout, identity, "it")).key.name, "orders");
    assert.ok(stderr.includes(identity.kid!), "it says which private key opens it");
  });

  it("does not write over a file that is there, but with --force", async () => {
    await writeFile(at("there.jwe"), "precious");
    const args = ["--recipient", at("owner.pub"), "--state", at("state.json"), "--out", at("there.jwe")];
    const { code, stderr } = await exported(args);
    assert.equal(code, 2);
    assert.match(stderr, /does not exist/);
    assert.equal(await readFile(at("there.jwe"), "utf8"), "precious");
    assert.equal((await exported([...args, "--force"])).code, 0);
    assert.notEqual(await readFile(at("there.jwe"), "utf8"), "precious");
  });

  it("opens a keyring that a root key has sealed, and fails without that", async () => {
    const sealed = new Program(local);
    process.env.ROOT = root;
    try {
      await sealed.up({ key: { keystore: "env://ROOT" } });
    } finally {
      delete process.env.ROOT;
    }
    await writeFile(at("sealed.json"), exportOf(sealed, true));
    const unnamed = ["--recipient", at("owner.pub"), "--state", at("sealed.json"), "--out", at("sealed.jwe")];
    const refused = await exported(unnamed, { ROOT: root });
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /Expected --keystore to name the root key .* the state says "env:\/\/ROOT"/);
    const args = [...unnamed, "--keystore", "env://ROOT"];
    const { code, stderr } = await exported(args);
    assert.equal(code, 1);
    assert.match(stderr, /Expected the root key .* from env:\/\/ROOT; the environment has no such variable/);
    await assert.rejects(access(at("sealed.jwe")));
    assert.equal((await exported(args, { ROOT: root })).code, 0);
    const identity = await identityKey(await readFile(at("owner.pem"), "utf8"));
    const { keyring, kcvs } = await openBackup(await readFile(at("sealed.jwe"), "utf8"), identity, "it");
    assert.deepEqual(Object.keys(storedKeyring(keyring)), ["claimSecret", "keys"]);
    assert.deepEqual(Object.keys(keyring.keys[0]!), ["kty", "alg", "k", "kid", "iat"]);
    assert.deepEqual(
      kcvs,
      (sealed.outputs("key").versions as { kcv: string }[]).map(({ kcv }) => kcv),
    );
  });

  it("takes references along where the material is not held, and says so", async () => {
    const elsewhere = new Program(local, undefined, "organization/shop/elsewhere");
    process.env.ELSEWHERE = material[0]!.toString("base64");
    try {
      await elsewhere.up({ key: { keystore: "none", material: "env://ELSEWHERE" } });
    } finally {
      delete process.env.ELSEWHERE;
    }
    const { code, stdout, stderr } = await exported(
      ["--recipient", at("owner.pub"), "--state", "-", "--out", "-"],
      {},
      exportOf(elsewhere, true),
    );
    assert.equal(code, 0, stderr);
    assert.match(stderr, /not in the backup: env:\/\/ELSEWHERE/);
    const identity = await identityKey(await readFile(at("owner.pem"), "utf8"));
    const { keyring } = await openBackup(stdout, identity, "it");
    assert.deepEqual(storedKeyring(keyring), JSON.parse(String(elsewhere.outputs("key").keyring)));
  });

  it("takes the URIs of an HSM's keys along, and asks the HSM for nothing", async () => {
    const keyring: Keyring = {
      type: AES_256,
      keystore: "pkcs11:token=keymgmt?module-path=/nonexistent/module.so&pin-source=env://PIN",
      keys: [{ kid: "1", iat: 1_760_000_000, kcv: "0123456789", from: "pkcs11:object=orders;id=%01" }],
    };
    assert.deepEqual(await unsealed(withoutKms(), keyring, "orders"), keyring);
  });

  for (const [title, args, env, code, message] of [
    [
      "neither passphrase nor recipient",
      ["--state", "state.json"],
      {},
      2,
      /--passphrase or --recipient, one of/,
    ],
    [
      "the passphrase itself",
      ["--state", "state.json", "--passphrase", PASSPHRASE],
      {},
      2,
      /Expected --passphrase to say where it is read from/,
    ],
    [
      "a weak passphrase",
      [...toPassphrase, "state.json"],
      { BACKUP: "too short" },
      1,
      /of 15 characters or more/,
    ],
    [
      "no such variable",
      [...toPassphrase, "state.json"],
      {},
      1,
      /from env:\/\/BACKUP; the environment has no/,
    ],
    [
      "a state with its secrets encrypted",
      [...toPassphrase, "encrypted.json"],
      BACKUP,
      1,
      /they are encrypted\. Make it with: pulumi stack export --show-secrets/,
    ],
    [
      "two states",
      [...toPassphrase, "state.json", "--state", "state.json"],
      BACKUP,
      2,
      /Expected one --state/,
    ],
    [
      "a private key in place of none",
      ["--state", "state.json", "--recipient", "state.json"],
      {},
      1,
      /a public key in PEM/,
    ],
  ] as const)
    it(`writes nothing where it is given ${title}`, async () => {
      const named = args.map((arg) => (arg.endsWith(".json") ? at(arg) : arg));
      const ended = await exported([...named, "--out", at("nothing.jwe")], env);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, message);
      await assert.rejects(access(at("nothing.jwe")));
    });

  it("says what to do where the file cannot be written", async () => {
    const args = ["--recipient", at("owner.pub"), "--state", at("state.json"), "--out", at("none/a.jwe")];
    const { code, stderr } = await exported(args);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /Expected --out to name a file .*none\/a\.jwe cannot be \(ENOENT\).* Make its folder/,
    );
  });

  it("writes nothing of a key that is not in the state", async () => {
    const args = [...toPassphrase, at("state.json"), "--out", at("nothing.jwe")];
    const { code, stderr } = await keymgmt(["export", "--key", "bills", ...args], { env: BACKUP });
    assert.equal(code, 1);
    assert.match(stderr, /Expected one ManagedKey "bills" in .*; it has orders\.$/m);
  });

  describe("import", () => {
    const imported = async ([file = "", ...args]: string[], env: Record<string, string>) => {
      const text = env.TEXT ?? (await readFile(file, "utf8"));
      const ended = await keymgmt(["import", file, ...args, "--fingerprint", fingerprintOf(text)], { env });
      clean(ended);
      return ended;
    };
    before(async () => {
      const args = ["--recipient", at("owner.pub"), "--state", at("state.json"), "--out", at("backup.jwe")];
      assert.equal((await exported(args)).code, 0);
    });
    const identity = () => ["--identity", pathToFileURL(at("owner.pem")).href];

    it("puts into the stack's configuration what the next update needs: references, and nothing secret", async () => {
      const { code, stdout, stderr } = await imported(
        [at("backup.jwe"), ...identity(), "--stack", "dr"],
        await fakePulumi(at("args")),
      );
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^orders: aes256-gcm96, 2 versions/);
      assert.match(
        stdout,
        /`pulumi\s+state\s+delete\s+--force\s+--target-dependents\s+<URN\s+of\s+the\s+ManagedKey>`,\s+and\s+do\s+not\s+destroy/,
      );
      const [config, set, name, value, ...rest] = (await readFile(at("args"), "utf8")).trimEnd().split("\n");
      assert.deepEqual([config, set, name], ["config", "set", "keymgmt:restore.orders"]);
      assert.deepEqual(rest, ["--plaintext", "--non-interactive", "--stack", "dr"]);
      assertNoSecret("the configuration", value!, secrets);
      const kcvs = (program.outputs("key").versions as { kcv: string }[]).map(({ kcv }) => kcv);
      const { distributions, ...restore } = JSON.parse(value!);
      assert.deepEqual(restore, {
        from: pathToFileURL(at("backup.jwe")).href,
        identity: pathToFileURL(at("owner.pem")).href,
        fingerprint: fingerprintOf(await readFile(at("backup.jwe"), "utf8")),
        kcvs,
        rotatedOn: new Date().toISOString().slice(0, 10),
      });
      assert.deepEqual(Object.keys(distributions[0]), [
        "region",
        "accountId",
        "aliasName",
        "versions",
        "kcvs",
      ]);
    });

    it("takes a reference for where the backup is, as it is", async () => {
      const text = await readFile(at("backup.jwe"), "utf8");
      const { code, stderr } = await imported(["env://TEXT", ...identity()], {
        ...(await fakePulumi(at("args"))),
        TEXT: text,
      });
      assert.equal(code, 0, stderr);
      assert.match(await readFile(at("args"), "utf8"), /"from":"env:\/\/TEXT"/);
    });

    it("refuses a stack that has the key, configures nothing, and ends with 2", async () => {
      await rm(at("args"), { force: true });
      const { code, stderr } = await imported(
        [at("backup.jwe"), ...identity()],
        await fakePulumi(at("args"), 0, exportOf(program)),
      );
      assert.equal(code, 2, stderr);
      assert.match(
        stderr,
        /Expected a stack without the ManagedKey "orders"; organization\/shop\/dev has it, with 2 versions\./,
      );
      await assert.rejects(access(at("args")));
    });

    it("configures nothing where the backup does not open, or where pulumi cannot", async () => {
      await rm(at("args"), { force: true });
      const env = await fakePulumi(at("args"));
      const wrong = await imported([at("orders.jwe"), "--passphrase", "env://WRONG"], {
        ...env,
        WRONG: "another",
      });
      assert.equal(wrong.code, 1);
      assert.match(wrong.stderr, /it does not open/);
      const itself = await imported([at("orders.jwe"), "--passphrase", PASSPHRASE], env);
      assert.equal(itself.code, 2);
      await assert.rejects(access(at("args")));
      const { code, stderr } = await imported(
        [at("backup.jwe"), ...identity()],
        await fakePulumi(at("args"), 1),
      );
      assert.equal(code, 1);
      assert.match(stderr, /Expected `pulumi config set keymgmt:restore\.orders … /);
    });
  });
});
