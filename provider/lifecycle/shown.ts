/**
 * Tags, policy and description as AWS shows them, for a resource's inputs: then what somebody else changed is a difference of a
 * property, which Pulumi shows, takes back or, with `ignoreChanges`, leaves. Only what the program gives is compared. Pure.
 */
import { isDeepStrictEqual } from "node:util";
import { CLAIM, isOwnTag } from "../awskms/taggedKeys";
import { isSentinel } from "../schema/unknowns";
import { isMarkedSecret } from "../secretInputs";
import type { ObservedKmsKey, SeenRegion } from "./drift";
import { samePolicy } from "./keyPolicy";
import { isTakenOver } from "./ownership";
import {
  type GivenMetadata,
  type HeldVersions,
  kmsKeysOf,
  lastGiven,
  metadataFor,
  type Owner,
  type RegionalOutputs,
} from "./wire";

/**
 * Of several KMS keys that differ from what the last update gave, the latest version's counts.
 *
 * @returns what AWS has, `applied` for the outputs, and whether the state says otherwise yet
 */
export function shownMetadata(
  owner: Owner,
  outputs: RegionalOutputs,
  seen: SeenRegion,
): { shown: GivenMetadata; applied: GivenMetadata | undefined; isNew: boolean } {
  const last = lastGiven(owner, outputs);
  const given: GivenMetadata = { ...last.inputs, kmsTags: last.owner.kms.tags };
  const keys = ours(owner, outputs, seen).reverse();
  const tagsOfKeys = keys.flatMap(({ key: { tags: seenTags } }) => (seenTags ? [seenTags] : []));
  const { tags = {} } = given;
  const shown: GivenMetadata = {
    policy: textShown(
      given.policy,
      keys.map(({ key }) => key.policy),
      samePolicy,
    ),
    description: textShown(
      given.description,
      keys.map(({ key }) => key.description),
      isDeepStrictEqual,
    ),
    tags: tagsShown(given.tags, tagsOfKeys),
    kmsTags: tagsShown(given.kmsTags, tagsOfKeys, (name) => name in tags),
  };
  const { policy, description, tags: stated } = outputs;
  const applied = Object.entries(given).filter(
    ([name, value]) =>
      !isDeepStrictEqual(shown[name as keyof GivenMetadata], value) && !isSecret(outputs, name),
  );
  return {
    shown,
    applied: applied.length > 0 ? Object.fromEntries(applied) : undefined,
    isNew: !isDeepStrictEqual(shown, { policy, description, tags: stated, kmsTags: owner.kms.tags }),
  };
}

/** Ids of KMS keys whose tags `keymgmt:*` are not as they should be. One of release 0.1.0 has no claim, and is to get one. */
export function untagged(owner: Owner, outputs: RegionalOutputs, seen: SeenRegion): Set<string> {
  const found = ours(owner, outputs, seen).filter(
    ({ version, record: { claim, importedAt }, key: { tags } }) => {
      if (tags === undefined) return false;
      const { tags: wanted } = metadataFor(owner, version, {});
      const lacksOwn = Object.keys(wanted).some((name) => isOwnTag(name) && tags[name] !== wanted[name]);
      return lacksOwn || (importedAt !== undefined && (claim === undefined || tags[CLAIM] !== claim));
    },
  );
  return new Set(found.map(({ record }) => record.keyId));
}

/** KMS keys whose metadata is this stack's: none that was adopted, is gone, or was taken over. */
function ours(owner: Owner, outputs: RegionalOutputs, { keys }: SeenRegion) {
  return kmsKeysOf(outputs.versions).flatMap((held): (HeldVersions & { key: ObservedKmsKey })[] => {
    const { keyId, adopted, claim } = held.record;
    const key = keys.get(keyId);
    return !key || adopted || key.state === "Deleted" || isTakenOver(key.tags, owner, claim)
      ? []
      : [{ ...held, key }];
  });
}

function textShown(
  given: string | undefined,
  seen: (string | undefined)[],
  isSame: (one: string, other: string) => boolean,
): string | undefined {
  if (given === undefined) return undefined;
  const other = seen.find((text) => text !== undefined && !isSame(given, text));
  return other === undefined ? given : storable(other);
}

/** One that is gone is not there, which is how the engine sees it too. */
function tagsShown(
  given: Record<string, string> | undefined,
  seen: Record<string, string>[],
  isCovered: (name: string) => boolean = () => false,
): Record<string, string> | undefined {
  if (given === undefined) return undefined;
  const shown = Object.entries(given).flatMap(([name, value]): [string, string][] => {
    const other = isCovered(name) ? undefined : seen.find((tags) => tags[name] !== value);
    if (!other) return [[name, value]];
    return other[name] === undefined ? [] : [[name, storable(other[name])]];
  });
  return Object.fromEntries(shown);
}

/** What anybody may have written must not be read as a mark of the engine's. */
function storable(text: string): string {
  return isSentinel(text) ? "(a text that Pulumi reserves)" : text;
}

/** `applied` stands in the state in the clear. */
function isSecret(outputs: RegionalOutputs, name: string): boolean {
  return isMarkedSecret(outputs, name === "kmsTags" ? "tags" : name);
}
