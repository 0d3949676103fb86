/**
 * Rules for inputs that a type cannot express. Each returns one sentence for each mistake; unknown values pass. A value of the wrong form
 * is not repeated: it may be a secret in the wrong place.
 */

import { expiryTimes, LONGEST_DAYS } from "../keys/expiry";
import { parseRotationPeriod } from "../keys/period";
import { isAliasName } from "../kms/arn";
import { isKnownRegion, isRegion, notKnown, partitionOf } from "../kms/endpoints/regions";
import { TAG } from "../kms/taggedKeys";
import { hasUnknown, known } from "../schema/unknowns";
import type { Values } from "./resource";

/** An alias name is `alias/` and letters, digits, `/`, `_` and `-`, 256 characters at the most (CreateAlias's reference). */
const ALIAS_PART = /^[a-zA-Z0-9/_-]+$/;
const ALIAS_LENGTH = 256;
const TIMESTAMP_LENGTH = "-1700000000".length;

export function aliasPartMistakes(property: string, value: unknown): string[] {
  const part = known(value);
  if (typeof part !== "string" || ALIAS_PART.test(part)) return [];
  const wrong = [...part].findIndex((character) => !ALIAS_PART.test(character)) + 1;
  return [
    `Expected \`${property}\` to hold only letters, digits, "/", "_" and "-", because it becomes part of a KMS alias; what came ${wrong === 0 ? "is empty" : `has another one at place ${wrong}`}.`,
  ];
}

export function aliasLengthMistakes(aliasPrefix: unknown, keyName: unknown): string[] {
  const [prefix, name] = [known(aliasPrefix), known(keyName)];
  if (typeof prefix !== "string" || typeof name !== "string") return [];
  const length = `alias/${prefix}/${name}`.length + TIMESTAMP_LENGTH;
  return length <= ALIAS_LENGTH
    ? []
    : [
        `Expected the alias alias/${prefix}/<key name>-<timestamp> to have ${ALIAS_LENGTH} characters at the most, got ${length}; shorten the key's name.`,
      ];
}

/** AWS's quota for one KMS key (https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html). */
const MOST_ALIASES = 50;

/** @param aliasName the distribution's own */
export function extraAliasMistakes(value: unknown, aliasName: unknown, aliasPrefix: unknown): string[] {
  const names = known(value);
  if (!Array.isArray(names)) return [];
  const isOfDistribution = (name: string) =>
    name === aliasName || (name.startsWith(`alias/${known(aliasPrefix)}/`) && /-\d{10}$/.test(name));
  const mistakes = names.map(known).flatMap((name, index) => {
    if (typeof name !== "string") return [];
    const expected = (what: string) => [`Expected \`extraAliases\` to have ${what}.`];
    if (!isAliasName(name))
      return expected(
        `aliases such as "alias/orders": "alias/", then letters, digits, "/", "_" and "-", ${ALIAS_LENGTH} characters at the most, and not AWS's own "alias/aws/"; one that came is none`,
      );
    if (names.indexOf(name) < index) return expected(`each alias once, got "${name}" twice`);
    if (isOfDistribution(name))
      return expected(
        `names of your own, got "${name}", which has the form of the alias that each distribution has anyway`,
      );
    return [];
  });
  if (names.length < MOST_ALIASES) return mistakes;
  return [
    ...mistakes,
    `Expected \`extraAliases\` to have ${MOST_ALIASES - 1} aliases at the most, because a KMS key has ${MOST_ALIASES} and the distribution's own is one of them, got ${names.length}.`,
  ];
}

/** @param former what the property was: a Region in the state has the form of a name and stays as it is, so that `check` blocks no removal */
export function regionMistakes(property: string, value: unknown, former: unknown = []): string[] {
  const region = known(value);
  if (typeof region !== "string" || isKnownRegion(region)) return [];
  if (isRegion(region) && [former].flat().includes(region)) return [];
  return [`Expected \`${property}\` to be an AWS Region such as "us-east-1"${notKnown(region)}`];
}

/** AWS replicates within a partition only (ReplicateKey's reference). `primary` is the primary Region where it is known. */
export function partitionMistakes(key: unknown, replicaRegions: unknown, primary?: unknown): string[] {
  const regions = [known(primary), ...(Array.isArray(replicaRegions) ? replicaRegions.map(known) : [])];
  const [first, ...others] = regions.filter((region) => typeof region === "string" && isRegion(region));
  if (first === undefined) return [];
  const partition = partitionOf(String(first));
  return others
    .map(String)
    .filter((region) => partitionOf(region) !== partition)
    .map(
      (region) =>
        `Expected \`replicaRegions\` of key "${key}" in the AWS partition of "${first}" (${partition}), got "${region}", which is in ${partitionOf(region)}: AWS KMS replicates a key within one partition only. Declare a ManagedKey of its own for ${partitionOf(region)}.`,
    );
}

