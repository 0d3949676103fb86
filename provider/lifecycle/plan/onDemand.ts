/**
 * Rotation on demand: one KMS key holds the material of every version, and AWS decrypts with each. A new version is imported as
 * new material into the primary, then into every replica, and then RotateKeyOnDemand makes it the current one.
 * Source: ImportKeyMaterial and RotateKeyOnDemand in the API reference.
 */

import { isPendingDeletion } from "../../kms/keyState";
import { versionsOf } from "../../state/records";
import { isImported, type Known, type SeenReplica } from "./known";
import { cancelDeletions, firstOf, locateAlias, type Rule, syncMetadata } from "./rules";
import type { Step } from "./steps";

/** A recovered KMS key was found by its first version and may hold later ones. */
const probeVersions: Rule = ({ role, region }, known) => {
  const [version] = versionsOf(known.records);
  const isFound = version !== undefined && known.records[version]!.recovered && known.isSearched;
  return role === "primary" && isFound && !known.isProbed ? [{ do: "probeVersions", version, region }] : [];
};

const createShared: Rule = ({ role, latest, region, primaries }, { records }) => {
  if (versionsOf(records).length > 0) return [];
  if (role === "primary") return [{ do: "createKey", version: latest, region }];
  const [version] = versionsOf(primaries);
  return version === undefined ? [] : [{ do: "replicate", version, region }];
};

/** A KMS key is Enabled only with all its materials, so each that may be missing, or must be renewed, is imported. */
const importMaterials: Rule = (desired, { records, absent, reimported }) => {
  const { role, region } = desired;
  return firstOf(versionsOf(records), (version): Step[] => {
    const record = records[version]!;
    const of = { version, region };
    switch (record.state) {
      case "Deleted":
        if (role === "replica") return [{ do: "forget", ...of }];
        return absent.includes(version) ? [{ do: "refuse", why: "gone", ...of }] : [{ do: "inspect", ...of }];
      case "PendingImport":
        return reimported.includes(version) ? [] : [{ do: "import", ...of }];
      case "Enabled":
      case "Disabled":
        return isImported(record, desired) ? [] : [{ do: "import", ...of }];
      default:
        return [{ do: "refuse", why: "not usable", ...of }];
    }
  });
};

/** AWS cannot disable only one material of a KMS key. */
export const refuseDisabledVersions: Rule = ({ role, minEnabled, region }, { records, candidates }) => {
  const [version] = [...versionsOf(records), ...Object.keys(candidates).map(Number)].sort((a, b) => a - b);
  const isBelow = role === "primary" && version !== undefined && version < minEnabled;
  return isBelow ? [{ do: "refuse", why: "disabled on demand", version, region }] : [];
};

const enableShared: Rule = ({ region }, { records }) => {
  const [version] = versionsOf(records);
  if (version === undefined) return [];
  const { state, recovered } = records[version]!;
  if (state === "Disabled") return [{ do: "enable", version, region }];
  return recovered ? [{ do: "syncMetadata", version, region }] : [];
};

/** A replica with fewer versions than its primary gets the later ones. A rotation may already have imported them there. */
const joinVersions: Rule = ({ role, region, primaries }, { records }) =>
  role === "replica"
    ? firstOf(versionsOf(primaries), (version): Step[] =>
        records[version] ? [] : [{ do: "joinVersion", version, region }],
      )
    : [];

/**
 * Checks which Regions hold the KMS key and which one is the primary, before anything is changed. Only the primary accepts new material and
 * can be rotated.
 */
const checkReplicas: Rule = (desired, known) => {
  const { role, latest, region, multiRegion } = desired;
  const held = versionsOf(known.records).at(-1);
  if (role === "replica" || !multiRegion || held === undefined || held >= latest) return [];
  if (!known.replicas) return [{ do: "findReplicas", version: held, region }];
  const refuse = (why: "replica left out" | "primary elsewhere", { region: there }: SeenReplica): Step[] => [
    { do: "refuse", why, version: latest, region: there },
  ];
  const leftOut = known.replicas.find(({ isLeftOut }) => isLeftOut);
  if (leftOut) return refuse("replica left out", leftOut);
  const primary = known.replicas.find(({ isPrimary }) => isPrimary);
  return primary ? refuse("primary elsewhere", primary) : [];
};

/**
 * Rotates the primary to the latest version. AWS accepts no new material while other new material waits for its rotation. So an
 * interrupted rotation to an earlier version is finished first. A replica that is pending deletion cannot import material: its deletion
 * is cancelled for the rotation, and scheduled again after it.
 */
const rotate: Rule = (desired, known) => {
  const { role, latest, region } = desired;
  const held = versionsOf(known.records).at(-1);
  if (role === "replica" || held === undefined || held >= latest) return [];
  if (!known.pending) {
    if (latest > held + 1 && !known.isPendingSought)
      return [{ do: "findPending", version: held + 1, to: latest - 1, region }];
    return [{ do: "importNewMaterial", version: latest, region }];
  }
  return rotation(known.pending, known, region);
};

function rotation(
  { version, regions, isRotated }: NonNullable<Known["pending"]>,
  known: Known,
  home: string,
): Step[] {
  const replicas = (known.replicas ?? []).filter(({ state }) => state !== "Deleted");
  if (isRotated)
    return replicas
      .filter(({ wasPendingDeletion, state }) => wasPendingDeletion && !isPendingDeletion(state))
      .map(({ region }) => ({ do: "scheduleDeletion", version, region }));
  const without = replicas.filter(({ region }) => !regions.includes(region));
  if (without.length === 0) return [{ do: "rotate", version, region: home }];
  return without.map(({ region, state }) =>
    isPendingDeletion(state) ? { do: "cancelDeletion", version, region } : { do: "import", version, region },
  );
}

export const onDemandRules: Rule[] = [
  probeVersions,
  createShared,
  checkReplicas,
  cancelDeletions,
  syncMetadata,
  importMaterials,
  enableShared,
  locateAlias,
  joinVersions,
  rotate,
];
