import assert from "node:assert/strict";
import { isMarkedSecret, redacted } from "../../../provider/secrecy/secretInputs";

describe("a message about inputs that the program marks secret", () => {
  const inputs = {
    tags: { "cost-centre": "4711-secret" },
    description: "the merger",
    policy: JSON.stringify({
      Statement: [
        {
          Effect: "Allow",
          Action: "kms:TagResource",
          Sid: "Merger",
          Principal: { AWS: ["arn:aws:iam::1:role/x"] },
        },
      ],
    }),
    kms: { tags: { team: "four" } },
  };

  it("holds none of their values, nor names of tags, nor what is in a policy", () => {
    const all = { ...inputs, secretInputs: ["tags", "description", "policy", "kms.tags"] };
    for (const text of [
      "cost-centre",
      "4711-secret",
      "the merger",
      "Merger",
      "arn:aws:iam::1:role/x",
      "four",
    ])
      assert.equal(redacted(all, `AWS says ${text}.`), "AWS says [secret].");
    assert.equal(redacted(all, `${inputs.policy} is malformed`), "[secret] is malformed");
  });

  it("keeps IAM's own words", () => {
    const message = "kms:TagResource on the Resource is not allowed by an Allow of the Statement";
    assert.equal(redacted({ ...inputs, secretInputs: ["policy"] }, message), message);
  });

  it("is what it was where none is marked, or one that is not there", () => {
    const message = "tag cost-centre is 4711-secret";
    for (const secretInputs of [undefined, [], ["description"], ["distribution.kms.tags"], "tags"])
      assert.equal(redacted({ ...inputs, secretInputs }, message), message);
  });

  it("keeps words that a short value is part of", () => {
    assert.equal(redacted({ description: "it", secretInputs: ["description"] }, "wait"), "wait");
  });

  it("is about a KmsProvider's tags too", () => {
    assert.ok(isMarkedSecret({ secretInputs: ["distribution.kms.tags"] }, "tags"));
    assert.ok(isMarkedSecret({ secretInputs: ["description"] }, "description"));
    assert.ok(!isMarkedSecret({ secretInputs: ["policy"] }, "tags"));
    assert.ok(!isMarkedSecret({}, "tags"));
    assert.ok(!isMarkedSecret({ secretInputs: ["kms.assumeRole.0.tags"] }, "tags"), "a session's");
  });
});
