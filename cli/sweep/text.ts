import { count, date, table, wrapped } from "../text.js";
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
        `${stack}${asOf === null ? "" : `, of ${asOf.slice(0, 16).replace("T", " ")} UTC`}: ${count(keys, "KMS key")}`,
        "State:     ",
      ),
    ),
    wrapped(`${count(accounted, "KMS key")} found there as a state says.`, "Accounted: "),
    section("No state accounts for these; nobody can be using them now:", deletable),
    section("No state accounts for these, but they are left alone:", held),
    ...held.map(({ keyId, region, reason }) => wrapped(`${keyId} in ${region}: ${reason}`, "  - ")),
    section("An update may have been interrupted; the next `pulumi up` recovers these:", unfinished),
    section("Scheduled for deletion already:", scheduled),
    ...foreignSections(foreign),
  ].join("");
}

/** One section for each stack. Its title names the stack whose state is missing. */
function foreignSections(foreign: KeyReport[]): string[] {
  const stacks = [...new Set(foreign.map(({ stack }) => stack))].sort();
  return stacks.map((stack) =>
    section(
      stack === null
        ? "No stack named in their tags; nothing is known of them:"
        : `Of ${stack}, whose state is missing; nothing is known of them:`,
      foreign.filter((key) => key.stack === stack),
    ),
  );
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
