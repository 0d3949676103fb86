import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import type { KmsConnection } from "../../../provider/awskms/connection";
import { findCredentials } from "../../../provider/awskms/credentials";
import { isKeymgmtError, type KeymgmtError, type KeymgmtErrorCode } from "../../../provider/errors";
import {
  type Answer,
  type Loopback,
  loopback,
  type Seen,
  setEnvironment,
  stsCredentials,
  stsError,
} from "./loopback";

const ROLE = "arn:aws:iam::111122223333:role/keymgmt";
const time = { connectMs: 500, requestMs: 500 };

describe("credentials", () => {
  let folder: string;
  let restore: () => void;
  /** STS, the ECS credential endpoint and the EC2 metadata service in one. */
  let server: Loopback;
  let answers: Partial<Record<string, Answer>>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "keymgmt-credentials-"));
    writeFileSync(join(folder, "token"), "the-web-identity-token");
    server = await loopback(
      (request) => answers[request.operation || request.path] ?? { status: 404, body: "" },
    );
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    server.seen.length = 0;
    restore = setEnvironment({});
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    const remote = (id: string) => ({
      body: { Code: "Success", AccessKeyId: id, SecretAccessKey: "s", Token: "t", Expiration: expires },
    });
    answers = {
      AssumeRole: stsCredentials("AssumeRole", "FROM-ROLE"),
      AssumeRoleWithWebIdentity: stsCredentials("AssumeRoleWithWebIdentity", "FROM-WEB-IDENTITY"),
      "/container": remote("FROM-CONTAINER"),
      "/latest/api/token": { body: "imds-token" },
      "/latest/meta-data/iam/security-credentials/": { body: "instance-role" },
      "/latest/meta-data/iam/security-credentials/instance-role": remote("FROM-INSTANCE"),
    };
  });
  afterEach(() => restore());

  /** Every source, lowest in rank last; each can be switched on alone or with others. */
  const sources: Record<string, { key: string; source: string; on: (connection: KmsConnection) => void }> = {
    credentials: {
      key: "FROM-INPUT",
      source: "credentials",
      on: (connection) => {
        connection.credentials = { accessKey: "FROM-INPUT", secretKey: "s" };
      },
    },
    webIdentity: {
      key: "FROM-WEB-IDENTITY",
      source: "web-identity",
      on: (connection) => {
        connection.webIdentity = { roleArn: ROLE, tokenFile: join(folder, "token") };
      },
    },
    profile: {
      key: "FROM-PROFILE-INPUT",
      source: "profile ours",
      on: (connection) => {
        files("[ours]\naws_access_key_id = FROM-PROFILE-INPUT\naws_secret_access_key = s\n");
        connection.profile = "ours";
      },
    },
    environment: {
      key: "FROM-ENVIRONMENT",
      source: "environment",
      on: () => {
        process.env.AWS_ACCESS_KEY_ID = "FROM-ENVIRONMENT";
        process.env.AWS_SECRET_ACCESS_KEY = "s";
      },
    },
    AWS_PROFILE: {
      key: "FROM-NAMED-PROFILE",
      source: "profile named",
      on: () => {
        files("[named]\naws_access_key_id = FROM-NAMED-PROFILE\naws_secret_access_key = s\n");
        process.env.AWS_PROFILE = "named";
      },
    },
    "default profile": {
      key: "FROM-DEFAULT-PROFILE",
      source: "profile default",
      on: () => files("[default]\naws_access_key_id = FROM-DEFAULT-PROFILE\naws_secret_access_key = s\n"),
    },
    "web identity environment": {
      key: "FROM-WEB-IDENTITY",
      source: "web-identity",
      on: () => {
        process.env.AWS_WEB_IDENTITY_TOKEN_FILE = join(folder, "token");
        process.env.AWS_ROLE_ARN = ROLE;
      },
    },
    container: {
      key: "FROM-CONTAINER",
      source: "container",
      on: () => {
        process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `${server.url}/container`;
      },
    },
    instance: {
      key: "FROM-INSTANCE",
      source: "instance",
      on: () => {
        delete process.env.AWS_EC2_METADATA_DISABLED;
        process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = server.url;
      },
    },
  };

  /** Adds to the shared credentials file. */
  function files(text: string, config = "") {
    process.env.AWS_SHARED_CREDENTIALS_FILE = join(folder, "credentials");
    process.env.AWS_CONFIG_FILE = join(folder, "config");
    const more = written.length === 0 ? "" : "\n";
    written += more + text;
    writeFileSync(process.env.AWS_SHARED_CREDENTIALS_FILE, written);
    writeFileSync(process.env.AWS_CONFIG_FILE, config);
  }
  let written = "";
  beforeEach(() => {
    written = "";
  });

  const connection = (more: Partial<KmsConnection> = {}): KmsConnection => ({
    keyCollection: "us-west-1",
    endpoint: server.url,
    ...more,
  });
  async function find(of: KmsConnection) {
    const { source, provider } = await findCredentials(of, time);
    return { source, key: (await provider()).accessKeyId };
  }
  async function fails(of: KmsConnection, code: KeymgmtErrorCode): Promise<KeymgmtError> {
    const error = await find(of).then(
      (found) => assert.fail(`expected ${code}, found ${inspect(found)}`),
      (thrown: unknown) => thrown,
    );
    assert.ok(isKeymgmtError(error), inspect(error));
    assert.equal(error.code, code, error.message);
    return error;
  }

  describe("the first source that is there wins", () => {
    const names = Object.keys(sources);
    for (const [rank, name] of names.entries()) {
      it(`${name}, alone`, async () => {
        const of = connection();
        sources[name]!.on(of);
        assert.deepEqual(await find(of), { source: sources[name]!.source, key: sources[name]!.key });
      });
      for (const lower of names.slice(rank + 1)) {
        it(`${name} before ${lower}`, async () => {
          const of = connection();
          sources[lower]!.on(of);
          sources[name]!.on(of);
          assert.deepEqual(await find(of), { source: sources[name]!.source, key: sources[name]!.key });
        });
      }
    }
  });

  it("takes the session token from the input and from the environment", async () => {
    const given = connection({ credentials: { accessKey: "A", secretKey: "s", sessionToken: "T1" } });
    assert.equal((await (await findCredentials(given, time)).provider()).sessionToken, "T1");
    sources.environment!.on(given);
    process.env.AWS_SESSION_TOKEN = "T2";
    assert.equal((await (await findCredentials(connection(), time)).provider()).sessionToken, "T2");
  });

  it("refuses half of a key pair in the environment, but only where the environment counts", async () => {
    process.env.AWS_ACCESS_KEY_ID = "A";
    const error = await fails(connection(), "InvalidCredentials");
    assert.match(error.message, /Set AWS_SECRET_ACCESS_KEY/);
    const given = connection({ credentials: { accessKey: "B", secretKey: "s" } });
    assert.equal((await find(given)).key, "B");
    delete process.env.AWS_ACCESS_KEY_ID;
    process.env.AWS_SECRET_ACCESS_KEY = "SECRET";
    const other = await fails(connection(), "InvalidCredentials");
    assert.match(other.message, /Set AWS_ACCESS_KEY_ID/);
    assert.ok(!other.message.includes("SECRET "));
  });

  it("lists everything that it looked at when there is nothing", async () => {
    const error = await fails(connection(), "MissingCredentials");
    for (const looked of [
      "credentials (not given)",
      "AWS_ACCESS_KEY_ID",
      "profile default",
      "AWS_WEB_IDENTITY_TOKEN_FILE",
      "AWS_CONTAINER_CREDENTIALS",
      "AWS_EC2_METADATA_DISABLED is set",
    ]) {
      assert.ok(error.message.includes(looked), `${looked} in: ${error.message}`);
    }
  });

  it("says that there is no instance role where the metadata service has none", async () => {
    sources.instance!.on(connection());
    answers["/latest/meta-data/iam/security-credentials/"] = { status: 404, body: "" };
    const error = await fails(connection(), "MissingCredentials");
    assert.match(error.message, /instance \(/);
  });

  describe("profiles", () => {
    it("that are named must be there", async () => {
      sources.instance!.on(connection());
      process.env.AWS_PROFILE = "nowhere";
      const error = await fails(connection(), "InvalidCredentials");
      assert.match(error.message, /profile nowhere/);
      delete process.env.AWS_PROFILE;
      await fails(connection({ profile: "nowhere" }), "InvalidCredentials");
    });

    it("may run a program for the credentials, and its failure is not passed over for another identity", async () => {
      sources.instance!.on(connection());
      const keys = JSON.stringify({ Version: 1, AccessKeyId: "FROM-PROCESS", SecretAccessKey: "s" });
      writeFileSync(join(folder, "keys.json"), keys);
      files(`[default]\ncredential_process = cat ${join(folder, "keys.json")}\n`);
      assert.deepEqual(await find(connection()), { source: "profile default", key: "FROM-PROCESS" });
      written = "";
      files(`[default]\ncredential_process = cat ${join(folder, "missing.json")}\n`);
      const error = await fails(connection(), "InvalidCredentials");
      assert.match(error.message, /profile default/);
    });

    it("may take a role with another profile's keys, at our STS endpoint and in our Region", async () => {
      files(
        `[base]\naws_access_key_id = BASE\naws_secret_access_key = s\n[roled]\nrole_arn = ${ROLE}\nsource_profile = base\n`,
      );
      assert.deepEqual(await find(connection({ profile: "roled" })), {
        source: "profile roled",
        key: "FROM-ROLE",
      });
      const [seen] = server.seen as [Seen];
      assert.deepEqual([seen.operation, seen.accessKey, seen.region], ["AssumeRole", "BASE", "us-west-1"]);
    });

    it("are read again when they are asked for again", async () => {
      files("[default]\naws_access_key_id = FIRST\naws_secret_access_key = s\n");
      assert.equal((await find(connection())).key, "FIRST");
      written = "";
      files("[default]\naws_access_key_id = SECOND\naws_secret_access_key = s\n");
      assert.equal((await find(connection())).key, "SECOND");
    });
  });

  describe("web identity", () => {
    it("sends the token to STS, unsigned", async () => {
      const of = connection();
      sources.webIdentity!.on(of);
      await find(of);
      const [seen] = server.seen as [Seen];
      const form = new URLSearchParams(seen.body);
      assert.equal(form.get("WebIdentityToken"), "the-web-identity-token");
      assert.equal(form.get("RoleArn"), ROLE);
      assert.equal(seen.accessKey, undefined);
    });

    it("says what STS has against the token, without showing it", async () => {
      const of = connection();
      sources.webIdentity!.on(of);
      answers.AssumeRoleWithWebIdentity = stsError(
        "InvalidIdentityToken",
        "No OpenIDConnect provider found",
        400,
      );
      const error = await fails(of, "InvalidCredentials");
      assert.match(
        error.message,
        /sts:AssumeRoleWithWebIdentity.*No OpenIDConnect provider found.*web-identity/,
      );
      assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes("the-web-identity-token"));
    });

    it("says which token file is not there", async () => {
      const tokenFile = join(folder, "no-token");
      const error = await fails(
        connection({ webIdentity: { roleArn: ROLE, tokenFile } }),
        "InvalidCredentials",
      );
      assert.ok(error.message.includes(tokenFile), error.message);
    });

    it("needs AWS_ROLE_ARN next to AWS_WEB_IDENTITY_TOKEN_FILE", async () => {
      process.env.AWS_WEB_IDENTITY_TOKEN_FILE = join(folder, "token");
      const error = await fails(connection(), "InvalidCredentials");
      assert.match(error.message, /AWS_ROLE_ARN/);
    });
  });

  describe("assumeRole", () => {
    it("takes the role with what was found, and both are named", async () => {
      const assumeRole = { roleArn: ROLE, sessionName: "ci", externalId: "x-1", durationSeconds: 900 };
      const of = connection({ assumeRole });
      sources.environment!.on(of);
      assert.deepEqual(await find(of), { source: `environment > ${ROLE}`, key: "FROM-ROLE" });
      const [seen] = server.seen as [Seen];
      const form = new URLSearchParams(seen.body);
      assert.equal(seen.accessKey, "FROM-ENVIRONMENT");
      assert.deepEqual(
        ["RoleArn", "RoleSessionName", "ExternalId", "DurationSeconds"].map((name) => form.get(name)),
        [ROLE, "ci", "x-1", "900"],
      );
    });

    it("takes it again when it has expired", async () => {
      answers.AssumeRole = stsCredentials("AssumeRole", "SHORT", 60_000);
      const of = connection({ assumeRole: { roleArn: ROLE } });
      sources.credentials!.on(of);
      const { provider } = await findCredentials(of, time);
      await provider();
      answers.AssumeRole = stsCredentials("AssumeRole", "LONG");
      assert.equal((await provider()).accessKeyId, "LONG");
      assert.equal((await provider()).accessKeyId, "LONG");
      assert.equal(server.seen.length, 2);
    });

    it("says which role may not be taken, by whom", async () => {
      const said = `User: arn:aws:iam::111122223333:user/ci is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`;
      answers.AssumeRole = stsError("AccessDenied", said);
      const of = connection({ assumeRole: { roleArn: ROLE } });
      sources.credentials!.on(of);
      const error = await fails(of, "AccessDenied");
      assert.equal(error.context.permission, "sts:AssumeRole");
      assert.ok(
        error.message.includes(said) && error.message.includes(`credentials > ${ROLE}`),
        error.message,
      );
    });

    it("says that STS cannot be reached", async () => {
      process.env.AWS_ENDPOINT_URL_STS = "http://sts.invalid";
      const of = connection({ assumeRole: { roleArn: ROLE } });
      sources.credentials!.on(of);
      const error = await fails(of, "EndpointUnreachable");
      assert.ok(error.message.includes("http://sts.invalid"), error.message);
    });
  });

  it("does not show what a credential endpoint sent, when it cannot be read", async () => {
    sources.container!.on(connection());
    answers["/container"] = { body: "AKIASECRETKEY is no JSON" };
    const error = await fails(connection(), "InvalidCredentials");
    assert.match(error.message, /container/);
    assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes("AKIASECRET"));
  });

  it("sends the token of EKS Pod Identity with the request", async () => {
    sources.container!.on(connection());
    process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = join(folder, "token");
    await find(connection());
    assert.equal(server.seen[0]!.headers.authorization, "the-web-identity-token");
  });
});
