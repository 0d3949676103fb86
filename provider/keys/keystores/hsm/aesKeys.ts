/** AES keys in a token: generated, created, found, compared, wrapped. Source: PKCS#11 2.40, base and mechanisms. */
import type { KeyObject } from "node:crypto";
import type { AlgorithmSpec } from "@aws-sdk/client-kms";
import { type Identity, identityBy } from "../../keyCheckValue";
import type { Handle, Pkcs11, Template, TokenSession } from "./cryptoki";
import type { HsmObject } from "./uri";

/** Keys of one type in a token. */
export interface HsmKeys {
  /** Generates a key inside the token. */
  generate(session: TokenSession, label: string, id: Buffer): Handle;
  /** Creates a key with the owner's material. */
  create(session: TokenSession, label: string, id: Buffer, material: Buffer): Handle;
  /** The keys that an object's URI names: at most two, because more than one is a mistake. */
  find(session: TokenSession, object: HsmObject): Handle[];
  /** The reason why a key cannot be a version, or undefined. */
  mistake(session: TokenSession, key: Handle): string | undefined;
  /** Keys without a mistake, for messages. */
  required: string;
  identityOf(session: TokenSession, key: Handle): Required<Identity>;
  /** The strongest algorithm that AWS accepts and this token has. It is found by a trial with this public key. */
  wrappingAlgorithm(session: TokenSession, publicKey: KeyObject): AlgorithmSpec;
  /** Encrypts a key to an RSA public key, inside the token. */
  wrap(session: TokenSession, key: Handle, publicKey: KeyObject, algorithm: AlgorithmSpec): Buffer;
}

/** @param algorithm the algorithm for wrapping these keys for AWS, if the token has it */
export function aesKeys(bytes: number, algorithm: AlgorithmSpec): HsmKeys {
  const length = ({ CKA_VALUE_LEN }: Pkcs11) => ({ type: CKA_VALUE_LEN, value: bytes });
  return {
    required: `AES-${8 * bytes} keys that can be wrapped`,
    generate({ pkcs11, cryptoki, handle }, label, id) {
      const template = [...storedKey(pkcs11, label, id), length(pkcs11)];
      return cryptoki.C_GenerateKey(handle, { mechanism: pkcs11.CKM_AES_KEY_GEN }, template);
    },
    create({ pkcs11, cryptoki, handle }, label, id, material) {
      const value = { type: pkcs11.CKA_VALUE, value: material };
      return cryptoki.C_CreateObject(handle, [...storedKey(pkcs11, label, id), value]);
    },
    find: findKeys,
    /** A version is an AES key of the right length that can be wrapped for AWS. */
    mistake(session, key) {
      const { CKA_KEY_TYPE, CKA_VALUE_LEN, CKA_EXTRACTABLE, CKK_AES } = session.pkcs11;
      if (numberIn(session, key, CKA_KEY_TYPE) !== CKK_AES) return "is no AES key";
      const length = numberIn(session, key, CKA_VALUE_LEN);
      if (length !== bytes) return `has ${8 * length} bits`;
      return numberIn(session, key, CKA_EXTRACTABLE) ? undefined : "is not extractable (CKA_EXTRACTABLE)";
    },
    identityOf: identityIn,
    /**
     * C_GetMechanismInfo does not say which hashes OAEP supports: SoftHSM 2.6 has only SHA-1
     * (https://github.com/softhsm/SoftHSMv2/issues/474). So a temporary key is wrapped as a trial.
     */
    wrappingAlgorithm(session, publicKey) {
      const { pkcs11, cryptoki, handle } = session;
      const key = cryptoki.C_GenerateKey(handle, { mechanism: pkcs11.CKM_AES_KEY_GEN }, [
        ...aesKey(pkcs11),
        { type: pkcs11.CKA_TOKEN, value: false },
        length(pkcs11),
      ]);
      try {
        wrapKey(session, key, publicKey, algorithm);
        return algorithm;
      } catch {
        wrapKey(session, key, publicKey, OAEP_SHA_1);
        return OAEP_SHA_1;
      }
    },
    wrap: wrapKey,
  };
}

