/** Manual rotation: a KMS key for each version, behind one alias. Pure. */

import { isKnownState, isPendingDeletion } from "../../kms/keyState";
import { versionsOf } from "../../state/records";
import {
  type Desired,
  desiredVersions,
  isImported,
  type Known,
  oldestInUse,
  servingVersion,
  versionInUse,
} from "./known";
import { cancelDeletions, firstOf, isAdding, isSince, locateAlias, type Rule, syncMetadata } from "./rules";
import type { Step } from "./steps";

/** Replicas of versions below `minEnabledVersion`: none is created, but existing ones must be recorded, so that they stay managed. */
const inspectOlderReplicas: Rule = (desired, { records, absent }) => {
  const { role, isNew, minEnabled, primaries, region } = desired;
  if (role === "primary" || !(isNew || isAdding(desired, records))) return [];
  return firstOf(versionsOf(primaries), (version): Step[] =>
    version < minEnabled &&
    !records[version] &&
    !absent.includes(version) &&
    (isNew || isSince(version, desired, records))
      ? [{ do: "inspect", version, region }]
      : [],
  );
};

const makeUsable: Rule = (desired, known) =>
  firstOf(desiredVersions(desired), (version) => usableVersion(desired, known, version));

function usableVersion(desired: Desired, known: Known, version: number): Step[] {
  const { role, region } = desired;
  const record = known.records[version];
  const of = { version, region };
  if (!record) return role === "primary" ? [{ do: "createKey", ...of }] : replica(desired, known, version);
  const refuse = (why: "gone" | "not usable"): Step[] => [{ do: "refuse", why, ...of }];
  switch (record.state) {
    case "Deleted": // an outdated read may have shown a new KMS key as not existing
      if (role === "replica") return [{ do: "forget", ...of }];
      return known.absent.includes(version) ? refuse("gone") : [{ do: "inspect", ...of }];
    case "PendingImport":
      return [{ do: "import", ...of }];
    case "Enabled":
    case "Disabled":
      if (!record.adopted && !isImported(record, desired)) return [{ do: "import", ...of }];
      if (record.state === "Disabled") return [{ do: "enable", ...of }];
      if (record.recovered) return [{ do: "syncMetadata", ...of }];
      return prepareReplicas(desired, known, version);
    default:
      return refuse("not usable");
  }
}

/** The replica of one version: an existing one (of a rotation or an adoption), else a new one. */
function replica({ primaries, region }: Desired, { absent }: Known, version: number): Step[] {
  const primary = primaries[version];
  if (!primary) return [];
  const of = { version, region };
  const mayBeThere = primary.adopted || primary.replicas?.includes(region);
  if (mayBeThere && !absent.includes(version)) return [{ do: "inspect", ...of }];
  if (primary.adopted) return [{ do: "refuse", why: "adopted, without a replica", ...of }];
  return [{ do: "replicate", ...of }];
}

/**
 * A rotation: the new version is imported in every Region that holds a replica of the version in use, before any alias moves. So what is
 * encrypted through an alias can always be decrypted in each of these Regions.
 */
function prepareReplicas(desired: Desired, known: Known, version: number): Step[] {
  const { role, multiRegion, region: home } = desired;
  const inUse = versionInUse(known);
  if (role === "replica" || !multiRegion || inUse === undefined || version <= inUse) return [];
  if (version > servingVersion(desired, known)) return []; // the update that moves the alias prepares them
  if (!known.replicas) return [{ do: "findReplicas", version: inUse, region: home }];
  const { replicas: ready = [] } = known.records[version]!;
  return known.replicas
    .filter(
      ({ region, state }) => state !== "Deleted" && state !== "PendingDeletion" && !ready.includes(region),
    )
    .map(({ region }): Step => {
      const state = known.remote[region]?.[version];
      if (state === undefined) return { do: "replicate", version, region };
      if (state === "Disabled") return { do: "enable", version, region };
      if (!isKnownState(state)) return { do: "refuse", why: "not usable", version, region };
      return { do: isPendingDeletion(state) ? "cancelDeletion" : "import", version, region };
    });
}

/**
 * With `publishBefore` the version that signed before this update stays enabled in it: `jwks` has lost a version below `minEnabledVersion`
 * before the alias moves.
 */
const keepSigning: Rule = ({ publishFor, minEnabled, region }, known) => {
  const version = oldestInUse(known);
  return publishFor > 0 && version !== undefined && minEnabled > version
    ? [{ do: "refuse", why: "still signing", version, region }]
    : [];
};

/** Older versions are disabled last. One without material cannot be used anyway; it is imported when it is enabled again. */
const disableOlder: Rule = ({ minEnabled, region }, { records }) => {
  const below = versionsOf(records).filter((version) => version < minEnabled);
  return firstOf(below, (version): Step[] =>
    records[version]!.state === "Enabled" ? [{ do: "disable", version, region }] : [],
  );
};

/**
 * Recovered versions that stay disabled get their tags before an alias shows that the distribution is in use: by the stack's name in them a
 * later update, which may have no state, sees whose they are.
 */
const syncRecovered: Rule = ({ region }, { records }) =>
  firstOf(versionsOf(records), (version): Step[] => {
    const { state, recovered } = records[version]!;
    return recovered && state !== "Enabled" && state !== "Deleted"
      ? [{ do: "syncMetadata", version, region }]
      : [];
  });

/** The rules before the alias moves, and after. */
export const manualRules = {
  before: [
    keepSigning,
    inspectOlderReplicas,
    cancelDeletions,
    syncMetadata,
    locateAlias,
    makeUsable,
    syncRecovered,
  ],
  after: [disableOlder, syncRecovered],
} satisfies Record<string, Rule[]>;
