import type { Iam } from "../../iam/config.js";
import { accountArn, parsePrincipal } from "../../iam/policy/principal.js";
import { uniqueId } from "../../iam/uniqueId.js";

const DOCUMENT = ["Version", "Id", "Statement"];
const STATEMENT = [
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
];

/**
 * A key policy as AWS gives it back, in a form of its own: members in a fixed order, an account's id as its root ARN, a
 * list of one as its member, a principal that was deleted as its unique id; pretty-printed as Jackson does.
 * Source: GetKeyPolicy of test_kms_remove_matched and others in
 * https://github.com/cloud-custodian/cloud-custodian/tree/main/tests/data/placebo
 */
export function shownPolicy(policy: string, partition: string, iam: Iam): string {
  const document = JSON.parse(policy) as Members;
  const statements = [document.Statement].flat() as Members[];
  const shown = statements.map((statement) => shownStatement(statement, partition, iam));
  return printed(inOrder({ ...document, Statement: shown }, DOCUMENT), "");
}

type Members = Readonly<Record<string, unknown>>;

function shownStatement(statement: Members, partition: string, iam: Iam): Members {
  const elements = Object.entries(statement).map(([name, value]) => {
    if (name.endsWith("Principal")) return [name, shownPrincipals(value, partition, iam)];
    return [name, name === "Condition" ? shownConditions(value as Members) : single(value)];
  });
  return inOrder(Object.fromEntries(elements), STATEMENT);
}

/** AWS keeps the principals of a list as a set: they may come back in another order, and here do. */
function shownPrincipals(value: unknown, partition: string, iam: Iam): unknown {
  if (typeof value === "string") return value;
  const types = Object.entries(value as Members).map(([type, ids]) => {
    const shown = [ids]
      .flat()
      .map((id) => (type === "AWS" ? shownPrincipal(id as string, partition, iam) : id));
    return [type, single([...new Set(shown)].sort())];
  });
  return Object.fromEntries(types);
}

function shownPrincipal(id: string, partition: string, iam: Iam): string {
  if (/^\d{12}$/.test(id)) return accountArn(partition, id);
  const kind = parsePrincipal(id)?.kind;
  return (kind === "user" || kind === "role") && !iam.exists(id) ? uniqueId(kind, id) : id;
}

function shownConditions(operators: Members): Members {
  const textOf = (value: unknown) => String(value);
  return mapped(operators, (keys) =>
    mapped(keys as Members, (values) => single([values].flat().map(textOf))),
  );
}

const mapped = (members: Members, change: (value: unknown) => unknown): Members =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value)]));

const single = (value: unknown) => (Array.isArray(value) && value.length === 1 ? value[0] : value);

const inOrder = (members: Members, order: readonly string[]): Members =>
  Object.fromEntries(
    order.filter((name) => Object.hasOwn(members, name)).map((name) => [name, members[name]]),
  );

/** As Jackson's default pretty printer does: objects over several lines, lists on one. */
function printed(value: unknown, indent: string): string {
  if (Array.isArray(value)) return `[ ${value.map((item) => printed(item, indent)).join(", ")} ]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const members = Object.entries(value).map(
    ([name, member]) => `${inner}${JSON.stringify(name)} : ${printed(member, inner)}`,
  );
  return members.length === 0 ? "{ }" : `{\n${members.join(",\n")}\n${indent}}`;
}
