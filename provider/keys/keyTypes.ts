/**
 * The table of key types: all that differs between them. Other code asks a row; it compares no type's name. To add a type, add a row
 * to KEY_TYPES, the functions it needs, and its name and purposes to schema.json.
 */
import type { KeyObject } from "node:crypto";
import type { KeySpec, KeyUsageType } from "@aws-sdk/client-kms";
import type { JWK } from "jose";
import { KeymgmtError } from "../errors";
import { type Wrapping, wrapByAesKeyWrapSha256, wrapByOaepSha256 } from "../kms/wrapping";
import type { KeyType as KeyTypeName, Purpose } from "../schema/types";
import { hmacIdentityOf, type Identity, identityOf, identityOfPublicKey } from "./keyCheckValue";
import { ecKeys } from "./keystores/hsm/ecKeys";
import type { HsmKeys } from "./keystores/hsm/hsmKeys";
import { rsaKeys } from "./keystores/hsm/rsaKeys";
import { aesKeys, hmacKeys } from "./keystores/hsm/secretKeys";
import type { Material } from "./material";
import { CURVES, type Curve, type PrivateKeyForm } from "./privateKeys/forms";
import { privateKeyMaterial } from "./privateKeys/privateKeyMaterial";
import { publicKeyOf, readPublicJwk } from "./privateKeys/publicKeys";
import { symmetricMaterial } from "./symmetricMaterial";

export interface KeyType {
  /** Value of the `type` input, by Vault's name where it has one. */
  name: KeyTypeName;
  /** CreateKey's KeySpec. An adopted KMS key must have the same. */
  keySpec: KeySpec;
  /** The possible uses of a key. The first is the default. */
  usages: readonly [Usage, ...Usage[]];
  /** How material is generated, parsed, checked and stored. */
  material: Material;
  /** Identifies material without showing it. */
  identityOf(material: Buffer): Required<Identity>;
  /** Whether a KMS key takes several materials, each with an id. */
  hasSeveralMaterials: boolean;
  wrapping: Wrapping;
  /** Keys of this type in an HSM. */
  inHsm?: HsmKeys;
  /** The public half of an asymmetric key's material. */
  publicKeyOf?(material: Buffer): KeyObject;
  /** The public half that a keyring shows beside sealed material. Undefined where the JWK is none of this type. */
  readPublicJwk?(jwk: JWK | undefined): KeyObject | undefined;
  /** What AWS KMS or this project cannot do with keys of this type, and why. */
  cannot: Partial<Record<Ability, string>>;
}

export interface Usage {
  /** CreateKey's KeyUsage. */
  keyUsage: KeyUsageType;
  /** All values of the `purpose` input that belong to it. */
  purposes: readonly Purpose[];
}

/** An ability that a type may lack. An input requests each. */
export type Ability = "import" | "multiRegion" | "expire" | "rotateOnDemand" | "inChina" | "inHsm";

const OAEP_SHA_256 = "RSAES_OAEP_SHA_256";
const AES_256_BYTES = 32;
const BY_OAEP: Wrapping = { algorithm: OAEP_SHA_256, wrap: wrapByOaepSha256 };

const ENCRYPTION: Usage = { keyUsage: "ENCRYPT_DECRYPT", purposes: ["encrypt", "decrypt"] };
const SIGNING: Usage = { keyUsage: "SIGN_VERIFY", purposes: ["sign", "verify"] };
const KEY_AGREEMENT: Usage = { keyUsage: "KEY_AGREEMENT", purposes: ["keyAgreement"] };
const MAC: Usage = { keyUsage: "GENERATE_VERIFY_MAC", purposes: ["generateMac", "verifyMac"] };

/**
 * AES-256. Root keys are such keys too (keystores/rootKey.ts).
 * Sources: CreateKey and GetParametersForImport in AWS's API reference; the China Regions in
 * https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-encrypt-key-material.html
 */
export const AES_256: KeyType = {
  name: "aes256-gcm96",
  keySpec: "SYMMETRIC_DEFAULT",
  usages: [ENCRYPTION],
  material: symmetricMaterial({ fewest: AES_256_BYTES, most: AES_256_BYTES }, "A256GCM"),
  identityOf,
  hasSeveralMaterials: true,
  wrapping: BY_OAEP,
  inHsm: aesKeys(AES_256_BYTES),
  cannot: {
    inChina:
      "AWS KMS takes only 128-bit material (SM4) for symmetric keys in its China Regions (aws-cn), and this key's has 256 bits. Use another Region, or a KMS key with material of AWS's own there",
  },
};

/** What AWS KMS allows for one material only. Source: ImportKeyMaterial and RotateKeyOnDemand in the API reference. */
const ONE_MATERIAL = {
  hasSeveralMaterials: false,
  cannot: {
    rotateOnDemand:
      "AWS KMS rotates only symmetric encryption keys on demand. A manual rotation makes a new KMS key behind the same alias",
  },
} as const;

/**
 * Private keys are imported as PKCS #8 in DER, and AWS KMS computes the public key. Their fingerprint, of the public half, identifies them.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-conceptual.html#importing-keys-material-requirements
 */
