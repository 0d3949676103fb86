import assert from "node:assert/strict";
import { difference } from "../../../provider/schema/compare";
import { hasUnknown, isUnknown, known, UNKNOWN } from "../../../provider/schema/unknowns";
import { inputs, inputsOf, keyRef, types } from "../resources/goodInputs";

describe("difference between old state and new inputs", () => {
  for (const type of types) {
    it(`is empty for ${type} where nothing changed`, () => {
      assert.deepEqual(difference(type, inputsOf(type), inputsOf(type)), { changed: [], replaces: [] });
    });
  }

  it("names a changed property", () => {
    const changed = inputsOf("KeyDistribution", { tags: { app: "other" }, description: undefined });
    assert.deepEqual(difference("KeyDistribution", inputs.KeyDistribution, changed), {
      changed: ["description", "tags"],
      replaces: [],
    });
  });

  it("says of a property that schema.json marks so that it replaces", () => {
    const changed = inputsOf("KeyReplica", { region: "us-east-1" });
    assert.deepEqual(difference("KeyReplica", inputs.KeyReplica, changed), {
      changed: ["region"],
      replaces: ["region"],
    });
  });

  it("looks inside objects, where only marked properties replace", () => {
    const compared = (changes: Record<string, unknown>) =>
      difference("KeyDistribution", inputs.KeyDistribution, inputsOf("KeyDistribution", changes));
    assert.deepEqual(compared({ "key.keyVersion": 2 }), { changed: ["key"], replaces: [] });
    assert.deepEqual(compared({ "key.name": "bills" }), { changed: ["key"], replaces: ["key"] });
    assert.deepEqual(compared({ "kms.credentials.secretKey": "new" }), { changed: ["kms"], replaces: [] });
    assert.deepEqual(compared({ "kms.keyCollection": "us-east-1" }), { changed: ["kms"], replaces: ["kms"] });
  });

  it("looks through two objects", () => {
    const changed = inputsOf("KeyReplica", { "distribution.key.id": "orders-ffffffffff" });
    assert.deepEqual(difference("KeyReplica", inputs.KeyReplica, changed), {
      changed: ["distribution"],
      replaces: ["distribution"],
    });
  });

  it("takes what is undefined, null or not there for the same", () => {
    const old = inputsOf("KeyDistribution", { tags: undefined, policy: undefined });
    const now = { ...inputsOf("KeyDistribution"), tags: null, policy: undefined };
    assert.deepEqual(difference("KeyDistribution", old, now).changed, []);
  });

  it("takes a value not known yet for a change that replaces nothing", () => {
    const changed = inputsOf("KeyReplica", { region: UNKNOWN, "distribution.key.name": UNKNOWN });
    assert.deepEqual(difference("KeyReplica", inputs.KeyReplica, changed), {
      changed: ["distribution", "region"],
      replaces: [],
    });
  });

  it("takes a list with a value not known yet for a change that replaces nothing", () => {
    const changed = inputsOf("ManagedKey", { replicaRegions: [UNKNOWN, "us-east-1"] });
    assert.deepEqual(difference("ManagedKey", inputs.ManagedKey, changed), {
      changed: ["replicaRegions"],
      replaces: [],
    });
  });

  it("leaves out the paths that a resource compares by itself", () => {
    const changed = inputsOf("KeyDistribution", { "key.keyring": UNKNOWN, "key.name": "bills" });
    assert.deepEqual(difference("KeyDistribution", inputs.KeyDistribution, changed, ["key.keyring"]), {
      changed: ["key"],
      replaces: ["key"],
    });
    const only = inputsOf("KeyDistribution", { "key.keyring": UNKNOWN });
    assert.deepEqual(
      difference("KeyDistribution", inputs.KeyDistribution, only, ["key.keyring"]).changed,
      [],
    );
  });

  it("does not look at properties that schema.json does not list", () => {
    const old = { ...inputs.KeyReplica, versions: { "1": {} }, stateVersion: 1 };
    assert.deepEqual(difference("KeyReplica", old, inputs.KeyReplica).changed, []);
  });
});

describe("values not known yet", () => {
  it("are the engine's sentinel, in itself or anywhere inside", () => {
    assert.equal(UNKNOWN, "04da6b54-80e4-46f7-96ec-b56ff0331ba9");
    assert.ok(isUnknown(UNKNOWN));
    for (const value of ["", "04da6b54", undefined, null, [UNKNOWN], { a: UNKNOWN }]) {
      assert.ok(!isUnknown(value), JSON.stringify(value));
    }
    for (const value of [UNKNOWN, [UNKNOWN], { a: { b: ["x", UNKNOWN] } }]) assert.ok(hasUnknown(value));
    for (const value of [keyRef, "x", 0, undefined, null, [], {}]) assert.ok(!hasUnknown(value));
  });

  it("give way to undefined where only known values are asked for", () => {
    assert.equal(known(UNKNOWN), undefined);
    assert.equal(known(null as unknown), undefined);
    assert.equal(known(0), 0);
    assert.equal(known(""), "");
    assert.deepEqual(known([UNKNOWN]), [UNKNOWN]);
  });
});
