import type { Say } from "../say";

/** Node's flags that write out its memory or TLS's keys, or let another process look. Reports: sdk/diagnosticReports.ts. */
const FLAGS = /^--(inspect|heapsnapshot|abort-on-uncaught|tls-keylog)/;

/** What is set that may show material or credentials; docs/security.md says what each shows. The values are not repeated. */
export function debugSettings(): string[] {
  const { NODE_OPTIONS = "", ...variables } = process.env;
  const set = ["PULUMI_DEBUG_GRPC", "NODE_DEBUG", "NODE_DEBUG_NATIVE"].filter((name) => variables[name]);
  const flags = [...process.execArgv, ...NODE_OPTIONS.split(/[\s"]+/)]
    .map((flag) => flag.split("=")[0]!.replaceAll("_", "-")) // Node takes both
    .filter((flag) => FLAGS.test(flag));
  return [...set, ...new Set(flags)];
}

/** Says it once a run: `say` says no line twice. */
export function warnOfDebugOutput(say: Say): void {
  const settings = debugSettings();
  if (settings.length > 0)
    say(
      `${settings.join(", ")}: set in this run, which handles key material, and may show it, root keys or credentials. docs/security.md says what each shows. Run updates without them`,
    );
}
