import assert from "node:assert/strict";
import crypto, { generateKeyPairSync, randomBytes } from "node:crypto";
import sinon from "sinon";
import { unsealed } from "../../../cli/export/keyring";
import { KeymgmtError } from "../../../provider/errors";
import { type Backup, openBackup, sealBackup } from "../../../provider/keys/backup/backup";
import { keyCheckValue } from "../../../provider/keys/keyCheckValue";
import {
  formatKeyring,
  type Keyring,
  parseKeyring,
  type SealedVersion,
} from "../../../provider/keys/keyring";
import { movedKeyring } from "../../../provider/keys/keystores/moveKeyring";
import { KeystoreSession } from "../../../provider/keys/keystores/session";
import { type Kms, KmsConnections } from "../../../provider/kms/client/client";
import { importVersion } from "../../../provider/lifecycle/execute/importMaterial";
import type { Owner } from "../../../provider/lifecycle/owner";
import { RegionalDistribution } from "../../../provider/lifecycle/regionalDistribution";
import { resourcesOf } from "../../../provider/resources";
import type { Values } from "../../../provider/resources/resource";
import { Run } from "../../../provider/run";
import { sayOnce } from "../../../provider/say";
import { setEnvironment } from "../kms/loopback";

const AWSKMS = "awskms://alias/root?region=us-east-1";
const KEYSTORES = ["state", "env://ROOT", AWSKMS, "none"];

/** Every buffer that held a secret when it passed through a function by which secrets come, go or are used. */
class Watch {
  readonly secrets: Buffer[] = [];
  private readonly held: { where: string; bytes: Buffer; secret: Buffer }[] = [];

  constructor() {
    const random = crypto.randomBytes;
    sinon.stub(crypto, "randomBytes").callsFake(((length: number) => {
      const bytes = random(length);
      this.plant(bytes);
      return this.see("randomBytes", bytes);
    }) as never);
    const from = Buffer.from;
    sinon
      .stub(Buffer, "from")
      .callsFake(((...args: Parameters<typeof from>) => this.see("Buffer.from", from(...args))) as never);
    const wrap = crypto.publicEncrypt;
    sinon
      .stub(crypto, "publicEncrypt")
      .callsFake((key, bytes) => wrap(key, this.see("publicEncrypt", bytes as Buffer)));
    const { subtle } = globalThis.crypto;
    const { importKey, encrypt, decrypt } = subtle;
    sinon
      .stub(subtle, "importKey")
      .callsFake(((form: "raw", key: Buffer, ...rest: [never, never, never]) =>
        importKey.call(subtle, form, this.see("importKey", key), ...rest)) as never);
    sinon
      .stub(subtle, "encrypt")
      .callsFake((how, key, bytes) => encrypt.call(subtle, how, key, this.see("encrypt", bytes as Buffer)));
    sinon
      .stub(subtle, "decrypt")
      .callsFake(async (...args) => this.see("decrypt", await decrypt.apply(subtle, args)));
  }

  /** Looks for this secret from now on: as it is, and in base64url as in a JWK. */
  plant(secret: Buffer): Buffer {
    this.secrets.push(
      Buffer.concat([secret]),
      Buffer.concat([new TextEncoder().encode(secret.toString("base64url"))]),
    );
    return secret;
  }

  see<T extends Buffer | Uint8Array | ArrayBuffer>(where: string, value: T): T {
    const bytes = bytesOf(value);
    for (const secret of this.secrets) if (bytes.includes(secret)) this.held.push({ where, bytes, secret });
    return value;
  }

  /** Where secrets were seen, and where they are still. */
  get result() {
    const where = (held: typeof this.held) => [...new Set(held.map((each) => each.where))].sort();
    return {
      seen: where(this.held),
      left: where(this.held.filter(({ bytes, secret }) => bytes.includes(secret))),
    };
  }
}

/** The same memory. */
function bytesOf(value: Buffer | Uint8Array | ArrayBuffer): Buffer {
  const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(value) ? value : new Uint8Array(value);
  return Object.setPrototypeOf(new Uint8Array(buffer, byteOffset, byteLength), Buffer.prototype);
}

