import type { GrantRecord } from "../keys/record.js";
import type { Caller } from "./caller.js";
import { keyPolicyEffect, type Match } from "./keyPolicy.js";
import { effectOf, type Policy, type PolicyRequest } from "./policy/policy.js";

/** Allowed, where only by grants by which; or why not. */
export type Decision = { readonly onlyBy?: readonly GrantRecord[] } | { readonly refused: Reason };

export interface Reason {
  /** `unseen`: a key of another account that is not open to the caller. */
  readonly by: "identity" | "resource" | "boundary" | "unseen";
  readonly explicit?: boolean;
}

/** What is decided by policies of users and roles alone: there is no key whose policy could. */
export function decideForAccount(caller: Caller, request: PolicyRequest): { readonly refused?: Reason } {
  const own = ownPolicies(caller, request);
  if (own.denied) return own.denied;
  if (own.allow && own.within) return {};
  return { refused: { by: own.allow ? "boundary" : "identity" } };
}

export interface KeyQuestion {
  readonly caller: Caller;
  readonly keyAccount: string;
  readonly keyPolicy: Policy;
  /** Grants on the key that cover the request, for the caller or for their account; asked for where policies do not allow. */
  readonly grants: () => readonly GrantRecord[];
  readonly request: PolicyRequest;
}

/**
 * An explicit deny anywhere wins. Then the key policy must allow, or hand over to the policies of the account; or a
 * grant allows. From another account both sides must allow.
 * Sources: https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html and
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html
 */
export function decideForKey({ caller, keyAccount, keyPolicy, grants, request }: KeyQuestion): Decision {
  const own = ownPolicies(caller, request);
  if (own.denied) return own.denied;
  const { denied, allows } = keyPolicyEffect(keyPolicy, caller, request);
  const isOwnKey = keyAccount === caller.account;
  if (denied) return { refused: isOwnKey ? { by: "resource", explicit: true } : { by: "unseen" } };
  const ownAllow = own.allow && own.within;
  const byPolicy = isOwnKey
    ? allows.has("direct") || (allows.has("role") && own.within) || (allows.has("account") && ownAllow)
    : allows.size > 0 && ownAllow;
  if (byPolicy) return {};
  const forCaller = grants().filter((grant) => !isForAccount(grant) || ownAllow);
  return forCaller.length > 0 ? { onlyBy: forCaller } : { refused: whyNot(allows, own, isOwnKey) };
}

/** A grant to an account lets the account's own policies decide, as a key policy does. */
const isForAccount = ({ granteePrincipal = "" }: GrantRecord) => granteePrincipal.endsWith(":root");

function whyNot(allows: ReadonlySet<Match>, own: OwnPolicies, isOwnKey: boolean): Reason {
  if (isOwnKey && allows.size === 0) return { by: "resource" };
  if (!own.allow && !allows.has("role")) return { by: "identity" };
  return { by: own.within ? "unseen" : "boundary" };
}

interface OwnPolicies {
  readonly denied?: { refused: Reason };
  readonly allow: boolean;
  /** Within the permissions boundary, if there is one. */
  readonly within: boolean;
}

/** What the caller's own policies say. The root user has none and needs none. */
function ownPolicies({ policies, boundary }: Caller, request: PolicyRequest): OwnPolicies {
  const own = policies ? effectOf(policies, request) : "Allow";
  const limit = boundary ? effectOf([boundary], request) : "Allow";
  const by = own === "Deny" ? "identity" : limit === "Deny" ? "boundary" : undefined;
  return {
    denied: by && { refused: { by, explicit: true } },
    allow: own === "Allow",
    within: limit === "Allow",
  };
}
