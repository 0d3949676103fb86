/**
 * Key policies compared by what they mean. AWS gives a policy back in a form of its own: a list of one becomes a string, an account
 * id the ARN of its root, and members change their order. Pure.
 * Source: snapshots of localstack's tests that were run on AWS (tests/aws/services/kms).
 */
import { isDeepStrictEqual } from "node:util";
import { canonical } from "../../kms/endpoints/connection";

/** Whether two policy documents say the same. @param but members that are not compared, as they allow nothing */
export function samePolicy(one: string, other: string, but: string[] = []): boolean {
  const read = (policy: string) =>
    meaningOf(JSON.parse(policy, (name, value) => (but.includes(name) ? undefined : value)));
  try {
    return isDeepStrictEqual(read(one), read(other));
  } catch {
    return one === other;
  }
}

/** For `difference` of the inputs. */
export const BY_MEANING = { policy: (old: string, now: string) => samePolicy(old, now) };

/**
 * Whether it is the policy that AWS gives a KMS key which is made without one: IAM of the account decides.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export function isDefaultPolicy(policy: string, accountId: string): boolean {
  const Statement = { Effect: "Allow", Principal: { AWS: accountId }, Action: "kms:*", Resource: "*" };
  return samePolicy(policy, JSON.stringify({ Version: "2012-10-17", Statement }), ["Id", "Sid"]);
}

/** Sets without order, single members as a list of one, accounts by their id. */
function meaningOf(value: unknown): unknown {
  if (Array.isArray(value)) return setOf(value.map(meaningOf));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, inList(name, member)]);
  return Object.fromEntries(members);
}

/** Condition values and the members of a principal have names of their own, so each single value becomes a list of one. */
function inList(name: string, member: unknown): unknown {
  const isNested = typeof member === "object" && member !== null && !Array.isArray(member);
  if (SINGLE.has(name) || (isNested && name !== "Statement")) return meaningOf(member);
  const list = Array.isArray(member) ? member : [member];
  return setOf(list.map((each) => (typeof each === "object" ? meaningOf(each) : textOf(name, String(each)))));
}

/**
 * The root's ARN stands for the account in a principal alone: in a condition the two are different texts. A number or a Boolean
 * value is the text of it.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
const textOf = (name: string, text: string) => (name === "AWS" ? text.replace(ROOT, "$1") : text);

const SINGLE = new Set(["Version", "Id", "Sid", "Effect"]);
const ROOT = /^arn:[^:]+:iam::(\d{12}):root$/;

const setOf = (list: unknown[]) => [...new Set(list.map(canonical))].sort();
