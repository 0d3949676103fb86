import type { Caller } from "./caller.js";
import { applies, type Policy, type PolicyRequest } from "./policy/policy.js";
import { accountArn, parsePrincipal } from "./policy/principal.js";
import { invalidPrincipals, PolicyError, readPolicy } from "./policy/readPolicy.js";

/**
 * What a key policy says of a request. `account` and `role` are named as such: the one only lets the account's own
 * policies decide, the other is still limited by a permissions boundary; `direct` needs nothing more.
 */
export interface KeyPolicyEffect {
  readonly denied: boolean;
  readonly allows: ReadonlySet<Match>;
}

export type Match = "direct" | "role" | "account";

export function keyPolicyEffect(policy: Policy, caller: Caller, request: PolicyRequest): KeyPolicyEffect {
  const allows = new Set<Match>();
  for (const statement of policy.statements) {
    const match = isFor(caller, statement.principals!);
    if (!match || !applies(statement, request)) continue;
    if (statement.effect === "Deny") return { denied: true, allows: NONE };
    allows.add(match);
  }
  return { denied: false, allows };
}

const NONE: ReadonlySet<Match> = new Set();

/** How a statement's principals name the caller, at their best; undefined where they do not. */
function isFor(caller: Caller, { not, list }: { not: boolean; list: readonly string[] }): Match | undefined {
  if (not) return isExempt(caller, list) ? undefined : "direct";
  const matches = list.map((principal) => matchOf(caller, principal));
  return (["direct", "role", "account"] as const).find((match) => matches.includes(match));
}

function matchOf(caller: Caller, principal: string): Match | undefined {
  const [, type, id] = /^(\w+):(.*)$/s.exec(principal)!;
  if (type !== "AWS") return undefined;
  if (id === "*") return "direct";
  if (id === caller.account || id === rootOf(caller)) return "account";
  if (id === caller.arn) return "direct";
  return id === caller.principal.arn ? "role" : undefined;
}

const rootOf = ({ principal: { partition, account } }: Caller) => accountArn(partition, account);

/**
 * NotPrincipal (with Deny only) must name the account too, and of a role also the session; who has a permissions
 * boundary is always denied: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
function isExempt(caller: Caller, list: readonly string[]): boolean {
  if (caller.boundary) return false;
  const names = new Set([caller.arn, caller.principal.arn, rootOf(caller)]);
  return [...names].every(
    (arn) =>
      list.includes(`AWS:${arn}`) || (arn === rootOf(caller) && list.includes(`AWS:${caller.account}`)),
  );
}

/**
 * Reads a key policy; throws a PolicyError where AWS KMS refuses it. Not in IAM's grammar but AWS KMS's own:
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html#key-policy-elements
 * `Resource` must be there and `"*"`: CreateKey, ReplicateKey and PutKeyPolicy refuse anything else since August 2025
 * (AWS Health notice, quoted in https://github.com/ministryofjustice/analytical-platform/issues/7691); the API
 * reference still says that such a statement is accepted and has no effect.
 */
export function readKeyPolicy(policy: string): Policy {
  const read = readPolicy(parse(policy), "key");
  for (const { effect, principals, resources, conditions } of read.statements) {
    if (principals!.not && effect === "Allow")
      throw new PolicyError("NotPrincipal with Effect Allow is not supported.");
    if (!principals!.list.every(isPrincipal)) throw invalidPrincipals();
    const [only, ...others] = resources.list;
    if (resources.not || others.length > 0 || JSON.stringify(only) !== ANY)
      throw new PolicyError('The Resource element of a key policy statement must be "*".');
    for (const { set, key } of conditions) if (set === "ForAllValues") checkSingleValued(key);
  }
  return read;
}

const ANY = JSON.stringify([{ text: "*" }]);

/** Quoted from https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context */
function checkSingleValued(key: string): void {
  const [, what] = /^(kms:encryptioncontext:|aws:requesttag\/)/i.exec(key) ?? [];
  if (!what) return;
  const [name, words] = what.startsWith("a")
    ? ["RequestTag", "tag"]
    : ["EncryptionContext", "encryption context"];
  throw new PolicyError(
    `OverlyPermissiveCondition:${name}: Using the ForAllValues set operator with a single-valued condition key ` +
      `matches requests without the specified ${words} or with an unspecified ${words}. To fix, remove ForAllValues.`,
  );
}

/** AWS accounts, users, roles, sessions and AWS services: no groups, no unique ids (of what was deleted), no `*` inside an ARN. */
function isPrincipal(principal: string): boolean {
  const [, type, id] = /^(\w+):(.*)$/s.exec(principal) ?? [];
  if (type === "Service") return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(id!);
  return type === "AWS" && (id === "*" || /^\d{12}$/.test(id!) || parsePrincipal(id!) !== undefined);
}

function parse(policy: string): unknown {
  try {
    return JSON.parse(policy);
  } catch {
    throw new PolicyError("This policy contains invalid Json");
  }
}
