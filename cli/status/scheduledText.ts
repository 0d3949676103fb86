import { date, table, wrapped } from "../text.js";
import type { ScheduledReport } from "./scheduledReport.js";

/** KMS keys that are scheduled for deletion as text for a person, 80 columns wide, with whole key ids. */
export function scheduledText(keys: ScheduledReport[]): string {
  if (keys.length === 0) return "";
  const names = new Set(keys.map(({ accountId, distribution }) => `${distribution} in ${accountId}`));
  const sections = [...names].map((name) =>
    distributionText(
      name,
      keys.filter(({ accountId, distribution }) => name === `${distribution} in ${accountId}`),
    ),
  );
  return `\nScheduled for deletion:\n${sections.join("")}`;
}

function distributionText(name: string, keys: ScheduledReport[]): string {
  const rows = keys.map(({ version, region, keyId, deletionDate }) => [
    String(version ?? "?"),
    region,
    keyId,
    deletionDate === null ? "after replicas" : date(deletionDate),
  ]);
  const ways = new Set(keys.map(({ takeBack }) => takeBack));
  const notes = [...ways].map((way) => {
    const first = firstDate(keys.filter(({ takeBack }) => takeBack === way));
    return wrapped(
      `deletion can be cancelled${first === undefined ? "" : ` until ${date(first)}`}: ${way}`,
      "    - ",
    );
  });
  const heading = ["ver", "Region", "KMS key", "deleted"];
  const key = keys[0]!.key;
  return [
    `  ${name}${key === null ? "" : `, of key ${key}`}\n`,
    table([heading, ...rows], "    "),
    ...notes,
  ].join("");
}

/** All of them can be reclaimed only until the first is deleted. */
function firstDate(keys: ScheduledReport[]): string | undefined {
  return keys.flatMap(({ deletionDate }) => deletionDate ?? []).sort()[0];
}
