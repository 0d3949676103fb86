import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import { ListKeysCommand } from "@aws-sdk/client-kms";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { formatLogEntry, type RequestLogEntry } from "../../src/index.js";
import { api, iamGuide, rule } from "../rule.js";
import { ACCOUNT, createKey, post as postTo, refusal, SIGNED, start, type TestKms } from "../support.js";

/** The protocol that AWS KMS's model names. */
const SMITHY = "https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html";

describe("local KMS: protocol", () => {
  let kms: TestKms;
  const log: RequestLogEntry[] = [];
  before(async () => {
    kms = await start({ log: (entry) => log.push(entry) });
  });
  after(() => kms.close());
  beforeEach(() => {
    kms.resetCounts();
    log.length = 0;
  });

  type Headers = Record<string, string | undefined>;
  const post = (operation: string, body: string, headers?: Headers) =>
    postTo(kms.url, operation, body, headers);
  const errorOf = async (...request: Parameters<typeof post>) => {
    const { status, text, headers } = await post(...request);
    const { __type, message } = JSON.parse(text);
    assert.equal(headers.get("x-amzn-errortype"), __type);
    return { status, __type, message };
  };

  rule(
    "Every answer has an x-amzn-RequestId of its own and the content type application/x-amz-json-1.1",
    api("CommonErrors"),
    async () => {
      const good = await post("ListKeys", "{}");
      assert.equal(good.status, 200);
      assert.equal(good.headers.get("content-type"), "application/x-amz-json-1.1");
      const bad = await post("DescribeKey", "{}");
      const ids = [good, bad].map(({ headers }) => headers.get("x-amzn-requestid"));
      for (const id of ids) assert.match(id!, /^[0-9a-f-]{36}$/);
      assert.notEqual(ids[0], ids[1]);
    },
  );

  rule(
    "A request without a signature is a MissingAuthenticationTokenException, one with half of it an IncompleteSignatureException",
    api("CommonErrors"),
    async () => {
      assert.deepEqual(await errorOf("ListKeys", "{}", { authorization: undefined }), {
        status: 400,
        __type: "MissingAuthenticationTokenException",
        message: "Missing Authentication Token",
      });
      for (const authorization of [
        "Bearer x",
        "AWS4-HMAC-SHA256 Credential=a/b",
        SIGNED.replace("/aws4_request", ""),
      ]) {
        assert.equal(
          (await errorOf("ListKeys", "{}", { authorization })).__type,
          "IncompleteSignatureException",
        );
      }
    },
  );

  rule(
    "A signature scoped to another service or to no Region is an InvalidSignatureException",
    iamGuide("reference_sigv-troubleshooting"),
    async () => {
      for (const authorization of [SIGNED.replace("/kms/", "/s3/"), SIGNED.replace("us-east-1", "moon")]) {
        assert.equal(
          (await errorOf("ListKeys", "{}", { authorization })).__type,
          "InvalidSignatureException",
        );
      }
    },
  );

  it("refuses unknown operations as unknown and those that are not built by name", async () => {
    assert.equal((await errorOf("MakeCoffee", "{}")).__type, "UnknownOperationException");
    assert.equal((await errorOf("constructor", "{}")).__type, "UnknownOperationException");
    assert.equal(
      (await errorOf("", "{}", { "x-amz-target": undefined })).__type,
      "UnknownOperationException",
    );
    assert.equal(
      (await errorOf("", "{}", { "x-amz-target": "DynamoDB.ListKeys" })).__type,
      "UnknownOperationException",
    );
    const notBuilt = await errorOf("ConnectCustomKeyStore", "{}");
    assert.equal(notBuilt.__type, "UnsupportedOperationException");
    assert.match(notBuilt.message, /ConnectCustomKeyStore/);
  });

  rule(
    "A body that is no JSON object, or a member of a wrong JSON type, is a SerializationException",
    SMITHY,
    async () => {
      for (const [operation, body] of [
        ["ListKeys", "{"],
        ["ListKeys", "[]"],
        ["ListKeys", "null"],
        ["ListKeys", '{"Limit": "5"}'],
        ["ListKeys", '{"Limit": 1.5}'],
        ["DescribeKey", '{"KeyId": 5}'],
        ["CreateKey", '{"MultiRegion": "true"}'],
        ["CreateKey", '{"Tags": {}}'],
        ["CreateKey", '{"Tags": ["a"]}'],
        ["Encrypt", '{"KeyId": "a", "Plaintext": "not base64!"}'],
        ["Encrypt", '{"KeyId": "a", "Plaintext": "YQ==", "EncryptionContext": {"a": 1}}'],
        [
          "ImportKeyMaterial",
          '{"KeyId": "a", "ImportToken": "YQ==", "EncryptedKeyMaterial": "YQ==", "ValidTo": "soon"}',
        ],
      ] as const) {
        assert.equal(
          (await errorOf(operation, body)).__type,
          "SerializationException",
          `${operation} ${body}`,
        );
      }
    },
  );

  rule(
    "Broken constraints are one ValidationException that lists them all, in AWS's words",
    api("CommonErrors"),
    async () => {
      const detected = (rest: string) => `1 validation error detected: Value ${rest}`;
      const failed = "failed to satisfy constraint:";
      for (const [operation, body, message] of [
        ["DescribeKey", "{}", detected(`null at 'keyId' ${failed} Member must not be null`)],
        [
          "DescribeKey",
          '{"KeyId": ""}',
          detected(`'' at 'keyId' ${failed} Member must have length greater than or equal to 1`),
        ],
        [
          "ListKeys",
          '{"Limit": 0}',
          detected(`'0' at 'limit' ${failed} Member must have value greater than or equal to 1`),
        ],
        [
          "ListKeys",
          '{"Limit": 1001}',
          detected(`'1001' at 'limit' ${failed} Member must have value less than or equal to 1000`),
        ],
        [
          "CreateKey",
          '{"Origin": "MINE"}',
          detected(
            `'MINE' at 'origin' ${failed} Member must satisfy enum value set: [AWS_KMS, EXTERNAL, AWS_CLOUDHSM, EXTERNAL_KEY_STORE]`,
          ),
        ],
        [
          "DeleteAlias",
          '{"AliasName": "alias/a b"}',
          detected(
            `'alias/a b' at 'aliasName' ${failed} Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$`,
          ),
        ],
        [
          "CreateKey",
          '{"Tags": [{"TagKey": "a", "TagValue": ""}, {"TagKey": "", "TagValue": ""}]}',
          detected(
            `'' at 'tags.2.member.tagKey' ${failed} Member must have length greater than or equal to 1`,
          ),
        ],
        [
          "UntagResource",
          '{"KeyId": "a", "TagKeys": ["a", ""]}',
          detected(
            `'[a, ]' at 'tagKeys' ${failed} Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]`,
          ),
        ],
        [
          "ListKeys",
          '{"ResourceOwners": ["SELF", "MINE"]}',
          detected(
            `'[SELF, MINE]' at 'resourceOwners' ${failed} Member must satisfy constraint: [Member must satisfy enum value set: [SELF, OTHER_ACCOUNTS_VIA_RAM]]`,
          ),
        ],
        [
          "ListKeys",
          '{"ResourceOwners": []}',
          detected(`'[]' at 'resourceOwners' ${failed} Member must have length greater than or equal to 1`),
        ],
      ] as const) {
        assert.deepEqual(await errorOf(operation, body), {
          status: 400,
          __type: "ValidationException",
          message,
        });
      }
      const two = await errorOf("CreateAlias", "{}");
      assert.match(
        two.message,
        /^2 validation errors detected: Value null at 'aliasName' .*; Value null at 'targetKeyId' /,
      );
    },
  );

  it("does not show plaintext in a refusal", async () => {
    const secret = "c2VjcmV0".repeat(700);
    const answer = await errorOf("Encrypt", JSON.stringify({ KeyId: "a", Plaintext: secret }));
    assert.equal(answer.__type, "ValidationException");
    assert.match(answer.message, /'plaintext' failed .* less than or equal to 4096$/);
    assert.ok(!answer.message.includes("c2VjcmV0") && !answer.message.includes("secret"));
  });

  rule("Members that the operation does not have are ignored", SMITHY, async () => {
    assert.equal((await post("ListKeys", '{"Newest": 1}')).status, 200);
  });

  it("answers 413 above 1 MB, 404 to anything but POST, and lives on", async () => {
    const large = await errorOf("CreateKey", `{"Description": "${"a".repeat(1024 * 1024)}"}`);
    assert.equal(large.status, 413);
    assert.equal((await fetch(kms.url)).status, 404);
    assert.equal((await post("ListKeys", "{}")).status, 200);
  });

  it("takes a body in chunks, and one that is compressed for what it is: no JSON", async () => {
    const chunked = await new Promise<number>((resolve, reject) => {
      const headers = { authorization: SIGNED, "x-amz-target": "TrentService.ListKeys" };
      const request = httpRequest(kms.url, { method: "POST", headers }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      request.on("error", reject);
      request.write('{"Lim');
      request.end('it": 1}');
    });
    assert.equal(chunked, 200);
    const zipped = await errorOf("ListKeys", gzipSync("{}").toString("latin1"), {
      "content-encoding": "gzip",
    });
    assert.equal(zipped.__type, "SerializationException");
  });

  it("survives a caller that goes away in the middle of a request", async () => {
    await new Promise<void>((resolve) => {
      const half = httpRequest(kms.url, { method: "POST", headers: { "content-length": 1000 } });
      half.on("error", () => resolve());
      half.write("{");
      setTimeout(() => half.destroy(), 20);
    });
    assert.equal((await post("ListKeys", "{}")).status, 200);
  });

  it("tells STS clients the account, and counts that apart from KMS", async () => {
    const credentials = { accessKeyId: ACCOUNT, secretAccessKey: "any" };
    const sts = new STSClient({ region: "eu-west-1", endpoint: kms.url, credentials, maxAttempts: 1 });
    const { Account, Arn, UserId } = await sts.send(new GetCallerIdentityCommand({}));
    assert.deepEqual(
      { Account, Arn, UserId },
      { Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:root`, UserId: ACCOUNT },
    );
    sts.destroy();
    assert.deepEqual(kms.counts(), { "sts:GetCallerIdentity": 1 });
  });

  it("answers STS errors as XML", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded", "x-amz-target": undefined };
    const unsigned = await post("", "Action=GetCallerIdentity", { ...headers, authorization: undefined });
    assert.equal(unsigned.status, 403);
    assert.match(unsigned.text, /<Code>MissingAuthenticationToken<\/Code>/);
    const authorization = SIGNED.replace("/kms/", "/sts/");
    assert.match(
      (await post("", "Action=<b>", { ...headers, authorization })).text,
      /<Code>InvalidAction<.*&#60;b&#62;/,
    );
  });

  it("counts requests by operation, refused ones too, until told to begin again", async () => {
    await createKey(kms.client());
    await kms.client().send(new ListKeysCommand({}));
    await refusal(kms.client().send(new ListKeysCommand({ Marker: "x" })));
    assert.deepEqual(kms.counts(), { CreateKey: 1, ListKeys: 2 });
    kms.resetCounts();
    assert.deepEqual(kms.counts(), {});
  });

  it("logs who asked for what, where and with which outcome, and nothing of the body but the key", async () => {
    await refusal(createKey(kms.client("eu-west-1"), { Description: "private", KeySpec: "SM2" }));
    await post("Encrypt", JSON.stringify({ KeyId: "alias/no\nsuch", Plaintext: "c2VjcmV0" }));
    const lines = log.map(formatLogEntry);
    assert.match(
      lines[0]!,
      /^\d{4}-\d\d-\d\dT\S+Z 111122223333 eu-west-1 CreateKey - UnsupportedOperationException [0-9a-f-]{36} -$/,
    );
    assert.match(
      lines[1]!,
      /^\S+Z 111122223333 us-east-1 Encrypt alias\/no\?such NotFoundException [0-9a-f-]{36} -$/,
    );
    assert.ok(!JSON.stringify(log).includes("private") && !JSON.stringify(log).includes("c2VjcmV0"));
  });
});
