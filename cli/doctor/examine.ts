import { isKeymgmtError } from "../../provider/errors.js";
import { identify } from "../../provider/kms/client/account.js";
import { KmsConnections } from "../../provider/kms/client/client.js";
import type { KmsConnection } from "../../provider/kms/endpoints/connection.js";
import type { Permission } from "../../provider/kms/permissions.js";
import { accountMismatch } from "../aws.js";
import type { CodeFinding } from "./code.js";
import { clockOf, localClock } from "./localClock.js";
import type { Target } from "./probes.js";
import { type Simulation, Simulator } from "./simulation.js";
import { type PermissionFinding, tryEach } from "./tried.js";

export interface AccountFindings {
  credentials: { source: string; accessKeyId: string } | null;
  account: { accountId: string; arn: string | null } | null;
  regions: RegionFindings[];
  /** Null where it is not known who calls. */
  simulation: Simulation | null;
}

export interface Findings extends AccountFindings {
  /** The code that the state makes the engine run. */
  code: CodeFinding[];
  /** The state's accounts but the first. Missing where there are none. */
  otherAccounts?: AccountFindings[];
  /** Regions of the state that were not asked, as `unreachableRegions` of a KmsProvider names them. */
  leftOut: string[];
  /** One sentence for each problem. */
  problems: string[];
}

export const NOTHING: Findings = {
  code: [],
  credentials: null,
  account: null,
  regions: [],
  simulation: null,
  leftOut: [],
  problems: [],
};

export interface RegionFindings {
  region: string;
  /** The endpoint that KMS was called at; null where nothing could be sent. */
  endpoint: string | null;
  /** Seconds by which AWS's clock is ahead of this machine's. */
  clockSkewSeconds: number | null;
  /** Seconds by which the clock of a local KMS was moved ahead; null where it is none, or does not show its clock. */
  localClockSeconds: number | null;
  permissions: PermissionFinding[];
}

/** AWS refuses a signature with a larger clock difference (IAM guide, Signature Version 4). */
const MOST_SKEW_SECONDS = 5 * 60;

/** What is examined in one account. */
export interface Examined {
  connection: KmsConnection;
  regions: { region: string; target: Target }[];
  permissions: Permission[];
  /** Adds to an error what helps. */
  explained(error: unknown): unknown;
}

/** Examines one account as far as it can reach. Errors of AWS and of the credentials are findings and are not thrown. */
export async function examine({
  connection,
  regions,
  permissions,
  explained,
}: Examined): Promise<AccountFindings & Pick<Findings, "problems">> {
  const connections = new KmsConnections();
  const findings: AccountFindings & Pick<Findings, "problems"> = {
    credentials: null,
    account: null,
    regions: [],
    simulation: null,
    problems: [],
  };
  let isOther = false;
  let simulator: Simulator | undefined;
  const noting = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (thrown) {
      isOther = isKeymgmtError(thrown, "AccountMismatch");
      const error = explained(thrown);
      if (!isKeymgmtError(error)) throw error;
      findings.problems.push(error.message);
    }
  };
  await noting(async () => {
    const { source, provider } = await connections.credentials(connection);
    const { accessKeyId } = await provider();
    findings.credentials = { source, accessKeyId: shortId(accessKeyId) };
  });
  if (findings.credentials === null) return findings;
  await noting(async () => {
    const { accountId, arn } = await identify(connection, connections);
    findings.account = { accountId, arn: arn ?? null };
    simulator = new Simulator(connections, connection, accountId, arn);
    findings.simulation = simulator.outcome;
    if (accountId !== (connection.accountId ?? accountId))
      throw accountMismatch(connection.accountId!, accountId);
  });
  if (isOther) return findings;
  for (const { region, target } of regions)
    await noting(async () => {
      const found = await examineRegion(connections, connection, region, target, permissions, simulator);
      findings.regions.push(found.findings);
      findings.problems.push(...found.problems);
    });
  return findings;
}

async function examineRegion(
  connections: KmsConnections,
  connection: KmsConnection,
  region: string,
  target: Target,
  permissions: Permission[],
  simulator: Simulator | undefined,
): Promise<{ findings: RegionFindings; problems: string[] }> {
  const { watchedClient } = await import("./client.js"); // which loads the AWS SDK
  const { client, server } = await watchedClient(connections, connection, region);
  const { found, end } = await tryEach(permissions, {
    connections,
    connection,
    region,
    target,
    client,
    server,
  }).finally(() => client.destroy());
  const judged = (await simulator?.judge(found, region, target, permissions)) ?? found;
  const problems = judged.flatMap((finding) => refusal(finding, region, permissions));
  if (end !== undefined) problems.push(end.message);
  const skew = server.skewSeconds ?? null;
  if (skew !== null && Math.abs(skew) >= MOST_SKEW_SECONDS)
    problems.push(
      `This machine's clock is ${Math.abs(skew)} s ${skew > 0 ? "behind" : "ahead of"} ${clockOf(server.endpoint)} in ${region}; AWS refuses signatures that are 5 minutes off. Set the clock.`,
    );
  return {
    findings: {
      region,
      endpoint: server.endpoint ?? null,
      clockSkewSeconds: skew,
      localClockSeconds: await localClock(server.endpoint),
      permissions: judged,
    },
    problems,
  };
}

function refusal(
  { action, verdict }: PermissionFinding,
  region: string,
  permissions: Permission[],
): string[] {
  const { without } = permissions.find((permission) => permission.action === action)!;
  if (verdict === "denied") return [`${action} is denied in ${region}. Without it: ${without}.`];
  if (verdict !== "deniedByPolicy") return [];
  return [
    `${action} is denied in ${region} by AWS's policy simulator, which asks no key policy. Without it: ${without}.`,
  ];
}

/** The beginning and end of an access key id: enough to recognise it. */
const shortId = (accessKeyId: string) => `${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}`;
