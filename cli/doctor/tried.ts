import type { KMSClient } from "@aws-sdk/client-kms";
import { isKeymgmtError, type KeymgmtError } from "../../provider/errors.js";
import type { KmsConnections } from "../../provider/kms/client/client.js";
import type { KmsConnection } from "../../provider/kms/endpoints/connection.js";
import { awsError } from "../../provider/kms/errors/awsErrors.js";
import type { Permission } from "../../provider/kms/permissions.js";
import type { Server } from "./client.js";
import { probeFor, type Target } from "./probes.js";

export interface PermissionFinding {
  action: string;
  /** "…ByPolicy" is what AWS's policy simulator says (simulation.ts); "granted" and "denied" is what a call has proved. */
  verdict: "granted" | "denied" | "unclear" | "grantedByPolicy" | "deniedByPolicy";
  /** Why it is unclear, or what the simulation has not. */
  why: string | null;
}

/** What is called in a Region. */
export interface Tried {
  connections: KmsConnections;
  connection: KmsConnection;
  region: string;
  target: Target;
  client: KMSClient;
  server: Server;
}

/** Errors after which every other call would fail too. */
const ENDS = new Set(["EndpointUnreachable", "InvalidCredentials", "MissingCredentials", "Timeout"]);

/** Tries each permission, up to an error that ends it. */
export async function tryEach(
  permissions: Permission[],
  tried: Tried,
): Promise<{ found: PermissionFinding[]; end?: KeymgmtError }> {
  const found: PermissionFinding[] = [];
  for (const { action } of permissions) {
    if (action === "servicequotas:ListServiceQuotas") {
      found.push(await quotas(tried));
      continue;
    }
    const probe = probeFor(action, tried.target);
    if (probe === undefined) {
      found.push({ action, verdict: "unclear", why: "AWS has no call that tries it and makes nothing" });
      continue;
    }
    const { operation, input, certain } = probe;
    const error = await kmsError(operation, input, tried);
    if (error !== undefined && ENDS.has(error.code)) return { found, end: error };
    found.push(judged(action, error, certain));
  }
  return { found };
}

async function kmsError(
  operation: string,
  input: object,
  { client, server: { endpoint }, region }: Tried,
): Promise<KeymgmtError | undefined> {
  const { attempt } = await import("./client.js");
  const thrown = await attempt(client, operation, input);
  return thrown && awsError(thrown, { service: "kms", operation, region, endpoint, repeatable: true });
}

/** Service Quotas is another service: that it does not answer says nothing of KMS. */
async function quotas({ connections, connection, region }: Tried): Promise<PermissionFinding> {
  const { listQuotas } = await import("../../provider/kms/client/serviceQuotas.js");
  const action = "servicequotas:ListServiceQuotas";
  const { time } = connections.reading;
  try {
    await listQuotas(connection, region, await connections.credentials(connection), time);
    return judged(action, undefined, true);
  } catch (error) {
    if (!isKeymgmtError(error)) throw error;
    return judged(action, error, true);
  }
}

/** A permission is granted only where the call succeeded: AWS does not document whether it looks for the KMS key or at the permission first. */
function judged(action: string, error: KeymgmtError | undefined, certain: boolean): PermissionFinding {
  const unclear = (why: string): PermissionFinding => ({ action, verdict: "unclear", why });
  if (error === undefined) return { action, verdict: "granted", why: null };
  if (error.code === "NotFound")
    return unclear(certain ? "AWS does not have the state's KMS key" : NOT_THERE);
  if (error.code !== "AccessDenied")
    return unclear(ENDS.has(error.code) ? error.message : `AWS answered ${error.context.awsName}`);
  if (certain || error.context.explicitDeny) return { action, verdict: "denied", why: null };
  return unclear("denied for a KMS key that is not there: missing, or bound to tags or to imported keys");
}

const NOT_THERE =
  "not refused for a KMS key that is not there, which may be found out before permissions are";
