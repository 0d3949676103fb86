import { count, date, minute, shortened, table, wrapped } from "../text.js";
import type { DistributionReport, KeyReport, Report, StackReport, VersionReport } from "./report.js";
import { scheduledText } from "./scheduledText.js";

/** The report as text for a person, 80 columns wide. */
export function statusText(report: Report, offline: boolean): string {
  const stacks = report.stacks.map((stack) => stackText(stack)).join("\n");
  return `${stacks}\n${conclusion(report, offline)}`;
}

function stackText({ stack, asOf, keys, scheduled, gone, notes }: StackReport): string {
  const written = asOf === null ? "" : `, state of ${minute(asOf)}`;
  const more = [...notes.map((note) => wrapped(note)), deletionText(keys)].join("");
  return [
    wrapped(`${stack}${written}`),
    keys.length === 0 ? "  no keys\n" : keys.map((key) => keyText(key, gone)).join(""),
    scheduledText(scheduled),
    more === "" ? "" : `\n${more}`,
  ].join("");
}

/** Pulumi's message for a protected resource recommends `pulumi state unprotect`, which is not enough here. */
function deletionText(keys: KeyReport[]): string {
  return keys.some(({ deletionAllowed }) => deletionAllowed === false)
    ? "To delete a key: `deletionAllowed: true` on the ManagedKey, then `pulumi up`.\n"
    : "";
}

function keyText(key: KeyReport, gone: boolean): string {
  const facts = [
    key.type,
    `version ${key.latestVersion}`,
    key.minEnabledVersion > 1 && `enabled from version ${key.minEnabledVersion}`,
    key.rotateAfter &&
      (key.rotationDue
        ? `rotation due since ${key.rotateAfter}: the next \`pulumi up\` rotates it`
        : `next rotation after ${key.rotateAfter}`),
  ];
  const heading = `\n${wrapped(facts.filter(Boolean).join(", "), `${key.name}: `)}`;
  if (key.distributions.length === 0) return `${heading}  not distributed\n`;
  return `${heading}${key.distributions.map((each) => distributionText(each, gone)).join("")}`;
}

function distributionText(
  { accountId, aliasName, extraAliases, regions }: DistributionReport,
  gone: boolean,
): string {
  const where = accountId === null ? "" : ` in ${accountId}`;
  const versions = regions
    .flatMap(({ region, versions }) => versions.map((version) => ({ region, ...version })))
    .sort((a, b) => a.version - b.version);
  const isRenewed = versions.some(({ renewAfter }) => renewAfter !== null);
  const rows = versions.map(({ version, region, keyId, state, alias, validTo, renewAfter }) => [
    String(version),
    region,
    shortened(keyId),
    state ?? "not known",
    alias === null ? "?" : alias ? "yes" : "-",
    date(validTo ?? undefined),
    ...(isRenewed ? [renewAfter ?? "-"] : []),
  ]);
  const heading = [
    "ver",
    "Region",
    "KMS key",
    "state",
    "alias",
    "expires",
    ...(isRenewed ? ["renewed"] : []),
  ];
  const notes = regions.flatMap(({ region, versions, drift, failed }) => [
    ...materialNotes(region, versions),
    ...(gone ? [] : drift).map((sentence) => `drift: ${sentence}`),
    ...failed,
  ]);
  return [
    `  ${aliasName}${where}\n`,
    ...extraAliases.map((name) => `  ${name}\n`),
    rows.length === 0 ? "    no KMS keys yet\n" : table([heading, ...rows], "    "),
    ...notes.map((note) => wrapped(note, "    - ")),
  ].join("");
}

/** Which of the versions that share a KMS key it encrypts with. */
function materialNotes(region: string, versions: VersionReport[]): string[] {
  return versions.flatMap(({ version, keyId, current }) => {
    const former = versions.filter((other) => other.keyId === keyId && !other.current);
    return current && former.length > 0
      ? [
          `${shortened(keyId)} in ${region} encrypts with version ${version}, and still decrypts with ${former.map((each) => each.version).join(", ")}`,
        ]
      : [];
  });
}

function conclusion({ stacks, drift, failed }: Report, offline: boolean): string {
  if (offline) return "AWS was not asked: states are those of the last update or refresh.\n";
  const regions = stacks.flatMap(({ keys }) =>
    keys.flatMap(({ distributions }) => distributions.flatMap((distribution) => distribution.regions)),
  );
  const blind = new Set(regions.filter(({ unseen }) => unseen !== null).map(({ region }) => region)).size;
  const isAllBlind = blind > 0 && regions.every(({ unseen }) => unseen !== null);
  const isAllGone = stacks.every(({ keys, gone }) => gone || keys.length === 0);
  const sentences = [
    isAllBlind
      ? "Not known: nothing could be read."
      : drift === 0
        ? "No drift."
        : `${count(drift, "difference")}: ${isAllGone ? "no update repairs them." : "`pulumi up --refresh` repairs what can be repaired."}`,
    failed > 0 &&
      !isAllGone &&
      `${count(failed, "update")} not completed: \`pulumi up\` does the rest, where its reason is mended.`,
    blind > 0 && !isAllBlind && `${count(blind, "Region")} could not be looked at.`,
  ];
  return wrapped(sentences.filter(Boolean).join(" "));
}
