import assert from "node:assert/strict";
import {
  constants,
  createDecipheriv,
  generateKeyPairSync,
  type KeyObject,
  pbkdf2Sync,
  privateDecrypt,
  randomBytes,
} from "node:crypto";
import {
  type Backup,
  openBackup,
  PBKDF2_ITERATIONS,
  sealBackup,
} from "../../../../provider/keys/backup/backup";
import {
  type BackupKey,
  identityKey,
  newPassphrase,
  passphraseKey,
  recipientKey,
} from "../../../../provider/keys/backup/backupKeys";
import { kcvOf, storedKeyring, versionJwk } from "../../../../provider/keys/keyring";
import { AES_256 } from "../../../../provider/keys/keyTypes";

const PASSPHRASE = "correct horse battery staple";

function backupOf(changes: Partial<Backup> = {}): Backup {
  const made = new Date("2026-01-31T12:00:00Z");
  const keys = [1, 2].map((version) => versionJwk(AES_256, version, randomBytes(32), made));
  const keyring = { type: AES_256, keys };
  return {
    backup: 1,
    madeAt: "2026-02-01T12:00:00.000Z",
    stack: "acme/shop/prod",
    key: { name: "orders", type: "aes256-gcm96", replicaRegions: [], minEnabledVersion: 1 },
    keyring,
    kcvs: [1, 2].map((version) => kcvOf(keyring, version)),
    distributions: [],
    ...changes,
  };
}

const pem = {
  public: (key: KeyObject) => String(key.export({ format: "pem", type: "spki" })),
  private: (key: KeyObject) => String(key.export({ format: "pem", type: "pkcs8" })),
};
const jwk = (key: KeyObject) => JSON.stringify(key.export({ format: "jwk" }));

/** The parts of a compact JWE (RFC 7516 section 7.1). */
function partsOf(jwe: string) {
  const [header = "", ...parts] = jwe.split(".");
  const [encryptedKey, iv, ciphertext, tag] = parts.map((part) => Buffer.from(part, "base64url"));
  return {
    aad: header,
    header: JSON.parse(Buffer.from(header, "base64url").toString()),
    ...{ encryptedKey: encryptedKey!, iv: iv!, ciphertext: ciphertext!, tag: tag! },
  };
}

/** A256GCM with nothing but Node's crypto: what any JOSE implementation does (RFC 7518 section 5.3). */
function contentOf(jwe: string, contentKey: Buffer): Backup {
  const { aad, iv, ciphertext, tag } = partsOf(jwe);
  const decipher = createDecipheriv("aes-256-gcm", contentKey, iv).setAAD(Buffer.from(aad)).setAuthTag(tag);
  return JSON.parse(Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString());
}

