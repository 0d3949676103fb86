/** AES keys in a token: made, put there, found, told apart, wrapped. Source: PKCS#11 2.40, base and mechanisms. */
import type { KeyObject } from "node:crypto";
import type { WrappableMaterial } from "../../../kms/wrapping";
import { type Identity, identityBy } from "../../keyCheckValue";
import { MATERIAL_BYTES } from "../../material";
import type { Handle, Pkcs11, Template } from "./cryptoki";
import type { TokenSession } from "./token";
import type { HsmObject } from "./uri";

type WrappingAlgorithm = WrappableMaterial["wrappingAlgorithm"];

const BLOCK = 16;

/** A new key, in the token from its first bit on. */
export function generateKey({ pkcs11, cryptoki, handle }: TokenSession, label: string, id: Buffer): Handle {
  const length = { type: pkcs11.CKA_VALUE_LEN, value: MATERIAL_BYTES };
  const template = [...heldKey(pkcs11, label, id), length];
  return cryptoki.C_GenerateKey(handle, { mechanism: pkcs11.CKM_AES_KEY_GEN }, template);
}

/** A key whose material its owner gives. */
export function createKey(session: TokenSession, label: string, id: Buffer, material: Buffer): Handle {
  const { pkcs11, cryptoki, handle } = session;
  const value = { type: pkcs11.CKA_VALUE, value: material };
  return cryptoki.C_CreateObject(handle, [...heldKey(pkcs11, label, id), value]);
}

/** It can be wrapped, as AWS needs it, and encrypt, as its key check value needs it, and no more. */
function heldKey(pkcs11: Pkcs11, label: string, id: Buffer): Template {
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

/** The keys that an object's URI names: it is to be one. Two tell that there are several. */
export function findKeys({ pkcs11, cryptoki, handle }: TokenSession, { object, id }: HsmObject): Handle[] {
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

/** What keeps a key from being a version: it must be AES of 256 bits, and AWS must be given it. */
export function keyMistake({ pkcs11, cryptoki, handle }: TokenSession, key: Handle): string | undefined {
  const number = (type: number) => {
    const [attribute] = cryptoki.C_GetAttributeValue(handle, key, [{ type }]);
    return attribute!.value.readUIntLE(0, Math.min(attribute!.value.length, 6)); // a CK_ULONG, or a CK_BBOOL
  };
  if (number(pkcs11.CKA_KEY_TYPE) !== pkcs11.CKK_AES) return "is no AES key";
  const length = number(pkcs11.CKA_VALUE_LEN);
  if (length !== MATERIAL_BYTES) return `has ${8 * length} bits`;
  return number(pkcs11.CKA_EXTRACTABLE) ? undefined : "is not extractable (CKA_EXTRACTABLE)";
}

/** By AES-ECB, which HSMs have; CKM_AES_CMAC not all of them do, AWS CloudHSM for one. */
export function identityIn({ pkcs11, cryptoki, handle }: TokenSession, key: Handle): Required<Identity> {
  return identityBy((block) => {
    cryptoki.C_EncryptInit(handle, { mechanism: pkcs11.CKM_AES_ECB }, key);
    return cryptoki.C_Encrypt(handle, block, Buffer.alloc(2 * BLOCK));
  });
}

/** Encrypts a key to an RSA public key, inside the token. */
export function wrapKey(
  session: TokenSession,
  key: Handle,
  publicKey: KeyObject,
  wrappingAlgorithm: WrappingAlgorithm,
): Buffer {
  const { pkcs11, cryptoki, handle } = session;
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
  const mechanism = { mechanism: pkcs11.CKM_RSA_PKCS_OAEP, parameter: oaep(pkcs11, wrappingAlgorithm) };
  return cryptoki.C_WrapKey(handle, mechanism, wrappingKey, key, Buffer.alloc(modulus.length));
}

function oaep(pkcs11: Pkcs11, wrappingAlgorithm: WrappingAlgorithm) {
  const isSha256 = wrappingAlgorithm === "RSAES_OAEP_SHA_256";
  return {
    type: pkcs11.CK_PARAMS_RSA_OAEP,
    hashAlg: isSha256 ? pkcs11.CKM_SHA256 : pkcs11.CKM_SHA_1,
    mgf: isSha256 ? pkcs11.CKG_MGF1_SHA256 : pkcs11.CKG_MGF1_SHA1,
    source: 1, // CKZ_DATA_SPECIFIED; without data the label is empty, as AWS has it
  };
}

/**
 * The stronger of the two algorithms that AWS takes and this token can do. C_GetMechanismInfo does not tell which hashes OAEP
 * may have: SoftHSM 2.6 has SHA-1 alone (https://github.com/softhsm/SoftHSMv2/issues/474). So a key that is nobody's is
 * wrapped to see.
 */
export function wrappingAlgorithmOf(session: TokenSession, publicKey: KeyObject): WrappingAlgorithm {
  const { pkcs11, cryptoki, handle } = session;
  const key = cryptoki.C_GenerateKey(handle, { mechanism: pkcs11.CKM_AES_KEY_GEN }, [
    ...aesKey(pkcs11),
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_VALUE_LEN, value: MATERIAL_BYTES },
  ]);
  try {
    wrapKey(session, key, publicKey, "RSAES_OAEP_SHA_256");
    return "RSAES_OAEP_SHA_256";
  } catch {
    wrapKey(session, key, publicKey, "RSAES_OAEP_SHA_1");
    return "RSAES_OAEP_SHA_1";
  }
}
