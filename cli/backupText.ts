import type { Backup } from "../provider/keys/backup/backup.js";
import { shownReference } from "../provider/secrecy/shownReference.js";
import { visible, visibleIn } from "../provider/secrecy/visible.js";
import { count, date, table, wrapped } from "./text.js";

/** The contents of a backup as text for a person, without the material. */
export function backupText({ keyring, ...backup }: Backup): string {
  const { key, kcvs, distributions, stack, madeAt } = visibleIn(backup);
  const versions = keyring.keys.map((entry, index) => [
    entry.kid,
    date(new Date(entry.iat * 1000).toISOString()),
    kcvs[index]!,
    "from" in entry ? `not in the backup: ${visible(shownReference(entry.from))}` : "in the backup",
  ]);
  const places = distributions.map(({ region, accountId, aliasName, versions, replicas }) => {
    const kmsKeys = count(new Set(Object.values(versions)).size, "KMS key");
    const elsewhere = replicas.length === 0 ? "" : `, replicas in ${replicas.join(", ")}`;
    return wrapped(`${aliasName} in ${accountId}: ${kmsKeys} in ${region}${elsewhere}`, "  ");
  });
  const heading = `${key.name}: ${key.type}, ${count(kcvs.length, "version")}, of ${stack}, ${madeAt}`;
  const rows = table([["ver", "made", "check value", "material"], ...versions], "  ");
  return `${wrapped(heading)}${rows}${places.join("")}`;
}
