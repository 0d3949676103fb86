import { keyArn } from "../keys/arn.js";
import type { GrantRecord, KeyRecord } from "../keys/record.js";
import type { Call } from "../operations/call.js";
import { decisionOnAccount, denied } from "./authorize.js";
import { parsePrincipal } from "./policy/principal.js";

/**
 * The grant itself says who may retire it: its retiring principal; its grantee, where RetireGrant is among its
 * operations; and the account that issued it or owns the key. An account's own users and roles need kms:RetireGrant
 * from their policies for that, which gives nothing by itself; a Deny there always counts.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html
 */
export function authorizeRetirement(call: Call, key: KeyRecord, grant: GrantRecord): void {
  const { caller } = call;
  const { refused } = decisionOnAccount(call, "RetireGrant", keyArn(key));
  const named = [grant.retiringPrincipal, grant.operations.includes("RetireGrant") && grant.granteePrincipal];
  const byName = named.some((arn) => arn === caller.arn || arn === caller.principal.arn);
  const accounts = [...named, grant.issuingAccount].map((arn) => arn && accountOf(arn));
  const byAccount = key.account === caller.account || accounts.includes(caller.account);
  if (refused?.explicit || !(byName || (byAccount && !refused)))
    throw denied(call, "RetireGrant", keyArn(key), refused ?? { by: "unseen" });
}

const accountOf = (arn: string) => {
  const principal = parsePrincipal(arn);
  return principal?.kind === "account" ? principal.account : undefined;
};
