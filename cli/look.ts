/** How the command reaches AWS. */
import { identify } from "../provider/awskms/account.js";
import { type Kms, KmsConnections } from "../provider/awskms/client.js";
import { connectionIdentity, type KmsConnection } from "../provider/awskms/connection.js";

/** Options of every command that asks AWS. They win over what a state says. */
export interface ReachOptions {
  profile?: string;
  endpoint?: string;
}

/** A connection as a state has it, with what the command line says in its place. */
export function reached(connection: KmsConnection, { profile, endpoint }: ReachOptions): KmsConnection {
  const { assumeRole, webIdentity, ...rest } = connection;
  const who = profile === undefined ? { assumeRole, webIdentity } : { profile };
  return { ...rest, ...who, ...(endpoint !== undefined && { endpoint }) };
}

/** A Region as credentials reach it. */
export interface Reached {
  /** Whose the credentials are. */
  accountId: string;
  /** The account that the state says; the same where it says none. In another one, ids mean other KMS keys. */
  held: string;
  kms: Kms;
}

/** AWS as a run of the command sees it: each account is found out once. */
export class Aws {
  readonly #connections = new KmsConnections();
  readonly #accounts = new Map<string, Promise<string>>();

  open(connection: KmsConnection, region = connection.keyCollection): Kms {
    return this.#connections.open(connection, region);
  }

  /** A Region, by a connection as a state has it. Throws where the account cannot be found out. */
  async reach(stated: KmsConnection, region: string, options: ReachOptions): Promise<Reached> {
    const connection = reached(stated, options);
    const accountId = await this.accountOf(connection);
    return { accountId, held: stated.accountId ?? accountId, kms: this.open(connection, region) };
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
