import {
  constants,
  createDecipheriv,
  createPublicKey,
  generateKeyPairSync,
  privateDecrypt,
  randomBytes,
} from "node:crypto";
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import type {
  Cryptoki,
  Handle,
  Mechanism,
  Pkcs11,
  Template,
} from "../../../../../provider/keys/keystores/hsm/cryptoki";
import { checkout, hsmForTests } from "../../../../../tools/toolchain";
import { skip } from "../../../../compat/support";

/** pkcs11js as this file uses it: it makes tokens too. */
interface TestCryptoki extends Cryptoki {
  C_InitToken(slot: Handle, pin: string, label: string): void;
  C_InitPIN(session: Handle, pin: string): void;
  C_SetAttributeValue(session: Handle, object: Handle, template: Template): void;
  C_GenerateKeyPair(session: Handle, mechanism: Mechanism, publicKey: Template, privateKey: Template): object;
}
type TestPkcs11 = Omit<Pkcs11, "PKCS11"> & {
  readonly PKCS11: new () => TestCryptoki;
  readonly CKU_SO: number;
  readonly CKM_AES_KEY_WRAP_PAD: number;
  readonly CKA_ALWAYS_SENSITIVE: number;
};

export interface Inspection {
  pkcs11: TestPkcs11;
  cryptoki: TestCryptoki;
  session: Handle;
  /** The secret keys in the token, then the private ones. */
  keys: Handle[];
}

/** SoftHSM with a folder of its own for tokens, which the environment of this process names until it is closed. */
export class SoftHsm {
  private readonly before = process.env.SOFTHSM2_CONF;

  private constructor(
    readonly modulePath: string,
    private readonly pkcs11: TestPkcs11,
    readonly folder: string,
  ) {
    mkdirSync(join(folder, "tokens"), { recursive: true });
    writeFileSync(this.conf, `directories.tokendir = ${join(folder, "tokens")}\nlog.level = ERROR\n`);
    process.env.SOFTHSM2_CONF = this.conf;
  }

  /** What opens one. Skips the suite where there is no SoftHSM; pkcs11js is linked to where an installation has it. */
  static async openerOr(suite: Context): Promise<() => SoftHsm> {
    suite.timeout(15 * 60_000); // The first time, they are installed.
    const hsm = await hsmForTests();
    if ("missing" in hsm) return skip(suite, hsm.missing);
    linkPkcs11js(hsm.pkcs11js);
    const pkcs11 = require(hsm.pkcs11js) as TestPkcs11;
    return () => new SoftHsm(hsm.module, pkcs11, mkdtempSync(join(tmpdir(), "keymgmt-hsm-")));
  }

  get conf(): string {
    return join(this.folder, "softhsm2.conf");
  }

  /** A `keystore`; its PIN is to be in the environment. */
  uri(token = "keymgmt", pinSource = "env://HSM_PIN"): string {
    return `pkcs11:token=${token}?module-path=${this.modulePath}&pin-source=${pinSource}`;
  }

  /** Makes a token, and answers its serial number. */
  newToken(pin: string, label = "keymgmt"): string {
    const officer = randomBytes(8).toString("hex");
    const { pkcs11 } = this;
    return this.run((cryptoki) => {
      const slot = cryptoki.C_GetSlotList(true).at(-1)!; // SoftHSM keeps one slot without a token at the end.
      cryptoki.C_InitToken(slot, officer, label.padEnd(32));
      const session = cryptoki.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
      cryptoki.C_Login(session, pkcs11.CKU_SO, officer);
      cryptoki.C_InitPIN(session, pin);
      return cryptoki.C_GetTokenInfo(slot).serialNumber.trimEnd();
    });
  }

  /** Looks into the first token, or changes something in it, with code of its own. */
  inspect<T>(pin: string, work: (inspection: Inspection) => T): T {
    const { pkcs11 } = this;
    return this.run((cryptoki) => {
      const slot = cryptoki.C_GetSlotList(true)[0]!;
      const session = cryptoki.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
      cryptoki.C_Login(session, pkcs11.CKU_USER, pin);
      const keys = [pkcs11.CKO_SECRET_KEY, pkcs11.CKO_PRIVATE_KEY].flatMap((value) => {
        cryptoki.C_FindObjectsInit(session, [{ type: pkcs11.CKA_CLASS, value }]);
        const found = cryptoki.C_FindObjects(session, 100);
        cryptoki.C_FindObjectsFinal(session);
        return found;
      });
      return work({ pkcs11, cryptoki, session, keys });
    });
  }

  /** How many objects the first token has: a pair is two. */
  objects(pin: string): number {
    return this.inspect(pin, ({ cryptoki, session }) => {
      cryptoki.C_FindObjectsInit(session, []);
      return cryptoki.C_FindObjects(session, 100).length;
    });
  }

