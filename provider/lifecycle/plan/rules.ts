/** Rules that both strategies share, and functions that all rules use. Pure. */

import { isPendingDeletion } from "../../kms/keyState";
import { kmsKeysOf, versionsOf } from "../../state/records";
import { aliasOf, type Desired, desiredVersions, type Known, servingVersion } from "./known";
import type { Step } from "./steps";

/** Returns steps that may be done at the same time; none if the rule has nothing to do. */
export type Rule = (desired: Desired, known: Known) => Step[];

/** The steps of the first one that needs any. */
export function firstOf<One>(all: One[], rule: (one: One) => Step[]): Step[] {
  for (const one of all) {
    const steps = rule(one);
    if (steps.length > 0) return steps;
  }
  return [];
}

export const adoptNamed: Rule = ({ adopts }, known) => (adopts && !known.adopted ? [{ do: "adopt" }] : []);

/**
 * Searches for orphans. A version whose material this run has generated cannot have one. An update searches only if it adds a version. Then
 * it searches for every version since the first, because an earlier update may have been interrupted in a rotation.
 */
export const findOrphans: Rule = (desired, { isSearched, records }) => {
  const { role, isNew, fresh, latest, strategy } = desired;
  const isSharing = strategy === "on-demand" && versionsOf(records).length > 0;
  if (role === "replica" || isSearched || isSharing || !(isNew || isAdding(desired, records))) return [];
  const searched = upTo(latest).filter((version) => isNew || isSince(version, desired, records));
  const missing = searched.some((version) => !records[version] && !fresh.includes(version));
  return missing ? [{ do: "findOrphans" }] : [];
};

/** Whether a version that is desired has no KMS key yet. */
export function isAdding(desired: Desired, records: Known["records"]): boolean {
  return desiredVersions(desired).some((version) => !records[version]);
}

/** Whether a version is desired, or is later than the first version that has a KMS key. */
export function isSince(version: number, { minEnabled }: Desired, records: Known["records"]): boolean {
  return version >= Math.min(minEnabled, versionsOf(records)[0] ?? minEnabled);
}

/**
 * An extra alias that is not known to point to a KMS key of the distribution is looked at before anything is changed, because its name may
 * be anybody's.
 */
export const checkExtraAliases: Rule = (desired, known) =>
  firstOf(desired.extraAliases, (name): Step[] => {
    const { region, movedAlias, latest } = desired;
    const { target, isSeen, isTaken } = aliasOf(known, name);
    if (isTaken)
      return name === movedAlias ? [] : [{ do: "refuse", why: "alias taken", version: latest, region, name }];
    const isKnown = isSeen || (target !== undefined && mayBeOurs(desired, known, target));
    return isKnown ? [] : [{ do: "lookAtAlias", region, name }];
  });

/** Whether a KMS key is the distribution's, or will be once it is proved or recorded. */
export function mayBeOurs({ primaries }: Desired, { records, candidates }: Known, keyId: string): boolean {
  const found = Object.values(candidates).map(({ record }) => record);
  return [...Object.values(records), ...found, ...Object.values(primaries)].some(
    (one) => one.keyId === keyId,
  );
}

/** AWS accepts only material that a KMS key has had, so an import proves that a candidate is the version's. */
export const proveCandidates: Rule = ({ region, strategy, latest }, { candidates }) => {
  const versions = Object.keys(candidates).map(Number);
  const kmsKeys = new Set(Object.values(candidates).map(({ record }) => record.keyId));
  if (strategy === "on-demand" && kmsKeys.size > 1)
    return [{ do: "refuse", why: "several KMS keys", version: latest, region }];
  return firstOf(versions, (version): Step[] => {
    const { record, former, isClaimPending, wasPendingDeletion, hasOtherMaterial, isNamed } =
      candidates[version]!;
    const of = { version, region, isCandidate: true } as const;
    if (hasOtherMaterial && wasPendingDeletion) return [{ do: "scheduleDeletion", ...of }];
    if (hasOtherMaterial) return [{ do: "refuse", why: "other material", version, region }];
    if (isPendingDeletion(record.state)) return [{ do: "cancelDeletion", ...of }];
    const isEnabledByImport = record.state === "PendingImport" && former !== undefined && !isNamed;
    if (isEnabledByImport && !isClaimPending) return [{ do: "markClaimPending", ...of }];
    return [{ do: "import", ...of }];
  });
};