export function wholeNumberMistakes(property: string, value: unknown, from: number, to?: number): string[] {
  const number = known(value);
  if (typeof number !== "number" || (number >= from && (to === undefined || number <= to))) return [];
  const range = to === undefined ? `at least ${from}` : `from ${from} to ${to}`;
  return [`Expected \`${property}\` to be ${range}, got ${number}.`];
}

/** AWS's window for ScheduleKeyDeletion is 7 to 30 days. */
export function deletionWindowMistakes(inputs: Values): string[] {
  return wholeNumberMistakes("deletionWindowDays", inputs.deletionWindowDays, 7, 30);
}

/** Material may expire after a day at the earliest, and AWS's 365 days at the latest; it must be renewed before that. */
export function expiryMistakes(inputs: Values): string[] {
  const [validFor, renewBefore] = [known(inputs.validFor), known(inputs.renewBefore)];
  if (inputs.validFor === undefined && renewBefore !== undefined)
    return [
      "Expected `renewBefore` together with `validFor`: material that does not expire needs no renewal.",
    ];
  const mistakes = Object.entries({ validFor, renewBefore }).flatMap(([name, text]) =>
    typeof text === "string" && !parseRotationPeriod(text)
      ? [
          `Expected \`${name}\` to be a duration of whole days, such as "90d", "12w" or ISO 8601 "P3M"; what came is none.`,
        ]
      : [],
  );
  if (mistakes.length || typeof validFor !== "string" || hasUnknown([inputs.validFor, inputs.renewBefore]))
    return mistakes;
  if (expiryTimes({ validFor, renewBefore: renewBefore as string | undefined })) return [];
  return [
    `Expected \`validFor\` to be from 2 to ${LONGEST_DAYS} days (AWS keeps no longer) and \`renewBefore\` to be shorter than it, got validFor "${validFor}"${renewBefore === undefined ? "" : ` and renewBefore "${renewBefore}"`}.`,
  ];
}

/** A KMS key has 50 tags at the most, of which ours take four. */
const MOST_TAGS = 50 - Object.keys(TAG).length;

/** Tag keys: 128 characters, values 256; `aws:` is AWS's own. */
export function tagMistakes(value: unknown): string[] {
  const tags = known(value);
  if (typeof tags !== "object" || tags === null) return [];
  const mistakes = Object.entries(tags).flatMap(([key, text]) => {
    if (/^(aws|keymgmt):/i.test(key))
      return [`Expected \`tags\` without the reserved prefixes "aws:" and "keymgmt:", got the key "${key}".`];
    if (key.length > 128)
      return [`Expected the keys of \`tags\` to have 128 characters at the most, got ${key.length}.`];
    const tooLong = typeof text === "string" && text.length > 256;
    return tooLong
      ? [`Expected the value of tag "${key}" to have 256 characters at the most, got ${text.length}.`]
      : [];
  });
  if (Object.keys(tags).length > MOST_TAGS)
    mistakes.push(
      `Expected \`tags\` to hold ${MOST_TAGS} tags at the most, got ${Object.keys(tags).length}.`,
    );
  return mistakes;
}

/** A KMS key gets the tags of the KmsProvider and those of its resource. Each may be within the limit, and both together beyond it. */
function tagsTogetherMistakes(kmsTags: unknown, tags: unknown): string[] {
  const [common, own] = [kmsTags, tags].map((each) => Object.keys(known(each) ?? {}));
  const together = new Set([...common!, ...own!]).size;
  if (together <= MOST_TAGS || common!.length > MOST_TAGS || own!.length > MOST_TAGS) return [];
  return [
    `Expected \`tags\` of this resource and of its KmsProvider to be ${MOST_TAGS} at the most together, because a KMS key has 50 and keymgmt's own are among them, got ${together}. Remove tags from either.`,
  ];
}

/** @param kmsTags of the KmsProvider */
export function metadataMistakes({ policy, tags }: Values, kmsTags: unknown): string[] {
  return [
    ...jsonObjectMistakes("policy", policy),
    ...tagMistakes(tags),
    ...tagsTogetherMistakes(kmsTags, tags),
  ];
}

/** A policy is a JSON object. AWS checks the rest. The policy itself is not echoed: it may be long. */
export function jsonObjectMistakes(property: string, value: unknown): string[] {
  const policy = known(value);
  if (typeof policy !== "string") return [];
  try {
    const parsed: unknown = JSON.parse(policy);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return [];
  } catch {
    // Reported below.
  }
  return [
    `Expected \`${property}\` to be a JSON document, such as pulumi.jsonStringify({ Version: "2012-10-17", Statement: [ … ] }).`,
  ];
}
