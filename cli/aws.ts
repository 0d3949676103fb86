/** How the command reaches AWS: the state names accounts and Regions, the caller alone names credentials and endpoints. */

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

/** Options of every command that calls AWS. */
export interface AwsOptions {
  /** `<KmsProvider>=<profile or role ARN>`, one for each account. */
  as?: string[];
  profile?: string;
  endpoint?: KmsConnection["endpoint"];
}

/** A Region, and the account that the credentials belong to. */
export interface Reached {
  accountId: string;
  kms: Kms;
}

/** AWS in one run of the command. The account of each connection is asked once. */
export class Aws {
  readonly #connections: KmsConnections;
  readonly #accounts = new Map<string, Promise<string>>();
  readonly #providers: KmsProviderState[];
  readonly #credentials: Map<string, Credentials>;

  /**
   * Throws UsageError where `--as` does not match the states.
   *
   * @param isReading a Region that does not answer is skipped after a short time, as in a refresh
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

  /** Opens a Region that a state names. Throws where the credentials belong to another account: the same ids would mean other KMS keys. */
  async reach(kmsProvider: KmsProviderState, region: string): Promise<Reached> {
    if (isLeftOut(kmsProvider, region)) throw leftOutError(kmsProvider, region);
    const connection = this.connection(kmsProvider, region);
    try {
      const accountId = await this.accountOf(connection);
      if (accountId === (kmsProvider.accountId ?? accountId))
        return { accountId, kms: this.open(connection, region) };
      throw accountMismatch(kmsProvider.accountId!, accountId);
    } catch (error) {
      throw this.explained(error, kmsProvider);
    }
  }

  /** The caller's connection for a KmsProvider of a state. Throws where the state has an endpoint and the caller names none. */
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
        `Expected --endpoint: the state says that ${this.#called(accountId)} has the endpoint ${stateEndpoint}, and no request is sent to an endpoint that only a state names. ` +
          "Check whether it is yours, and give --endpoint with that URL (REGION=URL for each Region of a map) or with AWS's own, such as https://kms.{region}.amazonaws.com.",
        { region },
      );
    return connection;
  }

  /** The endpoint of KMS for a KmsProvider of a state; undefined for AWS's own. */
  endpointOf(kmsProvider: KmsProviderState, region: string): string | undefined {
    return kmsEndpoint(this.connection(kmsProvider, region), region);
  }

  /** Adds to an error of credentials the flag that solves it, and the credentials that the state names. */
  explained(error: unknown, { accountId, by }: KmsProviderState): unknown {
    const isOfCredentials =
      isKeymgmtError(error) &&
      ["AccountMismatch", "InvalidCredentials", "MissingCredentials"].includes(error.code);
    if (!isOfCredentials || accountId === undefined) return error;
    const named = this.#nameOf(accountId);
    const asks =
      by === undefined ? "" : ` The state says ${by}, which is not used: check whether that is yours.`;
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

/** No request is sent to a Region that the state lists as unreachable. */
function leftOutError(kmsProvider: KmsProviderState, region: string): KeymgmtError {
  const message = `${region} is left out, as \`unreachableRegions\` of the KmsProvider names ${listedRegionFor(kmsProvider, region)}: nothing was asked there`;
  return new KeymgmtError("EndpointUnreachable", message, { region });
}

/** In another account the same ids would mean other KMS keys. */
export function accountMismatch(held: string, accountId: string): KeymgmtError {
  return new KeymgmtError(
    "AccountMismatch",
    `Expected credentials of account ${held}, which the state says; got those of account ${accountId}.`,
  );
}
