/**
 * What a state says of a KmsProvider. A state may be anybody's: it names an account and Regions to look in. With which credentials, and
 * where they are sent, the caller alone says; what the state has of that is text, for a person to judge.
 */
import type { KmsConnection } from "../../provider/kms/endpoints/connection.js";
import { isRegion } from "../../provider/kms/endpoints/regions.js";

export interface KmsProviderState {
  /** Of the KmsProvider; unknown where a distribution says it. */
  name?: string;
  /** The primary Region. */
  keyCollection: string;
  accountId?: string;
  quotas?: Record<string, number>;
  /** Regions that the program leaves out of every call. */
  unreachableRegions?: string[];
  /** How the program has its credentials, in words; never followed. */
  by?: string;
  /** Where the program sends its calls; never followed. */
  endpoint?: string;
}

/** `kms`: outputs of a KmsProvider, or what a distribution has of them. `where` names them in errors. */
export function kmsProviderState(
  kms: Partial<KmsConnection>,
  where: string,
  name?: string,
): KmsProviderState {
  const { keyCollection, accountId, quotas, endpoint, unreachableRegions } = kms;
  return {
    name,
    keyCollection: regionIn(keyCollection, where),
    accountId,
    quotas,
    unreachableRegions: unreachableRegions?.map((region) => regionIn(region, where)),
    by: credentialsOf(kms),
    endpoint: endpoint === undefined ? undefined : quoted(endpoint),
  };
}

/** A Region as a state names it. It becomes part of a host's name, so nothing else is taken. */
export function regionIn(region: unknown, where: string): string {
  if (typeof region === "string" && isRegion(region)) return region;
  throw new Error(
    `Expected ${where} to name an AWS Region, such as "us-east-1"; got ${quoted(region)}. Nothing was asked there.`,
  );
}

function credentialsOf({ profile, assumeRole, webIdentity }: Partial<KmsConnection>): string | undefined {
  const roles = [webIdentity, assumeRole].flat().flatMap((one) => one?.roleArn ?? []);
  const parts = [
    ...(profile === undefined ? [] : [`profile ${quoted(profile)}`]),
    ...roles.map((role) => `role ${quoted(role)}`),
  ];
  return parts.length === 0 ? undefined : parts.join(", then ");
}

const quoted = (value: unknown) => JSON.stringify(value) ?? "none";
