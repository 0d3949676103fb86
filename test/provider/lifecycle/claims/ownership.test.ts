import assert from "node:assert/strict";
import {
  hasFormerStack,
  isTakenOver,
  type Ownership,
  oursAmong,
  ownershipOf,
} from "../../../../provider/lifecycle/claims/ownership";

const PROD = "organization/shop/prod";
const DEV = "organization/shop/dev";
const OLDER = "organization/shop/older";
interface Us {
  stack: string;
  key: { name: string; formerStacks?: string[] };
}
const us: Us = { stack: PROD, key: { name: "orders", formerStacks: [DEV, OLDER] } };
const neverRenamed: Us = { stack: PROD, key: { name: "orders" } };

const tags = (stack?: string, key?: string, more: Record<string, string> = {}): Record<string, string> => ({
  ...(stack !== undefined && { "keymgmt:stack": stack }),
  ...(key !== undefined && { "keymgmt:key": key }),
  ...more,
});
/** Everything else that a KMS key of the same program, made in the same second, is tagged with. */
const twin = { "keymgmt:distribution": "orders-1700000000", "keymgmt:version": "1", team: "shop" };

describe("whose a KMS key is", () => {
  const table: [string, Record<string, string> | undefined, Us, Ownership][] = [
    ["the stack's and the key's name", tags(PROD, "orders"), us, "ours"],
    ["the same, with other tags of others", tags(PROD, "orders", { theirs: "1" }), us, "ours"],
    ["a name that the stack had before", tags(DEV, "orders"), us, "ours"],
    ["a name that the stack had long before", tags(OLDER, "orders"), us, "ours"],
    ["that name, where the stack was never renamed", tags(DEV, "orders"), neverRenamed, "another's"],
    ["another stack's name", tags("organization/shop/staging", "orders"), us, "another's"],
    [
      "another stack's name, and the same distribution and version",
      tags(DEV, "orders", twin),
      neverRenamed,
      "another's",
    ],
    ["a stack's name that ours begins with", tags("organization/shop/pro", "orders"), us, "another's"],
    ["a stack's name that begins with ours", tags(`${PROD}uction`, "orders"), us, "another's"],
    ["the stack's name in other letters", tags(PROD.toUpperCase(), "orders"), us, "another's"],
    ["an empty stack's name", tags("", "orders"), us, "another's"],
    ["the stack's name, and another key's", tags(PROD, "bills"), us, "another's"],
    ["a former name, and another key's", tags(DEV, "bills"), us, "another's"],
    ["the stack's name, and no key's", tags(PROD), us, "another's"],
    ["no stack's name", tags(undefined, "orders", twin), us, "nobody's"],
    ["no tags at all", {}, us, "nobody's"],
    ["tags of somebody else's", { Name: PROD }, us, "nobody's"],
    ["tags that may not be read", undefined, us, "not known"],
  ];
  for (const [what, seen, owner, expected] of table)
    it(`${what}: ${expected}`, () => assert.equal(ownershipOf(seen, owner), expected));
});

describe("whether another stack has taken over a KMS key of the state", () => {
  const table: [string, Record<string, string> | undefined, Us, boolean][] = [
    ["it has the stack's name", tags(PROD, "orders"), us, false],
    ["it has a name that the stack had before", tags(DEV, "orders"), us, false],
    ["it has another stack's name", tags("organization/shop/staging", "orders"), us, true],
    ["it has that name, and the stack was never renamed", tags(DEV, "orders"), neverRenamed, true],
    ["it has an empty name, which no stack has", tags("", "orders"), us, false],
    ["it has what is no stack's name, written by hand", tags("by hand", "orders"), us, false],
    ["its tag was taken away", tags(undefined, "orders"), us, false],
    ["it has no tags", {}, us, false],
    ["its tags may not be read", undefined, us, false],
  ];
  for (const [what, seen, owner, expected] of table)
    it(`${expected ? "yes" : "no"}: ${what}`, () => assert.equal(isTakenOver(seen, owner), expected));
});

describe("the KMS keys among those of a Region that are ours", () => {
  /** A new stack that is called as ours was has made its distribution later, so under another name. */
  const key = (keyId: string, stack?: string, name = "orders", distribution = `orders-of-${stack}`) => ({
    keyId,
    tags: tags(stack, name, { "keymgmt:distribution": distribution }),
  });
  const ids = (keys: { keyId: string }[], owner = us) =>
    oursAmong(keys as ReturnType<typeof key>[], owner).map(({ keyId }) => keyId);

  it("are those with the stack's present name, of every version", () => {
    assert.deepEqual(ids([key("a", PROD), key("b", PROD), key("c", "organization/shop/staging"), key("d")]), [
      "a",
      "b",
    ]);
  });

  it("are not those with a former name beside them: a new stack may be called that now", () => {
    assert.deepEqual(ids([key("theirs", DEV), key("ours", PROD)]), ["ours"]);
  });

  it("are those with a former name where none has the present one: removed before the rename", () => {
    assert.deepEqual(ids([key("a", DEV), key("b", OLDER), key("c", "organization/shop/staging")]), [
      "a",
      "b",
    ]);
  });

  it("are those with a former name too that are of one distribution with them: a run was killed while it wrote the present one", () => {
    const of = (keyId: string, stack: string) => key(keyId, stack, "orders", "orders-1700000000");
    assert.deepEqual(ids([of("reached", PROD), of("not reached", DEV), key("theirs", DEV)]), [
      "reached",
      "not reached",
    ]);
  });

  it("are not kept back by another key's, which has the present name", () => {
    assert.deepEqual(ids([key("a", DEV), key("bills", PROD, "bills")]), ["a"]);
  });

  it("are none where there are none", () => {
    assert.deepEqual(ids([]), []);
    assert.deepEqual(ids([key("a", DEV)], neverRenamed), []);
  });
});

describe("whether a KMS key of ours still has a name that the stack had before", () => {
  for (const [stack, expected] of [
    [PROD, false],
    [DEV, true],
    [OLDER, true],
  ] as const)
    it(`${stack}: ${expected ? "yes" : "no"}`, () =>
      assert.equal(hasFormerStack(tags(stack, "orders"), us), expected));
});
