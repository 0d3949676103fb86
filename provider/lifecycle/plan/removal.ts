/** A distribution or replica goes: its alias, then every KMS key's deletion is scheduled. Pure. */
import { kmsKeysOf } from "../wire";
import type { Known, Wanted } from "./known";
import type { Rule } from "./rules";
import type { Step } from "./steps";

/** KMS keys that are this resource's to delete: the others stay as they are. */
function own({ removal, region }: Wanted, { records }: Known) {
  return kmsKeysOf(records)
    .filter(({ record }) => !removal!.held.includes(record.keyId))
    .map(({ version, record }) => ({ version, record, region }));
}

/** Another stack may have taken the KMS keys over since the state was written. */
const tagged: Rule = (wanted, known) =>
  own(wanted, known)
    .filter(({ version, record }) => !record.adopted && known.takenOver[version] === undefined)
    .map(({ version, region }) => ({ do: "readTags", version, region }));

const abandoned: Rule = ({ role }, { abandoned: seen, records }) =>
  role === "primary" && !seen && Object.values(records).some(({ replicas }) => replicas?.length)
    ? [{ do: "findAbandoned" }]
    : [];

/** The alias goes where it points to a KMS key that is this resource's to delete. */
const aliasGone: Rule = (wanted, known) => {
  const { region } = wanted;
  const { alias, takenOver } = known;
  if (alias.target === "") return [];
  if (!alias.isSeen) return [{ do: "findAlias", region }];
  const mayGo = own(wanted, known).some(
    ({ version, record }) => record.keyId === alias.target && !record.adopted && !takenOver[version],
  );
  return mayGo ? [{ do: "deleteAlias", region }] : [];
};

/**
 * What was adopted stays: it was there before, and without its material no deletion could ever be made good. Replicas are
 * KeyReplica's, but for those that none has.
 */
const scheduled: Rule = (wanted, known) => {
  for (const { version, record, region } of own(wanted, known)) {
    const regions = [...(record.replicas ?? []).filter((one) => known.abandoned?.includes(one)), region];
    for (const place of regions) {
      if (known.settled.includes(`${version}@${place}`)) continue;
      const of = { version, region: place };
      if (record.adopted) return [{ do: "leave", why: "adopted", ...of }];
      if (known.takenOver[version]) return [{ do: "leave", why: "taken over", ...of }];
      return [{ do: "scheduleDeletion", ...of }];
    }
  }
  return [] as Step[];
};

export const removalRules: Rule[] = [tagged, abandoned, aliasGone, scheduled];
