/**
 * Tags, policy and description as AWS shows them, for a resource's inputs: then what somebody else changed is a difference of a
 * property, which Pulumi shows, takes back or, with `ignoreChanges`, leaves. Only what the program gives is compared. Pure.
 */
import { isDeepStrictEqual } from "node:util";
import { CLAIM, isOwnTag } from "../../kms/taggedKeys";
import { isSentinel } from "../../schema/unknowns";
import { isMarkedSecret } from "../../secrecy/secretInputs";
import { type HeldVersions, kmsKeysOf } from "../../state/records";
import type { GivenMetadata, RegionalOutputs } from "../../state/types";
import { isTakenOver } from "../claims/ownership";
import { lastGiven, metadataFor, type Owner } from "../owner";
import type { ObservedKmsKey, SeenRegion } from "./drift";
import { isIgnored, isTagIgnored } from "./ignoreChanges";
import { samePolicy } from "./keyPolicy";

/**
 * Of several KMS keys that differ from what the last update gave, the latest version's counts; of what the program ignores changes of,
 * the latest version's in any case, so that the next version begins with it.
 *
 * @returns what AWS has, `applied` for the outputs, and whether the state says otherwise yet
 */
export function shownMetadata(
  owner: Owner,
  outputs: RegionalOutputs,
  seen: SeenRegion,
): { shown: GivenMetadata; applied: GivenMetadata | undefined; isNew: boolean } {
  const { owner: giver, inputs } = lastGiven(owner, outputs);
  const keys = ours(owner, outputs, seen)
    .reverse()
    .map(({ key }) => key);
  const text = (property: "policy" | "description", isSame: typeof samePolicy): Shown<string> => {
    const given = inputs[property];
    const texts = keys.flatMap((key) => key[property] ?? []);
    if (given === undefined) return {};
    const isLeft = isIgnored(inputs, property);
    const other = isLeft ? texts[0] : texts.find((one) => !isSame(given, one));
    if (other === undefined || isSame(given, other)) return { shown: given };
    return { shown: storable(other), ...(!isLeft && { applied: given }) };
  };
  const tagSets = keys.flatMap(({ tags }) => (tags ? [tags] : []));
  const tags = tagsShown(inputs.tags, tagSets, (name) => isTagIgnored(inputs, name));
  const isCovered = (name: string) => name in (inputs.tags ?? {});
  const kmsTags = tagsShown(giver.kms.tags, tagSets, (name) => isTagIgnored(inputs, name), isCovered);
  const parts = {
    policy: text("policy", samePolicy),
    description: text("description", Object.is),
    tags,
    kmsTags,
  };
  const shown = each(parts, ([, part]) => part.shown) as GivenMetadata;
  // `applied` stands in the state in the clear.
  const isSecret = (name: string) => isMarkedSecret(outputs, name === "kmsTags" ? "tags" : name);
  const applied = each(parts, ([name, part]) => (isSecret(name) ? undefined : part.applied)) as GivenMetadata;
  const { policy, description, tags: stated } = outputs;
  return {
    shown,
    applied: Object.values(applied).some((one) => one !== undefined) ? applied : undefined,
    isNew: !isDeepStrictEqual(shown, { policy, description, tags: stated, kmsTags: owner.kms.tags }),
  };
}

/** As AWS has it, and what was given in its place, unless that is ignored. */
interface Shown<T> {
  shown?: T;
  applied?: T;
}

function each<T>(parts: Record<string, T>, work: (entry: [string, T]) => unknown): object {
  return Object.fromEntries(Object.entries(parts).map((entry) => [entry[0], work(entry)]));
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

/** One that is gone is not there, which is how the engine sees it too. */
function tagsShown(
  given: Record<string, string> | undefined,
  seen: Record<string, string>[],
  isLeft: (name: string) => boolean,
  isCovered: (name: string) => boolean = () => false,
): Shown<Record<string, string>> {
  if (given === undefined) return {};
  const shown: Record<string, string> = {};
  const applied: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const found = isLeft(name) ? seen[0] : seen.find((tags) => tags[name] !== value);
    const other = isCovered(name) || !found ? value : found[name];
    if (other !== undefined) shown[name] = other === value ? value : storable(other);
    if (other !== value && !isLeft(name)) applied[name] = value;
  }
  return { shown, ...(Object.keys(applied).length > 0 && { applied }) };
}

/** What anybody may have written must not be read as a mark of the engine's. */
function storable(text: string): string {
  return isSentinel(text) ? "(a text that Pulumi reserves)" : text;
}
