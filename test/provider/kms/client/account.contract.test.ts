import assert from "node:assert/strict";
import { inspect } from "node:util";
import { isKeymgmtError, type KeymgmtError, type KeymgmtErrorCode } from "../../../../provider/errors";
import { identify } from "../../../../provider/kms/client/account";
import { type KmsConnection, KmsConnections } from "../../../../provider/kms/client/client";
import {
  type Answer,
  kmsError,
  type Loopback,
  loopback,
  setEnvironment,
  stsAnswer,
  stsError,
} from "../loopback";

describe("the account of a connection", () => {
  let restore: () => void;
  let server: Loopback;
  let answers: Partial<Record<string, Answer>>;

  const caller = stsAnswer(
    "GetCallerIdentity",
    "<Arn>arn:aws:iam::111122223333:user/ci</Arn><UserId>A</UserId><Account>111122223333</Account>",
  );
  const alias: Answer = {
    body: { Aliases: [{ AliasArn: "arn:aws:kms:us-west-1:444455556666:alias/aws/ebs" }], Truncated: true },
  };

  beforeEach(async () => {
    restore = setEnvironment({});
    answers = { GetCallerIdentity: caller, ListAliases: alias };
    server = await loopback(({ operation }) => answers[operation] ?? { status: 404, body: "" });
  });
  afterEach(async () => {
    restore();
    await server.close();
  });

  const connections = () =>
    new KmsConnections({ retry: { firstPauseMs: 1 }, time: { connectMs: 200, requestMs: 200 } });
  const connection = (): KmsConnection => ({
    keyCollection: "us-west-1",
    endpoint: server.url,
    credentials: { accessKey: "A", secretKey: "SECRET" },
  });
  async function fails(code: KeymgmtErrorCode): Promise<KeymgmtError> {
    const error = await identify(connection(), connections()).then(
      (identity) => assert.fail(`expected ${code}, got ${inspect(identity)}`),
      (thrown: unknown) => thrown,
    );
    assert.ok(isKeymgmtError(error), inspect(error));
    assert.equal(error.code, code, error.message);
    return error;
  }
  const operations = () => [...new Set(server.seen.map(({ operation }) => operation))];

  it("is what STS says", async () => {
    assert.deepEqual(await identify(connection(), connections()), {
      accountId: "111122223333",
      arn: "arn:aws:iam::111122223333:user/ci",
      credentialSource: "credentials",
    });
    assert.deepEqual(operations(), ["GetCallerIdentity"]);
  });

  const noSts: [string, Answer][] = [
    ["answers nothing", "hang"],
    ["breaks connections", "reset"],
    ["is a KMS that knows no such call", kmsError("UnknownOperationException")],
    [
      "is a KMS that is asked with a signature for STS",
      kmsError("InvalidSignatureException", "Credential should be scoped to correct service: 'kms'."),
    ],
    ["is an emulator without STS", { status: 501, body: "not implemented" }],
    ["denies the call", stsError("AccessDenied", "explicit deny in a VPC endpoint policy")],
    ["names no account", stsAnswer("GetCallerIdentity", "<Account>none</Account>")],
  ];
  for (const [name, answer] of noSts) {
    it(`is read from an alias where STS ${name}`, async () => {
      answers.GetCallerIdentity = answer;
      assert.deepEqual(await identify(connection(), connections()), {
        accountId: "444455556666",
        credentialSource: "credentials",
      });
      const asked = server.seen.find(({ operation }) => operation === "ListAliases");
      assert.deepEqual(JSON.parse(asked!.body), { Limit: 1 });
    });
  }

  it("is read from an alias where STS cannot be reached", async () => {
    process.env.AWS_ENDPOINT_URL_STS = "http://127.0.0.1:1";
    assert.equal((await identify(connection(), connections())).accountId, "444455556666");
  });

  it("is what the credentials' source says where nothing else does", async () => {
    answers.GetCallerIdentity = { status: 501, body: "" };
    answers.ListAliases = { body: { Aliases: [] } };
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: "A",
      AWS_SECRET_ACCESS_KEY: "s",
      AWS_ACCOUNT_ID: "777788889999",
    });
    const fromEnvironment = { keyCollection: "us-west-1", endpoint: server.url };
    assert.deepEqual(await identify(fromEnvironment, connections()), {
      accountId: "777788889999",
      credentialSource: "environment",
    });
  });

  it("that nothing shows: the error says what to set", async () => {
    answers.GetCallerIdentity = { status: 501, body: "" };
    answers.ListAliases = { body: { Aliases: [] } };
    const error = await fails("EndpointUnreachable");
    assert.match(error.message, /AWS_ENDPOINT_URL_STS/);
  });

  for (const name of ["InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken"]) {
    it(`is not guessed where the credentials are wrong (${name})`, async () => {
      answers.GetCallerIdentity = stsError(name, `said of ${name}`);
      const error = await fails("InvalidCredentials");
      assert.deepEqual(operations(), ["GetCallerIdentity"]);
      assert.match(error.message, new RegExp(`said of ${name}.*came from: credentials`));
      assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes("SECRET"));
    });
  }

  it("is not guessed either where only KMS can say that the credentials are wrong", async () => {
    answers.GetCallerIdentity = { status: 501, body: "" };
    answers.ListAliases = kmsError(
      "UnrecognizedClientException",
      "The security token included in the request is invalid.",
    );
    await fails("InvalidCredentials");
  });

  it("is not looked for without credentials", async () => {
    const none = { keyCollection: "us-west-1", endpoint: server.url };
    await assert.rejects(identify(none, connections()), (error) =>
      isKeymgmtError(error, "MissingCredentials"),
    );
    assert.equal(server.seen.length, 0);
  });
});
