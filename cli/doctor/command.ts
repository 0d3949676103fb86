import { AES_256, findKeyType } from "../../provider/keys/keyTypes.js";
import { isLeftOut } from "../../provider/kms/endpoints/connection.js";
import { permissionsFor } from "../../provider/kms/permissions.js";
import { visibleIn } from "../../provider/secrecy/visible.js";
import { Aws, type AwsOptions } from "../aws.js";
import { EXIT, UsageError } from "../exitCodes.js";
import { type FeatureOptions, featuresOf } from "../iam-policy/features.js";
import { print, printJson } from "../print.js";
import { exportedStates, type StateOptions } from "../state/load.js";
import { providerRegionsOf } from "../state/regions.js";
import { readStack } from "../state/stack.js";
import { codeIn } from "./code.js";
import { examine, type Findings, NOTHING } from "./examine.js";
import { madeUpKey } from "./probes.js";
import { doctorText } from "./text.js";
import { untrusted } from "./untrusted.js";

export interface DoctorOptions extends StateOptions, AwsOptions, FeatureOptions {
  region?: string[];
  multiRegion?: boolean;
  allowDynamic?: string[];
  allowEndpoint?: string[];
  offline?: boolean;
  json?: boolean;
}

/** `keymgmt doctor`. Returns the exit code. */
export async function doctor(options: DoctorOptions): Promise<number> {
  const exported = options.state || options.stack || options.cwd ? await exportedStates(options) : [];
  if (options.offline && exported.length === 0)
    throw new UsageError("Expected --stack or --state with --offline: it examines the state alone.");
  const code = exported.flatMap(({ text, source }) => codeIn(text, source, options.allowDynamic ?? []));
  const trust = {
    endpoints: [...(options.allowEndpoint ?? []), ...endpointsOf(options.endpoint)],
    mayBeOpened: options.state !== undefined,
  };
  const problems = [
    ...code.flatMap(({ urn, why }) => (why === null ? [] : [`${urn}: ${why}`])),
    ...exported.flatMap(({ text, source }) => untrusted(text, source, trust)),
  ];
  // Somebody else may have written this state, so nothing else in it is used.
  if (options.offline || problems.length > 0) return report({ ...NOTHING, code, problems }, options, false);
  const states = exported.map(({ text, source }) => readStack(text, source));
  const held = states.flatMap(({ regions }) => regions);
  const providers = states.flatMap((state) => state.providers);
  const ambient = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION;
  const reaches = states.flatMap(providerRegionsOf);
  const isOut = (region: string) =>
    reaches.some((reach) => reach.region === region && isLeftOut(reach.kmsProvider, region));
  const leftOut = [...new Set(reaches.map(({ region }) => region).filter(isOut))].sort();
  const stateRegions = reaches.map(({ region }) => region).filter((region) => !isOut(region));
  const regions = [
    ...new Set(
      options.region ?? (stateRegions.length > 0 ? stateRegions : ambient === undefined ? [] : [ambient]),
    ),
  ];
  const [first] = regions;
  if (first === undefined) throw new UsageError("Expected at least one --region, or AWS_REGION, or --state.");
  const aws = new Aws(options, states);
  const [provider = { keyCollection: first }] = providers;
  const asker = isLeftOut(provider) ? { ...provider, keyCollection: first } : provider;
  const multiRegion =
    options.multiRegion ??
    held.some(({ versions }) => versions.some(({ keyId }) => keyId.startsWith("mrk-")));
  const findings = await examine(
    aws.connection(asker, first),
    regions.map((region) => {
      const holder = held.find((each) => each.region === region);
      const own = holder?.versions.at(-1)?.keyId;
      const { wrapping } = findKeyType(holder?.owner.key.type) ?? AES_256;
      const target = {
        keyId: own ?? madeUpKey(),
        real: own !== undefined,
        wrappingAlgorithm: wrapping.algorithm,
        replicaRegion: first,
      };
      return { region, target };
    }),
    permissionsFor(featuresOf(options, multiRegion)),
    (error) => aws.explained(error, provider),
  );
  return report({ ...findings, code, leftOut }, options, true);
}

const endpointsOf = (endpoint: DoctorOptions["endpoint"] = {}) =>
  typeof endpoint === "string" ? [endpoint] : Object.values(endpoint);

function report(findings: Findings, { json }: DoctorOptions, isAwsAsked: boolean): number {
  if (json) printJson(findings);
  else print(doctorText(visibleIn(findings), isAwsAsked));
  return findings.problems.length > 0 ? EXIT.found : EXIT.fine;
}
