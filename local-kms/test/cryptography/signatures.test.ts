import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { ListKeysCommand } from "@aws-sdk/client-kms";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { allow, policy, user } from "../access/principals.js";
import { iamGuide, rule } from "../rule.js";
import { clientFor, refusal, start, type TestKms } from "../support.js";

const signing = iamGuide("reference_sigv-create-signed-request");
const troubleshooting = iamGuide("reference_sigv-troubleshooting");
const MINUTE = 60_000;

const LONG = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const TEMPORARY = { accessKeyId: "ASIAIOSFODNN7EXAMPLE", secretAccessKey: "secret", sessionToken: "token" };
const ENDED = { ...TEMPORARY, accessKeyId: "ASIAENDED" };

const WRONG =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
const INVALID_TOKEN = "The security token included in the request is invalid.";

/** `20261124T215246Z` */
const basic = (time: number) => `${new Date(time).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** Signature Version 4 by AWS's description of it, and by no library. */
function sign(headers: Record<string, string>, body: string, secret: string, date: string): string {
  const names = Object.keys(headers).sort();
  const canonical = [
    "POST",
    "/",
    "",
    ...names.map((name) => `${name}:${headers[name]!.trim().replace(/ +/g, " ")}`),
    "",
    names.join(";"),
    sha256(body),
  ].join("\n");
  const scope = `${date.slice(0, 8)}/us-east-1/kms/aws4_request`;
  const key = ["us-east-1", "kms", "aws4_request"].reduce<Buffer>(
    hmac,
    hmac(`AWS4${secret}`, date.slice(0, 8)),
  );
  return hmac(key, ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n")).toString("hex");
}

describe("local KMS: signatures", () => {
  let kms: TestKms;
  before(async () => {
    const ended = { ...ENDED, expiration: new Date(Date.now() - MINUTE).toISOString() };
    const accessKeys = [LONG, TEMPORARY, ended];
    const policies = [policy(allow("kms:*"))];
    kms = await start({ config: { iam: { principals: [{ arn: user("ci"), accessKeys, policies }] } } });
  });
  after(() => kms.close());

  interface Changes {
    /** When it says that it was signed. */
    at?: number;
    body?: string;
    /** Sent, and not as it was signed. */
    changed?: { headers?: Record<string, string>; body?: string };
    /** Headers that are not signed. */
    unsigned?: string[];
    scopeDate?: string;
  }

  /** A request signed by hand. */
  async function send({ at = Date.now(), body = "{}", changed = {}, unsigned = [], scopeDate }: Changes) {
    const date = basic(at);
    const headers: Record<string, string> = {
      host: `127.0.0.1:${kms.port}`,
      "content-type": "application/x-amz-json-1.1",
      "x-amz-date": date,
      "x-amz-target": "TrentService.ListKeys",
      "x-spaces": "a   b",
    };
    const signed = Object.fromEntries(Object.entries(headers).filter(([name]) => !unsigned.includes(name)));
    const authorization =
      `AWS4-HMAC-SHA256 Credential=${LONG.accessKeyId}/${scopeDate ?? date.slice(0, 8)}/us-east-1/kms/aws4_request, ` +
      `SignedHeaders=${Object.keys(signed).sort().join(";")}, Signature=${sign(signed, body, LONG.secretAccessKey, date)}`;
    const sent: Record<string, string> = { ...headers, ...changed.headers, authorization };
    delete sent.host;
    const response = await fetch(kms.url, { method: "POST", headers: sent, body: changed.body ?? body });
    const { __type: name, message } = (await response.json()) as Record<string, string>;
    return { status: response.status, name, message };
  }
  const isWrong = async (changes: Changes, message = WRONG) =>
    assert.deepEqual(await send(changes), { status: 400, name: "InvalidSignatureException", message });

  rule(
    "A request is accepted when its Signature Version 4 is made with the access key's secret",
    signing,
    async () => {
      assert.equal((await send({})).status, 200);
    },
  );

  rule("A signature covers the signed headers, the body and the secret", troubleshooting, async () => {
    await isWrong({ changed: { body: '{"Limit":1}' } });
    await isWrong({ changed: { headers: { "x-amz-target": "TrentService.ListAliases" } } });
    assert.equal(
      (await send({ unsigned: ["x-spaces"], changed: { headers: { "x-spaces": "other" } } })).status,
      200,
    );
    const client = clientFor(kms.url, "us-east-1", LONG.accessKeyId, "not the secret");
    assert.deepEqual(await refusal(client.send(new ListKeysCommand({}))), {
      name: "InvalidSignatureException",
      message: WRONG,
      status: 400,
    });
    client.destroy();
  });

  rule("The host header must be signed", signing, async () => {
    await isWrong(
      { unsigned: ["host"] },
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  });

  rule("A signature is valid for 5 minutes before and after", troubleshooting, async () => {
    assert.equal((await send({ at: Date.now() - 4.8 * MINUTE })).status, 200);
    assert.equal((await send({ at: Date.now() + 4.8 * MINUTE })).status, 200);
    const old = await send({ at: Date.now() - 6 * MINUTE });
    assert.equal(old.name, "InvalidSignatureException");
    assert.match(
      old.message!,
      /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/,
    );
    const early = await send({ at: Date.now() + 6 * MINUTE });
    assert.match(
      early.message!,
      /^Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 5 min\.\)$/,
    );
  });

  rule("The date of the credential scope is that of the request", troubleshooting, async () => {
    const date = basic(Date.now());
    await isWrong(
      { scopeDate: "20200101" },
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20200101' != '${date.slice(0, 8)}', from '${date}'.`,
    );
  });

  rule(
    "An access key that does not exist, and a session token that is missing, wrong or of another, are an UnrecognizedClientException",
    troubleshooting,
    async () => {
      const { accessKeyId, secretAccessKey, sessionToken } = TEMPORARY;
      for (const credentials of [
        { accessKeyId: "AKIANOBODY", secretAccessKey },
        { accessKeyId, secretAccessKey },
        { accessKeyId, secretAccessKey, sessionToken: "other" },
        { ...LONG, sessionToken },
      ]) {
        assert.deepEqual(await refusedAs(credentials), {
          name: "UnrecognizedClientException",
          message: INVALID_TOKEN,
          status: 400,
        });
      }
      const client = clientFor(kms.url, "us-east-1", accessKeyId, secretAccessKey, sessionToken);
      await client.send(new ListKeysCommand({}));
      client.destroy();
    },
  );

  rule("Temporary credentials that ended are an ExpiredTokenException", troubleshooting, async () => {
    assert.deepEqual(await refusedAs(ENDED), {
      name: "ExpiredTokenException",
      message: "The security token included in the request is expired",
      status: 400,
    });
  });

  async function refusedAs(given: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) {
    const client = clientFor(
      kms.url,
      "us-east-1",
      given.accessKeyId,
      given.secretAccessKey,
      given.sessionToken,
    );
    return refusal(client.send(new ListKeysCommand({}))).finally(() => client.destroy());
  }

  rule(
    "STS names these errors InvalidClientTokenId, SignatureDoesNotMatch and ExpiredToken",
    "https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html",
    async () => {
      for (const [credentials, name] of [
        [{ ...LONG, accessKeyId: "AKIANOBODY" }, "InvalidClientTokenId"],
        [{ ...LONG, secretAccessKey: "wrong" }, "SignatureDoesNotMatch"],
        [ENDED, "ExpiredToken"],
      ] as const) {
        const sts = new STSClient({ region: "us-east-1", endpoint: kms.url, credentials, maxAttempts: 1 });
        const answer = await refusal(sts.send(new GetCallerIdentityCommand({}))).finally(() => sts.destroy());
        assert.deepEqual([answer.name.replace("Exception", ""), answer.status], [name, 403]);
      }
    },
  );

  it("judges signatures by the machine's clock, not by the KMS's", async () => {
    kms.waitDays(400);
    assert.equal((await send({})).status, 200);
  });
});
