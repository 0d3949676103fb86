import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { inspect } from "node:util";
import { isKeymgmtError, type KeymgmtError, type KeymgmtErrorCode } from "../../../../provider/errors";
import { type Kms, type KmsConnection, KmsConnections } from "../../../../provider/kms/client/client";
import { Limiter } from "../../../../provider/kms/client/limiter";
import { DEFAULT_RETRY_LIMITS } from "../../../../provider/kms/client/retry";
import { DEFAULT_TIME_LIMITS } from "../../../../provider/kms/endpoints/http";
import { type Answer, kmsError, type Loopback, loopback, type Seen, setEnvironment } from "../loopback";

const SECRET = "wJalrXUtnFEMI-SECRET-KEY";
const TOKEN = "FQoGZXIvYXdz-SESSION-TOKEN";
const OK: Answer = { body: { KeyMetadata: { KeyId: "k-1", Arn: "arn" } } };

describe("KMS calls", () => {
  let server: Loopback | undefined;
  let restore: () => void;

  beforeEach(() => {
    restore = setEnvironment({});
  });
  afterEach(async () => {
    restore();
    await server?.close();
    server = undefined;
  });

  const connectionTo = (endpoint: string): KmsConnection => ({
    keyCollection: "us-west-1",
    credentials: { accessKey: "AKIAEXAMPLE", secretKey: SECRET, sessionToken: TOKEN },
    endpoint,
  });
  const connections = (throttledMs = 60_000) =>
    new KmsConnections({
      limiter: new Limiter({ random: () => 0.01, log: () => {} }),
      retry: { firstPauseMs: 1, throttledMs },
      time: { connectMs: 200, requestMs: 200 },
    });
  /** KMS at a server that gives these answers, the last one from then on. */
  async function kmsThat(...answers: Answer[]): Promise<Kms> {
    server = await loopback((_, index) => answers[Math.min(index, answers.length - 1)]!);
    return connections().open(connectionTo(server.url));
  }
  async function fails(work: Promise<unknown>, code: KeymgmtErrorCode): Promise<KeymgmtError> {
    const error = await work.then(
      () => assert.fail(`expected ${code}, but the call succeeded`),
      (thrown: unknown) => thrown,
    );
    assert.ok(isKeymgmtError(error), inspect(error));
    assert.equal(error.code, code, error.message);
    return error;
  }
  const operations = () => server!.seen.map(({ operation }) => operation);

  describe("sending", () => {
    it("signs for the Region with the given credentials and returns AWS's answer", async () => {
      const kms = await kmsThat(OK);
      const { KeyMetadata } = await kms.call("CreateKey", { Origin: "EXTERNAL" });
      assert.equal(KeyMetadata?.KeyId, "k-1");
      const [seen] = server!.seen as [Seen];
      assert.deepEqual(
        [seen.operation, seen.region, seen.accessKey],
        ["CreateKey", "us-west-1", "AKIAEXAMPLE"],
      );
      assert.equal(seen.headers["x-amz-security-token"], TOKEN);
      assert.deepEqual(JSON.parse(seen.body), { Origin: "EXTERNAL" });
    });

    it("goes to another Region where one is named, and puts it into the endpoint", async () => {
      server = await loopback(() => OK);
      const kms = connections().open(connectionTo(`${server.url}/{region}`), "eu-west-1");
      await kms.call("DescribeKey", { KeyId: "k" });
      assert.equal(kms.region, "eu-west-1");
      assert.equal(server.seen[0]!.region, "eu-west-1");
      assert.match(server.seen[0]!.path, /^\/eu-west-1/);
    });

    it("shares clients between equal connections only", () => {
      const connection = connectionTo("http://127.0.0.1:1");
      const { accessKey, secretKey, sessionToken } = connection.credentials!;
      const same = { ...connection, credentials: { sessionToken, secretKey, accessKey } };
      const connections = new KmsConnections();
      const openKms = (...args: Parameters<KmsConnections["open"]>) => connections.open(...args);
      assert.equal(openKms(connection), openKms(same));
      assert.equal(openKms(connection), openKms(connection, "us-west-1"));
      assert.notEqual(openKms(connection), openKms(connection, "us-east-1"));
      assert.notEqual(
        openKms(connection),
        openKms({ ...connection, credentials: { ...connection.credentials!, secretKey: "other" } }),
      );
    });

    it("looks for credentials again after a search that found none", async () => {
      server = await loopback(() => OK);
      const withoutOwn = connections().open({ keyCollection: "us-west-1", endpoint: server.url });
      await fails(withoutOwn.call("DescribeKey", { KeyId: "k" }), "MissingCredentials");
      Object.assign(process.env, { AWS_ACCESS_KEY_ID: "AKIALATER", AWS_SECRET_ACCESS_KEY: "x" });
      await withoutOwn.call("DescribeKey", { KeyId: "k" });
      assert.equal(server.seen[0]!.accessKey, "AKIALATER");
    });

    it("opens no Region that the program leaves out, nor any where that is the primary one; the others' clients stay", () => {
      const connection = connectionTo("http://127.0.0.1:1");
      const connections = new KmsConnections();
      const leaving = (...unreachableRegions: string[]) => ({ ...connection, unreachableRegions });
      assert.equal(connections.open(connection), connections.open(leaving("eu-west-1")));
      assert.throws(() => connections.open(leaving("eu-west-1"), "eu-west-1"), {
        code: "EndpointUnreachable",
        message:
          /Expected no call to AWS KMS in eu-west-1: `unreachableRegions` of the KmsProvider names eu-west-1/,
      });
      for (const region of ["us-west-1", "eu-west-1"])
        assert.throws(() => connections.open(leaving("us-west-1"), region), /names us-west-1/);
    });

    it("loads no AWS SDK before the first call", () => {
      const script = `
        const { Run } = require("./provider/run.ts");
        new Run().openKms({ keyCollection: "us-east-1", credentials: { accessKey: "a", secretKey: "b" } });
        console.log(Object.keys(require.cache).filter((file) => file.includes("@aws-sdk")).length);`;
      const out = execFileSync(process.execPath, ["--require", "tsx/cjs", "-e", script], {
        encoding: "utf8",
      });
      assert.equal(out.trim(), "0");
    });

    it("sends calls that must not be repeated over a connection of their own each", async () => {
      const kms = await kmsThat(OK);
      for (const _ of [1, 2]) await kms.call("CreateKey", {});
      for (const _ of [1, 2]) await kms.call("DescribeKey", { KeyId: "k" });
      const [first, second, third, fourth] = server!.seen.map(({ socket }) => socket);
      assert.notEqual(first, second);
      assert.equal(third, fourth);
    });
  });

  describe("lost answers", () => {
    const lost: [string, Answer][] = [
      ["a broken connection", "reset"],
      ["no answer at all", "hang"],
      ["an answer that stops", "half"],
      ["an answer that drips", "drip"],
      ["an answer that cannot be read", { body: "<html>" }],
      ["KMSInternalException", kmsError("KMSInternalException", "try again", 500)],
      ["DependencyTimeoutException with status 400", kmsError("DependencyTimeoutException")],
      ["a gateway's 504", { status: 504, body: "<html>" }],
    ];
    for (const [name, answer] of lost) {
      it(`${name}: CreateKey is not sent again, and its outcome is unknown`, async () => {
        const kms = await kmsThat(answer, OK);
        const error = await fails(kms.call("CreateKey", {}, { key: "orders", version: 2 }), "OutcomeUnknown");
        assert.deepEqual(operations(), ["CreateKey"]);
        assert.match(
          error.message,
          /kms:CreateKey in us-west-1 for key "orders" version 2 .*The outcome is unknown/,
        );
        assert.equal(error.context.key, "orders");
        assert.equal(error.context.version, 2);
      });

      it(`${name}: a read is sent again`, async () => {
        const kms = await kmsThat(answer, answer, OK);
        await kms.call("DescribeKey", { KeyId: "k" });
        assert.equal(server!.seen.length, 3);
      });
    }

    it("ReplicateKey is not sent again either", async () => {
      const kms = await kmsThat("reset", OK);
      await fails(kms.call("ReplicateKey", { KeyId: "mrk-1", ReplicaRegion: "eu-west-1" }), "OutcomeUnknown");
      assert.deepEqual(operations(), ["ReplicateKey"]);
    });

    it("an import is sent again with the token and ciphertext it had", async () => {
      const kms = await kmsThat("reset", { body: {} });
      await kms.call("ImportKeyMaterial", {
        KeyId: "k",
        ImportToken: Buffer.from("token"),
        EncryptedKeyMaterial: Buffer.from("ciphertext"),
        ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
      });
      assert.equal(server!.seen.length, 2);
      assert.equal(server!.seen[0]!.body, server!.seen[1]!.body);
      assert.ok(server!.seen[1]!.body.includes(Buffer.from("ciphertext").toString("base64")));
    });

    it("a repeated CreateAlias that finds the alias says that it may be its own", async () => {
      const kms = await kmsThat("reset", kmsError("AlreadyExistsException"));
      const error = await fails(
        kms.call("CreateAlias", { AliasName: "alias/a", TargetKeyId: "k" }),
        "AlreadyExists",
      );
      assert.equal(error.context.afterLostAnswer, true);
      assert.equal(error.context.keyId, "k");
      assert.match(error.message, /earlier attempt .* may have succeeded/);
    });

    it("an AlreadyExists at the first attempt does not say so", async () => {
      const kms = await kmsThat(kmsError("AlreadyExistsException"));
      const error = await fails(
        kms.call("CreateAlias", { AliasName: "alias/a", TargetKeyId: "k" }),
        "AlreadyExists",
      );
      assert.equal(error.context.afterLostAnswer, undefined);
      assert.equal(server!.seen.length, 1);
    });

    it("gives up a call that only reads sooner than one that changes something", async () => {
      server = await loopback(() => "hang");
      const kms = new KmsConnections({
        retry: { attempts: 1 },
        time: { connectMs: 500, requestMs: 1_500, readMs: 100 },
      }).open(connectionTo(server.url));
      const seconds = async (work: Promise<unknown>) => {
        const began = Date.now();
        await fails(work, "Timeout");
        return (Date.now() - began) / 1000;
      };
      assert.ok((await seconds(kms.call("DescribeKey", { KeyId: "k-1" }))) < 1.5);
      assert.ok((await seconds(kms.call("EnableKey", { KeyId: "k-1" }))) >= 1.5);
    });

    it("gives up an endpoint that never answers when its time is over, and says what to check", async () => {
      server = await loopback(() => "hang");
      const kms = new KmsConnections({
        retry: { unansweredMs: 150, firstPauseMs: 1 },
        time: { connectMs: 500, requestMs: 1_000, readMs: 100, changeMs: 200 },
      }).open(connectionTo(server.url));
      const { message } = await fails(kms.call("DescribeKey", { KeyId: "k-1" }), "Timeout");
      assert.equal(server.seen.length, 2);
      assert.ok(
        message.includes(`Check that the endpoint ${server.url} is right and can be reached from here.`),
        message,
      );
      await fails(kms.call("EnableKey", { KeyId: "k-1" }), "Timeout");
      assert.equal(server.seen.length, 3);
    });

    it("waits for no answer longer than half a minute", () => {
      const { readMs, changeMs, requestMs } = DEFAULT_TIME_LIMITS;
      const { unansweredMs } = DEFAULT_RETRY_LIMITS;
      for (const each of [readMs!, changeMs!, requestMs])
        assert.ok(Math.ceil(unansweredMs / each) * each <= 30_000, `${each}`);
    });

    it("ends after four attempts: hang, broken connection, AWS at fault", async () => {
      const endings: [Answer, KeymgmtErrorCode][] = [
        ["hang", "Timeout"],
        ["half", "Timeout"],
        ["drip", "Timeout"],
        ["reset", "EndpointUnreachable"],
        [kmsError("KMSInternalException", "try again", 500), "ServiceUnavailable"],
        [{ status: 503, body: "" }, "ServiceUnavailable"],
      ];
      for (const [answer, code] of endings) {
        const kms = await kmsThat(answer);
        const error = await fails(kms.call("DescribeKey", { KeyId: "k" }), code);
        assert.equal(server!.seen.length, 4, code);
        if (code !== "ServiceUnavailable") assert.ok(error.message.includes(server!.url), error.message);
        await server!.close();
      }
    });
  });

  describe("no connection", () => {
    /** A port on which nobody listens. */
    async function freePort(): Promise<number> {
      const probe = await loopback(() => OK);
      await probe.close();
      return probe.port;
    }

    it("names the endpoint, and says that nothing was sent, for CreateKey too", async () => {
      const url = `http://127.0.0.1:${await freePort()}`;
      const error = await fails(
        connections().open(connectionTo(url)).call("CreateKey", {}),
        "EndpointUnreachable",
      );
      assert.ok(error.message.includes(url), error.message);
      assert.match(error.message, /ECONNREFUSED.*Nothing was sent/);
      assert.equal(error.context.awsName, "ECONNREFUSED");
    });

    it("tries again, CreateKey too", async () => {
      const port = await freePort();
      const kms = new KmsConnections({ retry: { firstPauseMs: 200, random: () => 0.99 } }).open(
        connectionTo(`http://127.0.0.1:${port}`),
      );
      const call = kms.call("CreateKey", {});
      await new Promise((resolve) => setTimeout(resolve, 100));
      server = await loopback(() => OK, port);
      assert.equal((await call).KeyMetadata?.KeyId, "k-1");
    });

    it("says so of a host that has no address", async () => {
      const kms = connections().open(connectionTo("https://kms.invalid"));
      const error = await fails(kms.call("CreateKey", {}), "EndpointUnreachable");
      assert.match(error.message, /https:\/\/kms\.invalid/);
    });

    it("does not try again where the server speaks no TLS", async () => {
      server = await loopback(() => OK);
      const kms = connections().open(connectionTo(server.url.replace("http:", "https:")));
      await fails(kms.call("CreateKey", {}), "EndpointUnreachable");
      assert.equal(server.seen.length, 0);
    });
  });

  describe("throttling", () => {
    for (const [name, answer] of [
      ["ThrottlingException", kmsError("ThrottlingException", "Rate exceeded")],
      ["TooManyRequestsException", kmsError("TooManyRequestsException")],
      ["RequestLimitExceeded", kmsError("RequestLimitExceeded", "", 503)],
      ["status 429", { status: 429, body: {} }],
    ] as [string, Answer][]) {
      it(`${name}: CreateKey is sent again, as it had no effect`, async () => {
        const kms = await kmsThat(answer, answer, OK);
        assert.equal((await kms.call("CreateKey", {})).KeyMetadata?.KeyId, "k-1");
        assert.equal(server!.seen.length, 3);
      });
    }

    it("gives up when the call was held back for too long, and says which quota", async () => {
      server = await loopback(() => kmsError("ThrottlingException", "Rate exceeded"));
      const connection = { ...connectionTo(server.url), quotas: { UpdateAlias: 1000 } };
      const kms = connections(20).open(connection);
      const error = await fails(
        kms.call("UpdateAlias", { AliasName: "alias/a", TargetKeyId: "k" }),
        "Throttled",
      );
      assert.match(error.message, /quotas\.UpdateAlias/);
      assert.ok(server.seen.length >= 3 && server.seen.length <= 6, `${server.seen.length} requests`);
    });

    it("does not take an account's resource quota for throttling", async () => {
      const kms = await kmsThat(kmsError("LimitExceededException"), OK);
      await fails(kms.call("DescribeKey", { KeyId: "k" }), "LimitExceeded");
      assert.equal(server!.seen.length, 1);
    });

    it("paces calls of one account, whichever connection they come from", async () => {
      server = await loopback(() => OK);
      const all = connections();
      const one = { ...connectionTo(server.url), accountId: "111122223333" };
      const other = { ...one, credentials: { accessKey: "AKIAOTHER", secretKey: "x" } };
      const begun = Date.now();
      await Promise.all(
        [one, other].map((connection) =>
          all.open(connection).call("GetParametersForImport", {
            KeyId: "k",
            WrappingAlgorithm: "RSAES_OAEP_SHA_256",
            WrappingKeySpec: "RSA_4096",
          }),
        ),
      );
      assert.ok(Date.now() - begun >= 950, "two GetParametersForImport within a second");
    });
  });

  it("sends CreateKey again after the clock was set right by the server's", async () => {
    const late = new Date(Date.now() + 3_600_000).toUTCString();
    server = await loopback((_, index) =>
      index === 0
        ? {
            status: 400,
            body: { __type: "InvalidSignatureException", message: "Signature not yet current" },
            headers: { date: late },
          }
        : { ...OK, headers: { date: late } },
    );
    await connections().open(connectionTo(server.url)).call("CreateKey", {});
    assert.equal(server.seen.length, 2);
    assert.notEqual(server.seen[0]!.headers["x-amz-date"], server.seen[1]!.headers["x-amz-date"]);
  });

  it("does not take a lost answer for a wrong clock", async () => {
    const late = new Date(Date.now() + 3_600_000).toUTCString();
    const kms = await kmsThat(
      { ...(kmsError("KMSInternalException", "", 500) as object), headers: { date: late } },
      OK,
    );
    await fails(kms.call("CreateKey", {}), "OutcomeUnknown");
    assert.equal(server!.seen.length, 1);
  });

  it("says who may not do what, and where the credentials came from", async () => {
    const said =
      "User: arn:aws:iam::111122223333:user/ci is not authorized to perform: kms:TagResource because no identity-based policy allows the kms:TagResource action";
    const kms = await kmsThat(kmsError("AccessDeniedException", said));
    const error = await fails(kms.call("CreateKey", {}), "AccessDenied");
    assert.equal(error.context.permission, "kms:TagResource");
    assert.equal(error.context.requestId, "11111111-2222-3333-4444-555555555555");
    assert.equal(
      error.message,
      `kms:CreateKey in us-west-1 failed: AWS answered AccessDeniedException, "${said}" ` +
        "(request 11111111-2222-3333-4444-555555555555). Grant kms:TagResource to arn:aws:iam::111122223333:user/ci " +
        "(credentials from: credentials), in its IAM policy or the KMS key's policy.",
    );
  });

  it("shows neither secrets nor the request in an error, however it is printed", async () => {
    const canonical = `The Canonical String for this request should have been\n'POST\nx-amz-security-token:${TOKEN}'`;
    const kms = await kmsThat(
      kmsError("InvalidSignatureException", `The signature does not match. ${canonical}`),
      kmsError(
        "ValidationException",
        "Value 'c2VjcmV0LXRva2Vu' at 'importToken' failed to satisfy constraint",
      ),
    );
    const signature = await fails(kms.call("CreateKey", {}), "InvalidCredentials");
    assert.match(signature.message, /came from: credentials/);
    const validation = await fails(kms.call("CreateKey", {}), "InvalidInput");
    for (const error of [signature, validation]) {
      const printed = [
        error.message,
        error.stack,
        JSON.stringify(error),
        inspect(error, { depth: 20, showHidden: true }),
        inspect(error.cause, { depth: 20, showHidden: true }),
      ].join("\n");
      for (const secret of [SECRET, TOKEN, "c2VjcmV0LXRva2Vu", "$response", "httpResponse"]) {
        assert.ok(!printed.includes(secret), `${secret} in ${printed}`);
      }
    }
  });
});
