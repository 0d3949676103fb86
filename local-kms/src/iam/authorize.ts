import { accessDenied } from "../api/errors.js";
import { grantsThatCover } from "../keys/access/grant.js";
import { keyArn } from "../keys/arn.js";
import type { GrantRecord, KeyRecord } from "../keys/record.js";
import type { Call } from "../operations/call.js";
import type { Caller } from "./caller.js";
import { type Decision, decideForAccount, decideForKey, type Reason } from "./decide.js";
import { denial } from "./denial.js";
import type { Facts } from "./facts.js";
import { readKeyPolicy } from "./keyPolicy.js";
import { lookupIn } from "./policy/conditionKeys.js";
import type { Policy } from "./policy/policy.js";

/** What is particular to a permission: its name where it is not the operation's, and how the request names the key. */
export type Use = Partial<Pick<Facts, "action" | "requestAlias" | "onSameKey">>;

/** Refuses where the caller may not use the key so. Returns the grants that alone allow it, if that is so. */
export function authorizeKey(call: Call, key: KeyRecord, use: Use = {}): readonly GrantRecord[] | undefined {
  const { action = call.operation } = use;
  const decision = decisionOnKey(key.policy, { ...use, call, action, key });
  if ("refused" in decision) throw denied(call, action, keyArn(key), decision.refused);
  return decision.onlyBy;
}

/**
 * Refuses where the caller's own policies do not allow an action that no key's policy can allow. Condition keys see
 * `key`: the replica that is to be created.
 */
export function authorizeAccount(call: Call, action: string, resource = "*", key?: KeyRecord): void {
  const { refused } = decisionOnAccount(call, action, resource, key);
  if (refused) throw denied(call, action, resource, refused);
}

/**
 * Tags that a new key brings need a permission of their own, for all keys in the account and Region:
 * https://docs.aws.amazon.com/kms/latest/developerguide/manage-tags-api.html. AWS names no resource when it is missing.
 */
export function authorizeTagsOnCreate(call: Call): void {
  if (call.input.Tags === undefined) return;
  const { refused } = decisionOnAccount(call, "TagResource", keyArn({ ...call, id: "*" }));
  if (refused) throw denied(call, "TagResource", undefined, refused);
}

/**
 * Whether the caller could change the policy of the key if it were `policy`. Of a new key CreateKey's own request is authorized for
 * it, with the tags that it holds: https://docs.aws.amazon.com/service-authorization/latest/reference/list_kms.html
 */
export function couldPutPolicy(call: Call, key: KeyRecord, policy: string): boolean {
  const later = { ...call, operation: "PutKeyPolicy", input: { Tags: call.input.Tags } };
  return !("refused" in decisionOnKey(policy, { call: later, action: "PutKeyPolicy", key }));
}

/** Whether the caller may have IAM simulate the policies of a user or role. */
export function authorizeSimulation(caller: Caller, arn: string): void {
  const action = "iam:SimulatePrincipalPolicy";
  const { refused } = decideForAccount(caller, { action, resource: arn, lookup: () => undefined });
  if (refused) throw accessDenied(denial(caller.arn, action, arn, refused));
}

function decisionOnKey(policy: string, facts: Facts & { key: KeyRecord }): Decision {
  const { call, action, key } = facts;
  return decideForKey({
    caller: call.caller,
    keyAccount: key.account,
    keyPolicy: keyPolicy(policy),
    grants: () => grantsThatCover(facts),
    request: { action: `kms:${action}`, resource: keyArn(key), lookup: lookupIn(facts) },
  });
}

/** What the caller's own policies say of an action that no key's policy can allow. */
export function decisionOnAccount(
  call: Call,
  action: string,
  resource: string,
  key?: KeyRecord,
): { refused?: Reason } {
  const lookup = lookupIn({ call, action, key });
  return decideForAccount(call.caller, { action: `kms:${action}`, resource, lookup });
}

export const denied = (call: Call, action: string, resource: string | undefined, reason: Reason) =>
  accessDenied(denial(call.caller.arn, `kms:${action}`, resource, reason));

const MOST_READ = 1000;
const read = new Map<string, Policy>();

/** A key policy that was accepted when it was put. Most keys have one of few, so each is read once. */
function keyPolicy(text: string): Policy {
  const known = read.get(text);
  if (known) return known;
  if (read.size >= MOST_READ) read.clear();
  const policy = readKeyPolicy(text);
  read.set(text, policy);
  return policy;
}
