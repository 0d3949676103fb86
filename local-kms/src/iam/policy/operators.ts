import { BlockList, isIP } from "node:net";
import { type Filled, matches, textOf } from "./pattern.js";

/** Condition operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
export interface Operator {
  readonly test: (value: string, expected: Filled) => boolean;
  readonly negated?: boolean;
}

const equal = (value: string, expected: Filled) => value === textOf(expected);
const like = (value: string, expected: Filled) => matches(expected, value);
const equalIgnoringCase = (value: string, expected: Filled) =>
  value.toLowerCase() === textOf(expected).toLowerCase();

/** ARNs are compared part by part, so that a `*` does not reach over a colon. */
function likeArn(value: string, expected: Filled): boolean {
  const [parts, patterns] = [split(value), splitFilled(expected)];
  return parts.length === patterns.length && patterns.every((pattern, i) => matches(pattern, parts[i]!));
}

const ARN_PARTS = 6;

function split(arn: string): string[] {
  const parts = arn.split(":");
  return [...parts.slice(0, ARN_PARTS - 1), parts.slice(ARN_PARTS - 1).join(":")];
}

function splitFilled(filled: Filled): Filled[] {
  const parts: { text: string; literal: boolean }[][] = [[]];
  for (const { text, literal } of filled) {
    const [first, ...rest] = parts.length < ARN_PARTS ? text.split(":") : [text];
    parts.at(-1)!.push({ text: first!, literal });
    for (const piece of rest) {
      if (parts.length < ARN_PARTS) parts.push([{ text: piece, literal }]);
      else parts.at(-1)!.push({ text: `:${piece}`, literal });
    }
  }
  return parts;
}

const numbers =
  (compare: (value: number, expected: number) => boolean) => (value: string, expected: Filled) =>
    compare(Number(value), Number(textOf(expected)));

/** ISO 8601, or seconds since 1970. */
const timeOf = (text: string) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text));

const dates = (compare: (value: number, expected: number) => boolean) => (value: string, expected: Filled) =>
  compare(timeOf(value), timeOf(textOf(expected)));

/** An address, or a range in CIDR notation. */
function inRange(value: string, expected: Filled): boolean {
  const [address = "", bits] = textOf(expected).split("/");
  if (isIP(address) === 0 || isIP(value) === 0) return false;
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  const range = new BlockList();
  if (bits === undefined) range.addAddress(address, family);
  else range.addSubnet(address, Number(bits), family);
  return range.check(value, isIP(value) === 6 ? "ipv6" : "ipv4");
}

const same = (a: number, b: number) => a === b;
const less = (a: number, b: number) => a < b;
const most = (a: number, b: number) => a <= b;
const greater = (a: number, b: number) => a > b;
const least = (a: number, b: number) => a >= b;

/** Two that differ only in their name (ArnEquals and ArnLike) are the same. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: { test: equal },
  StringNotEquals: { test: equal, negated: true },
  StringEqualsIgnoreCase: { test: equalIgnoringCase },
  StringNotEqualsIgnoreCase: { test: equalIgnoringCase, negated: true },
  StringLike: { test: like },
  StringNotLike: { test: like, negated: true },
  ArnEquals: { test: likeArn },
  ArnNotEquals: { test: likeArn, negated: true },
  ArnLike: { test: likeArn },
  ArnNotLike: { test: likeArn, negated: true },
  Bool: { test: equalIgnoringCase },
  BinaryEquals: { test: equal },
  NumericEquals: { test: numbers(same) },
  NumericNotEquals: { test: numbers(same), negated: true },
  NumericLessThan: { test: numbers(less) },
  NumericLessThanEquals: { test: numbers(most) },
  NumericGreaterThan: { test: numbers(greater) },
  NumericGreaterThanEquals: { test: numbers(least) },
  DateEquals: { test: dates(same) },
  DateNotEquals: { test: dates(same), negated: true },
  DateLessThan: { test: dates(less) },
  DateLessThanEquals: { test: dates(most) },
  DateGreaterThan: { test: dates(greater) },
  DateGreaterThanEquals: { test: dates(least) },
  IpAddress: { test: inRange },
  NotIpAddress: { test: inRange, negated: true },
};
