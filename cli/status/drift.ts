/** How what AWS shows differs from what the state says should be, in words. */
import type { SeenKey } from "../look.js";
import type { RegionState, VersionState } from "../state/stack.js";
import type { SeenRegion } from "./observe.js";

/** One sentence for each difference; none where AWS is as the last update left it. */
export function driftOf(state: RegionState, seen: SeenRegion): string[] {
  return [
    ...state.versions.flatMap((version) => driftOfVersion(state, version, seen.keys.get(version.version)!)),
    ...driftOfAlias(state, seen.aliasTarget),
  ];
}

function driftOfVersion(state: RegionState, record: VersionState, seen: SeenKey): string[] {
  const what = `version ${record.version} in ${state.region}`;
  const wanted = record.version >= state.minEnabledVersion ? "Enabled" : "Disabled";
  switch (seen.state) {
    case "Deleted":
      // A disabled version that the state knows to be gone is no news.
      return wanted === "Disabled" && record.state === "Deleted"
        ? []
        : [
            `${what} is gone: AWS no longer knows its KMS key, ${state.primary ? "and what it encrypted cannot be decrypted" : "which the next update replicates again"}`,
          ];
    case "PendingDeletion":
      return [`${what} is scheduled for deletion: AWS deletes it on ${seen.deletionDate?.slice(0, 10)}`];
    case "PendingReplicaDeletion":
      return [`${what} is scheduled for deletion: AWS deletes it after its last replica`];
    case "PendingImport":
      return wanted === "Disabled" ? [] : [`${what} has no material: it was deleted, or expired`];
  }
  if (seen.state !== wanted) return [`${what} is ${seen.state}, and should be ${wanted}`];
  const { keyMaterialId, adopted } = record;
  if (
    !adopted &&
    keyMaterialId !== undefined &&
    seen.keyMaterialId !== undefined &&
    keyMaterialId !== seen.keyMaterialId
  )
    return [`${what} has other material than was imported`];
  return [];
}

function driftOfAlias(state: RegionState, target: string | undefined): string[] {
  const latest = state.versions.find(({ version }) => version === state.latestVersion);
  if (latest === undefined || target === latest.keyId) return [];
  const alias = `the alias in ${state.region}`;
  if (target === undefined) return [`${alias} is gone`];
  const other = state.versions.find(({ keyId }) => keyId === target);
  return [
    `${alias} points to ${other ? `version ${other.version}` : `another KMS key (${target})`}, and should point to version ${latest.version}`,
  ];
}
