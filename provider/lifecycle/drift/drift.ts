/**
 * Sentences about how AWS differs from the result of the last update, for a refresh and for `keymgmt status`. Pure: observe.ts reads what
 * is compared here. Values that cannot be read are not compared, nor are unknown values, such as secrets in `keymgmt status`.
 */

import { expiresAsPlanned } from "../../keys/expiry";
import { parseKmsArn } from "../../kms/arn";
import { isKnownState, type KeyState } from "../../kms/keyState";
import type { SeenKmsKey } from "../../kms/kmsKeys";
import { CLAIM, isOwnTag } from "../../kms/taggedKeys";
import { isMarkedSecret } from "../../secrecy/secretInputs";
import { visible } from "../../secrecy/visible";
import { kmsKeysOf } from "../../state/records";
import type { KmsKeyRecords, MetadataInputs, RegionalOutputs } from "../../state/types";
import { isTakenOver } from "../claims/ownership";
import { driftedTexts, TEXT_NAMES, TEXTS } from "../metadata/aspects";
import { lastApplied, metadataFor } from "../metadata/desired";
import { withoutIgnored } from "../metadata/ignoreChanges";
import { desiredState, type Owner } from "../owner";

/** What AWS shows of a distribution or replica in one Region. */
export interface SeenRegion {
  /** KMS keys by id, without those that DescribeKey does not show. */
  keys: Map<string, ObservedKmsKey>;
  /** Id of the KMS key that the alias points to; "" if the alias does not exist; undefined if it cannot be read. */
  aliasTarget: string | undefined;
  /** The same of each extra alias of the state. */
  extraAliasTargets?: Record<string, string | undefined>;
}

/** What AWS shows of one KMS key. `tags` and `policy` are undefined if they cannot be read. */
export interface ObservedKmsKey extends SeenKmsKey {
  tags?: Record<string, string>;
  policy?: string;
}

/** The result of a deleted KMS key: for a primary the data is lost; a replica can be created again. */
export const LOST = {
  primary:
    "what was encrypted under it cannot be decrypted any more, not even with the same material in a new KMS key; no other is made in its place",
  replica: "the next update replicates it again from the primary Region, if AWS knows it there",
} as const;

/**
 * One sentence for each difference: `version 2 in eu-west-1: Disabled outside this stack`. A KMS key holds one version, or several if it
 * is rotated on demand: then the latest version decides its desired state, and its tag names the first version.
 */
export function regionDrift(
  region: string,
  kind: keyof typeof LOST,
  owner: Owner,
  outputs: RegionalOutputs,
  seen: SeenRegion,
): string[] {
  const moved = kind === "replica" ? [] : promoted(withPrimaryRegions(outputs.versions, seen.keys));
  const drift = kmsKeysOf(outputs.versions).flatMap(
    ({ version: first, versions, record: { keyId, claim } }) => {
      const key = seen.keys.get(keyId);
      if (!key) return [];
      const latest = versions.at(-1)!;
      if (isTakenOver(key.tags, owner, claim)) return [];
      return keyDrift(expectedOf(owner, outputs, first, latest), key, LOST[kind]).map(
        (what) => `${which(versions)} in ${region}: ${what}`,
      );
    },
  );
  return [...moved, ...drift, ...aliasDrift(region, outputs, seen)].map(visible);
}

/** The records of a distribution, with the Region of each primary that is in another Region. */
export function withPrimaryRegions(records: KmsKeyRecords, keys: SeenRegion["keys"]): KmsKeyRecords {
  const now = Object.entries(records).map(([version, { primaryRegion: before, ...record }]) => {
    const key = keys.get(record.keyId);
    const primaryRegion = key ? key.primaryRegion : before;
    return [version, { ...record, ...(primaryRegion !== undefined && { primaryRegion }) }];
  });
  return Object.fromEntries(now);
}

