import assert from "node:assert/strict";
import { adoptMistakes, adoptsOneHeld } from "../../../../provider/lifecycle/plan/adoptRules";
import { UNKNOWN } from "../../../../provider/schema/unknowns";

const ALIAS = "alias/hashicorp/orders-1700000000";
const KEY = { keyVersion: 2 };

describe("what `adopt` may say", () => {
  it("nothing is wrong with an alias, with KMS keys by version, with both, and with an empty `versions` alone", () => {
    for (const adopt of [
      { aliasName: ALIAS },
      { aliasName: ALIAS, kcvs: { 2: "0123456789" } },
      { versions: { 1: "one", 2: "two" } },
      { aliasName: ALIAS, versions: { 2: "two" } },
      { versions: {} },
    ])
      assert.deepEqual(adoptMistakes(adopt, KEY, "manual"), []);
  });

  it("nothing is said while it, or a part of it, is unknown", () => {
    for (const adopt of [undefined, UNKNOWN, { aliasName: UNKNOWN }, { versions: { 9: UNKNOWN } }])
      assert.deepEqual(adoptMistakes(adopt, KEY, "manual"), []);
  });

  it("an alias whose KMS keys are said to be none, or nothing at all, is refused", () => {
    assert.match(adoptMistakes({ aliasName: ALIAS, versions: {} }, KEY, "manual").join(), /it is empty/);
    assert.match(adoptMistakes({}, KEY, "manual").join(), /`aliasName`, `versions` or both/);
  });

  it("a version that the key does not have is refused, and any number while the key is unknown is not", () => {
    const adopt = { versions: { 3: "three" } };
    assert.match(adoptMistakes(adopt, KEY, "manual").join(), /1 to 2, got 3/);
    assert.deepEqual(adoptMistakes(adopt, undefined, "manual"), []);
  });

  it("a key check value of a version that is not named is refused", () => {
    const adopt = { versions: { 1: "one" }, kcvs: { 2: "0123456789", none: "0123456789" } };
    const mistakes = adoptMistakes(adopt, KEY, "manual");
    assert.match(mistakes[0]!, /versions that `adopt` names, 1, got 2\.$/);
    assert.match(mistakes[1]!, /what came is another\.$/);
  });
});

describe("whether `adopt` names one KMS key with all its versions", () => {
  it("does where each version has its key check value, and where it adopts nothing", () => {
    const versions = { 1: "one", 2: "one" };
    for (const adopt of [
      undefined,
      UNKNOWN,
      { versions: {} },
      { versions, kcvs: { 1: "0123456789", 2: "abcdef0123" } },
    ])
      assert.equal(adoptsOneHeld(adopt), true, JSON.stringify(adopt));
  });

  it("does not where a version's material is not known to be the key's, where there are two KMS keys, or only an alias", () => {
    for (const adopt of [
      { versions: { 1: "one", 2: "one" }, kcvs: { 1: "0123456789" } },
      { versions: { 1: "one", 2: "two" }, kcvs: { 1: "0123456789", 2: "abcdef0123" } },
      { aliasName: ALIAS },
      { aliasName: ALIAS, versions: {} },
    ])
      assert.equal(adoptsOneHeld(adopt), false, JSON.stringify(adopt));
  });
});
