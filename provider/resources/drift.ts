/** In words, how a KMS key differs from what the last update left. Pure: observe.ts reads what is compared here. */
import { isDeepStrictEqual } from "node:util";
import type { SeenKmsKey } from "../awskms/kmsKeys";
import { type ExpiryInputs, type ExpiryPlan, expiresAsPlanned } from "../keys/planExpiry";
import type { MetadataInputs } from "./wire";

/** What the last update left of one version's KMS key. */
export interface ExpectedKmsKey extends MetadataInputs {
  /** An adopted KMS key's tags, policy, description and expiry are not this stack's. */
  adopted: boolean;
  state: "Enabled" | "Disabled";
  /** Whether its material was imported: before that nothing can have drifted. */
  imported: boolean;
  /** When its material expires, as last seen. */
  validTo?: string;
  expiry: ExpiryInputs & ExpiryPlan;
  keyMaterialId?: string;
  tags: Record<string, string>;
}

/** What AWS shows of it. `tags` and `policy` are undefined where they may not be read. */
export interface ObservedKmsKey extends SeenKmsKey {
  tags?: Record<string, string>;
  policy?: string;
}

/** One part of a sentence for each thing that differs: `PendingDeletion until 2026-12-24, scheduled outside this stack`. */
export function keyDrift(expected: ExpectedKmsKey, seen: ObservedKmsKey, lost: string): string[] {
  if (seen.state === "Deleted") return [`AWS no longer knows the KMS key: ${lost}`];
  if (expected.adopted) return stateDrift(expected, seen);
  return [
    ...stateDrift(expected, seen),
    ...materialDrift(expected, seen),
    ...tagDrift(expected.tags, seen.tags),
    ...policyDrift(expected.policy, seen.policy),
    ...descriptionDrift(expected.description, seen.description),
  ];
}

function stateDrift({ state, imported, validTo }: ExpectedKmsKey, seen: ObservedKmsKey): string[] {
  switch (seen.state) {
    case "PendingDeletion":
      return [`PendingDeletion until ${day(seen.deletionDate)}, scheduled outside this stack`];
    case "PendingReplicaDeletion":
      return ["PendingReplicaDeletion, scheduled outside this stack"];
    case "PendingImport":
      if (!imported || state === "Disabled") return [];
      return validTo !== undefined && Date.parse(validTo) <= Date.now()
        ? [`PendingImport: its key material expired on ${day(validTo)}`]
        : ["PendingImport: its key material was deleted outside this stack"];
    case "Enabled":
      return state === "Enabled" ? [] : ["Enabled outside this stack, although below `minEnabledVersion`"];
    case "Disabled":
      return state === "Disabled" || !imported ? [] : ["Disabled outside this stack"];
    default: // Creating and Updating pass by themselves
      return [];
  }
}

function materialDrift(expected: ExpectedKmsKey, seen: ObservedKmsKey): string[] {
  if (seen.state === "PendingImport" || !expected.imported) return [];
  const drift: string[] = [];
  if (expected.keyMaterialId && seen.keyMaterialId && expected.keyMaterialId !== seen.keyMaterialId)
    drift.push(
      `holds key material ${short(seen.keyMaterialId)}, not ${short(expected.keyMaterialId)} which this stack imported; AWS does not take the old one back as current, so it stays as it is`,
    );
  // A disabled version is not renewed: it is imported again when it is wanted.
  if (expected.state === "Enabled" && !expiresAsPlanned(seen.validTo, expected.expiry, new Date()))
    drift.push(
      `its key material expires ${seen.validTo ? `on ${day(seen.validTo)}` : "never"}, imported otherwise outside this stack`,
    );
  return drift;
}

/** Only the tags that this stack put: others may add their own. */
function tagDrift(expected: Record<string, string>, seen: Record<string, string> | undefined): string[] {
  if (!seen) return [];
  return Object.entries(expected)
    .filter(([key, value]) => seen[key] !== value)
    .map(([key, value]) =>
      seen[key] === undefined ? `tag ${key} is gone` : `tag ${key} is "${seen[key]}", not "${value}"`,
    );
}

/** A policy that the program does not give is AWS's default or anybody's: it is not compared. */
function policyDrift(expected: string | undefined, seen: string | undefined): string[] {
  if (expected === undefined || seen === undefined || samePolicy(expected, seen)) return [];
  return ["its key policy was changed outside this stack"];
}

/** Spaces and the order of members mean nothing in a policy document. */
export function samePolicy(one: string, other: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(one), JSON.parse(other));
  } catch {
    return one === other;
  }
}

function descriptionDrift(expected: string | undefined, seen: string | undefined): string[] {
  return seen === undefined || (expected ?? "") === seen
    ? []
    : [`its description is "${seen}", not "${expected ?? ""}"`];
}

const day = (moment: string | undefined) => moment?.slice(0, 10) ?? "never";

const short = (id: string) => `${id.slice(0, 8)}…`;
