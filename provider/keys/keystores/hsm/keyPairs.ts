/** RSA and EC keys in a token. A version is the private key; its public half is read there, and a signature proves that it is. */
import {
  createHash,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  verify,
} from "node:crypto";
import { identityOfPublicKey } from "../../keyCheckValue";
import { describeKey, isOfForm, nameOf, type PrivateKeyForm } from "../../privateKeys/forms";
import { keyIn } from "../../privateKeys/privateKeyMaterial";
import { publicJwk } from "../../privateKeys/publicKeys";
import type { Handle, Pkcs11, Template, TokenSession } from "./cryptoki";
import { type HsmKeys, NOT_EXTRACTABLE } from "./hsmKeys";
import { findObjects, numberIn, publicKeysBeside, stored, uses, wrappable } from "./objects";
import { BY_AES_KEY_WRAP } from "./wrapping";

/** What differs between RSA and EC. */
export interface KeyPairs {
  form: PrivateKeyForm;
  keyType(pkcs11: Pkcs11): number;
  mechanism(pkcs11: Pkcs11): number;
  /** What the public half of a new pair must be. */
  generated(pkcs11: Pkcs11): Template;
  publicPart(pkcs11: Pkcs11, jwk: JsonWebKey): Template;
  privatePart(pkcs11: Pkcs11, jwk: JsonWebKey): Template;
  /** Another pair for a trial, where these take long. */
  trial?: Pick<KeyPairs, "mechanism" | "generated">;
  /** Of a private key and the public keys that may be beside it. Or why there is none: it completes "the key there …". */
  publicHalf(session: TokenSession, key: Handle, beside: () => Handle[]): JsonWebKey | string;
  /** A reason why a key of the form must not be used. */
  fault?(publicKey: KeyObject): string | undefined;
  /** Signs with SHA-256. */
  signing(pkcs11: Pkcs11): number;
  /** Whether that mechanism takes the hash. Otherwise it computes it. */
  signsHash: boolean;
}

export function keyPairs(pairs: KeyPairs): HsmKeys {
  const { form, keyType } = pairs;
  return {
    kind: "private key",
    required: `${nameOf(form, "key")} that can sign and be wrapped`,
    async generate({ pkcs11, cryptoki, handle }, label, id) {
      const publicKey = [...publicObject(pkcs11, label, id), ...pairs.generated(pkcs11)];
      const privateKey = privateObject(pkcs11, label, id);
      await cryptoki.C_GenerateKeyPairAsync(
        handle,
        { mechanism: pairs.mechanism(pkcs11) },
        publicKey,
        privateKey,
      );
    },
    create({ pkcs11, cryptoki, handle }, label, id, material) {
      const jwk = keyIn(material).export({ format: "jwk" });
      const secrets = pairs.privatePart(pkcs11, jwk);
      try {
        const parts = [...publicObject(pkcs11, label, id), ...pairs.publicPart(pkcs11, jwk)];
        cryptoki.C_CreateObject(handle, parts);
        cryptoki.C_CreateObject(handle, [...privateObject(pkcs11, label, id), ...secrets]);
      } finally {
        for (const { value } of secrets) if (Buffer.isBuffer(value)) value.fill(0);
      }
    },
    find: (session, object) => findObjects(session, session.pkcs11.CKO_PRIVATE_KEY, object),
    mistake(session, key) {
      const { CKA_KEY_TYPE, CKA_EXTRACTABLE } = session.pkcs11;
      if (numberIn(session, key, CKA_KEY_TYPE) !== keyType(session.pkcs11)) return `is no ${form.kty} key`;
      if (!numberIn(session, key, CKA_EXTRACTABLE)) return NOT_EXTRACTABLE;
      const publicKey = publicKeyOf(session, key);
      if (typeof publicKey === "string") return publicKey;
      if (!isOfForm(form, publicKey)) return `is ${describeKey(publicKey)}`;
      const fault = pairs.fault?.(publicKey);
      if (fault) return `must not be used: ${fault}`;
      return isPair(session, key, publicKey)
        ? undefined
        : "makes signatures that its public half does not verify";
    },
    identityOf(session, key) {
      const publicKey = publicKeyOf(session, key) as KeyObject;
      return { ...identityOfPublicKey(publicKey), publicKey: publicJwk(publicKey) };
    },
    async temporary({ pkcs11, cryptoki, handle }) {
      const trial = pairs.trial ?? pairs;
      const ofSession = { type: pkcs11.CKA_TOKEN, value: false };
      try {
        const { privateKey } = await cryptoki.C_GenerateKeyPairAsync(
          handle,
          { mechanism: trial.mechanism(pkcs11) },
          [ofSession, ...trial.generated(pkcs11)],
          [ofSession, ...wrappable(pkcs11), ...uses([pkcs11.CKA_SIGN], [])],
        );
        return privateKey;
      } catch {
        return undefined; // an HSM without EC keys
      }
    },
    wrappings: BY_AES_KEY_WRAP,
    notInChina:
      "an HSM wraps private keys by RSA_AES_KEY_WRAP, which AWS KMS does not have in its China Regions (aws-cn). Use another Region, or another keystore",
  };

  function publicObject(pkcs11: Pkcs11, label: string, id: Buffer): Template {
    return [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
      { type: pkcs11.CKA_KEY_TYPE, value: keyType(pkcs11) },
      ...stored(pkcs11, label, id),
      ...uses([pkcs11.CKA_VERIFY], [pkcs11.CKA_ENCRYPT, pkcs11.CKA_WRAP]),
    ];
  }

  function privateObject(pkcs11: Pkcs11, label: string, id: Buffer): Template {
    return [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
      { type: pkcs11.CKA_KEY_TYPE, value: keyType(pkcs11) },
      { type: pkcs11.CKA_PRIVATE, value: true },
      ...stored(pkcs11, label, id),
      ...wrappable(pkcs11),
      ...uses([pkcs11.CKA_SIGN], [pkcs11.CKA_DECRYPT, pkcs11.CKA_UNWRAP, pkcs11.CKA_DERIVE]),
    ];
  }

  function publicKeyOf(session: TokenSession, key: Handle): KeyObject | string {
    const jwk = pairs.publicHalf(session, key, () => publicKeysBeside(session, key));
    if (typeof jwk === "string") return jwk;
    try {
      return createPublicKey({ key: jwk, format: "jwk" });
    } catch {
      return "has a public half that is none"; // such as no point of the curve
    }
  }

  function isPair({ pkcs11, cryptoki, handle }: TokenSession, key: Handle, publicKey: KeyObject): boolean {
    const message = randomBytes(32);
    const signed = pairs.signsHash ? createHash("sha256").update(message).digest() : message;
    cryptoki.C_SignInit(handle, { mechanism: pairs.signing(pkcs11) }, key);
    const signature = cryptoki.C_Sign(handle, signed, Buffer.alloc(MOST_SIGNATURE_BYTES));
    return verify("sha256", message, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature);
  }
}

/** Of RSA with 4096 bits, and some. */
const MOST_SIGNATURE_BYTES = 1024;
