/** How a token wraps its keys for AWS. The wrapping key is AWS's, from GetParametersForImport. */
import {
  constants,
  createDecipheriv,
  type KeyObject,
  type KeyPairKeyObjectResult,
  privateDecrypt,
} from "node:crypto";
import type { AlgorithmSpec } from "@aws-sdk/client-kms";
import { PADDED_IV } from "../../../kms/wrapping";
import type { Handle, Mechanism, TokenSession } from "./cryptoki";
import { unavailable } from "./module";
import { uses, wrappable } from "./objects";

export interface HsmWrapping {
  algorithm: AlgorithmSpec;
  /** Encrypts a key to an RSA public key, inside the token. */
  wrap(session: TokenSession, key: Handle, publicKey: KeyObject): Buffer;
  /** Decrypts what `wrap` made, as AWS does. Throws. */
  open(wrapped: Buffer, privateKey: KeyObject): Buffer;
}

/** AWS accepts both. */
const HASHES = [
  { name: "SHA_256", node: "sha256", hashAlg: "CKM_SHA256", mgf: "CKG_MGF1_SHA256" },
  { name: "SHA_1", node: "sha1", hashAlg: "CKM_SHA_1", mgf: "CKG_MGF1_SHA1" },
] as const;
type Hash = (typeof HASHES)[number];

/** For secret keys: RSAES-OAEP. */
export const BY_OAEP: readonly HsmWrapping[] = HASHES.map(byOaep);

/**
 * AES key wrap with padding (RFC 5649), by its names: CKM_AES_KEY_WRAP_KWP of PKCS#11 3.0; CKM_AES_KEY_WRAP_PAD, which is RFC 5649 in
 * SoftHSM and another padding elsewhere (https://github.com/softhsm/SoftHSMv2/issues/726); and AWS CloudHSM's own
 * (https://docs.aws.amazon.com/cloudhsm/latest/userguide/manage-aes-key-wrapping.html).
 */
const KEY_WRAPS = [0x210b, 0x210a, 0x8000216f];

/**
 * For private keys, which a token does not wrap by RSA alone: a new AES-256 key of the token wraps the PKCS#8, and RSAES-OAEP that key.
 * CKM_RSA_AES_KEY_WRAP does the same in one call; pkcs11js cannot pass its parameter, a structure with a pointer.
 */
export const BY_AES_KEY_WRAP: readonly HsmWrapping[] = HASHES.flatMap((hash) =>
  KEY_WRAPS.map((mechanism) => byAesKeyWrap(hash, mechanism)),
);

/**
 * The first of these that the token can do. C_GetMechanismInfo says neither which hashes OAEP supports (SoftHSM 2.6 has only SHA-1,
 * https://github.com/softhsm/SoftHSMv2/issues/474) nor which padding a key wrap has. So each wraps a temporary key as a trial, which is
 * opened here.
 *
 * @param probe a key pair for nothing else
 */
export function triedWrapping(
  session: TokenSession,
  wrappings: readonly HsmWrapping[],
  probe: KeyPairKeyObjectResult,
): HsmWrapping {
  const key = temporaryKey(session);
  const refusals = new Set<string>();
  for (const wrapping of wrappings)
    try {
      const { length } = opened(session, wrapping, key, probe).fill(0);
      if (length === AES_256_BYTES) return wrapping;
      refusals.add(`what it wraps opens to ${length} bytes instead of ${AES_256_BYTES}`);
    } catch (error) {
      refusals.add((error as Error).message);
    }
  const algorithms = [...new Set(wrappings.map(({ algorithm }) => algorithm))].join(" or ");
  throw unavailable(
    `Expected the HSM's token to wrap keys by ${algorithms}, as AWS KMS opens them; it can do neither (${[...refusals].join(", ")}). docs/keystores.md has what an HSM must do.`,
  );
}

const AES_256_BYTES = 32;

/** What AWS would have of a key. The caller zeroes it. */
export function opened(
  session: TokenSession,
  wrapping: HsmWrapping,
  key: Handle,
  probe: KeyPairKeyObjectResult,
): Buffer {
  return wrapping.open(wrapping.wrap(session, key, probe.publicKey), probe.privateKey);
}

/** A key of the session alone, which can be wrapped and can wrap. */
function temporaryKey({ pkcs11, cryptoki, handle }: TokenSession): Handle {
  return cryptoki.C_GenerateKey(handle, { mechanism: pkcs11.CKM_AES_KEY_GEN }, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_AES },
    { type: pkcs11.CKA_VALUE_LEN, value: AES_256_BYTES },
    { type: pkcs11.CKA_TOKEN, value: false },
    ...wrappable(pkcs11),
    ...uses([pkcs11.CKA_WRAP], [pkcs11.CKA_UNWRAP, pkcs11.CKA_DECRYPT]),
  ]);
}

function byOaep({ name, node, hashAlg, mgf }: Hash): HsmWrapping {
  return {
    algorithm: `RSAES_OAEP_${name}`,
    wrap(session, key, publicKey) {
      const { pkcs11, cryptoki, handle } = session;
      const parameter = {
        type: pkcs11.CK_PARAMS_RSA_OAEP,
        hashAlg: pkcs11[hashAlg],
        mgf: pkcs11[mgf],
        source: 1, // CKZ_DATA_SPECIFIED; without data the label is empty, as AWS expects
      };
      const mechanism: Mechanism = { mechanism: pkcs11.CKM_RSA_PKCS_OAEP, parameter };
      const wrappingKey = importedKey(session, publicKey);
      return cryptoki.C_WrapKey(handle, mechanism, wrappingKey, key, Buffer.alloc(modulusBytes(publicKey)));
    },
    open: (wrapped, key) =>
      privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: node }, wrapped),
  };
}

/** More than the PKCS#8 of an RSA key of 4096 bits has. */
const MOST_WRAPPED_BYTES = 4096;

/** Source: https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-encrypt-key-material.html */
function byAesKeyWrap(hash: Hash, mechanism: number): HsmWrapping {
  const oaep = byOaep(hash);
  return {
    algorithm: `RSA_AES_KEY_WRAP_${hash.name}`,
    wrap(session, key, publicKey) {
      const { cryptoki, handle } = session;
      const aesKey = temporaryKey(session);
      const out = Buffer.alloc(MOST_WRAPPED_BYTES);
      const wrapped = cryptoki.C_WrapKey(handle, { mechanism }, aesKey, key, out);
      return Buffer.concat([oaep.wrap(session, aesKey, publicKey), wrapped]);
    },
    open(wrapped, privateKey) {
      const bytes = modulusBytes(privateKey);
      const aesKey = oaep.open(wrapped.subarray(0, bytes), privateKey);
      const decipher = createDecipheriv("id-aes256-wrap-pad", aesKey, PADDED_IV);
      return Buffer.concat([decipher.update(wrapped.subarray(bytes)), decipher.final()]);
    },
  };
}

function modulusBytes({ asymmetricKeyDetails }: KeyObject): number {
  return asymmetricKeyDetails!.modulusLength! / 8;
}

function importedKey({ pkcs11, cryptoki, handle }: TokenSession, publicKey: KeyObject): Handle {
  const { n, e } = publicKey.export({ format: "jwk" });
  return cryptoki.C_CreateObject(handle, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_RSA },
    { type: pkcs11.CKA_TOKEN, value: false },
    ...uses([pkcs11.CKA_WRAP], []),
    { type: pkcs11.CKA_MODULUS, value: Buffer.from(n!, "base64url") },
    { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from(e!, "base64url") },
  ]);
}
