/** What AWS shows of KMS keys, for `status` and `sweep`. */
import { identify } from "../provider/awskms/account.js";
import { type Kms, KmsConnections } from "../provider/awskms/client.js";
import { connectionIdentity, type KmsConnection } from "../provider/awskms/connection.js";
import { isKeymgmtError } from "../provider/errors.js";

/** Options of every command that asks AWS. They win over what a state says. */
export interface ReachOptions {
  profile?: string;
  endpoint?: string;
}

export interface SeenKey {
  /** AWS's KeyState, or "Deleted" where AWS does not know the key. */
  state: string;
  /** ISO 8601 UTC. */
  validTo?: string;
  /** ISO 8601 UTC; not there for a primary that waits for its replicas. */
  deletionDate?: string;
  keyMaterialId?: string;
  /** ISO 8601 UTC. */
  createdAt?: string;
  /** Region of its primary, for a replica of a multi-Region key. */
  primaryRegion?: string;
  /** Regions of its replicas, for a primary. */
  replicaRegions: string[];
}

/** A connection as a state has it, with what the command line says in its place. */
export function reached(connection: KmsConnection, { profile, endpoint }: ReachOptions): KmsConnection {
  const { assumeRole, webIdentity, ...rest } = connection;
  const who = profile === undefined ? { assumeRole, webIdentity } : { profile };
  return { ...rest, ...who, ...(endpoint !== undefined && { endpoint }) };
}

/** AWS as a run of the command sees it: each account is found out once. */
export class Aws {
  readonly #connections = new KmsConnections();
  readonly #accounts = new Map<string, Promise<string>>();

  open(connection: KmsConnection, region = connection.keyCollection): Kms {
    return this.#connections.open(connection, region);
  }

  /** The account whose credentials the connection finds. */
  accountOf(connection: KmsConnection): Promise<string> {
    const id = connectionIdentity(connection);
    const account =
      this.#accounts.get(id) ?? identify(connection, this.#connections).then(({ accountId }) => accountId);
    this.#accounts.set(id, account);
    return account;
  }
}

/** DescribeKey of a KMS key, by its id. */
export async function lookAtKey(kms: Kms, keyId: string): Promise<SeenKey> {
  try {
    const { KeyMetadata: seen } = await kms.call("DescribeKey", { KeyId: keyId });
    const multiRegion = seen!.MultiRegionConfiguration;
    return {
      state: seen!.KeyState!,
      validTo: seen!.ValidTo?.toISOString(),
      deletionDate: seen!.DeletionDate?.toISOString(),
      keyMaterialId: seen!.CurrentKeyMaterialId,
      createdAt: seen!.CreationDate?.toISOString(),
      primaryRegion:
        multiRegion?.MultiRegionKeyType === "REPLICA" ? multiRegion.PrimaryKey?.Region : undefined,
      replicaRegions: (multiRegion?.ReplicaKeys ?? []).map((replica) => replica.Region!),
    };
  } catch (error) {
    if (isKeymgmtError(error, "NotFound")) return { state: "Deleted", replicaRegions: [] };
    throw error;
  }
}

/** Id of the KMS key that an alias points to; undefined where there is no such alias. */
export async function lookAtAlias(kms: Kms, aliasName: string): Promise<string | undefined> {
  try {
    return (await kms.call("DescribeKey", { KeyId: aliasName })).KeyMetadata!.KeyId!;
  } catch (error) {
    if (isKeymgmtError(error, "NotFound")) return undefined;
    throw error;
  }
}

/** Names of the aliases that point to a KMS key. */
export async function aliasesOf(kms: Kms, keyId: string): Promise<string[]> {
  const names: string[] = [];
  let marker: string | undefined;
  do {
    const page = await kms.call("ListAliases", { KeyId: keyId, Marker: marker });
    names.push(...(page.Aliases ?? []).map(({ AliasName }) => AliasName!));
    marker = page.Truncated ? page.NextMarker : undefined;
  } while (marker);
  return names;
}
