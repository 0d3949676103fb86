/** AES and HMAC keys in a token. Source: PKCS#11 2.40, mechanisms, sections 2.4, 2.5 and 2.8. */
import { type Identity, identityBy, identityOfMac } from "../../keyCheckValue";
import type { Lengths } from "../../symmetricMaterial";
import type { Handle, Pkcs11, Pkcs11Error, Template, TokenSession } from "./cryptoki";
import { type HsmKeys, NOT_EXTRACTABLE } from "./hsmKeys";
import { unavailable } from "./module";
import { findObjects, numberIn, stored, uses, wrappable } from "./objects";
import { BY_OAEP } from "./wrapping";

/** What differs between kinds of secret keys. */
interface SecretKeys {
  /** With its article. */
  name: string;
  lengths: Lengths;
  mechanism(pkcs11: Pkcs11): number;
  /** The type of new keys, then others that a version may have. */
  keyTypes(pkcs11: Pkcs11): readonly [number, ...number[]];
  /** What the identity needs: the key can do that, and be wrapped, and no more. */
  use(pkcs11: Pkcs11): number;
  identityOf(session: TokenSession, key: Handle): Identity;
}

export function aesKeys(bytes: number): HsmKeys {
  return secretKeys({
    name: `an AES-${8 * bytes} key`,
    lengths: { fewest: bytes, most: bytes },
    mechanism: ({ CKM_AES_KEY_GEN }) => CKM_AES_KEY_GEN,
    keyTypes: ({ CKK_AES }) => [CKK_AES],
    use: ({ CKA_ENCRYPT }) => CKA_ENCRYPT,
    /** Computed with AES-ECB, because some HSMs, such as AWS CloudHSM, do not have CKM_AES_CMAC. */
    identityOf: ({ pkcs11, cryptoki, handle }, key) =>
      identityBy((block) => {
        cryptoki.C_EncryptInit(handle, { mechanism: pkcs11.CKM_AES_ECB }, key);
        return cryptoki.C_Encrypt(handle, block, Buffer.alloc(2 * BLOCK));
      }),
  });
}

export function hmacKeys(bits: 224 | 256 | 384 | 512, lengths: Lengths): HsmKeys {
  return secretKeys({
    name: "a generic secret or an HMAC key",
    lengths,
    mechanism: ({ CKM_GENERIC_SECRET_KEY_GEN }) => CKM_GENERIC_SECRET_KEY_GEN,
    keyTypes: (pkcs11) => [pkcs11.CKK_GENERIC_SECRET, pkcs11[`CKK_SHA${bits}_HMAC`]],
    use: ({ CKA_SIGN }) => CKA_SIGN,
    identityOf({ pkcs11, cryptoki, handle }, key) {
      cryptoki.C_SignInit(handle, { mechanism: pkcs11[`CKM_SHA${bits}_HMAC`] }, key);
      try {
        return identityOfMac(cryptoki.C_Sign(handle, EMPTY, Buffer.alloc(bits / 8)));
      } catch (error) {
        if ((error as Pkcs11Error).code !== pkcs11.CKR_DATA_LEN_RANGE) throw error;
        throw unavailable(
          "Expected the HSM's token to compute the HMAC of an empty message, which identifies an HMAC key; C_Sign answered CKR_DATA_LEN_RANGE. Keep the key in another keystore.",
          error,
        );
      }
    },
  });
}

const BLOCK = 16;

/** Of memory that is there: pkcs11js passes an empty Buffer as NULL, which SoftHSM refuses. */
const EMPTY = Buffer.alloc(1).subarray(1);

function secretKeys({ name, lengths, mechanism, keyTypes, use, identityOf }: SecretKeys): HsmKeys {
  const { fewest, most } = lengths;
  const sizes = fewest === most ? `${8 * fewest}` : `${8 * fewest} to ${8 * most}`;
  return {
    kind: "secret key",
    required: `keys of ${sizes} bits that can be wrapped`,
    generate({ pkcs11, cryptoki, handle }, label, id) {
      const length = { type: pkcs11.CKA_VALUE_LEN, value: fewest };
      const template = [...secretKey(pkcs11, label, id), length];
      cryptoki.C_GenerateKey(handle, { mechanism: mechanism(pkcs11) }, template);
    },
    create({ pkcs11, cryptoki, handle }, label, id, material) {
      const value = { type: pkcs11.CKA_VALUE, value: material };
      cryptoki.C_CreateObject(handle, [...secretKey(pkcs11, label, id), value]);
    },
    find: (session, object) => findObjects(session, session.pkcs11.CKO_SECRET_KEY, object),
    mistake(session, key) {
      const { CKA_KEY_TYPE, CKA_VALUE_LEN, CKA_EXTRACTABLE } = session.pkcs11;
      if (!keyTypes(session.pkcs11).includes(numberIn(session, key, CKA_KEY_TYPE))) return `is not ${name}`;
      const length = numberIn(session, key, CKA_VALUE_LEN);
      if (length < fewest || length > most) return `has ${8 * length} bits`;
      return numberIn(session, key, CKA_EXTRACTABLE) ? undefined : NOT_EXTRACTABLE;
    },
    identityOf,
    wrappings: BY_OAEP,
  };

  function secretKey(pkcs11: Pkcs11, label: string, id: Buffer): Template {
    const { CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE } = pkcs11;
    const all = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE];
    const able = use(pkcs11);
    return [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
      { type: pkcs11.CKA_KEY_TYPE, value: keyTypes(pkcs11)[0] },
      { type: pkcs11.CKA_PRIVATE, value: true },
      ...stored(pkcs11, label, id),
      ...wrappable(pkcs11),
      ...uses(
        [able],
        all.filter((type) => type !== able),
      ),
    ];
  }
}
