/** A distribution or replica goes: its alias, then every KMS key's deletion is scheduled. Pure. */
import { kmsKeysOf } from "../../state/records";
import type { Known, Wanted } from "./known";
import type { Rule } from "./rules";
import type { Stays } from "./steps";

/** A KMS key that is this resource's to delete, or to leave as it is. */
interface Leaving {
  version: number;
  keyId: string;
  /** Why it stays. */
  stays?: Stays;
  /** Other Regions in which rotations have made a replica that no KeyReplica has. */
  abroad: string[];
}

/** What another resource of the program holds is none of this one's. */
function leaving(
  { removal }: Wanted,
  { records, takenOver, abandoned = {}, unrecorded = [] }: Known,
): Leaving[] {
  const recorded = kmsKeysOf(records).map(({ version, record: { keyId, adopted } }): Leaving => {
    const stays = adopted ? "adopted" : takenOver[version] ? "taken over" : undefined;
    return { version, keyId, stays, abroad: stays ? [] : (abandoned[version] ?? []) };
  });
  // Where KMS keys were adopted, one that the state does not know may be of the key that was lost: nobody holds its material.
  const isAdopted = recorded.some((one) => one.stays === "adopted");
  const others = unrecorded.map(({ version, keyId, isProved }): Leaving => {
    const stays = !isProved ? "not proved" : isAdopted ? "not known" : undefined;
    return { version, keyId, stays, abroad: [] };
  });
  return [...recorded, ...others].filter(({ keyId }) => !removal!.held.includes(keyId));
}

/** Another stack may have taken the KMS keys over since the state was written. */
const tagged: Rule = (wanted, known) =>
  leaving(wanted, known)
    .filter(({ version, keyId }) => known.records[version]?.keyId === keyId)
    .filter(({ version, stays }) => stays !== "adopted" && known.takenOver[version] === undefined)
    .map(({ version }) => ({ do: "readTags", version, region: wanted.region }));

const looked: Rule = (_wanted, { unrecorded }) => (unrecorded ? [] : [{ do: "findUnrecorded" }]);

const abandoned: Rule = ({ role, multiRegion }, { abandoned: seen }) =>
  role === "primary" && multiRegion && !seen ? [{ do: "findAbandoned" }] : [];

/** The alias goes where it points to a KMS key that is this resource's to delete. */
const aliasGone: Rule = (wanted, known) => {
  const { region } = wanted;
  const { target, isSeen } = known.alias;
  if (target === "") return [];
  if (!isSeen) return [{ do: "findAlias", region }];
  const mayGo = leaving(wanted, known).some(({ keyId, stays }) => keyId === target && !stays);
  return mayGo ? [{ do: "deleteAlias", region }] : [];
};

/** What was adopted stays: it was there before, and without its material no deletion could ever be made good. */
const scheduled: Rule = (wanted, known) => {
  for (const { version, keyId, stays, abroad } of leaving(wanted, known))
    for (const region of [...abroad, wanted.region]) {
      if (known.settled.includes(`${keyId}@${region}`)) continue;
      const of = { version, keyId, region };
      return [stays ? { do: "leave", why: stays, ...of } : { do: "scheduleDeletion", ...of }];
    }
  return [];
};

export const removalRules: Rule[] = [tagged, looked, abandoned, aliasGone, scheduled];