/**
 * One sentence for each primary that somebody has moved to another Region (UpdatePrimaryRegion). Somebody did that on purpose, and
 * everything still works. No update reverts it, so the sentences stay as long as the records have another Region.
 */
export function promoted(records: KmsKeyRecords): string[] {
  return kmsKeysOf(records).flatMap(({ versions, record: { keyArn, keyId, primaryRegion } }) => {
    if (primaryRegion === undefined) return [];
    const { region } = parseKmsArn(keyArn);
    return [
      `${which(versions)} in ${region}: the primary is in ${primaryRegion} now, moved outside this stack; everything works, and it is left there. To promote it back: ${promoteBack(primaryRegion, keyId, region)}`,
    ].map(visible);
  });
}

/** The command goes to the Region of the current primary (UpdatePrimaryRegion's reference). */
export function promoteBack(from: string, keyId: string, to: string): string {
  return `aws kms update-primary-region --region ${from} --key-id ${keyId} --primary-region ${to}`;
}

const which = (versions: number[]) =>
  versions.length === 1 ? `version ${versions[0]}` : `versions ${versions[0]} to ${versions.at(-1)}`;

function expectedOf(owner: Owner, outputs: RegionalOutputs, first: number, latest: number): ExpectedKmsKey {
  const { adopted = false, importedAt, validTo, keyMaterialId, state, claim } = outputs.versions[latest]!;
  const last = lastApplied(owner, outputs);
  return {
    adopted,
    desired: desiredState(owner.key, latest),
    imported: adopted || importedAt !== undefined,
    known: state,
    validTo,
    expiry: owner.expiry,
    keyMaterialId,
    ...withoutIgnored(metadataFor(last.owner, first, last.inputs), last.inputs),
    claim,
    secrets: ["tags", ...TEXT_NAMES].filter((name) => isMarkedSecret(outputs, name)),
  };
}

/** Before the first update has finished, no target of an alias is expected. */
function aliasDrift(region: string, { keyId, ...outputs }: RegionalOutputs, seen: SeenRegion): string[] {
  const targets = {
    [outputs.aliasName]: seen.aliasTarget ?? outputs.aliasTarget,
    ...extraTargetsIn(seen, outputs),
  };
  return Object.entries(targets).flatMap(([name, target]) => {
    if (!keyId || target === undefined || target === keyId) return [];
    return target === ""
      ? [`${name} in ${region}: the alias is gone`]
      : [`${name} in ${region}: the alias points to KMS key ${target}, not ${keyId}`];
  });
}

/** Where the extra aliases of a state point; as last seen where that cannot be read. */
export function extraTargetsIn(
  { extraAliasTargets: seen = {} }: Partial<SeenRegion>,
  { extraAliasTargets: known }: Pick<RegionalOutputs, "extraAliasTargets">,
): Record<string, string> | undefined {
  const targets = Object.entries(known ?? {}).map(([name, target]) => [name, seen[name] ?? target]);
  return known && Object.fromEntries(targets);
}

/** One KMS key as the last update left it. */
interface ExpectedKmsKey extends MetadataInputs {
  /** An adopted KMS key's tags, policy, description and expiry are not this stack's. */
  adopted: boolean;
  desired: "Enabled" | "Disabled";
  /** As last seen. */
  known: KeyState;
  /** Whether its material was imported. Before that there is no drift. */
  imported: boolean;
  /** When its material expires, as last seen. */
  validTo?: string;
  expiry: Owner["expiry"];
  keyMaterialId?: string;
  tags: Record<string, string>;
  claim?: string;
  /** Properties that the program marks as secret. Neither their names nor their values are shown. */
  secrets: string[];
}

