import { isKeymgmtError, KeymgmtError } from "../../errors";
import { clientSts } from "../awsSdk";
import type { FoundCredentials } from "../credentials/credentials";
import type { KmsConnection } from "../endpoints/connection";
import { refuseOtherHosts, stsReach } from "../endpoints/endpoint";
import { httpOptions } from "../endpoints/http";
import { awsError } from "../errors/awsErrors";
import { asSdkError } from "../errors/failures";
import type { KmsConnections } from "./client";

/** Whose credentials a connection uses. */
export interface Identity {
  /** 12 digits. */
  accountId: string;
  /** Which source the credentials came from: see credentials.ts. */
  credentialSource: string;
  /** ARN of the principal; undefined where STS cannot be reached. */
  arn?: string;
}

/** STS's names for wrong credentials. Another name shows that the endpoint is not STS, for example a KMS that answers there. */
const STS_REFUSALS = new Set([
  "InvalidClientTokenId",
  "SignatureDoesNotMatch",
  "ExpiredToken",
  "ExpiredTokenException",
]);

/**
 * Finds the account by STS GetCallerIdentity, which needs no permission. Where STS cannot be reached (a closed network with an
 * endpoint for KMS only, an emulator), the account comes from the ARN of an alias (kms:ListAliases, which every KmsProvider needs), or
 * else from the source of the credentials (AWS_ACCOUNT_ID, the response to AssumeRole).
 * Throws InvalidCredentials, MissingCredentials, EndpointUnreachable and what ListAliases throws.
 */
export async function identify(connection: KmsConnection, connections: KmsConnections): Promise<Identity> {
  const found = await connections.credentials(connection);
  const credentialSource = found.source;
  const { reading } = connections; // an endpoint that never answers is given up within seconds
  const answer = await callerIdentity(connection, found, reading);
  if (!isKeymgmtError(answer)) return { ...answer, credentialSource };
  const accountId = (await accountOfAliases(connection, reading)) ?? (await found.provider()).accountId;
  if (accountId) return { accountId, credentialSource };
  throw new KeymgmtError(
    "EndpointUnreachable",
    `Expected STS to say which account the credentials belong to, or an alias in ${connection.keyCollection} that shows it; ` +
      `got neither. ${answer.message} Set AWS_ENDPOINT_URL_STS to an STS that can be reached, or AWS_ACCOUNT_ID to the account.`,
    { ...answer.context, silentEndpoint: undefined },
    { cause: answer },
  );
}

/** What STS answers, or the error that explains why it does not. Throws where the credentials are wrong. */
async function callerIdentity(
  connection: KmsConnection,
  { source, provider }: FoundCredentials,
  { time }: KmsConnections,
): Promise<{ accountId: string; arn?: string } | KeymgmtError> {
  await provider();
  const reach = stsReach(connection);
  const { region, endpoint } = reach;
  const operation = "GetCallerIdentity";
  const { GetCallerIdentityCommand, STSClient } = clientSts();
  const refuse = refuseOtherHosts(connection, region);
  const requestHandler = httpOptions(time, { keepAlive: false, refuse });
  const client = new STSClient({ ...reach, credentials: provider, maxAttempts: 2, requestHandler });
  try {
    const { Account, Arn } = await client.send(new GetCallerIdentityCommand({}));
    if (Account && /^\d{12}$/.test(Account)) return { accountId: Account, arn: Arn };
    return new KeymgmtError("AwsError", "STS named no account.", { operation, region });
  } catch (thrown) {
    const error = awsError(thrown, {
      service: "sts",
      operation,
      region,
      endpoint,
      credentialSource: source,
      repeatable: true,
    });
    if (thrown === error || STS_REFUSALS.has(asSdkError(thrown).name)) throw error;
    return error;
  } finally {
    client.destroy();
  }
}

/** ListAliases also returns AWS's own aliases (alias/aws/...), so there is nearly always one. */
async function accountOfAliases(
  connection: KmsConnection,
  connections: KmsConnections,
): Promise<string | undefined> {
  const { Aliases = [] } = await connections.open(connection).call("ListAliases", { Limit: 1 });
  return /^arn:[^:]+:kms:[^:]*:(\d{12}):/.exec(Aliases[0]?.AliasArn ?? "")?.[1];
}
