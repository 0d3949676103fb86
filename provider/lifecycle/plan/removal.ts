/** Plans the removal of a distribution or replica: its alias is deleted, then the deletion of every KMS key is scheduled. Pure. */
import { kmsKeysOf } from "../../state/records";
import type { Desired, Known } from "./known";
import { dropAlias, firstOf, type Rule } from "./rules";
import type { Stays } from "./steps";

/** A KMS key that the removal deletes or leaves as it is. */
interface Removed {
  version: number;
  keyId: string;
  /** Why it stays. */
  stays?: Stays;
  /** Other Regions with a replica that a rotation has created and no KeyReplica manages. */
  remote: string[];
}

/** The KMS keys of this resource, without those that another resource of the program has. */
function removedOf(
  { removal }: Desired,
  { records, takenOver, strayReplicas = {}, orphans = [] }: Known,
): Removed[] {
  const recorded = kmsKeysOf(records).map(({ version, record: { keyId, adopted } }): Removed => {
    const stays = adopted ? "adopted" : takenOver[version] ? "taken over" : undefined;
    return { version, keyId, stays, remote: stays ? [] : (strayReplicas[version] ?? []) };
  });
  // After an adoption an orphan may belong to the lost key. Nobody has its material, so it must not be deleted.
  const isAdopted = recorded.some((one) => one.stays === "adopted");
  const others = orphans.map(({ version, keyId, isProved }): Removed => {
    const stays = !isProved ? "not proved" : isAdopted ? "not known" : undefined;
    return { version, keyId, stays, remote: [] };
  });
  return [...recorded, ...others].filter(({ keyId }) => !removal!.held.includes(keyId));
}

/** Another stack may have taken the KMS keys over since the state was written. */
const checkOwners: Rule = (desired, known) =>
  removedOf(desired, known)
    .filter(({ version, keyId }) => known.records[version]?.keyId === keyId)
    .filter(({ version, stays }) => stays !== "adopted" && known.takenOver[version] === undefined)
    .map(({ version }) => ({ do: "checkOwner", version, region: desired.region }));

const findOrphans: Rule = (_desired, { orphans }) => (orphans ? [] : [{ do: "findRemovalOrphans" }]);

const findStrayReplicas: Rule = ({ role, multiRegion }, { strayReplicas: seen }) =>
  role === "primary" && multiRegion && !seen ? [{ do: "findStrayReplicas" }] : [];

/**
 * The extra aliases are deleted before the distribution's own: while that is there, a distribution of the key that is declared again finds
 * its KMS keys.
 */
const deleteExtraAliases: Rule = (desired, known) =>
  firstOf(Object.keys(known.extraAliases), (name) =>
    dropAlias(desired.region, known, name, (keyId) => isRemoved(desired, known, keyId)),
  );

/** The alias is deleted only where it points to a KMS key that is deleted too. */
const deleteAlias: Rule = (desired, known) => {
  const { region } = desired;
  const { target, isSeen } = known.alias;
  if (target === "") return [];
  if (!isSeen) return [{ do: "findAlias", region }];
  return isRemoved(desired, known, target) ? [{ do: "deleteAlias", region }] : [];
};

function isRemoved(desired: Desired, known: Known, target: string | undefined): boolean {
  return removedOf(desired, known).some(({ keyId, stays }) => keyId === target && !stays);
}

/** Adopted KMS keys stay: this stack did not create them and does not have their material, so a deletion could never be repaired. */
const scheduleDeletions: Rule = (desired, known) => {
  for (const { version, keyId, stays, remote } of removedOf(desired, known))
    for (const region of [...remote, desired.region]) {
      if (known.settled.includes(`${keyId}@${region}`)) continue;
      const of = { version, keyId, region };
      return [stays ? { do: "leaveAlone", why: stays, ...of } : { do: "scheduleDeletion", ...of }];
    }
  return [];
};

export const removalRules: Rule[] = [
  checkOwners,
  findOrphans,
  findStrayReplicas,
  deleteExtraAliases,
  deleteAlias,
  scheduleDeletions,
];
