import type {
  EncryptionAlgorithmSpec,
  KeyAgreementAlgorithmSpec,
  KeySpec,
  KeyUsageType,
  MacAlgorithmSpec,
  SigningAlgorithmSpec,
} from "@aws-sdk/client-kms";
import type { Curve, MaterialForm } from "../crypto/materialForm.js";

/**
 * The key specs that are built: what type of key each is, the usages it may be created with and the algorithms of each,
 * and what its material looks like. Sources: https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
 * and, for material, https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-conceptual.html#importing-keys-material-requirements
 */
export interface SpecEntry {
  readonly type: KeyType;
  readonly usages: Usages;
  readonly material: MaterialForm;
}

/** The three types that an alias cannot be moved between: https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html */
export type KeyType = "symmetric" | "asymmetric" | "HMAC";

/** The algorithms of a key by its usage. A key has one usage, and of these lists the one of that usage. */
export interface Usages {
  readonly ENCRYPT_DECRYPT?: readonly EncryptionAlgorithmSpec[];
  readonly SIGN_VERIFY?: readonly SigningAlgorithmSpec[];
  readonly GENERATE_VERIFY_MAC?: readonly MacAlgorithmSpec[];
  readonly KEY_AGREEMENT?: readonly KeyAgreementAlgorithmSpec[];
}

export type BuiltSpec = keyof typeof SPECS;

const rsa = (modulusLength: number): SpecEntry => ({
  type: "asymmetric",
  usages: {
    ENCRYPT_DECRYPT: ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
    SIGN_VERIFY: [
      "RSASSA_PKCS1_V1_5_SHA_256",
      "RSASSA_PKCS1_V1_5_SHA_384",
      "RSASSA_PKCS1_V1_5_SHA_512",
      "RSASSA_PSS_SHA_256",
      "RSASSA_PSS_SHA_384",
      "RSASSA_PSS_SHA_512",
    ],
  },
  material: { kind: "rsa", modulusLength },
});

const nist = (curve: Curve, signing: SigningAlgorithmSpec): SpecEntry => ({
  type: "asymmetric",
  usages: { SIGN_VERIFY: [signing], KEY_AGREEMENT: ["ECDH"] },
  material: { kind: "ec", curve },
});

/** Material of an HMAC key is at least as long as the spec says, and at most 1024 bits. */
const hmac = (bits: number, algorithm: MacAlgorithmSpec): SpecEntry => ({
  type: "HMAC",
  usages: { GENERATE_VERIFY_MAC: [algorithm] },
  material: { kind: "bytes", fewest: bits / 8, most: 128 },
});

export const SPECS = {
  SYMMETRIC_DEFAULT: {
    type: "symmetric",
    usages: { ENCRYPT_DECRYPT: ["SYMMETRIC_DEFAULT"] },
    material: { kind: "bytes", fewest: 32, most: 32 },
  },
  HMAC_224: hmac(224, "HMAC_SHA_224"),
  HMAC_256: hmac(256, "HMAC_SHA_256"),
  HMAC_384: hmac(384, "HMAC_SHA_384"),
  HMAC_512: hmac(512, "HMAC_SHA_512"),
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: nist("prime256v1", "ECDSA_SHA_256"),
  ECC_NIST_P384: nist("secp384r1", "ECDSA_SHA_384"),
  ECC_NIST_P521: nist("secp521r1", "ECDSA_SHA_512"),
  ECC_SECG_P256K1: {
    type: "asymmetric",
    usages: { SIGN_VERIFY: ["ECDSA_SHA_256"] },
    material: { kind: "ec", curve: "secp256k1" },
  },
  ECC_NIST_EDWARDS25519: {
    type: "asymmetric",
    usages: { SIGN_VERIFY: ["ED25519_SHA_512", "ED25519_PH_SHA_512"] },
    material: { kind: "ed25519" },
  },
} satisfies Partial<Record<KeySpec, SpecEntry>>;

export const isBuilt = (spec: KeySpec): spec is BuiltSpec => Object.hasOwn(SPECS, spec);

export const specOf = ({ spec }: { spec: BuiltSpec }): SpecEntry => SPECS[spec];

interface Used {
  readonly spec: BuiltSpec;
  readonly usage: KeyUsageType;
}

/** The algorithms of a key: those of its spec for its usage. */
export const algorithmsOf = (key: Used): readonly string[] =>
  specOf(key).usages[key.usage as keyof Usages] ?? [];

/** The same as DescribeKey and GetPublicKey show them: the one list that goes with the usage. */
export function shownAlgorithms({ spec, usage }: Used) {
  const { usages } = specOf({ spec });
  const list = <A>(of: KeyUsageType, algorithms: readonly A[] | undefined) =>
    usage === of && algorithms ? [...algorithms] : undefined;
  return {
    EncryptionAlgorithms: list("ENCRYPT_DECRYPT", usages.ENCRYPT_DECRYPT),
    SigningAlgorithms: list("SIGN_VERIFY", usages.SIGN_VERIFY),
    MacAlgorithms: list("GENERATE_VERIFY_MAC", usages.GENERATE_VERIFY_MAC),
    KeyAgreementAlgorithms: list("KEY_AGREEMENT", usages.KEY_AGREEMENT),
  };
}