function asymmetric(form: PrivateKeyForm, recipe: string) {
  return {
    ...ONE_MATERIAL,
    material: privateKeyMaterial(form, recipe),
    publicKeyOf,
    readPublicJwk: (jwk: JWK | undefined) => readPublicJwk(form, jwk),
    identityOf: (material: Buffer) => identityOfPublicKey(publicKeyOf(material)),
  };
}

/** An RSA private key is longer than RSA can encrypt: an AES key wraps it. AWS's China Regions do not have that algorithm (GetParametersForImport). */
function rsa(bits: 2048 | 3072 | 4096): KeyType {
  const key = asymmetric(
    { kty: "RSA", bits },
    `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:${bits}`,
  );
  return {
    ...key,
    name: `rsa-${bits}`,
    keySpec: `RSA_${bits}`,
    usages: [SIGNING, ENCRYPTION],
    wrapping: { algorithm: "RSA_AES_KEY_WRAP_SHA_256", wrap: wrapByAesKeyWrapSha256 },
    inHsm: rsaKeys(bits),
    cannot: {
      ...key.cannot,
      inChina:
        "AWS KMS imports RSA keys by RSA_AES_KEY_WRAP, which its China Regions (aws-cn) do not have. Use another Region, or another type of key",
    },
  };
}

function ecdsa(
  name: KeyTypeName,
  crv: Curve,
  keySpec: KeySpec,
  usages: KeyType["usages"],
  wrapping = BY_OAEP,
): KeyType {
  const recipe = `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:${CURVES[crv]}`;
  return { ...asymmetric({ kty: "EC", crv }, recipe), name, keySpec, usages, wrapping, inHsm: ecKeys(crv) };
}

/** The list of AWS's requirements for imported key material names all other specs here, and not this one. */
function ed25519(): KeyType {
  const key = asymmetric({ kty: "OKP", crv: "Ed25519" }, "openssl genpkey -algorithm ED25519");
  return {
    ...key,
    name: "ed25519",
    keySpec: "ECC_NIST_EDWARDS25519",
    usages: [SIGNING],
    wrapping: BY_OAEP,
    cannot: {
      ...key.cannot,
      inHsm: "this release takes no keys of that type from an HSM",
      import:
        "not documented by AWS, whose list of key specs for imported key material (importing-keys-conceptual in the developer guide) does not have ECC_NIST_EDWARDS25519. Use ecdsa-p256, or a KMS key with material of AWS's own",
    },
  };
}

/** The longest material of HMAC keys: 1,024 bits. */
const MOST_HMAC_BYTES = 128;

function hmac(bits: 224 | 256 | 384 | 512, alg?: string): KeyType {
  const hash = `sha${bits}`;
  const lengths = { fewest: bits / 8, most: MOST_HMAC_BYTES };
  return {
    ...ONE_MATERIAL,
    name: `hmac-sha${bits}`,
    keySpec: `HMAC_${bits}`,
    usages: [MAC],
    material: symmetricMaterial(lengths, alg),
    identityOf: (material) => hmacIdentityOf(hash, material),
    wrapping: BY_OAEP,
    inHsm: hmacKeys(bits, lengths),
  };
}

const SIGNING_OR_AGREEMENT = [SIGNING, KEY_AGREEMENT] as const;

export const KEY_TYPES: readonly KeyType[] = [
  AES_256,
  rsa(2048),
  rsa(3072),
  rsa(4096),
  ecdsa("ecdsa-p256", "P-256", "ECC_NIST_P256", SIGNING_OR_AGREEMENT),
  ecdsa("ecdsa-p384", "P-384", "ECC_NIST_P384", SIGNING_OR_AGREEMENT),
  ecdsa("ecdsa-p521", "P-521", "ECC_NIST_P521", SIGNING_OR_AGREEMENT, { ...BY_OAEP, tooShort: ["RSA_2048"] }),
  ecdsa("ecdsa-secp256k1", "secp256k1", "ECC_SECG_P256K1", [SIGNING]),
  ed25519(),
  hmac(224),
  hmac(256, "HS256"),
  hmac(384, "HS384"),
  hmac(512, "HS512"),
];

/** The row of an unchecked `type` input. Undefined where the input is unknown or not a type. */
export function findKeyType(name: unknown): KeyType | undefined {
  return KEY_TYPES.find((type) => type.name === name);
}

/** The row of a type that a state or a backup names. Throws InvalidInput. */
export function keyTypeOf(name: string): KeyType {
  const type = findKeyType(name);
  if (type) return type;
  const names = KEY_TYPES.map((known) => known.name).join(", ");
  throw new KeymgmtError(
    "InvalidInput",
    `Expected a key of a type that this release knows (${names}); what came is another. Install the newest pulumi-keymgmt. Nothing was changed.`,
  );
}

/** Throws InvalidInput where keys of the type cannot be in an HSM; `check` has refused that before. */
export function hsmKeysOf({ name, inHsm, cannot }: KeyType): HsmKeys {
  if (inHsm) return inHsm;
  throw new KeymgmtError("InvalidInput", `Expected no key of type ${name} in an HSM: ${cannot.inHsm}.`);
}

/** The usage with exactly these purposes, in any order. Undefined where the type has none. */
export function usageFor({ usages }: KeyType, purposes: readonly unknown[]): Usage | undefined {
  return usages.find(
    (usage) =>
      usage.purposes.length === purposes.length &&
      usage.purposes.every((purpose) => purposes.includes(purpose)),
  );
}