const BLOCK = 16;

/** AWS accepts it too. */
const OAEP_SHA_1 = "RSAES_OAEP_SHA_1";

/** The key can only be wrapped, which the import needs, and encrypt, which its key check value needs. */
function storedKey(pkcs11: Pkcs11, label: string, id: Buffer): Template {
  const { CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE } = pkcs11;
  const never = [CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE];
  return [
    ...aesKey(pkcs11),
    { type: pkcs11.CKA_TOKEN, value: true },
    { type: pkcs11.CKA_PRIVATE, value: true },
    { type: pkcs11.CKA_LABEL, value: label },
    { type: pkcs11.CKA_ID, value: id },
    { type: pkcs11.CKA_ENCRYPT, value: true },
    ...never.map((type) => ({ type, value: false })),
  ];
}

function aesKey(pkcs11: Pkcs11): Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_AES },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: true },
  ];
}

function findKeys({ pkcs11, cryptoki, handle }: TokenSession, { object, id }: HsmObject): Handle[] {
  cryptoki.C_FindObjectsInit(handle, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    ...(object === undefined ? [] : [{ type: pkcs11.CKA_LABEL, value: object }]),
    ...(id === undefined ? [] : [{ type: pkcs11.CKA_ID, value: id }]),
  ]);
  try {
    return cryptoki.C_FindObjects(handle, 2);
  } finally {
    cryptoki.C_FindObjectsFinal(handle);
  }
}

function numberIn({ cryptoki, handle }: TokenSession, key: Handle, type: number): number {
  const [attribute] = cryptoki.C_GetAttributeValue(handle, key, [{ type }]);
  return attribute!.value.readUIntLE(0, Math.min(attribute!.value.length, 6)); // a CK_ULONG, or a CK_BBOOL
}

/** Computed with AES-ECB, because some HSMs, such as AWS CloudHSM, do not have CKM_AES_CMAC. */
function identityIn({ pkcs11, cryptoki, handle }: TokenSession, key: Handle): Required<Identity> {
  return identityBy((block) => {
    cryptoki.C_EncryptInit(handle, { mechanism: pkcs11.CKM_AES_ECB }, key);
    return cryptoki.C_Encrypt(handle, block, Buffer.alloc(2 * BLOCK));
  });
}

function wrapKey(
  { pkcs11, cryptoki, handle }: TokenSession,
  key: Handle,
  publicKey: KeyObject,
  algorithm: AlgorithmSpec,
): Buffer {
  const { n, e } = publicKey.export({ format: "jwk" });
  const modulus = Buffer.from(n!, "base64url");
  const wrappingKey = cryptoki.C_CreateObject(handle, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_RSA },
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_WRAP, value: true },
    { type: pkcs11.CKA_MODULUS, value: modulus },
    { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from(e!, "base64url") },
  ]);
  const mechanism = { mechanism: pkcs11.CKM_RSA_PKCS_OAEP, parameter: oaep(pkcs11, algorithm) };
  return cryptoki.C_WrapKey(handle, mechanism, wrappingKey, key, Buffer.alloc(modulus.length));
}

function oaep(pkcs11: Pkcs11, algorithm: AlgorithmSpec) {
  const isSha1 = algorithm === OAEP_SHA_1;
  return {
    type: pkcs11.CK_PARAMS_RSA_OAEP,
    hashAlg: isSha1 ? pkcs11.CKM_SHA_1 : pkcs11.CKM_SHA256,
    mgf: isSha1 ? pkcs11.CKG_MGF1_SHA1 : pkcs11.CKG_MGF1_SHA256,
    source: 1, // CKZ_DATA_SPECIFIED; without data the label is empty, as AWS expects
  };
}
