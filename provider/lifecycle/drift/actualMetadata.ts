/**
 * Tags, policy and description as AWS shows them, in the form of a resource's inputs. So a change by somebody else is a difference of a
 * property, which Pulumi shows and reverts, or leaves with `ignoreChanges`. Only what the program sets is compared. Pure.
 */
import { isDeepStrictEqual } from "node:util";
import { CLAIM, isOwnTag } from "../../kms/taggedKeys";
import { isSentinel } from "../../schema/unknowns";
import { isMarkedSecret } from "../../secrecy/secretInputs";
import { type HeldVersions, kmsKeysOf } from "../../state/records";
import type { MetadataInputs, MetadataSnapshot, RegionalOutputs } from "../../state/types";
import { isTakenOver } from "../claims/ownership";
import { TEXT_NAMES, TEXTS, type TextName } from "../metadata/aspects";
import { lastApplied, metadataFor } from "../metadata/desired";
import { isIgnored, isTagIgnored } from "../metadata/ignoreChanges";
import type { Owner } from "../owner";
import type { ObservedKmsKey, SeenRegion } from "./drift";

/**
 * If several KMS keys differ from what the last update applied, the value of the latest version is returned. For a property in
 * `ignoreChanges` the latest version's value is always returned, so that the next version starts with it.
 *
 * @returns what AWS has, `applied` for the outputs, and whether the outputs still have other values
 */
export function actualMetadata(
  owner: Owner,
  outputs: RegionalOutputs,
  seen: SeenRegion,
): { actual: MetadataSnapshot; applied: MetadataSnapshot | undefined; isNew: boolean } {
  const last = lastApplied(owner, outputs);
  const keys = ours(owner, outputs, seen)
    .reverse()
    .map(({ key }) => key);
  const tagSets = keys.flatMap(({ tags }) => (tags ? [tags] : []));
  const isLeft = (name: string) => isTagIgnored(last.inputs, name);
  const isCovered = (name: string) => name in (last.inputs.tags ?? {});
  const parts: Record<string, Actual<unknown>> = {
    ...Object.fromEntries(TEXT_NAMES.map((name) => [name, actualText(name, last.inputs, keys)])),
    tags: actualTags(last.inputs.tags, tagSets, isLeft),
    kmsTags: actualTags(last.owner.kms.tags, tagSets, isLeft, isCovered),
  };
  const actual = each(parts, ([, part]) => part.actual);
  // `applied` is stored in the state in plain text.
  const isSecret = (name: string) => isMarkedSecret(outputs, name === "kmsTags" ? "tags" : name);
  const applied = each(parts, ([name, part]) => (isSecret(name) ? undefined : part.applied));
  const { policy, description, tags } = outputs;
  return {
    actual,
    applied: Object.values(applied).some((one) => one !== undefined) ? applied : undefined,
    isNew: !isDeepStrictEqual(actual, { policy, description, tags, kmsTags: owner.kms.tags }),
  };
}

/** One property as AWS has it, and the applied value if it is another one and not ignored. */
interface Actual<T> {
  actual?: T;
  applied?: T;
}

function actualText(name: TextName, last: MetadataInputs, keys: ObservedKmsKey[]): Actual<string> {
  const { isSame } = TEXTS[name];
  const applied = last[name];
  if (applied === undefined) return {};
  const texts = keys.flatMap((key) => key[name] ?? []);
  const isLeft = isIgnored(last, name);
  const other = isLeft ? texts[0] : texts.find((text) => !isSame(applied, text));
  if (other === undefined || isSame(applied, other)) return { actual: applied };
  return { actual: storable(other), ...(!isLeft && { applied }) };
}

function each<T>(parts: Record<string, T>, work: (entry: [string, T]) => unknown): MetadataSnapshot {
  return Object.fromEntries(Object.entries(parts).map((entry) => [entry[0], work(entry)]));
}

/** Ids of KMS keys whose tags `keymgmt:*` are missing or wrong. A KMS key of release 0.1.0 has no claim, and gets one. */
export function untagged(owner: Owner, outputs: RegionalOutputs, seen: SeenRegion): Set<string> {
  const found = ours(owner, outputs, seen).filter(
    ({ version, record: { claim, importedAt }, key: { tags } }) => {
      if (tags === undefined) return false;
      const { tags: desired } = metadataFor(owner, version, {});
      const lacksOwn = Object.keys(desired).some((name) => isOwnTag(name) && tags[name] !== desired[name]);
      return lacksOwn || (importedAt !== undefined && (claim === undefined || tags[CLAIM] !== claim));
    },
  );
  return new Set(found.map(({ record }) => record.keyId));
}

/** KMS keys whose metadata is this stack's: not those that were adopted, deleted or taken over. */
function ours(owner: Owner, outputs: RegionalOutputs, { keys }: SeenRegion) {
  return kmsKeysOf(outputs.versions).flatMap((held): (HeldVersions & { key: ObservedKmsKey })[] => {
    const { keyId, adopted, claim } = held.record;
    const key = keys.get(keyId);
    return !key || adopted || key.state === "Deleted" || isTakenOver(key.tags, owner, claim)
      ? []
      : [{ ...held, key }];
  });
}

/** A removed tag is left out, as the engine expects it. */
function actualTags(
  applied: Record<string, string> | undefined,
  seen: Record<string, string>[],
  isLeft: (name: string) => boolean,
  isCovered: (name: string) => boolean = () => false,
): Actual<Record<string, string>> {
  if (applied === undefined) return {};
  const actual: Record<string, string> = {};
  const changed: Record<string, string> = {};
  for (const [name, value] of Object.entries(applied)) {
    const found = isLeft(name) ? seen[0] : seen.find((tags) => tags[name] !== value);
    const other = isCovered(name) || !found ? value : found[name];
    if (other !== undefined) actual[name] = other === value ? value : storable(other);
    if (other !== value && !isLeft(name)) changed[name] = value;
  }
  return { actual, ...(Object.keys(changed).length > 0 && { applied: changed }) };
}

/** A text from AWS, which anybody may have written, must not look like a marker of the engine. */
function storable(text: string): string {
  return isSentinel(text) ? "(a text that Pulumi reserves)" : text;
}
