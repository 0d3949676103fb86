import { createHash } from "node:crypto";

/** How to reach one AWS account's KMS: what a KmsProvider hands to every resource that uses it. */
export interface KmsConnection {
  /** The primary Region, e.g. "us-west-1". */
  keyCollection: string;
  credentials?: { accessKey: string; secretKey: string; sessionToken?: string };
  /** A profile of the shared config and credentials files. Beats the environment, as it is set on purpose. */
  profile?: string;
  /** A role taken with whatever credentials were found; of several each is taken with the one before. */
  assumeRole?: AssumedRole | AssumedRole[];
  /** A role taken with an OIDC token: where `tokenFile` says, read each time, or without it from GitHub Actions. */
  webIdentity?: { roleArn: string; tokenFile?: string; audience?: string };
  /** Base URL of KMS, which may hold `{region}`; or one for each Region by name. */
  endpoint?: string | Record<string, string>;
  /** Requests a second by operation, for accounts whose quotas differ from AWS's defaults. */
  quotas?: Record<string, number>;
  /** The account that the credentials belong to, where it is known already. */
  accountId?: string;
  /** Regions that do not answer: nothing is sent there. */
  unreachableRegions?: string[];
}

/** Whether the program leaves a Region out of every call. With the primary one all are: primaries and credentials come from there. */
export function isLeftOut(
  { keyCollection, unreachableRegions = [] }: Pick<KmsConnection, "keyCollection" | "unreachableRegions">,
  region: string = keyCollection,
): boolean {
  return unreachableRegions.includes(region) || unreachableRegions.includes(keyCollection);
}

/** The Region on the list for which one is left out: itself, or the primary one. */
export function namedOf(
  { keyCollection, unreachableRegions = [] }: Pick<KmsConnection, "keyCollection" | "unreachableRegions">,
  region: string,
): string {
  return unreachableRegions.includes(region) ? region : keyCollection;
}

/** Parameters of sts:AssumeRole: see the schema. AWS's default of `durationSeconds` is 3600. */
export interface AssumedRole {
  roleArn: string;
  sessionName?: string;
  externalId?: string;
  durationSeconds?: number;
  tags?: Record<string, string>;
  transitiveTagKeys?: string[];
  sourceIdentity?: string;
  policy?: string;
  policyArns?: string[];
}

/** The roles that a connection takes, in their order. */
export function rolesOf({ assumeRole = [] }: Pick<KmsConnection, "assumeRole">): AssumedRole[] {
  return [assumeRole].flat();
}

/** A name for the connection that equal connections share and that shows no secret (a SHA-256, in hex). */
export function connectionIdentity({ unreachableRegions: _, ...connection }: KmsConnection): string {
  return createHash("sha256").update(canonical(connection)).digest("hex");
}

/** JSON with the members of each object in order: equal values give equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
