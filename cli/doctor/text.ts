import { table, wrapped } from "../text.js";
import type { CodeFinding } from "./code.js";
import type { AccountFindings, Findings, RegionFindings } from "./examine.js";
import { clockOf, isLocal } from "./localClock.js";
import type { PermissionFinding } from "./tried.js";

/** The findings as text for a person, 80 columns wide. `isAwsAsked` is false where only the state was examined. */
export function doctorText(
  { code, leftOut, problems, otherAccounts = [], ...first }: Findings,
  isAwsAsked: boolean,
): string {
  const accounts = [first, ...otherAccounts];
  return [
    ...(code.length > 0 ? codeLines(code) : []),
    ...(isAwsAsked ? accounts.map(accountText) : []),
    ...leftOut.map(
      (region) =>
        `\n${region}\n${wrapped("left out: `unreachableRegions` of the KmsProvider names it", "  ")}`,
    ),
    "\n",
    ...problems.map((problem) => wrapped(problem, "! ")),
    ...(isAwsAsked ? accounts.map(simulationText) : []),
    problems.length === 0 ? conclusion(accounts) : "",
  ].join("");
}

function accountText({ credentials, account, regions }: AccountFindings, index: number): string {
  const who = credentials ? `${credentials.source}, access key ${credentials.accessKeyId}` : "none";
  const whose = account
    ? `${account.accountId}${account.arn === null ? "" : `, ${account.arn}`}`
    : "not known";
  return [
    index === 0 ? "" : "\n",
    wrapped(who, "credentials  "),
    wrapped(whose, "account      "),
    ...regions.map(regionText),
  ].join("");
}

const unclearIn = ({ regions }: AccountFindings) =>
  regions.flatMap(({ permissions }) => permissions).filter(({ verdict }) => verdict === "unclear");

function conclusion(accounts: AccountFindings[]): string {
  return accounts.some((account) => unclearIn(account).length > 0)
    ? "Nothing to fix in what is known.\n"
    : "Nothing to fix.\n";
}

/** What was simulated, or the call that says more of what is not known. */
function simulationText(findings: AccountFindings): string {
  const { policySource: source, why } = findings.simulation ?? { policySource: null, why: null };
  const isSimulated = findings.regions
    .flatMap(({ permissions }) => permissions)
    .some(({ verdict }) => verdict.endsWith("ByPolicy"));
  if (isSimulated)
    return wrapped(
      `"By policy" is what AWS's policy simulator says of ${source}: from its IAM policies, its permissions boundary and service control policies alone. A key policy or a session policy may decide otherwise.${why === null ? "" : ` Not everything was simulated: ${why}.`}`,
    );
  const actions = [...new Set(unclearIn(findings).map(({ action }) => action))];
  if (actions.length === 0 || why === null) return "";
  if (source === null) return wrapped(`Nothing was simulated: ${why}.`);
  return (
    wrapped(`Nothing was simulated: ${why}.`) +
    wrapped(
      "What IAM policies say of the permissions that are not known, with tags by --context-entries, and without key policies:",
    ) +
    `  aws iam simulate-principal-policy --policy-source-arn \\\n    ${source} \\\n    --action-names ${actions.join(" \\\n      ")}\n`
  );
}

function codeLines(code: CodeFinding[]): string[] {
  const of = (verdict: CodeFinding["verdict"]) => code.filter((each) => each.verdict === verdict);
  const numbers = `${of("own").length} of this package, ${of("allowed").length} allowed, ${of("refused").length} refused`;
  return [
    wrapped(numbers, "code         "),
    ...of("allowed").map(({ urn }) => wrapped(urn, "  allowed    ")),
  ];
}

const VERDICTS: Readonly<Record<PermissionFinding["verdict"], string>> = {
  granted: "granted",
  denied: "DENIED",
  unclear: "not known",
  grantedByPolicy: "granted by policy (simulated)",
  deniedByPolicy: "DENIED by policy (simulated)",
};

function regionText({
  region,
  endpoint,
  clockSkewSeconds,
  localClockSeconds,
  permissions,
}: RegionFindings): string {
  const whys = [...new Set(permissions.flatMap(({ why }) => why ?? []))];
  const rows = permissions.map(({ action, verdict, why }) => [
    action,
    why === null ? VERDICTS[verdict] : `${VERDICTS[verdict]} (${whys.indexOf(why) + 1})`,
  ]);
  return [
    `\n${region}\n`,
    wrapped(endpoint ?? "not reached", "  endpoint     "),
    wrapped(clockText(endpoint, clockSkewSeconds, localClockSeconds), "  clock        "),
    rows.length === 0 ? "" : table(rows, "  "),
    ...whys.map((why, index) => wrapped(why, `  (${index + 1}) `)),
  ].join("");
}

/** Two seconds are within the error: the server sends whole seconds, and the answer needs time to arrive. */
const isSame = (seconds: number) => Math.abs(seconds) <= 2;

function clockText(endpoint: string | null, skew: number | null, local: number | null): string {
  if (local !== null)
    return isSame(local)
      ? "a local KMS's, the same as this machine's"
      : `a local KMS's, moved ${Math.abs(local)} s ${local > 0 ? "ahead of" : "behind"} this machine's: expiry and deletions go by it`;
  if (skew === null) return "not known: no answer had a Date header";
  const whose = clockOf(endpoint ?? undefined);
  if (!isSame(skew)) return `${Math.abs(skew)} s ${skew > 0 ? "behind" : "ahead of"} ${whose}`;
  const hidden = isLocal(endpoint ?? undefined)
    ? "; whether a local KMS's own clock was moved shows only with its --control"
    : "";
  return `the same as ${whose}, to a second or two${hidden}`;
}