/** Cancels a deletion that was scheduled outside this program, because the data under every version must stay decryptable. */
export const cancelDeletions: Rule = ({ region }, { records }) =>
  firstOf(firstVersions(records), (version): Step[] =>
    isPendingDeletion(records[version]!.state) ? [{ do: "cancelDeletion", version, region }] : [],
  );

/** Updates tags, policy and description of recorded KMS keys. */
export const syncMetadata: Rule = ({ region }, { records, stale }) =>
  firstOf(firstVersions(records), (version): Step[] =>
    stale.includes(version) && !records[version]!.recovered ? [{ do: "syncMetadata", version, region }] : [],
  );

/** The target of the alias decides which version is in use. It is read before anything is added to recovered KMS keys. */
export const locateAlias: Rule = ({ region }, { records, alias }) =>
  alias.target === undefined && !alias.isSeen && Object.values(records).some(({ recovered }) => recovered)
    ? [{ do: "findAlias", region }]
    : [];

/**
 * Points each alias to the latest version, or with `publishBefore` to the one that signs until then. The distribution's own is first: by
 * it a later update, which may have no state, sees which version is in use and whose the KMS keys are. Where an update ends between two
 * aliases, both versions are usable in every Region, and the next update moves the others.
 */
export const pointAliases: Rule = (desired, known) =>
  firstOf([undefined, ...desired.extraAliases], (name) => pointAlias(desired, known, name));

/**
 * An alias is moved only after AWS has shown that it points to a KMS key of the records. One that points anywhere else belongs to another
 * owner and is left alone, but for the one that the program says is moved.
 */
function pointAlias(desired: Desired, known: Known, name?: string): Step[] {
  const { region, mayUseNextName, movedAlias } = desired;
  const { records, inUse, isListingDenied } = known;
  const alias = aliasOf(known, name);
  const version = servingVersion(desired, known);
  const which = name === undefined ? {} : { name };
  const of = { version, region, ...which };
  const keyId = records[version]?.keyId;
  if (keyId === undefined) return [];
  // A refresh has shown what an update that was killed has moved: the next one notes that it is in use.
  if (alias.target === keyId)
    return name !== undefined || alias.isSeen || inUse === undefined || inUse === keyId
      ? []
      : [{ do: "findAlias", region }];
  if (alias.exists && !alias.isTaken) return [{ do: "findAlias", region, ...which, isThorough: true }];
  if (alias.isTaken) {
    if (name !== undefined && name === movedAlias) return [{ do: "moveAlias", ...of }];
    return name === undefined && mayUseNextName && !isListingDenied
      ? [{ do: "useNextName", region }]
      : [{ do: "refuse", why: "alias taken", ...of }];
  }
  if (alias.target && !alias.isSeen) return [{ do: "findAlias", region, ...which }];
  return [alias.target ? { do: "moveAlias", ...of } : { do: "createAlias", ...of }];
}

/** Extra aliases that the program no longer has. */
export const dropExtraAliases: Rule = ({ region, extraAliases }, known) =>
  firstOf(
    Object.keys(known.extraAliases).filter((name) => !extraAliases.includes(name)),
    (name) => dropAlias(region, known, name, (keyId) => keyId !== ""),
  );

/** @param isOurs whether an alias of this KMS key is deleted; "" is none of the records' */
export function dropAlias(
  region: string,
  known: Known,
  name: string,
  isOurs: (keyId: string) => boolean,
): Step[] {
  const { target = "", isSeen } = aliasOf(known, name);
  if (!isSeen) return [{ do: "findAlias", region, name }];
  return [{ do: isOurs(target) ? "deleteAlias" : "leaveAlias", region, name }];
}

/** The first version of each KMS key. */
export function firstVersions(records: Known["records"]): number[] {
  return kmsKeysOf(records).map(({ version }) => version);
}

const upTo = (latest: number) => Array.from({ length: latest }, (_, index) => index + 1);
