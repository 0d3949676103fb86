import assert from "node:assert/strict";
import { isKeymgmtError } from "../../../provider/errors";
import { aliasArn, isMultiRegionKeyId, keyArn, parseKmsArn, relatedKeyArn } from "../../../provider/kms/arn";

describe("KMS ARNs", () => {
  it("of keys and aliases are made in the Region's partition and taken apart again", () => {
    const key = keyArn("cn-north-1", "111122223333", "1234abcd-12ab");
    assert.equal(key, "arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab");
    assert.deepEqual(parseKmsArn(key), {
      partition: "aws-cn",
      region: "cn-north-1",
      accountId: "111122223333",
      kind: "key",
      name: "1234abcd-12ab",
    });
    const alias = aliasArn("us-gov-west-1", "111122223333", "alias/hashicorp/orders-1700000000");
    assert.equal(alias, "arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/hashicorp/orders-1700000000");
    assert.equal(parseKmsArn(alias).kind, "alias");
    assert.equal(parseKmsArn(alias).name, "alias/hashicorp/orders-1700000000");
  });

  it("of a multi-Region key differ in nothing but the Region", () => {
    const primary = "arn:aws:kms:us-west-1:111122223333:key/mrk-1234abcd";
    assert.equal(relatedKeyArn(primary, "eu-west-1"), "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd");
    assert.throws(
      () => relatedKeyArn("arn:aws:kms:us-west-1:111122223333:key/1234abcd", "eu-west-1"),
      (error) => isKeymgmtError(error, "InvalidInput"),
    );
  });

  it("are refused when they are something else", () => {
    for (const text of [
      "mrk-1234",
      "alias/x",
      "arn:aws:s3:us-east-1:111122223333:key/k",
      "arn:aws:kms:us-east-1:1111:key/k",
      "arn:aws:kms:us-east-1:111122223333:grant/k",
      "arn:aws:kms:us-east-1:111122223333:key/k\n",
    ]) {
      assert.throws(
        () => parseKmsArn(text),
        (error) => isKeymgmtError(error, "InvalidInput"),
        text,
      );
    }
  });

  it("show by mrk- which keys are multi-Region", () => {
    assert.ok(isMultiRegionKeyId("mrk-1234"));
    assert.ok(!isMultiRegionKeyId("1234-mrk-"));
  });
});
