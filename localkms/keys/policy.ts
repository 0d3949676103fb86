import { KmsError, limitExceeded } from "../api/errors.js";
import { type Place, partitionOf } from "./arn.js";

const MOST_BYTES = 32 * 1024;

/** The key policy of a key that is created without one: the account may do everything. */
export function defaultPolicy(place: Place): string {
  const statement = {
    Sid: "Enable IAM User Permissions",
    Effect: "Allow",
    Principal: { AWS: `arn:${partitionOf(place.region)}:iam::${place.account}:root` },
    Action: "kms:*",
    Resource: "*",
  };
  const policy = { Version: "2012-10-17", Id: "key-default-1", Statement: [statement] };
  return JSON.stringify(policy, undefined, 2);
}

/**
 * Refuses a policy that is no policy document, that is too long, or that would lock the account out of changing it.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#prevent-unmanageable-key
 */
export function checkPolicy(place: Place, policy: string, bypassLockoutCheck = false): void {
  if (Buffer.byteLength(policy) > MOST_BYTES) throw limitExceeded("The policy is longer than 32 KB");
  const statements = statementsOf(policy);
  if (!bypassLockoutCheck && !statements.some((statement) => allowsPolicyChange(place, statement))) {
    throw malformed("The new key policy will not allow you to update the key policy in the future.");
  }
}

interface Statement {
  Effect?: unknown;
  Principal?: unknown;
  Action?: unknown;
}

function statementsOf(policy: string): Statement[] {
  const document = parse(policy);
  const statements = list(document.Statement);
  for (const statement of statements) {
    const { Effect, Principal, Action } = (statement ?? {}) as Statement;
    if (Effect !== "Allow" && Effect !== "Deny")
      throw malformed("A statement of the policy has no valid Effect");
    if (Principal === undefined && !("NotPrincipal" in (statement as object)))
      throw malformed("Policy statement must contain principals.");
    if (Action === undefined && !("NotAction" in (statement as object)))
      throw malformed("Policy statement must contain actions.");
  }
  if (statements.length === 0) throw malformed("The policy has no statement");
  return statements as Statement[];
}

function parse(policy: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(policy);
    if (typeof document === "object" && document !== null && !Array.isArray(document)) return { ...document };
  } catch {
    // Refused below, as JSON that is no object is.
  }
  throw malformed("This policy contains invalid Json");
}

/** Conditions are not looked at, and a Deny does not count: the check is AWS's intent, not its policy engine. */
function allowsPolicyChange(place: Place, { Effect, Principal, Action }: Statement): boolean {
  const account = `arn:${partitionOf(place.region)}:iam::${place.account}:`;
  const principals =
    typeof Principal === "string" ? [Principal] : list((Principal as Record<string, unknown>)?.AWS);
  const ours = principals.some((p) => p === "*" || p === place.account || String(p).startsWith(account));
  return (
    Effect === "Allow" && ours && list(Action).some((action) => matches(String(action), "kms:PutKeyPolicy"))
  );
}

function matches(pattern: string, action: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${source}$`, "i").test(action);
}

const list = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

const malformed = (message: string) => new KmsError("MalformedPolicyDocumentException", message);
