import assert from "node:assert/strict";
import { isNameOf } from "../../../../provider/lifecycle/claims/formerDistributions";

describe("the name of a distribution", () => {
  it("is the name of its key and a Unix timestamp", () => {
    assert.ok(isNameOf("orders", "orders-1700000000"));
    assert.ok(isNameOf("orders-eu", "orders-eu-1700000000"));
  });

  it("is not of a key whose name is only the beginning of the distribution's key", () => {
    assert.ok(!isNameOf("orders", "orders-eu-1700000000"));
    assert.ok(!isNameOf("orders", "orders-1-1700000000"));
    assert.ok(!isNameOf("orders", "orders-170000000"));
  });
});
