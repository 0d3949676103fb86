import assert from "node:assert/strict";
import { isKeymgmtError, KeymgmtError } from "../../provider/errors";

describe("KeymgmtError", () => {
  const error = new KeymgmtError("NotFound", "Expected x, got y.", {
    operation: "DescribeKey",
    key: undefined,
  });

  it("holds a code, a message and the context that is known", () => {
    assert.equal(error.code, "NotFound");
    assert.equal(error.message, "Expected x, got y.");
    assert.deepEqual(error.context, { operation: "DescribeKey" });
    assert.ok(!("key" in error.context));
    assert.ok(error instanceof Error);
  });

  it("is named without the name being among its own properties", () => {
    assert.equal(error.name, "KeymgmtError");
    assert.ok(error.stack?.startsWith("KeymgmtError: Expected x, got y."), error.stack);
    assert.deepEqual(Object.keys(error).sort(), ["code", "context"]);
  });

  it("keeps its cause out of JSON", () => {
    const cause = Object.assign(new Error("inner"), { secret: "s3cret" });
    const outer = new KeymgmtError("AwsError", "outer", {}, { cause });
    assert.equal(outer.cause, cause);
    assert.equal(JSON.stringify(outer), '{"code":"AwsError","context":{}}');
    assert.ok(!("cause" in error), "no cause, no property");
  });

  it("is recognised by its code, and across two loaded copies of the package", () => {
    assert.ok(isKeymgmtError(error));
    assert.ok(isKeymgmtError(error, "NotFound"));
    assert.ok(!isKeymgmtError(error, "AlreadyExists"));

    const path = require.resolve("../../provider/errors");
    const loaded = require.cache[path];
    delete require.cache[path];
    const other = require(path) as typeof import("../../provider/errors");
    require.cache[path] = loaded;
    const foreign = new other.KeymgmtError("NotFound", "x");
    assert.ok(!(foreign instanceof KeymgmtError), "the test needs a second copy");
    assert.ok(isKeymgmtError(foreign, "NotFound"));
  });

  it("recognises nothing else", () => {
    for (const value of [new Error("x"), { code: "NotFound" }, undefined, null, "NotFound"]) {
      assert.ok(!isKeymgmtError(value));
    }
  });
});
