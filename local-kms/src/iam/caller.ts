import type { Policy } from "./policy/policy.js";
import { accountArn, type Principal } from "./policy/principal.js";
import { uniqueId } from "./uniqueId.js";

/** Who makes a request, and which policies go with them. */
export interface Caller {
  readonly account: string;
  /** As AWS shows it: of a role the session's ARN. */
  readonly arn: string;
  /** The account, user or role: what `aws:PrincipalArn` is. */
  readonly principal: Principal;
  readonly userId: string;
  /** Undefined for the account's root user, who may do everything that a key policy gives to the account. */
  readonly policies?: readonly Policy[];
  readonly boundary?: Policy;
}

/** The account's root user. */
export function rootCaller(partition: string, account: string): Caller {
  const arn = accountArn(partition, account);
  return {
    account,
    arn,
    principal: { arn, partition, account, kind: "account", name: "root" },
    userId: account,
  };
}

/** Callers that act as a role do so in a session of this name. */
const SESSION = "local-kms";

export function callerAs(principal: Principal, policies: readonly Policy[], boundary?: Policy): Caller {
  const { partition, account, kind, name, arn } = principal;
  const baseName = name.split("/").at(-1)!;
  const rest = { account, principal, policies, boundary };
  return kind === "role"
    ? {
        ...rest,
        arn: `arn:${partition}:sts::${account}:assumed-role/${baseName}/${SESSION}`,
        userId: `${uniqueId("role", arn)}:${SESSION}`,
      }
    : { ...rest, arn, userId: uniqueId("user", arn) };
}
