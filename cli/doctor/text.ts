import { table, wrapped } from "../text.js";
import type { CodeFinding } from "./code.js";
import type { Findings, RegionFindings } from "./examine.js";

/** The findings as text for a person, 80 columns wide. `isAwsAsked` is false where only the state was examined. */
export function doctorText(
  { code, credentials, account, regions, leftOut, problems }: Findings,
  isAwsAsked: boolean,
): string {
  const who = credentials ? `${credentials.source}, access key ${credentials.accessKeyId}` : "none";
  const whose = account
    ? `${account.accountId}${account.arn === null ? "" : `, ${account.arn}`}`
    : "not known";
  return [
    ...(code.length > 0 ? codeLines(code) : []),
    ...(isAwsAsked ? [wrapped(who, "credentials  "), wrapped(whose, "account      ")] : []),
    ...regions.map(regionText),
    ...leftOut.map(
      (region) =>
        `\n${region}\n${wrapped("left out: `unreachableRegions` of the KmsProvider names it", "  ")}`,
    ),
    "\n",
    ...problems.map((problem) => wrapped(problem, "! ")),
    problems.length === 0 ? "Nothing to fix.\n" : "",
  ].join("");
}

function codeLines(code: CodeFinding[]): string[] {
  const of = (verdict: CodeFinding["verdict"]) => code.filter((each) => each.verdict === verdict);
  const numbers = `${of("own").length} of this package, ${of("allowed").length} allowed, ${of("refused").length} refused`;
  return [
    wrapped(numbers, "code         "),
    ...of("allowed").map(({ urn }) => wrapped(urn, "  allowed    ")),
  ];
}

function regionText({ region, endpoint, clockSkewSeconds, permissions }: RegionFindings): string {
  const verdicts = { granted: "granted", denied: "DENIED", unclear: "unclear" };
  const whys = [...new Set(permissions.flatMap(({ why }) => why ?? []))];
  const rows = permissions.map(({ action, verdict, why }) => [
    action,
    why === null ? verdicts[verdict] : `${verdicts[verdict]} (${whys.indexOf(why) + 1})`,
  ]);
  return [
    `\n${region}\n`,
    wrapped(endpoint ?? "not reached", "  endpoint     "),
    wrapped(clockText(clockSkewSeconds), "  clock        "),
    rows.length === 0 ? "" : table(rows, "  "),
    ...whys.map((why, index) => wrapped(why, `  (${index + 1}) `)),
  ].join("");
}

/** Two seconds are within the error: the server sends whole seconds, and the answer needs time to arrive. */
function clockText(skew: number | null): string {
  if (skew === null) return "not known: no answer had a Date header";
  if (Math.abs(skew) <= 2) return "the same as AWS's, to a second or two";
  return `${Math.abs(skew)} s ${skew > 0 ? "behind" : "ahead of"} AWS's`;
}
