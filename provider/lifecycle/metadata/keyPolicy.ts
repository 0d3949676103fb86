/**
 * Compares key policies by their meaning. AWS returns a policy in another form than it was sent: a list of one becomes a string, an account
 * id becomes the ARN of its root, and members change their order. Pure.
 * Source: snapshots of localstack's tests that were run on AWS (tests/aws/services/kms).
 */
import { isDeepStrictEqual } from "node:util";
import { canonical } from "../../kms/endpoints/connection";

/** Whether two policy documents have the same meaning. @param but members that are not compared, because they allow nothing */
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
 * Whether it is the default policy of a KMS key that is created without one: IAM policies of the account decide.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export function isDefaultPolicy(policy: string, accountId: string): boolean {
  const Statement = { Effect: "Allow", Principal: { AWS: accountId }, Action: "kms:*", Resource: "*" };
  return samePolicy(policy, JSON.stringify({ Version: "2012-10-17", Statement }), ["Id", "Sid"]);
}

/** The value in one form: lists are sets, a single member is a list of one, and an account is its id. */
function meaningOf(value: unknown): unknown {
  if (Array.isArray(value)) return setOf(value.map(meaningOf));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, inList(name, member)]);
  return Object.fromEntries(members);
}

/** A single value becomes a list of one, also in conditions and principals, whose members may have any name. */
function inList(name: string, member: unknown): unknown {
  const isNested = typeof member === "object" && member !== null && !Array.isArray(member);
  if (SINGLE.has(name) || (isNested && name !== "Statement")) return meaningOf(member);
  const list = Array.isArray(member) ? member : [member];
  return setOf(list.map((each) => (typeof each === "object" ? meaningOf(each) : textOf(name, String(each)))));
}

/**
 * The root's ARN means the account only in a principal; in a condition the two are different texts. A number or Boolean value equals its
 * text.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
const textOf = (name: string, text: string) => (name === "AWS" ? text.replace(ROOT, "$1") : text);

const SINGLE = new Set(["Version", "Id", "Sid", "Effect"]);
const ROOT = /^arn:[^:]+:iam::(\d{12}):root$/;

const setOf = (list: unknown[]) => [...new Set(list.map(canonical))].sort();
