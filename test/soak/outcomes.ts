import type { Adopt } from "./program";

/**
 * How a command of the CLI ended: done, or one of the refusals that there are on purpose. What is none of them is "unknown", and
 * a violation.
 */
export type Kind =
  | "done"
  | "killed"
  /** By us: the sentence names `deletionAllowed`. */
  | "guarded"
  /** By Pulumi alone, before the provider was asked anything. */
  | "protected"
  /** By us: the ManagedKey has left the state, and KMS keys of it are there. */
  | "lost key"
  /** By us: nobody can tell whose a KMS key is; the sentence names the tags that say it. */
  | "whose"
  /** By us: something was changed outside of Pulumi; the sentence names `pulumi up --refresh`. */
  | "drifted"
  /** By us: AWS did not answer. */
  | "unanswered"
  | "locked"
  /** By the engine: what was named does not fit what is in the state, or what it depends on. */
  | "not targetable"
  | "dependents"
  | "changes"
  | "unknown";

export interface Outcome {
  kind: Kind;
  /** All that was printed. */
  text: string;
  adopt?: Adopt;
}

const NOT_TARGETABLE =
  /not specified in --target list|[Nn]o resource named|not found in the stack|ambiguously referred to multiple resources|could not be found in the stack/;

const REFUSALS: readonly (readonly [Kind, RegExp])[] = [
  ["locked", /currently locked by \d+ lock/],
  ["drifted", /changed outside of Pulumi, run `pulumi up --refresh`|disabled outside of Pulumi/],
  ["guarded", /`?deletionAllowed(: true)?`?/],
  ["unanswered", /did not answer|no answer|ECONNRESET|socket hang up|connection (was )?(closed|reset)/i],
  ["protected", /because it is protected|protected from deletion|is protected|marked for protection/],
  ["dependents", /can't be safely deleted because the following resources depend on it/],
  ["not targetable", NOT_TARGETABLE],
  ["not targetable", /which is missing; the output of a resource that `--target` leaves out/],
  ["changes", /no changes were expected/],
];

export function outcomeOf(exitCode: number, text: string): Outcome {
  if (exitCode === 0) return { kind: "done", text };
  if (exitCode > 128) return { kind: "killed", text };
  if (/aws kms tag-resource/.test(errorsIn(text))) return { kind: "whose", text };
  const adopt = adoptIn(errorsIn(text));
  if (adopt) return { kind: "lost key", text, adopt };
  return { kind: REFUSALS.find(([, pattern]) => pattern.test(text))?.[0] ?? "unknown", text };
}

/** What the refusal of a lost key says to put into the program: `adopt`, with the KMS keys by version and their alias. */
function adoptIn(said: string): Adopt | undefined {
  if (!/\badopt\b/.test(said)) return undefined;
  const aliasName = (/aliasName\W+(alias\/[\w/-]+)/.exec(said) ??
    /(alias\/hashicorp\/[\w-]+)/.exec(said))?.[1];
  const versions = [...said.matchAll(/\b(\d+)"?:? ?"?(?:arn:[\w:-]+key\/)?(mrk-[0-9a-f]{32})/g)];
  if (!aliasName || versions.length === 0) return undefined;
  return { aliasName, versions: Object.fromEntries(versions.map(([, version, keyId]) => [version, keyId])) };
}

/** Whether a delete of ours was asked of the provider and failed: then Pulumi's own message about `protect` is not enough. */
export function providerRefused(text: string): boolean {
  return /keymgmt:(KeyDistribution|KeyReplica) \S+ \*{0,2}deleting failed/.test(text);
}

/** What is said under Pulumi's headings of diagnostics, without stacks of calls; else the lines that begin with an error. */
export function errorsIn(text: string): string {
  const after = text
    .split(/^Diagnostics:$/m)
    .slice(1)
    .join("\n");
  const lines = (after || text).split("\n").map((line) => line.trim());
  const said = lines.filter((line) => /^error: |^\* |^keymgmt: |has a problem: |^\w*Error: /.test(line));
  return [...new Set(said)].join("\n") || lines.slice(0, 12).join("\n");
}

/** What is shown to change, resource by resource. */
export function changesIn(text: string): string {
  const lines = text
    .split("\n")
    .filter((line) => / \[diff: /.test(line) || /^ *(\+|-|\+\+|--|\+-) /.test(line));
  return [...new Set(lines.map((line) => line.trim()))].join("\n");
}
