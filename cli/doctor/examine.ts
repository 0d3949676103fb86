import { isKeymgmtError, type KeymgmtError } from "../../provider/errors.js";
import { identify } from "../../provider/kms/client/account.js";
import { KmsConnections } from "../../provider/kms/client/client.js";
import type { KmsConnection } from "../../provider/kms/endpoints/connection.js";
import { awsError } from "../../provider/kms/errors/awsErrors.js";
import type { Permission } from "../../provider/kms/permissions.js";
import { accountMismatch } from "../aws.js";
import type { CodeFinding } from "./code.js";
import { localClock } from "./localClock.js";
import { probeFor, type Target } from "./probes.js";

export interface AccountFindings {
  credentials: { source: string; accessKeyId: string } | null;
  account: { accountId: string; arn: string | null } | null;
  regions: RegionFindings[];
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

export interface PermissionFinding {
  action: string;
  verdict: "granted" | "denied" | "unclear";
  /** Why it is unclear. */
  why: string | null;
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
    problems: [],
  };
  let isOther = false;
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
    if (accountId !== (connection.accountId ?? accountId))
      throw accountMismatch(connection.accountId!, accountId);
  });
  if (isOther) return findings;
  for (const { region, target } of regions)
    await noting(async () => {
      const found = await examineRegion(connections, connection, region, target, permissions);
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
): Promise<{ findings: RegionFindings; problems: string[] }> {
  const { attempt, watchedClient } = await import("./client.js"); // which loads the AWS SDK
  const { client, server } = await watchedClient(connections, connection, region);
  const found: PermissionFinding[] = [];
  const problems: string[] = [];
  try {
    for (const { action, without } of permissions) {
      const probe = probeFor(action, target);
      if (probe === undefined) {
        found.push({ action, verdict: "unclear", why: "AWS has no call that tries it and makes nothing" });
        continue;
      }
      const { operation, input, certain } = probe;
      const thrown = await attempt(client, operation, input);
      const error =
        thrown &&
        awsError(thrown, { service: "kms", operation, region, endpoint: server.endpoint, repeatable: true });
      if (error !== undefined && ENDS.has(error.code)) {
        problems.push(error.message);
        break;
      }
      const finding = judged(action, error, certain);
      if (finding.verdict === "denied")
        problems.push(`${action} is denied in ${region}. Without it: ${without}.`);
      found.push(finding);
    }
  } finally {
    client.destroy();
  }
  const skew = server.skewSeconds ?? null;
  if (skew !== null && Math.abs(skew) >= MOST_SKEW_SECONDS)
    problems.push(
      `This machine's clock is ${Math.abs(skew)} s ${skew > 0 ? "behind" : "ahead of"} AWS's in ${region}; AWS refuses signatures that are 5 minutes off. Set the clock.`,
    );
  return {
    findings: {
      region,
      endpoint: server.endpoint ?? null,
      clockSkewSeconds: skew,
      localClockSeconds: await localClock(server.endpoint),
      permissions: found,
    },
    problems,
  };
}

/** Errors after which every other call would fail too. */
const ENDS = new Set(["EndpointUnreachable", "InvalidCredentials", "MissingCredentials", "Timeout"]);

/** A permission is granted only where the call succeeded: AWS does not document whether it looks for the KMS key or at the permission first. */
function judged(action: string, error: KeymgmtError | undefined, certain: boolean): PermissionFinding {
  const unclear = (why: string): PermissionFinding => ({ action, verdict: "unclear", why });
  if (error === undefined) return { action, verdict: "granted", why: null };
  if (error.code === "NotFound")
    return unclear(certain ? "AWS does not have the state's KMS key" : NOT_THERE);
  if (error.code !== "AccessDenied") return unclear(`AWS answered ${error.context.awsName}`);
  if (certain || error.context.explicitDeny) return { action, verdict: "denied", why: null };
  return unclear("denied for a KMS key that is not there: missing, or bound to tags or to imported keys");
}

const NOT_THERE =
  "not refused for a KMS key that is not there, which may be found out before permissions are";

/** The beginning and end of an access key id: enough to recognise it. */
const shortId = (accessKeyId: string) => `${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}`;
