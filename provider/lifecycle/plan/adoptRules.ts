/** What `adopt` of a KeyDistribution may say. Pure. */
import { isAliasName } from "../../kms/arn";
import type { Adopt } from "../../schema/types";
import { hasUnknown, known } from "../../schema/unknowns";
import type { KeyRef } from "../../state/types";

export function adoptMistakes(
  value: unknown,
  key: Partial<KeyRef> | undefined,
  rotationStrategy: unknown,
): string[] {
  const adopt = readable(value);
  if (!adopt) return [];
  const { aliasName, versions, kcvs = {} } = adopt;
  if (aliasName !== undefined && makesNew(adopt))
    return [
      "Expected `adopt.versions` to name the KMS keys behind `adopt.aliasName`, or to be left out; it is empty.",
    ];
  if (aliasName === undefined && versions === undefined)
    return ["Expected `adopt` to have `aliasName`, `versions` or both."];
  const latest = known(key?.keyVersion);
  const named = Object.keys(versions ?? { [latest ?? ""]: aliasName });
  return [
    ...aliasMistakes(aliasName),
    ...Object.keys(versions ?? {}).flatMap((version) => versionMistakes(version, latest)),
    ...(latest === undefined ? [] : kcvMistakes(kcvs, named)),
    ...(rotationStrategy === "manual" ? sharedMistakes(Object.entries(versions ?? {})) : []),
  ];
}

/** Whether it names one KMS key for all versions, and the key holds the material of each: then it can be rotated on demand. */
export function adoptsOneHeld(value: unknown): boolean {
  const adopt = readable(value);
  if (!adopt) return true;
  const { aliasName, versions = {}, kcvs = {} } = adopt;
  if (makesNew(adopt) && aliasName === undefined) return true;
  return (
    new Set(Object.values(versions)).size === 1 && Object.keys(versions).every((version) => version in kcvs)
  );
}

/** Whether it asks for new KMS keys, by an empty `versions`. */
export function makesNew({ versions }: Adopt): boolean {
  return versions !== undefined && Object.keys(versions).length === 0;
}

function readable(value: unknown): Adopt | undefined {
  const adopt = known(value);
  return typeof adopt !== "object" || adopt === null || hasUnknown(adopt) ? undefined : adopt;
}

function aliasMistakes(aliasName: unknown): string[] {
  if (typeof aliasName !== "string" || isAliasName(aliasName)) return [];
  return [
    `Expected \`adopt.aliasName\` to be an alias such as "alias/hashicorp/orders-1700000000"; what came is none.`,
  ];
}

function versionMistakes(version: string, latest: number | undefined): string[] {
  if (!isVersion(version))
    return [`Expected \`adopt.versions\` to name versions by number; what came is not.`];
  if (latest === undefined || Number(version) <= latest) return [];
  return [
    `Expected \`adopt.versions\` to name versions that the key has, 1 to ${latest}, got ${version}. Name a version that exists, or rotate the key first.`,
  ];
}

const isVersion = (text: string) => /^[1-9]\d*$/.test(text);

function kcvMistakes(kcvs: Record<string, string>, named: string[]): string[] {
  return Object.keys(kcvs)
    .filter((version) => !named.includes(version))
    .map(
      (version) =>
        `Expected \`adopt.kcvs\` to be of versions that \`adopt\` names, ${named.join(", ")}${isVersion(version) ? `, got ${version}` : "; what came is another"}.`,
    );
}

function sharedMistakes(versions: [string, string][]): string[] {
  const numbered = versions.filter(([version]) => isVersion(version));
  return numbered.flatMap(([version, keyId], index) => {
    const first = numbered.slice(0, index).find(([, other]) => other === keyId);
    return first
      ? [
          `Expected \`adopt.versions\` to name a KMS key for each version, got one for ${first[0]} and ${version}: one KMS key for several is for \`rotationStrategy\` "on-demand".`,
        ]
      : [];
  });
}