/** One part of a sentence for each difference: `PendingDeletion until 2026-12-24, scheduled outside this stack`. */
function keyDrift(expected: ExpectedKmsKey, seen: ObservedKmsKey, lost: string): string[] {
  // A deleted KMS key of a disabled version is reported once, because nothing can be done about it.
  if (seen.state === "Deleted")
    return expected.desired === "Disabled" && expected.known === "Deleted"
      ? []
      : [`AWS no longer knows the KMS key: ${lost}`];
  if (expected.adopted) return stateDrift(expected, seen);
  return [
    ...stateDrift(expected, seen),
    ...materialDrift(expected, seen),
    ...tagDrift(expected, seen.tags),
    ...claimDrift(expected, seen.tags),
    ...textDrift(expected, seen),
  ];
}

function stateDrift({ desired, imported, validTo }: ExpectedKmsKey, seen: ObservedKmsKey): string[] {
  switch (seen.state) {
    case "PendingDeletion":
      return [`PendingDeletion until ${day(seen.deletionDate)}, scheduled outside this stack`];
    case "PendingReplicaDeletion":
      return ["PendingReplicaDeletion, scheduled outside this stack"];
    case "PendingImport":
      if (!imported || desired === "Disabled") return [];
      return validTo !== undefined && Date.parse(validTo) <= Date.now()
        ? [`PendingImport: its key material expired on ${day(validTo)}`]
        : ["PendingImport: its key material was deleted outside this stack"];
    case "Enabled":
      return desired === "Enabled" ? [] : ["Enabled outside this stack, although below `minEnabledVersion`"];
    case "Disabled":
      return desired === "Disabled" || !imported ? [] : ["Disabled outside this stack"];
    default: // Creating and Updating end by themselves
      return isKnownState(seen.state)
        ? []
        : [`${seen.state}, a state that this release does not know; no update changes it`];
  }
}

function materialDrift(expected: ExpectedKmsKey, seen: ObservedKmsKey): string[] {
  if (seen.state === "PendingImport" || !expected.imported) return [];
  const drift: string[] = [];
  if (expected.keyMaterialId && seen.keyMaterialId && expected.keyMaterialId !== seen.keyMaterialId)
    drift.push(
      `holds key material ${short(seen.keyMaterialId)}, not ${short(expected.keyMaterialId)} which this stack imported; AWS cannot make the old one current again, so it stays as it is`,
    );
  // A disabled version is not renewed. It is imported again when it is enabled.
  if (expected.desired === "Enabled" && !expiresAsPlanned(seen.validTo, expected.expiry, new Date()))
    drift.push(
      `its key material expires ${seen.validTo ? `on ${day(seen.validTo)}` : "never"}, imported otherwise outside this stack`,
    );
  return drift;
}

/** Only the tags that this stack has set. Others may add their own. */
function tagDrift({ tags, secrets }: ExpectedKmsKey, seen: Record<string, string> | undefined): string[] {
  if (!seen) return [];
  const sentences = Object.entries(tags)
    .filter(([key, value]) => seen[key] !== value)
    .map(([key, value]) => {
      if (secrets.includes("tags") && !isOwnTag(key))
        return "tags that the program marks secret were changed outside this stack";
      return seen[key] === undefined ? `tag ${key} is gone` : `tag ${key} is "${seen[key]}", not "${value}"`;
    });
  return [...new Set(sentences)];
}

/** A KMS key of release 0.1.0 has no claim; the next update gives it one. */
function claimDrift({ claim, imported }: ExpectedKmsKey, seen: Record<string, string> | undefined): string[] {
  if (!seen || !imported || (claim !== undefined && seen[CLAIM] === claim)) return [];
  return [
    claim === undefined
      ? `the state has no ${CLAIM} for it, by which it is recognised when it is no longer in the state`
      : `tag ${CLAIM} is gone`,
  ];
}

function textDrift(expected: ExpectedKmsKey, seen: ObservedKmsKey): string[] {
  return driftedTexts(expected, seen).map((name) =>
    TEXTS[name].drift(expected[name]!, seen[name]!, expected.secrets.includes(name)),
  );
}

const day = (moment: string | undefined) => moment?.slice(0, 10) ?? "never";

const short = (id: string) => `${id.slice(0, 8)}…`;
