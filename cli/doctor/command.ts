import { permissionsFor } from "../../provider/awskms/permissions.js";
import { visibleIn } from "../../provider/visible.js";
import { EXIT, UsageError } from "../exitCodes.js";
import { type FeatureOptions, featuresOf } from "../iam-policy/features.js";
import { type ReachOptions, reached } from "../look.js";
import { print, printJson } from "../print.js";
import { loadStates, type StateOptions } from "../state/load.js";
import { examine } from "./examine.js";
import { madeUpKey } from "./probes.js";
import { doctorText } from "./text.js";

export interface DoctorOptions extends StateOptions, ReachOptions, FeatureOptions {
  region?: string[];
  multiRegion?: boolean;
  json?: boolean;
}

/** `keymgmt doctor`. Gives the exit code. */
export async function doctor(options: DoctorOptions): Promise<number> {
  const states = options.state || options.stack || options.cwd ? await loadStates(options) : [];
  const held = states.flatMap(({ regions }) => regions);
  const connections = states.flatMap(({ providers }) => providers);
  const ambient = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION;
  const stated = [
    ...connections.map(({ keyCollection }) => keyCollection),
    ...held.map(({ region }) => region),
  ];
  const regions = [
    ...new Set(options.region ?? (stated.length > 0 ? stated : ambient === undefined ? [] : [ambient])),
  ];
  const [first] = regions;
  if (first === undefined) throw new UsageError("Expected at least one --region, or AWS_REGION, or --state.");
  const connection = reached(connections[0] ?? { keyCollection: first }, options);
  const multiRegion =
    options.multiRegion ??
    held.some(({ versions }) => versions.some(({ keyId }) => keyId.startsWith("mrk-")));
  const findings = await examine(
    connection,
    regions.map((region) => {
      const own = held.find((holder) => holder.region === region)?.versions.at(-1)?.keyId;
      return { region, target: { keyId: own ?? madeUpKey(), real: own !== undefined, replicaRegion: first } };
    }),
    permissionsFor(featuresOf(options, multiRegion)),
  );
  if (options.json) printJson(findings);
  else print(doctorText(visibleIn(findings)));
  return findings.problems.length > 0 ? EXIT.found : EXIT.fine;
}