describe("a backup", function () {
  this.timeout(20_000);

  it("opens with the passphrase that it was made with, and shows its key and key check values without", async () => {
    const backup = backupOf();
    const jwe = await sealBackup(backup, newPassphrase(`${PASSPHRASE}\n`));
    assert.deepEqual(await openBackup(`${jwe}\n`, passphraseKey(PASSPHRASE), "x"), backup);
    const { p2s, p2c, ...header } = partsOf(jwe).header;
    assert.deepEqual(header, {
      alg: "PBES2-HS512+A256KW",
      enc: "A256GCM",
      typ: "keymgmt-backup+jwe",
      cty: "json",
      keymgmt: { key: "orders", kcvs: backup.kcvs },
    });
    assert.ok(p2c >= 210_000, "OWASP's iterations");
    assert.ok(Buffer.from(p2s, "base64url").length >= 16);
  });

  it("opens by RFC 7518 alone: PBKDF2, AES key wrap and GCM of Node's crypto", async () => {
    const backup = backupOf();
    const jwe = await sealBackup(backup, newPassphrase(PASSPHRASE));
    const { header, encryptedKey } = partsOf(jwe);
    const salt = Buffer.concat([Buffer.from(`${header.alg}\0`), Buffer.from(header.p2s, "base64url")]);
    const wrappingKey = pbkdf2Sync(PASSPHRASE, salt, header.p2c, 32, "sha512");
    const unwrap = createDecipheriv("id-aes256-wrap", wrappingKey, Buffer.alloc(8, 0xa6));
    const contentKey = Buffer.concat([unwrap.update(encryptedKey), unwrap.final()]);
    assert.deepEqual(contentOf(jwe, contentKey), { ...backup, keyring: storedKeyring(backup.keyring) });
  });

  it("opens by RFC 7518 alone: RSA-OAEP-256 and GCM of Node's crypto", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const backup = backupOf();
    const jwe = await sealBackup(backup, await recipientKey(pem.public(publicKey)));
    const padding = { oaepHash: "sha256", padding: constants.RSA_PKCS1_OAEP_PADDING };
    const contentKey = privateDecrypt({ key: privateKey, ...padding }, partsOf(jwe).encryptedKey);
    assert.deepEqual(contentOf(jwe, contentKey), { ...backup, keyring: storedKeyring(backup.keyring) });
  });

  for (const [name, pair, alg] of [
    ["RSA", () => generateKeyPairSync("rsa", { modulusLength: 2048 }), "RSA-OAEP-256"],
    ["P-256", () => generateKeyPairSync("ec", { namedCurve: "P-256" }), "ECDH-ES+A256KW"],
    ["P-384", () => generateKeyPairSync("ec", { namedCurve: "P-384" }), "ECDH-ES+A256KW"],
    ["P-521", () => generateKeyPairSync("ec", { namedCurve: "P-521" }), "ECDH-ES+A256KW"],
    ["X25519", () => generateKeyPairSync("x25519"), "ECDH-ES+A256KW"],
  ] as const)
    it(`opens with the private key of its recipient, as PEM and as JWK: ${name}`, async () => {
      const { publicKey, privateKey } = pair();
      const backup = backupOf();
      for (const recipient of [pem.public(publicKey), jwk(publicKey)]) {
        const jwe = await sealBackup(backup, await recipientKey(recipient));
        assert.equal(partsOf(jwe).header.alg, alg);
        for (const identity of [pem.private(privateKey), jwk(privateKey)])
          assert.deepEqual(await openBackup(jwe, await identityKey(identity), "x"), backup);
      }
    });

  it("is not made with a weak passphrase: 15 code points, whatever their number of bytes", () => {
    assert.throws(() => newPassphrase("fourteen chars\n"), /Expected a passphrase of 15 characters or more/);
    assert.throws(() => newPassphrase("🔑".repeat(14)), /15 characters/);
    assert.ok(newPassphrase("fifteen  chars!"));
    assert.ok(newPassphrase("🔑".repeat(15)));
  });

  it("takes a passphrase for the same however its accents are written", () => {
    assert.deepEqual(
      passphraseKey("caf\u00e9 cr\u00e8me br\u00fbl\u00e9e"),
      passphraseKey("cafe\u0301 cre\u0300me bru\u0302le\u0301e"),
    );
  });

  it("is not made to what is too short or is for signatures, nor opened by what is encrypted itself", async () => {
    const short = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const signs = generateKeyPairSync("ed25519");
    const other = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
    await assert.rejects(
      recipientKey(pem.public(short.publicKey)),
      /2048 bits or more.*what came is rsa of 1024 bits/,
    );
    await assert.rejects(recipientKey(pem.public(signs.publicKey)), /what came is ed25519/);
    await assert.rejects(identityKey(pem.private(other.privateKey)), /what came is ec secp256k1/);
    const locked = short.privateKey.export({
      format: "pem",
      type: "pkcs8",
      cipher: "aes-256-cbc",
      passphrase: "x",
    });
    await assert.rejects(
      identityKey(String(locked)),
      /a private key that is not encrypted.*what came is none/,
    );
    await assert.rejects(recipientKey("{not json"), /what came is none/);
  });

  describe("does not open", () => {
    let recipient: BackupKey;
    let identity: BackupKey;
    let jwe: string;
    const opening = (text: string, key = identity) => openBackup(text, key, "file:///backup.jwe");

    before(async () => {
      const { publicKey, privateKey } = generateKeyPairSync("x25519");
      [recipient, identity] = [
        await recipientKey(pem.public(publicKey)),
        await identityKey(pem.private(privateKey)),
      ];
      jwe = await sealBackup(backupOf(), recipient);
    });

    it("with another passphrase", async () => {
      const sealed = await sealBackup(backupOf(), newPassphrase(PASSPHRASE));
      await assert.rejects(opening(sealed, passphraseKey("another passphrase")), {
        code: "KeystoreUnavailable",
        message:
          "Expected a backup that `keymgmt export` made in file:///backup.jwe; it does not open: the passphrase or private key is wrong, or the file is damaged. Nothing was changed.",
      });
    });

    it("with another private key, or what is none: it says which", async () => {
      const another = await identityKey(pem.private(generateKeyPairSync("x25519").privateKey));
      await assert.rejects(
        opening(jwe, another),
        new RegExp(
          `opens with the private key with the thumbprint ${recipient.kid} .*, got .* ${another.kid}`,
        ),
      );
      await assert.rejects(opening(jwe, passphraseKey(PASSPHRASE)), /, got a passphrase/);
    });

    it("where any part of it was changed", async () => {
      for (const part of [0, 1, 2, 3, 4]) {
        const parts = jwe.split(".");
        const bytes = Buffer.from(parts[part]!, "base64url");
        const at = part === 0 ? bytes.indexOf("orders") : 0;
        bytes[at] = bytes[at]! ^ 1;
        parts[part] = bytes.toString("base64url");
        await assert.rejects(opening(parts.join(".")), /it does not open/, `part ${part}`);
      }
    });

    // Begun, they would take minutes.
    it("where it asks for more iterations than any backup has, which are not begun", async () => {
      const sealed = await sealBackup(backupOf(), newPassphrase(PASSPHRASE));
      const [, ...rest] = sealed.split(".");
      const header = { ...partsOf(sealed).header, p2c: 1000 * PBKDF2_ITERATIONS };
      const asking = [Buffer.from(JSON.stringify(header)).toString("base64url"), ...rest].join(".");
      await assert.rejects(opening(asking, passphraseKey(PASSPHRASE)), /it does not open/);
    });

    it("where it is something else", async () => {
      const { CompactEncrypt } = await import("jose");
      const other = await new CompactEncrypt(Buffer.from("{}"))
        .setProtectedHeader({ alg: recipient.alg, enc: "A256GCM" })
        .encrypt(recipient.key);
      await assert.rejects(opening("hello"), /it is no JWE/);
      await assert.rejects(opening(other), /it is another JWE/);
      await assert.rejects(
        opening(await sealBackup(backupOf({ backup: 2 as 1 }), recipient)),
        /another release made it/,
      );
    });

    it("where its keyring names a root key, which only the program may choose", async () => {
      const { kcvs, keyring } = backupOf();
      const keys = keyring.keys.map(({ kid, iat }, index) => ({
        kid,
        iat,
        kcv: kcvs[index]!,
        jwe: "a.b.c.d.e",
      }));
      const sealed = backupOf({ keyring: { ...keyring, keystore: "env://ROOT", keys }, kcvs });
      await assert.rejects(
        opening(await sealBackup(sealed, recipient)),
        /its keyring names a keystore that a backup never has/,
      );
    });

    it("where a version is not what it is said to be", async () => {
      const [kcv] = backupOf().kcvs as [string];
      const wrong = { ...backupOf(), kcvs: [kcv, kcv] };
      await assert.rejects(
        opening(await sealBackup(wrong, recipient)),
        /its key check values are .* and should be/,
      );
    });
  });
});
