/** What applications have KMS keys make, and what shows later that the same key is there. */
import crypto from "node:crypto";
import type { KeyType, Usage } from "../../provider/keys/keyTypes";

/** Inputs as an observer sends them: bytes are in base64. */
export interface Use {
  /** @param message in base64 */
  make(message: string): { operation: string; input: object; output: string };
  /** @param of what was made, and the id of its KMS key */
  check(message: string, of: { made: string; KeyId: string }): { operation: string; input: object };
  holds(answer: Record<string, unknown>, message: string, made: string): boolean;
}

const SIGNING: Partial<Record<string, string>> = {
  ECC_NIST_P256: "ECDSA_SHA_256",
  ECC_NIST_P384: "ECDSA_SHA_384",
  ECC_NIST_P521: "ECDSA_SHA_512",
  ECC_SECG_P256K1: "ECDSA_SHA_256",
  ECC_NIST_EDWARDS25519: "ED25519_SHA_512",
};
const CURVES: Partial<Record<string, string>> = {
  ECC_NIST_P256: "prime256v1",
  ECC_NIST_P384: "secp384r1",
  ECC_NIST_P521: "secp521r1",
};

const USES: Record<string, (type: KeyType) => Use> = {
  ENCRYPT_DECRYPT({ hasSeveralMaterials: isAes }) {
    const how = isAes ? {} : { EncryptionAlgorithm: "RSAES_OAEP_SHA_256" };
    return {
      make: (Plaintext) => ({ operation: "Encrypt", input: { Plaintext, ...how }, output: "CiphertextBlob" }),
      // AWS finds the KMS key of an AES ciphertext by itself.
      check: (_, { made: CiphertextBlob, KeyId }) => ({
        operation: "Decrypt",
        input: { CiphertextBlob, ...(!isAes && { KeyId, ...how }) },
      }),
      holds: ({ Plaintext }, message) => Plaintext === message,
    };
  },
  SIGN_VERIFY({ keySpec }) {
    const SigningAlgorithm = SIGNING[keySpec] ?? "RSASSA_PSS_SHA_256";
    const signed = (Message: string) => ({ Message, MessageType: "RAW", SigningAlgorithm });
    return {
      make: (message) => ({ operation: "Sign", input: signed(message), output: "Signature" }),
      check: (message, { made: Signature, KeyId }) => ({
        operation: "Verify",
        input: { ...signed(message), Signature, KeyId },
      }),
      holds: ({ SignatureValid }) => SignatureValid === true,
    };
  },
  GENERATE_VERIFY_MAC({ keySpec }) {
    const MacAlgorithm = keySpec.replace("_", "_SHA_");
    return {
      make: (Message) => ({ operation: "GenerateMac", input: { Message, MacAlgorithm }, output: "Mac" }),
      check: (Message, { made: Mac, KeyId }) => ({
        operation: "VerifyMac",
        input: { Message, Mac, MacAlgorithm, KeyId },
      }),
      holds: ({ MacValid }) => MacValid === true,
    };
  },
  KEY_AGREEMENT({ keySpec }) {
    const { publicKey } = crypto.generateKeyPairSync("ec", { namedCurve: CURVES[keySpec]! });
    const PublicKey = publicKey.export({ type: "spki", format: "der" }).toString("base64");
    const request = { operation: "DeriveSharedSecret", input: { PublicKey, KeyAgreementAlgorithm: "ECDH" } };
    return {
      make: () => ({ ...request, output: "SharedSecret" }),
      check: (_, { KeyId }) => ({ ...request, input: { ...request.input, KeyId } }),
      holds: ({ SharedSecret }, _, made) => SharedSecret === made,
    };
  },
};

/** The use of a type's KMS keys; by default the type's first usage. */
export function useOf(type: KeyType, { keyUsage }: Usage = type.usages[0]): Use {
  return USES[keyUsage]!(type);
}
