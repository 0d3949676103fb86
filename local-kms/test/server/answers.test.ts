import assert from "node:assert/strict";
import { faultsOf } from "./answers.js";

/** Every local KMS of a test is watched by this; here it is shown to see what it must. */
describe("the watch over answers", () => {
  const good = {
    KeyMetadata: {
      KeyId: "a",
      Arn: `arn:aws:kms:us-east-1:111122223333:key/a`,
      CreationDate: 1732485340.123,
    },
  };
  const describeKey = (changed: object) =>
    faultsOf("DescribeKey", 200, JSON.stringify({ KeyMetadata: { ...good.KeyMetadata, ...changed } }));

  it("finds nothing in an answer of AWS's", () => {
    assert.deepEqual(faultsOf("DescribeKey", 200, JSON.stringify(good)), []);
    assert.deepEqual(describeKey({ KeySpec: "ML_DSA_44", CustomerMasterKeySpec: "ML_DSA_44" }), []);
    assert.deepEqual(faultsOf("EnableKey", 200, ""), []);
    assert.deepEqual(faultsOf("Decrypt", 400, '{"__type":"InvalidCiphertextException"}'), []);
    assert.deepEqual(
      faultsOf("Decrypt", 400, '{"__type":"ThrottlingException","message":"Rate exceeded"}'),
      [],
    );
  });

  it("finds members that are unknown, missing, of the wrong type or outside their limits", () => {
    for (const [changed, fault] of [
      [{ Newest: 1 }, ".KeyMetadata.Newest is not in the model"],
      [{ KeyId: undefined }, ".KeyMetadata.KeyId is missing"],
      [{ KeyId: "" }, ".KeyMetadata.KeyId is 0, and not 1 to 2048"],
      [{ Description: null }, ".KeyMetadata.Description is no string"],
      [{ Enabled: "true" }, ".KeyMetadata.Enabled is no boolean"],
      [
        { CreationDate: "2024-11-24" },
        ".KeyMetadata.CreationDate is not seconds with at most three decimals",
      ],
      [{ PendingDeletionWindowInDays: 7.5 }, ".KeyMetadata.PendingDeletionWindowInDays is no whole number"],
      [{ EncryptionAlgorithms: "RSA" }, ".KeyMetadata.EncryptionAlgorithms is no list"],
      [{ CurrentKeyMaterialId: "x" }, /CurrentKeyMaterialId is 1, and not 64 to 64/],
      [{ KeyState: "Lost" }, /^\.KeyMetadata\.KeyState is Lost, which is not one of Creating, /],
      [{ SigningAlgorithms: ["ROT13"] }, /^\.KeyMetadata\.SigningAlgorithms\[0\] is ROT13, which/],
    ] as const) {
      const [found] = describeKey(changed);
      if (typeof fault === "string") assert.equal(found, fault);
      else assert.match(found ?? "", fault);
    }
    const blob = faultsOf("Decrypt", 200, '{"Plaintext": "not base64!"}');
    assert.deepEqual(blob, [".Plaintext is not base64"]);
    assert.deepEqual(faultsOf("EnableKey", 200, "{}"), ["an operation without output has a body"]);
  });

  it("finds errors that the operation does not have, unless the local KMS says that it is not built", () => {
    const refused = (message: string) =>
      faultsOf("Decrypt", 400, JSON.stringify({ __type: "UnsupportedOperationException", message }));
    assert.deepEqual(refused("no"), ["UnsupportedOperationException is not one of its errors (no)"]);
    assert.deepEqual(refused("Recipient is not built in this local KMS"), []);
    assert.deepEqual(faultsOf("Decrypt", 400, '{"__type":"DisabledException","Message":""}'), [
      "an error has no member Message",
    ]);
  });
});
