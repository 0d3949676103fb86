import { AES_256, findKeyType } from "../../provider/keys/keyTypes.js";
import { isLeftOut } from "../../provider/kms/endpoints/connection.js";
import { permissionsFor } from "../../provider/kms/permissions.js";
import { visibleIn } from "../../provider/secrecy/visible.js";
import { Aws, type AwsOptions } from "../aws.js";
import { EXIT, UsageError } from "../exitCodes.js";
import { type FeatureOptions, featuresOf } from "../iam-policy/features.js";
import { print, printJson } from "../print.js";
import type { KmsProviderState } from "../state/kmsProvider.js";
import { exportedStatesIfAny, type StateOptions } from "../state/load.js";
import { type ProviderRegion, providerRegionsOf } from "../state/regions.js";
import { type RegionState, readStack } from "../state/stack.js";
import { codeIn } from "./code.js";
import { examine, type Findings, NOTHING } from "./examine.js";
import { madeUpKey, type Target } from "./probes.js";
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
  const ambient = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION;
  const isNeeded = options.offline === true || (options.region === undefined && ambient === undefined);
  const exported = await exportedStatesIfAny(options, isNeeded);
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
  const reaches = states.flatMap(providerRegionsOf);
  const isOut = ({ kmsProvider, region }: ProviderRegion) => isLeftOut(kmsProvider, region);
  const leftOut = [...new Set(reaches.filter(isOut).map(({ region }) => region))].sort();
  const asked = reaches.filter((reach) => !isOut(reach));
  const more = options.region ?? (asked.length === 0 && ambient !== undefined ? [ambient] : []);
  const accounts = placesByAccount(asked, more);
  if (accounts.length === 0)
    throw new UsageError("Expected at least one --region, or AWS_REGION, or --state.");
  const aws = new Aws(options, states);
  const held = states.flatMap(({ regions }) => regions);
  const multiRegion =
    options.multiRegion ??
    held.some(({ versions }) => versions.some(({ keyId }) => keyId.startsWith("mrk-")));
  const permissions = permissionsFor(featuresOf(options, multiRegion));
  const found: Awaited<ReturnType<typeof examine>>[] = [];
  for (const { provider, regions } of accounts) {
    const own = held.filter(({ kmsProvider }) => kmsProvider.accountId === provider.accountId);
    const [first = provider.keyCollection] = regions;
    const asker = isLeftOut(provider) ? { ...provider, keyCollection: first } : provider;
    found.push(
      await examine({
        connection: aws.connection(asker, first),
        regions: regions.map((region) => ({ region, target: targetIn(region, own, regions, multiRegion) })),
        permissions,
        explained: (error) => aws.explained(error, provider),
      }),
    );
  }
  const [first, ...others] = found.map(({ problems: _, ...rest }) => rest);
  const findings = {
    ...NOTHING,
    ...first,
    ...(others.length > 0 && { otherAccounts: others }),
    problems: found.flatMap((each) => each.problems),
    code,
    leftOut,
  };
  return report(findings, options, true);
}

interface Account {
  /** One of the KmsProviders of the account. */
  provider: KmsProviderState;
  regions: string[];
}

/** @param more Regions that are examined in every account */
function placesByAccount(reaches: ProviderRegion[], more: string[]): Account[] {
  const [only] = more;
  if (reaches.length === 0)
    return only === undefined ? [] : [{ provider: { keyCollection: only }, regions: more }];
  const accounts = new Map<string | undefined, Account>();
  for (const { kmsProvider, region } of reaches) {
    const { accountId } = kmsProvider;
    const { provider, regions } = accounts.get(accountId) ?? { provider: kmsProvider, regions: [] };
    accounts.set(accountId, { provider, regions: [...new Set([...regions, region])] });
  }
  return [...accounts.values()].map(({ provider, regions }) => ({
    provider,
    regions: [...new Set([...regions, ...more])],
  }));
}

function targetIn(region: string, held: RegionState[], regions: string[], multiRegion: boolean): Target {
  const here = held.filter((each) => each.region === region);
  const holder = here.find(({ versions }) => versions.length > 0) ?? here[0];
  const own = holder?.versions.at(-1)?.keyId;
  return {
    keyId: own ?? madeUpKey(multiRegion),
    real: own !== undefined,
    keyType: findKeyType(holder?.owner.key.type) ?? AES_256,
    replicaRegion: regions.find((other) => other !== region) ?? region,
    isReplica: here.length > 0 && here.every(({ primary }) => !primary),
    stack: holder?.owner.stack ?? held[0]?.owner.stack,
    aliasName: holder?.outputs.aliasName,
  };
}

const endpointsOf = (endpoint: DoctorOptions["endpoint"] = {}) =>
  typeof endpoint === "string" ? [endpoint] : Object.values(endpoint);

function report(findings: Findings, { json }: DoctorOptions, isAwsAsked: boolean): number {
  if (json) printJson(findings);
  else print(doctorText(visibleIn(findings), isAwsAsked));
  return findings.problems.length > 0 ? EXIT.found : EXIT.fine;
}
