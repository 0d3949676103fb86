/**
 * A KmsProvider as a state has it. The state may come from anybody, so only its account and Regions are used. Credentials and endpoint
 * come from the caller alone; those of the state are shown to a person and never used.
 */
import type { KmsConnection } from "../../provider/kms/endpoints/connection.js";
import { isRegion } from "../../provider/kms/endpoints/regions.js";

export interface KmsProviderState {
  /** The KmsProvider's name; unknown where only a distribution's outputs were read. */
  name?: string;
  /** The primary Region. */
  keyCollection: string;
  accountId?: string;
  quotas?: KmsConnection["quotas"];
  /** Regions that the program leaves out of every call. */
  unreachableRegions?: string[];
  /** Where the program gets its credentials, in words; never used. */
  by?: string;
  /** The program's endpoint; never used. */
  endpoint?: string;
}

/** `kms`: outputs of a KmsProvider, or their copy in a distribution. `where` names them in errors. */
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

/** A Region that a state names. It becomes part of a host name, so anything else is refused. */
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
