/** `--as`: the credentials that the caller uses for an account. */
import { parseRoleArn } from "../provider/kms/arn.js";
import type { KmsConnection } from "../provider/kms/endpoints/connection.js";
import { UsageError } from "./exitCodes.js";
import type { KmsProviderState } from "./state/kmsProvider.js";

export type Credentials = Pick<KmsConnection, "profile" | "assumeRole">;

/** By account id. A KmsProvider's name stands for its account in the states. */
export function credentialsByAccount(as: string[], providers: KmsProviderState[]): Map<string, Credentials> {
  const found = new Map<string, Credentials>();
  for (const text of as) {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === undefined || value === undefined || (value.startsWith("arn:") && !parseRoleArn(value)))
      throw new UsageError(
        "Expected --as KMSPROVIDER=PROFILE or KMSPROVIDER=ROLE-ARN (arn:aws:iam::111122223333:role/NAME).",
      );
    const accountId = accountOf(name, providers);
    if (found.has(accountId))
      throw new UsageError(`Expected --as once for account ${accountId}; it came twice.`);
    found.set(accountId, parseRoleArn(value) ? { assumeRole: { roleArn: value } } : { profile: value });
  }
  return found;
}

function accountOf(name: string, providers: KmsProviderState[]): string {
  const accounts = [
    ...new Set(providers.filter((one) => one.name === name).map(({ accountId }) => accountId)),
  ];
  const [accountId] = accounts;
  if (accounts.length === 1 && accountId !== undefined) return accountId;
  if (providers.some((one) => one.accountId === name)) return name;
  const called = providers.filter((one) => one.name !== undefined);
  const nameless = providers.filter(
    (one) => one.name === undefined && !called.some(({ accountId }) => accountId === one.accountId),
  );
  const known = [...called, ...nameless].map(
    (one) => `${one.name ?? "one without a name"} (account ${one.accountId ?? "unknown"})`,
  );
  throw new UsageError(
    accounts.length > 1
      ? `Expected --as to name one account; KmsProviders ${JSON.stringify(name)} are in ${accounts.join(", ")}. Give the account's id in place of the name.`
      : `Expected --as to name a KmsProvider of the states, or its account's id; got ${JSON.stringify(name)}. There are: ${[...new Set(known)].join(", ") || "none"}.`,
  );
}