  /**
   * The material of every key by its label: as it is extractable, who has the PIN wraps it under a key of their own. SoftHSM 2.6 may put up
   * to seven zero bytes behind a private key, which are a part of it here.
   */
  materials(pin: string): Record<string, Buffer> {
    // Node 20 waits for ever where a KeyObject of generateKeyPairSync is exported as a JWK and garbage is collected meanwhile.
    const spki = { type: "spki", format: "der" } as const;
    const own = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: spki,
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const { n, e } = createPublicKey({ key: own.publicKey, ...spki }).export({ format: "jwk" });
    return this.inspect(pin, ({ pkcs11, cryptoki, session, keys }) => {
      const publicKey = cryptoki.C_CreateObject(session, [
        { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
        { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_RSA },
        { type: pkcs11.CKA_WRAP, value: true },
        { type: pkcs11.CKA_MODULUS, value: Buffer.from(n!, "base64url") },
        { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from(e!, "base64url") },
      ]);
      const oaep = {
        type: pkcs11.CK_PARAMS_RSA_OAEP,
        hashAlg: pkcs11.CKM_SHA_1,
        mgf: pkcs11.CKG_MGF1_SHA1,
        source: 1,
      };
      const mechanism = { mechanism: pkcs11.CKM_RSA_PKCS_OAEP, parameter: oaep };
      const secret = (key: Handle) => {
        const wrapped = cryptoki.C_WrapKey(session, mechanism, publicKey, key, Buffer.alloc(256));
        const padding = constants.RSA_PKCS1_OAEP_PADDING;
        return privateDecrypt({ key: own.privateKey, padding, oaepHash: "sha1" }, wrapped);
      };
      const aesKey = cryptoki.C_GenerateKey(session, { mechanism: pkcs11.CKM_AES_KEY_GEN }, [
        { type: pkcs11.CKA_VALUE_LEN, value: 32 },
        { type: pkcs11.CKA_EXTRACTABLE, value: true },
        { type: pkcs11.CKA_WRAP, value: true },
      ]);
      const privateKey = (key: Handle) => {
        const pad = { mechanism: pkcs11.CKM_AES_KEY_WRAP_PAD };
        const wrapped = cryptoki.C_WrapKey(session, pad, aesKey, key, Buffer.alloc(4096));
        const iv = Buffer.from("a65959a6", "hex");
        const decipher = createDecipheriv("id-aes256-wrap-pad", secret(aesKey), iv);
        return Buffer.concat([decipher.update(wrapped), decipher.final()]);
      };
      return Object.fromEntries(
        keys.map((key) => {
          const [{ value }] = cryptoki.C_GetAttributeValue(session, key, [{ type: pkcs11.CKA_CLASS }]) as [
            { value: Buffer },
          ];
          const material = value[0] === pkcs11.CKO_SECRET_KEY ? secret(key) : privateKey(key);
          return [labelOf({ pkcs11, cryptoki, session }, key), material];
        }),
      );
    });
  }

  /** Puts a key there as its owner might, and answers its handle's CKA_ID. */
  ceremony(
    pin: string,
    label: string,
    bytes = 32,
    more: (pkcs11: TestPkcs11) => Template = () => [],
  ): Buffer {
    const id = randomBytes(4);
    this.inspect(pin, ({ pkcs11, cryptoki, session }) =>
      cryptoki.C_GenerateKey(session, { mechanism: pkcs11.CKM_AES_KEY_GEN }, [
        { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
        { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_AES },
        { type: pkcs11.CKA_VALUE_LEN, value: bytes },
        { type: pkcs11.CKA_TOKEN, value: true },
        { type: pkcs11.CKA_PRIVATE, value: true },
        { type: pkcs11.CKA_SENSITIVE, value: true },
        { type: pkcs11.CKA_LABEL, value: label },
        { type: pkcs11.CKA_ID, value: id },
        ...(more(pkcs11).length
          ? more(pkcs11)
          : [
              { type: pkcs11.CKA_EXTRACTABLE, value: true },
              { type: pkcs11.CKA_ENCRYPT, value: true },
            ]),
      ]),
    );
    return id;
  }

  /** The same HSM restored from a backup, elsewhere; it is the one of the environment until it is closed. */
  copy(): SoftHsm {
    const folder = mkdtempSync(join(tmpdir(), "keymgmt-hsm-"));
    cpSync(join(this.folder, "tokens"), join(folder, "tokens"), { recursive: true });
    return new SoftHsm(this.modulePath, this.pkcs11, folder);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
    if (this.before === undefined) delete process.env.SOFTHSM2_CONF;
    else process.env.SOFTHSM2_CONF = this.before;
  }

  private run<T>(work: (cryptoki: TestCryptoki) => T): T {
    const cryptoki = new this.pkcs11.PKCS11();
    cryptoki.load(this.modulePath);
    cryptoki.C_Initialize({ flags: this.pkcs11.CKF_OS_LOCKING_OK });
    try {
      return work(cryptoki);
    } finally {
      cryptoki.C_Finalize();
      cryptoki.close();
    }
  }
}

export function labelOf(
  { pkcs11, cryptoki, session }: Pick<Inspection, "pkcs11" | "cryptoki" | "session">,
  key: Handle,
): string {
  return String(cryptoki.C_GetAttributeValue(session, key, [{ type: pkcs11.CKA_LABEL }])[0]!.value);
}

/** Another test file may do the same at the same time, and another Node may have left its own. */
function linkPkcs11js(folder: string): void {
  const place = join(checkout, "node_modules", "pkcs11js");
  const there = lstatSync(place, { throwIfNoEntry: false });
  if (there && (!there.isSymbolicLink() || readlinkSync(place) === folder)) return;
  const mine = join(checkout, "node_modules", `.pkcs11js-${process.pid}`);
  symlinkSync(folder, mine, "dir");
  renameSync(mine, place);
}
