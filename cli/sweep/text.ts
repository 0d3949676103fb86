import { count, date, minute, table, wrapped } from "../text.js";
import type { KeyReport, SweepReport } from "./report.js";

/** The report as text for a person, 80 columns wide, with whole key ids. */
export function sweepText(report: SweepReport): string {
  const { places, leftOut = [], states, accounted, deletable, held, unfinished, scheduled, foreign } = report;
  const looked = places.map(({ accountId, region }) => `${region} (${accountId})`);
  return [
    wrapped(looked.join(", "), "Looked in: "),
    leftOut.length === 0
      ? ""
      : wrapped(`${leftOut.join(", ")}: \`unreachableRegions\` of the KmsProvider names it.`, "Left out:  "),
    ...states.map(({ stack, asOf, keys }) =>
      wrapped(
        `${stack}${asOf === null ? "" : `, of ${minute(asOf)}`}: ${count(keys, "KMS key")}`,
        "State:     ",
      ),
    ),
    wrapped(`${count(accounted, "KMS key")} found there as a state says.`, "Accounted: "),
    section("No state accounts for these; nobody can be using them now:", deletable),
    section("No state accounts for these, but they are left alone:", held),
    ...held.flatMap(({ keyId, region, reasons }) =>
      reasons.map((reason) => wrapped(`${keyId} in ${region}: ${reason}`, "  - ")),
    ),
    section("An update may have been interrupted; the next `pulumi up` recovers these:", unfinished),
    section("Scheduled for deletion already:", scheduled),
    ...foreignSections(foreign),
  ].join("");
}

/** One section for each stack. */
function foreignSections(foreign: SweepReport["foreign"]): string[] {
  const stacks = [...new Set(foreign.map(({ stack }) => stack))].sort();
  return stacks.map((stack) => {
    const own = foreign.filter((key) => key.stack === stack);
    const whose = stack === null ? "Nothing is known of these" : `Of ${stack}, nothing is known of these`;
    return section(`${whose}: ${own[0]!.reason}`, own);
  });
}

function section(title: string, keys: KeyReport[]): string {
  if (keys.length === 0) return "";
  const distributions = [...new Set(keys.map(({ distribution }) => distribution))].sort();
  const tables = distributions.map((distribution) => {
    const rows = keys
      .filter((key) => key.distribution === distribution)
      .map(({ version, region, keyId, state, deletionDate }) => [
        version ?? "?",
        region,
        keyId,
        deletionDate === null ? state : `deleted on ${date(deletionDate)}`,
      ]);
    return `  ${distribution}\n${table([["ver", "Region", "KMS key", "state"], ...rows], "    ")}`;
  });
  return `\n${wrapped(title)}${tables.join("")}`;
}
