/** Rules by key type, from the table in keys/keyTypes.ts. A type that is unknown or wrong passes: schema.json refuses it. */
import { isHsmUri } from "../keys/keystores/hsm/uri";
import { type Ability, findKeyType, usageFor } from "../keys/keyTypes";
import { parseWait } from "../keys/period";
import { isRegion, partitionOf } from "../kms/endpoints/regions";
import { hasUnknown, known, UNKNOWN } from "../schema/unknowns";
import type { Values } from "./resource";

/** A key in inputs, before they are validated. */
interface Key {
  name?: unknown;
  type?: unknown;
  keystore?: unknown;
}

/** The default purposes of a distribution. */
export function defaultPurpose(type: unknown): readonly string[] | string {
  return findKeyType(type)?.usages[0].purposes ?? UNKNOWN;
}

export function purposeMistakes(key: Key | undefined, purpose: unknown): string[] {
  const type = findKeyType(key?.type);
  if (!type || !Array.isArray(purpose) || hasUnknown(purpose) || usageFor(type, purpose)) return [];
  const allowed = type.usages.map(({ purposes }) => `["${purposes.join('", "')}"]`).join(" or ");
  return [
    `Expected \`purpose\` to be ${allowed}, which is what a key of type ${type.name} is for in AWS KMS; what came is another list.`,
  ];
}

/** The China Regions among those that a property names. */
export function chinaMistakes(property: string, regions: unknown, key: Key | undefined): string[] {
  return [regions]
    .flat()
    .map(known)
    .filter((region) => typeof region === "string" && isRegion(region) && partitionOf(region) === "aws-cn")
    .flatMap((region) =>
      refusal(key, chinaReason(key), `\`${property}\` to be outside of China`, `"${region}"`),
    );
}

function chinaReason(key: Key | undefined): string | undefined {
  const type = findKeyType(key?.type);
  return type?.cannot.inChina ?? (isHsmUri(known(key?.keystore)) ? type?.inHsm?.notInChina : undefined);
}

/** For each ability that a type may lack: what the inputs should have instead, or undefined where they do not use the ability. */
const DEMANDS: Record<Exclude<Ability, "inChina">, (inputs: Values) => string | undefined> = {
  import: () => "another `type`",
  inHsm: ({ keystore, material }) =>
    isHsmUri(known(keystore)) || isHsmUri(known(material))
      ? "no HSM (pkcs11:) as `keystore` or in `material`"
      : undefined,
  multiRegion: ({ replicaRegions }) =>
    Array.isArray(replicaRegions) && replicaRegions.length > 0 ? "no `replicaRegions`" : undefined,
  expire: ({ validFor }) => (validFor === undefined ? undefined : "no `validFor`"),
  rotateOnDemand: ({ rotationStrategy }) =>
    rotationStrategy === "on-demand" ? '`rotationStrategy` "manual"' : undefined,
};

export function abilityMistakes(key: Key | undefined, inputs: Values): string[] {
  return (Object.keys(DEMANDS) as (keyof typeof DEMANDS)[]).flatMap((ability) => {
    const expected = DEMANDS[ability](inputs);
    return expected === undefined ? [] : refusal(key, findKeyType(key?.type)?.cannot[ability], expected);
  });
}

/** Only signatures have verifiers, who must know a public key before it is used. */
export function publishBeforeMistakes(purpose: unknown, value: unknown): string[] {
  if (value === undefined || hasUnknown(value)) return [];
  if (typeof value === "string" && parseWait(value) === undefined)
    return [
      'Expected `publishBefore` to be a time such as "24h", "7d" or ISO 8601 "PT36H", or "0"; what came is none.',
    ];
  if (!Array.isArray(purpose) || hasUnknown(purpose) || purpose.includes("sign")) return [];
  return [
    "Expected no `publishBefore` but for `purpose` sign and verify: only signatures have verifiers that must know a new public key before.",
  ];
}

/** Some material is too long for the shortest wrapping keys. Source: GetParametersForImport in the API reference. */
export function wrappingMistakes(key: Key | undefined, wrappingKeySpec: unknown): string[] {
  const type = findKeyType(key?.type);
  if (isHsmUri(known(key?.keystore))) return []; // an HSM wraps long material by an AES key
  const spec = known(wrappingKeySpec);
  if (!type?.wrapping.tooShort?.some((short) => short === spec)) return [];
  return [
    `Expected \`wrappingKeySpec\` of the KmsProvider to be RSA_4096 or RSA_3072 for key "${key?.name}" of type ${type.name}, got "${spec}": AWS KMS imports such keys only under longer wrapping keys.`,
  ];
}

function refusal(
  key: Key | undefined,
  reason: string | undefined,
  expected: string,
  came?: string,
): string[] {
  if (reason === undefined) return [];
  return [
    `Expected ${expected} for key "${key?.name}" of type ${key?.type}${came === undefined ? "" : `, got ${came}`}: ${reason}.`,
  ];
}
