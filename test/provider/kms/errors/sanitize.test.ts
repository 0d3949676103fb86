import assert from "node:assert/strict";
import { asSdkError } from "../../../../provider/kms/errors/failures";
import { sanitized, sanitizedError } from "../../../../provider/kms/errors/sanitize";

describe("sanitized", () => {
  it("keeps what AWS says, on one line and without the last full stop", () => {
    assert.equal(
      sanitized("arn:aws:kms:x:1:key/k  is pending deletion."),
      "arn:aws:kms:x:1:key/k is pending deletion",
    );
  });

  it("leaves out every value that AWS did not take", () => {
    for (const [value, place] of [
      ["alias/a b", "aliasName"],
      ['{"Sid": "it\'s"}\n', "policy"],
      ["shop", "tags.1.member.tagValue"],
    ])
      assert.equal(sanitized(`Value '${value}' at '${place}' failed`), `Value '...' at '${place}' failed`);
  });

  it("leaves out secrets that are quoted", () => {
    const said =
      "Value 'eyJhbGciOi' at 'webIdentityToken' failed; Value 'c2Vj' at 'encryptedKeyMaterial' failed";
    assert.doesNotMatch(sanitized(said), /eyJ|c2Vj/);
    assert.match(sanitized(said), /at 'webIdentityToken' failed.* at 'encryptedKeyMaterial' failed/);
    assert.equal(
      sanitized(`Unexpected token 'A', "AKIA\nSECRET" is not valid JSON`),
      "what came is not valid JSON",
    );
    assert.doesNotMatch(
      sanitized("Command failed: get-keys --password SECRET\nSECRET=abc"),
      /SECRET|get-keys/,
    );
    assert.equal(
      sanitized("No match. The Canonical String should be 'x-amz-security-token:SECRET'"),
      "No match",
    );
    assert.ok(sanitized("x".repeat(5000)).length < 700);
  });

  it("gives a cause with the stack's frames and nothing else of the error", () => {
    const error = Object.assign(new Error("first\nSECRET"), {
      name: "SomeException",
      $response: { body: "SECRET" },
    });
    const cause = sanitizedError(asSdkError(error));
    assert.equal(cause.name, "SomeException");
    assert.ok(cause.stack?.startsWith("SomeException: first\n    at "), cause.stack);
    assert.ok(!cause.stack?.includes("SECRET"));
    assert.deepEqual(Object.keys(cause), []);
  });
});
