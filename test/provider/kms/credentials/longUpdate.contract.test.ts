import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sinon from "sinon";
import type { LocalKms } from "../../../../local-kms/src/index";
import { findCredentials } from "../../../../provider/kms/credentials/credentials";
import type { KmsConnection } from "../../../../provider/kms/endpoints/connection";
import { startLocalKms } from "../../../world/localKms";
import { Program } from "../../../world/program";
import { setEnvironment, stsAnswer } from "../loopback";
import { type CredentialEndpoints, credentialEndpoints, PATHS } from "./credentialEndpoints";
import { ssoLogin, ssoProfile, ssoSession } from "./ssoLogin";

const ROLE = "arn:aws:iam::111122223333:role/keymgmt";
const MINUTE = 60_000;

describe("credentials of 15 minutes", () => {
  let folder: string;
  let endpoints: CredentialEndpoints;
  let clock: sinon.SinonFakeTimers;
  let restore: () => void;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "keymgmt-long-"));
    writeFileSync(join(folder, "token"), "the-web-identity-token");
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    endpoints = await credentialEndpoints();
    endpoints.lastingMs = 15 * MINUTE;
    restore = setEnvironment({
      HOME: folder,
      AWS_ENDPOINT_URL_STS: endpoints.url,
      AWS_ENDPOINT_URL_SSO: endpoints.url,
      AWS_ENDPOINT_URL_SSO_OIDC: endpoints.url,
    });
    clock = sinon.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
  });
  afterEach(async () => {
    clock.restore();
    restore();
    await endpoints.close();
  });

  const configured = (text: string) => {
    process.env.AWS_CONFIG_FILE = join(folder, "config");
    writeFileSync(process.env.AWS_CONFIG_FILE, text);
    return {};
  };
  const credentials = { accessKey: "A", secretKey: "s" };
  const sources: Record<string, () => Partial<KmsConnection>> = {
    assumeRole: () => ({ credentials, assumeRole: { roleArn: ROLE } }),
    webIdentity: () => ({ webIdentity: { roleArn: ROLE, tokenFile: join(folder, "token") } }),
    "webIdentity by GitHub Actions": () => {
      process.env.ACTIONS_ID_TOKEN_REQUEST_URL = `${endpoints.url}${PATHS.actions}?api-version=2.0`;
      process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = "job-token";
      return { webIdentity: { roleArn: ROLE } };
    },
    container: () => {
      process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `${endpoints.url}${PATHS.plain}`;
      return {};
    },
    instance: () => {
      delete process.env.AWS_EC2_METADATA_DISABLED;
      process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = endpoints.url;
      return {};
    },
    credential_process: () => {
      const program = join(folder, "keys.mjs");
      writeFileSync(
        program,
        `const { accessKeyId, expiration } = await (await fetch("${endpoints.url}${PATHS.plain}")).json().then((got) => ({ accessKeyId: got.AccessKeyId, expiration: got.Expiration }));
         console.log(JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: "s", Expiration: expiration }));`,
      );
      return configured(`[default]\ncredential_process = "${process.execPath}" ${program}\n`);
    },
    "an SSO session whose own token ends": () => {
      ssoLogin(folder, "long", endpoints.ssoToken, 15 * MINUTE);
      return configured(`${ssoSession("long")}[default]\n${ssoProfile("long")}`);
    },
  };
  for (const [name, on] of Object.entries(sources)) {
    it(`of ${name} are never used past their end in an update of an hour`, async () => {
      const connection = { keyCollection: "us-west-1", ...on() };
      const { provider } = await findCredentials(connection, { connectMs: 5_000, requestMs: 5_000 });
      const ends = new Set<number>();
      for (let minute = 0; minute <= 60; minute++) {
        const { expiration } = await provider();
        assert.ok(expiration && expiration.getTime() - Date.now() > 5 * MINUTE, `minute ${minute}`);
        ends.add(expiration.getTime());
        clock.tick(MINUTE);
      }
      assert.equal(ends.size, 7, "asked for every ten minutes, and no more often");
    });
  }

  it("carry a whole update over an hour, at a KMS that refuses expired ones", async () => {
    const began = Date.now();
    const STEP = 4 * MINUTE;
    // A session for every step; each lasts 15 minutes.
    const sessions = Array.from({ length: 60 }, (_, n) => ({
      accessKeyId: `SESSION${n}`,
      secretAccessKey: "s",
      sessionToken: "t",
      expiration: new Date(began + n * STEP + 15 * MINUTE).toISOString(),
    }));
    const allowed = { Effect: "Allow", Action: "kms:*", Resource: "*" };
    const slr = { ...allowed, Action: "iam:CreateServiceLinkedRole" };
    const policies = [{ Version: "2012-10-17", Statement: [allowed, slr] }];
    const used = new Set<string>();
    // Node keeps the Date header for a second of real time; from a stale one the AWS SDK takes its own clock for wrong.
    Object.defineProperty(ServerResponse.prototype, "sendDate", {
      configurable: true,
      get: () => false,
      set: () => {},
    });
    let local: LocalKms | undefined;
    try {
      local = await startLocalKms({
        config: {
          replicaCreatingMillis: 0,
          iam: { principals: [{ arn: ROLE, policies, accessKeys: sessions }] },
          intercept: () => {
            clock.tick(STEP);
            return undefined;
          },
        },
      });
      Object.defineProperty(endpoints.instead, "AssumeRole", {
        configurable: true,
        enumerable: true,
        get: () => {
          const session = sessions[Math.floor((Date.now() - began) / STEP)]!;
          used.add(session.accessKeyId);
          const { accessKeyId, secretAccessKey, sessionToken, expiration } = session;
          return stsAnswer(
            "AssumeRole",
            `<Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${sessionToken}</SessionToken><Expiration>${expiration}</Expiration></Credentials>`,
          );
        },
      });
      const program = new Program(local);
      const replicas = ["eu-west-1", "us-east-1", "eu-central-1"];
      const kms = { assumeRole: { roleArn: ROLE } };
      await program.up({ kms, key: { replicaRegions: replicas }, replicas });
      assert.ok(Date.now() - began > 60 * MINUTE, `${(Date.now() - began) / MINUTE} minutes`);
      assert.ok(used.size >= 4, `${used.size} sessions`);
    } finally {
      Reflect.deleteProperty(ServerResponse.prototype, "sendDate");
      await local?.close();
    }
  });
});
