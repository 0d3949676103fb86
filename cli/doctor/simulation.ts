/**
 * What AWS's policy simulator says of the permissions that no call proves. It evaluates the IAM policies of the user or role, its
 * permissions boundary and service control policies for the request that it is told of; no key policy and no session policy:
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
import { isKeymgmtError } from "../../provider/errors.js";
import type { KmsConnections } from "../../provider/kms/client/client.js";
import type { KmsConnection } from "../../provider/kms/endpoints/connection.js";
import type { Permission } from "../../provider/kms/permissions.js";
import type { SimulationRequest, SimulationResult } from "./iam.js";
import type { Target } from "./probes.js";
import { type Place, requestsFor } from "./simulated.js";
import type { PermissionFinding } from "./tried.js";

/** What is simulated for an account. */
export interface Simulation {
  /** ARN of the user or role; null where there is none whose policies IAM simulates. */
  policySource: string | null;
  /** Why nothing, or nothing more, was simulated; null where all was, or where nothing needs it. */
  why: string | null;
}

export class Simulator {
  readonly outcome: Simulation;

  constructor(
    private readonly connections: KmsConnections,
    private readonly connection: KmsConnection,
    private readonly accountId: string,
    arn: string | undefined,
  ) {
    this.outcome = policySource(arn);
  }

  /** The findings of a Region, with the verdict of the simulation where it was unclear. */
  async judge(
    found: PermissionFinding[],
    region: string,
    target: Target,
    permissions: Permission[],
  ): Promise<PermissionFinding[]> {
    const unclear = new Set(found.filter(({ verdict }) => verdict === "unclear").map(({ action }) => action));
    const place: Place = { region, accountId: this.accountId, target };
    const requests = requestsFor(
      permissions.filter(({ action }) => unclear.has(action)),
      place,
    );
    const results = new Map<SimulationRequest, SimulationResult[]>();
    for (const request of requests) {
      if (this.outcome.policySource === null || this.outcome.why !== null) break;
      results.set(request, await this.#ask(this.outcome.policySource, request));
    }
    return found.map((finding) => {
      const { action } = finding;
      const own = requests
        .filter(({ actions }) => actions.includes(action))
        .map((request) => results.get(request)?.find((result) => result.action === action));
      const isComplete = own.length > 0 && own.every((result) => result !== undefined);
      return isComplete ? simulated(finding, own) : finding;
    });
  }

  /** Nothing more is asked after a failure. */
  async #ask(source: string, request: SimulationRequest): Promise<SimulationResult[]> {
    const { simulatePrincipalPolicy } = await import("./iam.js"); // which loads AWS's signer
    try {
      return await simulatePrincipalPolicy(this.connections, this.connection, source, request);
    } catch (error) {
      if (!isKeymgmtError(error)) throw error;
      this.outcome.why =
        error.code === "AccessDenied"
          ? "iam:SimulatePrincipalPolicy is not granted"
          : error.context.awsName === "NoSuchEntity" && source.includes(":role/")
            ? `IAM has no ${source}. The role may have a path, which STS does not tell`
            : error.message.replace(/\.$/, "");
      return [];
    }
  }
}

/** The user or role of a caller's ARN, which for a role is that of a session, without the role's path. */
function policySource(arn: string | undefined): Simulation {
  const none = (why: string): Simulation => ({ policySource: null, why });
  if (arn === undefined) return none("STS did not say who calls");
  const [, partition, accountId, role] = /^arn:([\w-]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  if (role !== undefined)
    return { policySource: `arn:${partition}:iam::${accountId}:role/${role}`, why: null };
  if (/:iam::\d+:user\//.test(arn)) return { policySource: arn, why: null };
  return none(
    arn.endsWith(":root")
      ? "IAM simulates users and roles, and this is the account's root user"
      : "IAM simulates users and roles, and this is neither",
  );
}

/** An action that is simulated for several resources needs all of them. */
function simulated({ action }: PermissionFinding, results: SimulationResult[]): PermissionFinding {
  const missing = [...new Set(results.flatMap((result) => result.missing))].sort();
  const refused = results.filter(({ decision }) => decision !== "allowed");
  if (refused.some(({ decision }) => decision === "explicitDeny"))
    return { action, verdict: "deniedByPolicy", why: "by an explicit deny" };
  const values = missing.join(", ");
  if (refused.length === 0) {
    const why =
      missing.length === 0 ? null : `if no policy denies it by ${values}, which the simulation has not`;
    return { action, verdict: "grantedByPolicy", why };
  }
  if (missing.length === 0) return { action, verdict: "deniedByPolicy", why: null };
  return {
    action,
    verdict: "unclear",
    why: `not allowed in a simulation, which has no value of ${values}`,
  };
}
