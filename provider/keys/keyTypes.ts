/**
 * The table of key types: all that differs between them. Other code asks a row; it compares no type's name. To add a type, add a row
 * to KEY_TYPES, the functions it needs, and its name and purposes to schema.json.
 */
import type { KeySpec, KeyUsageType } from "@aws-sdk/client-kms";
import { KeymgmtError } from "../errors";
import { type Wrapping, wrapByOaepSha256 } from "../kms/wrapping";
import type { KeyType as KeyTypeName, Purpose } from "../schema/types";
import { type Identity, identityOf } from "./keyCheckValue";
import { aesKeys, type HsmKeys } from "./keystores/hsm/aesKeys";
import type { Material } from "./material";
import { symmetricMaterial } from "./symmetricMaterial";

export interface KeyType {
  /** Value of the `type` input, by Vault's name. */
  name: KeyTypeName;
  /** CreateKey's KeySpec. An adopted KMS key must have the same. */
  keySpec: KeySpec;
  /** The possible uses of a key. The first is the default. */
  usages: readonly [Usage, ...Usage[]];
  /** How material is generated, parsed, checked and stored. */
  material: Material;
  /** Identifies material without showing it. */
  identityOf(material: Uint8Array): Required<Identity>;
  wrapping: Wrapping;
  /** Keys of this type in an HSM. */
  inHsm: HsmKeys;
  /** What AWS KMS cannot do with keys of this type, and why. */
  cannot: Partial<Record<Ability, string>>;
}

export interface Usage {
  /** CreateKey's KeyUsage. */
  keyUsage: KeyUsageType;
  /** All values of the `purpose` input that belong to it. */
  purposes: readonly Purpose[];
}

/** An ability that a type may lack. An input requests each. */
export type Ability = "multiRegion" | "expire" | "rotateOnDemand" | "inChina";

const OAEP_SHA_256 = "RSAES_OAEP_SHA_256";
const AES_256_BYTES = 32;

/**
 * AES-256. Root keys are such keys too (keystores/rootKey.ts).
 * Sources: CreateKey and GetParametersForImport in AWS's API reference; the China Regions in
 * https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-encrypt-key-material.html
 */
export const AES_256: KeyType = {
  name: "aes256-gcm96",
  keySpec: "SYMMETRIC_DEFAULT",
  usages: [{ keyUsage: "ENCRYPT_DECRYPT", purposes: ["encrypt", "decrypt"] }],
  material: symmetricMaterial({ fewest: AES_256_BYTES, most: AES_256_BYTES }, "A256GCM"),
  identityOf,
  wrapping: { algorithm: OAEP_SHA_256, wrap: wrapByOaepSha256 },
  inHsm: aesKeys(AES_256_BYTES, OAEP_SHA_256),
  cannot: {
    inChina:
      "AWS KMS takes only 128-bit material (SM4) for symmetric keys in its China Regions (aws-cn), and this key's has 256 bits. Use another Region, or a KMS key with material of AWS's own there",
  },
};

export const KEY_TYPES: readonly KeyType[] = [AES_256];

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

/** The usage with exactly these purposes, in any order. Undefined where the type has none. */
export function usageFor({ usages }: KeyType, purposes: readonly unknown[]): Usage | undefined {
  return usages.find(
    (usage) =>
      usage.purposes.length === purposes.length &&
      usage.purposes.every((purpose) => purposes.includes(purpose)),
  );
}
