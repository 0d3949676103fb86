/**
 * The part of pkcs11js (https://github.com/PeculiarVentures/pkcs11js) that is used. It has the functions and constants of PKCS#11 under
 * their own names. The types are declared here and not imported, so that this package compiles without pkcs11js.
 */
export type Handle = Buffer;
export type Template = { type: number; value?: number | boolean | string | Buffer }[];

export interface Mechanism {
  mechanism: number;
  parameter?: { type: number; hashAlg: number; mgf: number; source: number };
}

/** Failures of the token: `message` is the name of the return value, `code` its number, `method` the called function. */
export interface Pkcs11Error extends Error {
  readonly code: number;
  readonly method: string;
}

export interface Cryptoki {
  load(path: string): void;
  close(): void;
  C_Initialize(options: { flags: number }): void;
  C_Finalize(): void;
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): { label: string; serialNumber: string; flags: number };
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, userType: number, pin: string): void;
  C_GenerateKey(session: Handle, mechanism: Mechanism, template: Template): Handle;
  /** In a thread of libuv's pool. */
  C_GenerateKeyPairAsync(
    session: Handle,
    mechanism: Mechanism,
    publicKey: Template,
    privateKey: Template,
  ): Promise<{ privateKey: Handle }>;
  C_CreateObject(session: Handle, template: Template): Handle;
  C_DestroyObject(session: Handle, object: Handle): void;
  C_FindObjectsInit(session: Handle, template: Template): void;
  C_FindObjects(session: Handle, most: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(session: Handle, object: Handle, template: Template): { value: Buffer }[];
  C_EncryptInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Encrypt(session: Handle, plaintext: Buffer, ciphertext: Buffer): Buffer;
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Sign(session: Handle, message: Buffer, signature: Buffer): Buffer;
  C_WrapKey(session: Handle, mechanism: Mechanism, wrappingKey: Handle, key: Handle, out: Buffer): Buffer;
}

/** A session in which the user is logged in. */
export interface TokenSession {
  pkcs11: Pkcs11;
  cryptoki: Cryptoki;
  handle: Handle;
}

type HmacBits = 224 | 256 | 384 | 512;

/** The package: the class, and the constants of PKCS#11 by their names there. */
export interface Pkcs11
  extends Readonly<Record<`CKK_SHA${HmacBits}_HMAC` | `CKM_SHA${HmacBits}_HMAC`, number>> {
  readonly PKCS11: new () => Cryptoki;
  readonly CKF_OS_LOCKING_OK: number;
  readonly CKF_SERIAL_SESSION: number;
  readonly CKF_RW_SESSION: number;
  readonly CKF_TOKEN_INITIALIZED: number;
  readonly CKU_USER: number;
  readonly CKR_ATTRIBUTE_TYPE_INVALID: number;
  readonly CKR_CRYPTOKI_ALREADY_INITIALIZED: number;
  readonly CKR_DATA_LEN_RANGE: number;
  readonly CKR_USER_ALREADY_LOGGED_IN: number;
  readonly CKR_PIN_INCORRECT: number;
  readonly CKO_SECRET_KEY: number;
  readonly CKO_PUBLIC_KEY: number;
  readonly CKO_PRIVATE_KEY: number;
  readonly CKK_AES: number;
  readonly CKK_EC: number;
  readonly CKK_GENERIC_SECRET: number;
  readonly CKK_RSA: number;
  readonly CKA_CLASS: number;
  readonly CKA_KEY_TYPE: number;
  readonly CKA_TOKEN: number;
  readonly CKA_PRIVATE: number;
  readonly CKA_SENSITIVE: number;
  readonly CKA_EXTRACTABLE: number;
  readonly CKA_ENCRYPT: number;
  readonly CKA_DECRYPT: number;
  readonly CKA_SIGN: number;
  readonly CKA_VERIFY: number;
  readonly CKA_WRAP: number;
  readonly CKA_UNWRAP: number;
  readonly CKA_DERIVE: number;
  readonly CKA_LABEL: number;
  readonly CKA_ID: number;
  readonly CKA_VALUE: number;
  readonly CKA_VALUE_LEN: number;
  readonly CKA_MODULUS: number;
  readonly CKA_MODULUS_BITS: number;
  readonly CKA_PUBLIC_EXPONENT: number;
  readonly CKA_PRIVATE_EXPONENT: number;
  readonly CKA_PRIME_1: number;
  readonly CKA_PRIME_2: number;
  readonly CKA_EXPONENT_1: number;
  readonly CKA_EXPONENT_2: number;
  readonly CKA_COEFFICIENT: number;
  readonly CKA_EC_PARAMS: number;
  readonly CKA_EC_POINT: number;
  readonly CKM_AES_KEY_GEN: number;
  readonly CKM_AES_ECB: number;
  readonly CKM_GENERIC_SECRET_KEY_GEN: number;
  readonly CKM_EC_KEY_PAIR_GEN: number;
  readonly CKM_ECDSA: number;
  readonly CKM_RSA_PKCS_KEY_PAIR_GEN: number;
  readonly CKM_SHA256_RSA_PKCS: number;
  readonly CKM_RSA_PKCS_OAEP: number;
  readonly CKM_SHA_1: number;
  readonly CKM_SHA256: number;
  readonly CKG_MGF1_SHA1: number;
  readonly CKG_MGF1_SHA256: number;
  readonly CK_PARAMS_RSA_OAEP: number;
}