describe("a buffer that held a secret", () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const PublicKey = publicKey.export({ type: "spki", format: "der" });
  const materials = [randomBytes(32), randomBytes(32)];
  const root = randomBytes(32);
  const dataKey = randomBytes(32);
  const other = randomBytes(32);
  const text = Buffer.from("thirty-two bytes of plain ASCII.");
  let restore: () => void;
  let watch: Watch;
  let run: Run;
  let refusal: Error | undefined;

  /** AWS KMS as far as it is asked here. */
  const kms: Kms = {
    region: "us-east-1",
    call: async (operation: string, input: object) => {
      const plain = () => watch.see("data key", new Uint8Array(dataKey));
      if (operation === "GenerateDataKey")
        return { Plaintext: plain(), CiphertextBlob: Buffer.alloc(100), KeyId: "arn" };
      if (operation === "Decrypt") return { Plaintext: plain() };
      if (operation === "GetParametersForImport")
        return {
          KeyId: `arn:aws:kms:us-east-1:111122223333:key/${(input as { KeyId: string }).KeyId}`,
          PublicKey,
          ImportToken: Buffer.alloc(10),
          ParametersValidTo: new Date(Date.now() + 3_600_000),
        };
      if (refusal) throw refusal;
      return {};
    },
  } as never;
  const session = new KeystoreSession(() => kms, sayOnce());

  beforeEach(() => {
    restore = setEnvironment({
      ROOT: root.toString("base64"),
      ORDERS_1: materials[0]!.toString("hex"),
      ORDERS_2: JSON.stringify({ kty: "oct", k: materials[1]!.toString("base64url") }),
    });
    refusal = undefined;
    run = new Run({ connections: Object.assign(new KmsConnections(), { open: () => kms }) });
    watch = new Watch();
    for (const secret of [...materials, root, dataKey, other, text]) watch.plant(secret);
  });
  afterEach(() => {
    sinon.restore();
    restore();
  });

  const inputs = (keystore: string, more: Values = {}) => ({
    name: "orders",
    type: "aes256-gcm96",
    keystore,
    replicaRegions: [],
    deletionAllowed: false,
    keyVersion: 2,
    rotatedOn: "2026-01-31",
    minEnabledVersion: 1,
    material: "env://ORDERS_{version}",
    ...more,
  });
  const make = async (keystore: string, more?: Values) => {
    const { outputs } = await resourcesOf(run).ManagedKey.create(inputs(keystore, more));
    return parseKeyring(String(outputs.keyring), "aes256-gcm96");
  };
  const importFrom = (keyring: Keyring) => {
    const key = { name: "orders", type: "aes256-gcm96", keyVersion: 2, minEnabledVersion: 1 };
    const kms = { keyCollection: "us-east-1", wrappingKeySpec: "RSA_2048" };
    const owner = { kms, key, expiry: {} } as unknown as Owner;
    const { keystore } = keyring;
    const said = { keystore, material: "env://ORDERS_{version}" };
    const handed = { keyring: formatKeyring(keyring), type: "aes256-gcm96", ...said };
    const regional = new RegionalDistribution(run, {
      owner,
      keyring: handed,
      region: "us-east-1",
      aliasName: "",
      inputs: {},
    });
    return importVersion(regional, "us-east-1", 2, { keyId: "id" });
  };
  const sealedBy = async (change: (version: SealedVersion) => void) => {
    const keyring = await make("env://ROOT");
    change(keyring.keys[1] as SealedVersion);
    return keyring;
  };
  const zeroed = (...at: string[]) => assert.deepEqual(watch.result, { seen: at.sort(), left: [] });

  for (const keystore of KEYSTORES) {
    const sealing =
      { "env://ROOT": ["encrypt", "importKey"], [AWSKMS]: ["data key", "encrypt", "importKey"] }[keystore] ??
      [];
    const opening = sealing.length ? ["decrypt"] : [];

    it(`is zeroed when versions are made in "${keystore}", of own material and of new`, async () => {
      await make(keystore);
      zeroed("Buffer.from", "randomBytes", ...sealing);
      if (keystore === "none") return;
      await make(keystore, { material: undefined });
      zeroed("Buffer.from", "randomBytes", ...sealing);
    });

    it(`is zeroed when a version is imported from "${keystore}", whether AWS takes it or not`, async () => {
      const keyring = await make(keystore);
      await importFrom(keyring);
      zeroed("Buffer.from", "publicEncrypt", "randomBytes", ...sealing, ...opening);
      for (const code of ["IncorrectKeyMaterial", "OutcomeUnknown"] as const) {
        refusal = new KeymgmtError(code, "It was not imported.");
        await assert.rejects(importFrom(keyring), refusal);
        assert.deepEqual(watch.result.left, []);
      }
    });

    it(`is zeroed when a keyring moves from "${keystore}", also to where it cannot be kept`, async () => {
      const keyring = await make(keystore);
      for (const to of [...KEYSTORES, "env://NOT_THERE", "vault://unknown"]) {
        const moved = movedKeyring(session, keyring, {
          key: "orders",
          keystore: to,
          reference: "env://ORDERS_{version}",
        });
        if (/NOT_THERE|unknown/.test(to)) await assert.rejects(moved);
        else await moved;
        assert.deepEqual(watch.result.left, [], to);
      }
    });
  }

  for (const keystore of KEYSTORES)
    it(`is zeroed when a key in "${keystore}" is backed up and the backup is opened`, async () => {
      const keyring = await unsealed(session, await make(keystore), "orders");
      const kcvs = materials.map(keyCheckValue);
      const key = { name: "orders", type: "aes256-gcm96", replicaRegions: [], minEnabledVersion: 1 };
      const backup: Backup = {
        backup: 1,
        madeAt: "2026-01-31T12:00:00Z",
        stack: "dev",
        key,
        keyring,
        kcvs,
        distributions: [],
      };
      const jwe = await sealBackup(backup, { alg: "RSA-OAEP-256", key: publicKey, kid: "kid" });
      assert.ok(watch.result.seen.includes("encrypt") || keystore === "none");
      assert.deepEqual(watch.result.left, []);
      const opened = await openBackup(jwe, { alg: "RSA-OAEP-256", key: privateKey, kid: "kid" }, "the file");
      assert.deepEqual(opened.keyring, keyring);
      assert.deepEqual(watch.result.left, []);
    });

  it("is zeroed when inputs are checked", async () => {
    const material = materials[0]!.toString("base64");
    const { mistakes } = await resourcesOf(run).ManagedKey.check(undefined, { name: "orders", material });
    assert.deepEqual(mistakes, []);
    zeroed("Buffer.from");
  });

  for (const [what, refused] of Object.entries({
    "material that an earlier version has": () =>
      make("state", { material: materials[0]!.toString("base64") }),
    "material that is text": () => make("state", { material: text.toString("base64") }),
    "a root key that is another": async () => {
      const keyring = await make("env://ROOT");
      process.env.ROOT = other.toString("hex");
      return importFrom(keyring);
    },
    "a sealed version that does not open": async () =>
      importFrom(
        await sealedBy((version) => {
          version.jwe = version.jwe.replace(/.{4}$/, "AAAA");
        }),
      ),
    "a sealed version that is another": async () =>
      importFrom(
        await sealedBy((version) => {
          version.kcv = keyCheckValue(Buffer.alloc(32));
        }),
      ),
    "material elsewhere that is another": async () => {
      const keyring = await make("none");
      process.env.ORDERS_2 = other.toString("hex");
      return importFrom(keyring);
    },
  }))
    it(`is zeroed when ${what} is refused`, async () => {
      await assert.rejects(refused());
      assert.ok(watch.result.seen.length > 0);
      assert.deepEqual(watch.result.left, []);
    });
});
