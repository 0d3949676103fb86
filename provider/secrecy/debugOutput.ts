import type { Say } from "../say";

/** Node's flags that write memory or TLS keys to a file, or let a debugger attach. Diagnostic reports: sdk/diagnosticReports.ts. */
const FLAGS = /^--(inspect|heapsnapshot|abort-on-uncaught|tls-keylog)/;

/** Names of the settings in use that may show material or credentials; docs/security.md explains each. Their values are not repeated. */
export function debugSettings(): string[] {
  const { NODE_OPTIONS = "", ...variables } = process.env;
  const set = ["PULUMI_DEBUG_GRPC", "NODE_DEBUG", "NODE_DEBUG_NATIVE"].filter((name) => variables[name]);
  const flags = [...process.execArgv, ...NODE_OPTIONS.split(/[\s"]+/)]
    .map((flag) => flag.split("=")[0]!.replaceAll("_", "-")) // Node takes both
    .filter((flag) => FLAGS.test(flag));
  return [...set, ...new Set(flags)];
}

/** Warns of these settings, once in a run: `say` shows no line twice. */
export function warnOfDebugOutput(say: Say): void {
  const settings = debugSettings();
  if (settings.length > 0)
    say(
      `${settings.join(", ")}: set in this run, which handles key material, and may show it, root keys or credentials. docs/security.md says what each shows. Run updates without them`,
    );
}
