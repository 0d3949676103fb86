/** How the command reaches AWS: as its caller says, wherever a state says to look. */

import { isKeymgmtError, KeymgmtError } from "../provider/errors.js";
import { identify } from "../provider/kms/client/account.js";
import { type Kms, KmsConnections } from "../provider/kms/client/client.js";
import {
  connectionIdentity,
  isLeftOut,
  type KmsConnection,
  listedRegionFor,
} from "../provider/kms/endpoints/connection.js";
import { kmsEndpoint } from "../provider/kms/endpoints/endpoint.js";
import { type Credentials, credentialsByAccount } from "./accountCredentials.js";
import type { KmsProviderState } from "./state/kmsProvider.js";
import type { StackState } from "./state/stack.js";

/** Options of every command that asks AWS. */
export interface AwsOptions {
  /** `<KmsProvider>=<profile or role ARN>`, once an account. */
  as?: string[];
  profile?: string;
  endpoint?: KmsConnection["endpoint"];
}

/** A Region as credentials reach it. */
export interface Reached {
  accountId: string;
  kms: Kms;
}

/** AWS as a run of the command sees it: each account is found out once. */
export class Aws {
  readonly #connections: KmsConnections;
  readonly #accounts = new Map<string, Promise<string>>();
  readonly #providers: KmsProviderState[];
  readonly #credentials: Map<string, Credentials>;

  /**
   * Throws UsageError where `--as` does not go with the states.
   *
   * @param isReading a Region that does not answer is given up as in a refresh
   */
  constructor(
    private readonly options: AwsOptions,
    states: StackState[] = [],
    { isReading = false } = {},
  ) {
    const connections = new KmsConnections();
    this.#connections = isReading ? connections.reading : connections;
    this.#providers = states.flatMap(({ providers, regions }) => [
      ...providers,
      ...regions.map(({ kmsProvider }) => kmsProvider),
    ]);
    this.#credentials = credentialsByAccount(options.as ?? [], this.#providers);
  }

  open(connection: KmsConnection, region = connection.keyCollection): Kms {
    return this.#connections.open(connection, region);
  }

  /** A Region that a state names. Throws where the credentials are of another account than its: there, ids mean other KMS keys. */
  async reach(kmsProvider: KmsProviderState, region: string): Promise<Reached> {
    if (isLeftOut(kmsProvider, region)) throw leftOut(kmsProvider, region);
    const connection = this.connection(kmsProvider, region);
    try {
      const accountId = await this.accountOf(connection);
      if (accountId === (kmsProvider.accountId ?? accountId))
        return { accountId, kms: this.open(connection, region) };
      throw otherAccount(kmsProvider.accountId!, accountId);
    } catch (error) {
      throw this.explained(error, kmsProvider);
    }
  }

  /** What the caller says, for a KmsProvider of a state. Throws where the state's endpoint is meant and the caller has named none. */
  connection(
    { keyCollection, accountId, quotas, endpoint: stateEndpoint }: KmsProviderState,
    region: string,
  ): KmsConnection {
    const { profile, endpoint } = this.options;
    const connection: KmsConnection = {
      keyCollection,
      accountId,
      quotas,
      profile,
      endpoint,
      ...(accountId !== undefined && this.#credentials.get(accountId)),
    };
    if (stateEndpoint !== undefined && kmsEndpoint(connection, region) === undefined)
      throw new KeymgmtError(
        "InvalidInput",
        `Expected --endpoint: the state says that ${this.#called(accountId)} has the endpoint ${stateEndpoint}, and nothing is sent to where a state says. ` +
          "Judge whether it is yours, and give --endpoint with that URL (REGION=URL for each Region of a map) or with AWS's own, such as https://kms.{region}.amazonaws.com.",
        { region },
      );
    return connection;
  }

  /** An error of credentials with the flag that mends it, and what the state asks for. */
  explained(error: unknown, { accountId, by }: KmsProviderState): unknown {
    const isOfCredentials =
      isKeymgmtError(error) &&
      ["AccountMismatch", "InvalidCredentials", "MissingCredentials"].includes(error.code);
    if (!isOfCredentials || accountId === undefined) return error;
    const named = this.#nameOf(accountId);
    const asks =
      by === undefined ? "" : ` The state says ${by}, which is not followed: judge whether that is yours.`;
    const flag = `--as ${named ?? accountId}=PROFILE, or =ROLE-ARN`;
    const message = `${error.message} For ${this.#called(accountId)} give ${flag}.${asks}`;
    return new KeymgmtError(error.code, message, error.context, { cause: error });
  }

  #nameOf(accountId: string | undefined): string | undefined {
    return this.#providers.find((one) => one.accountId === accountId && one.name !== undefined)?.name;
  }

  #called(accountId: string | undefined): string {
    const name = this.#nameOf(accountId);
    const provider = name === undefined ? "its KmsProvider" : `KmsProvider ${JSON.stringify(name)}`;
    return accountId === undefined ? provider : `${provider} (account ${accountId})`;
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

/** Nothing is sent to a Region while the state says that the program leaves it out. */
function leftOut(kmsProvider: KmsProviderState, region: string): KeymgmtError {
  const message = `${region} is left out, as \`unreachableRegions\` of the KmsProvider names ${listedRegionFor(kmsProvider, region)}: nothing was asked there`;
  return new KeymgmtError("EndpointUnreachable", message, { region });
}

/** Ids would mean other KMS keys there. */
export function otherAccount(held: string, accountId: string): KeymgmtError {
  return new KeymgmtError(
    "AccountMismatch",
    `Expected credentials of account ${held}, which the state says; got those of account ${accountId}.`,
  );
}
