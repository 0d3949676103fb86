import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import sinon from "sinon";
import { isKeymgmtError, type KeymgmtError, type KeymgmtErrorCode } from "../../../../provider/errors";
import { findCredentials } from "../../../../provider/kms/credentials/credentials";
import type { KmsConnection } from "../../../../provider/kms/endpoints/connection";
import { type Seen, setEnvironment, stsCredentials, stsError } from "../loopback";
import {
  type CredentialEndpoints,
  credentialEndpoints,
  INSTANCE_ROLE,
  PATHS,
  redirect,
} from "./credentialEndpoints";
import { ssoLogin, ssoProfile, ssoSession } from "./ssoLogin";

const ROLE = "arn:aws:iam::111122223333:role/keymgmt";
/** As long as tokens of CI services are; the signature is made up. */
const JWT = `eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.${Buffer.from(JSON.stringify({ sub: "project_path:group/project:ref_type:branch:ref:main" })).toString("base64url")}.${"c2lnbmF0dXJl".repeat(12)}`;

const time = { connectMs: 500, requestMs: 500 };

describe("credentials", () => {
  let folder: string;
  let restore: () => void;
  let server: CredentialEndpoints;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "keymgmt-credentials-"));
    writeFileSync(join(folder, "token"), "the-web-identity-token");
    server = await credentialEndpoints();
    server.podToken = "the-web-identity-token";
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    server.seen.length = 0;
    server.instead = {};
    server.lastingMs = 3_600_000;
    restore = setEnvironment({
      HOME: folder,
      AWS_ENDPOINT_URL_SSO: server.url,
      AWS_ENDPOINT_URL_SSO_OIDC: server.url,
    });
  });
  afterEach(() => {
    restore();
    sinon.restore();
  });

  type TriedSource = { rank: number; key: string; source: string; on: (connection: KmsConnection) => void };

  /** Every source and every kind of it, lowest in rank last; of one rank there is one at a time. */
  const sources = {
    credentials: {
      rank: 1,
      key: "FROM-INPUT",
      source: "credentials",
      on: (connection) => {
        connection.credentials = { accessKey: "FROM-INPUT", secretKey: "s" };
      },
    },
    webIdentity: {
      rank: 2,
      key: "FROM-WEB-IDENTITY",
      source: "web-identity",
      on: (connection) => {
        connection.webIdentity = { roleArn: ROLE, tokenFile: join(folder, "token") };
      },
    },
    "webIdentity by GitHub Actions": {
      rank: 2,
      key: "FROM-WEB-IDENTITY",
      source: "web-identity",
      on: (connection) => {
        connection.webIdentity = { roleArn: ROLE };
        actions();
      },
    },
    profile: {
      rank: 3,
      key: "FROM-PROFILE-INPUT",
      source: "profile ours",
      on: (connection) => {
        files(profileOf("ours", "FROM-PROFILE-INPUT"));
        connection.profile = "ours";
      },
    },
    environment: {
      rank: 4,
      key: "FROM-ENVIRONMENT",
      source: "environment",
      on: () => {
        process.env.AWS_ACCESS_KEY_ID = "FROM-ENVIRONMENT";
        process.env.AWS_SECRET_ACCESS_KEY = "s";
      },
    },
    AWS_PROFILE: {
      rank: 5,
      key: "FROM-NAMED-PROFILE",
      source: "profile named",
      on: () => named(profileOf("named", "FROM-NAMED-PROFILE")),
    },
    "AWS_PROFILE with an SSO session": {
      rank: 5,
      key: "FROM-SSO",
      source: "profile named",
      on: () => named(loggedIn()),
    },
    "AWS_PROFILE with SSO of the older form": {
      rank: 5,
      key: "FROM-SSO",
      source: "profile named",
      on: () => {
        ssoCache("https://sso.example/start");
        named(
          "[named]\nsso_start_url = https://sso.example/start\nsso_region = eu-west-1\nsso_account_id = 111122223333\nsso_role_name = keys\n",
        );
      },
    },
    "AWS_PROFILE with credential_process": {
      rank: 5,
      key: "FROM-PROCESS",
      source: "profile named",
      on: () => {
        const keys = { Version: 1, AccessKeyId: "FROM-PROCESS", SecretAccessKey: "s" };
        writeFileSync(join(folder, "keys.json"), JSON.stringify(keys));
        named(`[named]\ncredential_process = cat ${join(folder, "keys.json")}\n`);
      },
    },
    "AWS_PROFILE with source_profile": {
      rank: 5,
      key: "FROM-ROLE",
      source: "profile named",
      on: () => named(`${profileOf("base", "BASE")}[named]\nrole_arn = ${ROLE}\nsource_profile = base\n`),
    },
    "AWS_PROFILE with source_profile of a source_profile": {
      rank: 5,
      key: "FROM-ROLE",
      source: "profile named",
      on: () =>
        named(
          `${profileOf("base", "BASE")}[middle]\nrole_arn = ${ROLE}-1\nsource_profile = base\n[named]\nrole_arn = ${ROLE}\nsource_profile = middle\n`,
        ),
    },
    "AWS_PROFILE with credential_source = EcsContainer": {
      rank: 5,
      key: "FROM-ROLE",
      source: "profile named",
      on: () => {
        sinon.stub(console, "warn"); // the SDK's, where the relative URI is there too
        sources["container by full URI"].on();
        named(`[named]\nrole_arn = ${ROLE}\ncredential_source = EcsContainer\n`);
      },
    },
    "AWS_PROFILE with credential_source = Ec2InstanceMetadata": {
      rank: 5,
      key: "FROM-ROLE",
      source: "profile named",
      on: () => {
        sources["instance (IMDSv2)"].on();
        named(`[named]\nrole_arn = ${ROLE}\ncredential_source = Ec2InstanceMetadata\n`);
      },
    },
    "AWS_PROFILE with web_identity_token_file": {
      rank: 5,
      key: "FROM-WEB-IDENTITY",
      source: "profile named",
      on: () => named(`[named]\nrole_arn = ${ROLE}\nweb_identity_token_file = ${join(folder, "token")}\n`),
    },
    "default profile": {
      rank: 5,
      key: "FROM-DEFAULT-PROFILE",
      source: "profile default",
      on: () => files(profileOf("default", "FROM-DEFAULT-PROFILE")),
    },
    "web identity environment": {
      rank: 6,
      key: "FROM-WEB-IDENTITY",
      source: "web-identity",
      on: () => {
        process.env.AWS_WEB_IDENTITY_TOKEN_FILE = join(folder, "token");
        process.env.AWS_ROLE_ARN = ROLE;
      },
    },
    "container by relative URI (ECS)": {
      rank: 7,
      key: "FROM-TASK",
      source: "container",
      on: () => {
        redirect("169.254.170.2", server.port);
        process.env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = PATHS.task;
      },
    },
    "container by full URI": {
      rank: 7,
      key: "FROM-CONTAINER",
      source: "container",
      on: () => {
        process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `${server.url}${PATHS.plain}`;
      },
    },
    "container by full URI with a token": {
      rank: 7,
      key: "FROM-POD",
      source: "container",
      on: () => {
        process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `${server.url}${PATHS.pod}`;
        process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN = server.podToken;
      },
    },
    "container by full URI with a token file (EKS Pod Identity)": {
      rank: 7,
      key: "FROM-POD",
      source: "container",
      on: () => {
        redirect("169.254.170.23", server.port);
        process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `http://169.254.170.23${PATHS.pod}`;
        process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = join(folder, "token");
      },
    },
    "instance (IMDSv2)": {
      rank: 8,
      key: "FROM-INSTANCE",
      source: "instance",
      on: () => {
        delete process.env.AWS_EC2_METADATA_DISABLED;
        process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = server.url;
      },
    },
  } satisfies Record<string, TriedSource>;

  const profileOf = (name: string, key: string) =>
    `[${name}]\naws_access_key_id = ${key}\naws_secret_access_key = s\n`;

  const named = (text: string) => {
    files(text);
    process.env.AWS_PROFILE = "named";
  };

  /** As in a job of GitHub Actions with `id-token: write`. */
  const actions = () => {
    process.env.ACTIONS_ID_TOKEN_REQUEST_URL = `${server.url}${PATHS.actions}?api-version=2.0`;
    process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = "job-token";
  };

  /** A profile of an SSO session somebody has logged in to. */
  function loggedIn(expiresInMs?: number): string {
    ssoCache("work", expiresInMs);
    sessions = ssoSession("work");
    return `[named]\n${ssoProfile("work")}`;
  }

  function ssoCache(name: string, expiresInMs = 3_600_000): void {
    ssoLogin(folder, name, expiresInMs > 300_000 ? server.ssoToken : "old", expiresInMs);
  }

  /** Adds to the shared credentials file. */
  function files(text: string) {
    process.env.AWS_SHARED_CREDENTIALS_FILE = join(folder, "credentials");
    process.env.AWS_CONFIG_FILE = join(folder, "config");
    written += text;
    writeFileSync(process.env.AWS_SHARED_CREDENTIALS_FILE, written);
    writeFileSync(process.env.AWS_CONFIG_FILE, sessions);
  }
  let written: string;
  let sessions: string;
  beforeEach(() => {
    written = "";
    sessions = "";
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
    const all = Object.entries<TriedSource>(sources);
    for (const [name, { rank, source, key, on }] of all) {
      it(`${name}, alone`, async () => {
        const of = connection();
        on(of);
        assert.deepEqual(await find(of), { source, key });
      });
      for (const [lowerName, lower] of all.filter(([, other]) => other.rank > rank)) {
        it(`${name} before ${lowerName}`, async () => {
          const of = connection();
          lower.on(of);
          on(of);
          assert.deepEqual(await find(of), { source, key });
        });
      }
      it(`${name}, and a role on top of it`, async () => {
        const of = connection({ assumeRole: { roleArn: ROLE } });
        on(of);
        assert.deepEqual(await find(of), { source: `${source} > ${ROLE}`, key: "FROM-ROLE" });
        const asking = server.seen.at(-1)!;
        assert.deepEqual([asking.operation, asking.accessKey], ["AssumeRole", key]);
      });
    }

    it("and a relative URI before a full one, as AWS documents", async () => {
      sinon.stub(console, "warn");
      sources["container by full URI"].on();
      sources["container by relative URI (ECS)"].on();
      assert.equal((await find(connection())).key, "FROM-TASK");
    });
  });

  it("takes the session token from the input and from the environment", async () => {
    const given = connection({ credentials: { accessKey: "A", secretKey: "s", sessionToken: "T1" } });
    assert.equal((await (await findCredentials(given, time)).provider()).sessionToken, "T1");
    sources.environment.on();
    process.env.AWS_SESSION_TOKEN = "T2";
    assert.equal((await (await findCredentials(connection(), time)).provider()).sessionToken, "T2");
  });

  it("refuses half of `credentials`, and names the other half", async () => {
    for (const [credentials, lacking] of [
      [{ accessKey: "A", secretKey: "" }, "secretKey"],
      [{ accessKey: "", secretKey: "SECRET" }, "accessKey"],
    ] as const) {
      const { message } = await fails(connection({ credentials }), "InvalidCredentials");
      assert.ok(message.endsWith(`got none for ${lacking}.`), message);
    }
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
      "credentials (not set)",
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
    sources["instance (IMDSv2)"].on();
    server.instead[PATHS.instanceRole] = { status: 404, body: "" };
    const error = await fails(connection(), "MissingCredentials");
    assert.match(error.message, /instance \(/);
  });

  describe("profiles", () => {
    it("that are named must be there", async () => {
      sources["instance (IMDSv2)"].on();
      process.env.AWS_PROFILE = "nowhere";
      const error = await fails(connection(), "InvalidCredentials");
      assert.match(error.message, /profile nowhere/);
      delete process.env.AWS_PROFILE;
      await fails(connection({ profile: "nowhere" }), "InvalidCredentials");
    });

    it("may run a program for the credentials, and its failure is not passed over for another identity", async () => {
      sources["instance (IMDSv2)"].on();
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

    it("take their roles where they name an endpoint, by the input and by AWS_PROFILE, whatever the other is", async () => {
      const ours = `endpoint_url = ${server.url}\n`;
      const role = `role_arn = ${ROLE}\n`;
      files(
        `${profileOf("base", "BASE")}[elsewhere]\nendpoint_url = http://127.0.0.1:1\n` +
          `[sourced]\n${ours}${role}source_profile = base\n` +
          `[identified]\n${ours}${role}web_identity_token_file = ${join(folder, "token")}\n`,
      );
      for (const [profile, key] of [
        ["sourced", "FROM-ROLE"],
        ["identified", "FROM-WEB-IDENTITY"],
      ] as const) {
        process.env.AWS_PROFILE = "elsewhere";
        const assumeRole = { roleArn: ROLE };
        assert.equal((await find(connection({ profile, endpoint: undefined }))).key, key);
        assert.equal((await find(connection({ profile, endpoint: undefined, assumeRole }))).key, "FROM-ROLE");
        process.env.AWS_PROFILE = profile;
        assert.equal((await find(connection({ endpoint: undefined }))).key, key);
      }
    });

    it("that name a token in the place of its file do not have it repeated", async () => {
      files(`[named]\nrole_arn = ${ROLE}\nweb_identity_token_file = ${JWT}\n`);
      const error = await fails(connection({ profile: "named" }), "InvalidCredentials");
      assert.match(error.message, /profile named.*ENOENT|ENAMETOOLONG/);
      assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes(JWT));
    });

    it("that need an MFA code say so, and ask for none", async () => {
      files(
        `${profileOf("base", "BASE")}[guarded]\nrole_arn = ${ROLE}\nsource_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/me\n`,
      );
      const error = await fails(connection({ profile: "guarded" }), "InvalidCredentials");
      assert.match(error.message, /profile guarded.*MFA code.*aws configure export-credentials/);
      assert.equal(server.seen.length, 0);
    });

    it("whose program asks a question are given up after a minute", async () => {
      // Reads its standard input, which nobody writes to.
      files(`[asking]\ncredential_process = echo $$ > ${join(folder, "pid")}; exec cat\n`);
      const { provider } = await findCredentials(connection({ profile: "asking" }), time);
      const clock = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const failed = provider().catch((thrown: unknown) => thrown);
      const pidFile = join(folder, "pid");
      while (!existsSync(pidFile) || readFileSync(pidFile, "utf8") === "") await new Promise(setImmediate);
      clock.tick(60_000);
      try {
        const error = await failed;
        assert.ok(isKeymgmtError(error, "InvalidCredentials"), inspect(error));
        assert.match(error.message, /profile asking.*none in 60 seconds/);
      } finally {
        process.kill(Number(readFileSync(pidFile, "utf8")));
      }
    });

    it("with credential_source ask the metadata service by IMDSv2 alone", async () => {
      sources["AWS_PROFILE with credential_source = Ec2InstanceMetadata"].on();
      server.instead[PATHS.instanceToken] = { status: 403, body: "" };
      server.instead[PATHS.instanceRole] = { body: INSTANCE_ROLE };
      assert.match((await fails(connection(), "InvalidCredentials")).message, /IMDSv2/);
      assert.deepEqual([...new Set(server.seen.map(({ path }) => path))], [PATHS.instanceToken]);
    });

    it("whose role may not be taken are denied, and whose STS is not there are out of reach", async () => {
      files(`${profileOf("base", "BASE")}[roled]\nrole_arn = ${ROLE}\nsource_profile = base\n`);
      const of = connection({ profile: "roled" });
      server.instead.AssumeRole = stsError("AccessDenied", "not authorized to perform: sts:AssumeRole");
      assert.match((await fails(of, "AccessDenied")).message, /profile roled.*not authorized/);
      await fails(connection({ profile: "roled", endpoint: "http://127.0.0.1:1" }), "EndpointUnreachable");
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
    it("names its session as the environment says", async () => {
      for (const name of ["", "job-42"]) {
        process.env.AWS_ROLE_SESSION_NAME = name;
        const of = connection();
        sources.webIdentity.on(of);
        await find(of);
      }
      assert.deepEqual(
        server.seen.map(({ body }) => new URLSearchParams(body).get("RoleSessionName")),
        ["pulumi-keymgmt", "job-42"],
      );
    });

    it("sends the token to STS, unsigned", async () => {
      const of = connection();
      sources.webIdentity.on(of);
      await find(of);
      const [seen] = server.seen as [Seen];
      const form = new URLSearchParams(seen.body);
      assert.equal(form.get("WebIdentityToken"), "the-web-identity-token");
      assert.equal(form.get("RoleArn"), ROLE);
      assert.equal(seen.accessKey, undefined);
    });

    it("says what STS has against the token, without showing it", async () => {
      const of = connection();
      sources.webIdentity.on(of);
      server.instead.AssumeRoleWithWebIdentity = stsError(
        "InvalidIdentityToken",
        "No OpenIDConnect provider found",
        400,
      );
      const error = await fails(of, "InvalidCredentials");
      assert.match(
        error.message,
        /sts:AssumeRoleWithWebIdentity.*No OpenIDConnect provider found.*`webIdentity\.audience`\..*web-identity/,
      );
      assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes("the-web-identity-token"));
    });

    it("says that it is the trust policy which does not take the token", async () => {
      const of = connection();
      sources.webIdentity.on(of);
      server.instead.AssumeRoleWithWebIdentity = stsError(
        "AccessDenied",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
      );
      const { message } = await fails(of, "AccessDenied");
      assert.match(message, /Grant sts:AssumeRoleWithWebIdentity .* in the role's trust policy: .*`sub`/);
    });

    it("says which token file is not there", async () => {
      const tokenFile = join(folder, "no-token");
      const error = await fails(
        connection({ webIdentity: { roleArn: ROLE, tokenFile } }),
        "InvalidCredentials",
      );
      assert.ok(error.message.includes(tokenFile), error.message);
    });

    it("reads the token file each time, whatever white space is around the token", async () => {
      const tokenFile = join(folder, "rotated-identity");
      writeFileSync(tokenFile, "first\n");
      const { provider } = await findCredentials(
        connection({ webIdentity: { roleArn: ROLE, tokenFile } }),
        time,
      );
      server.lastingMs = 60_000;
      await provider();
      writeFileSync(tokenFile, "second\n");
      await provider();
      const sent = server.seen.map(({ body }) => new URLSearchParams(body).get("WebIdentityToken"));
      assert.deepEqual(sent, ["first", "second"]);
    });

    describe("takes the token from", () => {
      const sent = () => server.seen.map(({ body }) => new URLSearchParams(body).get("WebIdentityToken"));
      const places: [what: string, put: (token: string) => string][] = [
        [
          "a variable",
          (token) => {
            process.env.AWS_TEST_OIDC_TOKEN = token; // by this name it goes when the test ends
            return "env://AWS_TEST_OIDC_TOKEN";
          },
        ],
        [
          "a file, by its URL",
          (token) => {
            writeFileSync(join(folder, "by-url"), token);
            return `file://${join(folder, "by-url")}`;
          },
        ],
        [
          "what a command prints",
          (token) => {
            writeFileSync(join(folder, "printed"), token);
            return `exec:cat ${join(folder, "printed")}`;
          },
        ],
      ];
      for (const [what, put] of places)
        it(`${what}, each time, whatever white space is around it`, async () => {
          const of = connection({ webIdentity: { roleArn: ROLE, tokenFile: put("first\n") } });
          const { source, provider } = await findCredentials(of, time);
          assert.equal(source, "web-identity");
          server.lastingMs = 60_000;
          await provider();
          put(" second\r\n");
          await provider();
          assert.deepEqual(sent(), ["first", "second"]);
        });

      it("nothing that is not there or empty, and says so without what stands in the wrong place", async () => {
        process.env.AWS_TEST_EMPTY = " ";
        writeFileSync(join(folder, "empty"), "\n");
        for (const [tokenFile, said] of [
          [
            "env://AWS_TEST_MISSING",
            /token from env:\/\/AWS_TEST_MISSING; the environment has no such variable\./,
          ],
          ["env://AWS_TEST_EMPTY", /token from env:\/\/AWS_TEST_EMPTY; there is nothing in it\./],
          [`env://${JWT}`, /token from env:\/\/…; /],
          [
            join(folder, "empty"),
            /token in the file \/.*empty that `tokenFile` names; there is nothing in it\./,
          ],
          [
            "file:///nonexistent/token",
            /from file:\/\/\/nonexistent\/token; the file cannot be read \(ENOENT\)\./,
          ],
          [
            `exec:nonexistent-command ${JWT}`,
            /from exec:nonexistent-command …; the command failed with ENOENT\./,
          ],
          [
            JWT,
            /in the file that `tokenFile` names; the file cannot be read \((ENOENT|ENAMETOOLONG)\)\. Its name is not shown, .*"env:\/\/NAME".*GITLAB_OIDC_TOKEN/,
          ],
          [`./${JWT}`, /in the file that `tokenFile` names;/],
          ["correct-horse", /in the file that `tokenFile` names;/],
        ] as const) {
          const of = connection({ webIdentity: { roleArn: ROLE, tokenFile } });
          const error = await fails(of, "InvalidCredentials");
          assert.match(error.message, said);
          assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /eyJhbGciOi|correct-horse/);
        }
        assert.equal(server.seen.length, 0);
      });
    });

    it("takes AWS_WEB_IDENTITY_TOKEN_FILE for a path and nothing else, and repeats no token there", async () => {
      process.env.AWS_ROLE_ARN = ROLE;
      process.env.AWS_TEST_OIDC_TOKEN = "a-token";
      for (const value of [JWT, "env://AWS_TEST_OIDC_TOKEN", `exec:touch ${join(folder, "ran")}`]) {
        process.env.AWS_WEB_IDENTITY_TOKEN_FILE = value;
        const error = await fails(connection(), "InvalidCredentials");
        assert.match(
          error.message,
          /in the file that AWS_WEB_IDENTITY_TOKEN_FILE names; the file cannot be read/,
        );
        assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes(value));
      }
      assert.equal(existsSync(join(folder, "ran")), false);
      assert.equal(server.seen.length, 0);
    });

    it("asks GitHub Actions for the audience of the Region's partition, or for the one that is given", async () => {
      actions();
      for (const [keyCollection, audience, asked] of [
        ["us-west-1", undefined, "sts.amazonaws.com"],
        ["us-gov-west-1", undefined, "sts.amazonaws.com"],
        ["cn-north-1", undefined, "sts.amazonaws.com.cn"],
        ["cn-north-1", "sts.amazonaws.com", "sts.amazonaws.com"],
        ["us-west-1", "https://example.com/a&b", "https://example.com/a&b"],
      ] as const) {
        await find(connection({ keyCollection, webIdentity: { roleArn: ROLE, audience } }));
        const { body } = server.seen.at(-1)!;
        assert.equal(new URLSearchParams(body).get("WebIdentityToken"), `token for ${asked}`);
      }
    });

    it("asks GitHub Actions for a token each time, for AWS's audience", async () => {
      actions();
      server.lastingMs = 60_000;
      const { provider } = await findCredentials(connection({ webIdentity: { roleArn: ROLE } }), time);
      await provider();
      await provider();
      assert.deepEqual(
        server.seen.map(({ path, body }) => new URLSearchParams(body).get("WebIdentityToken") ?? path),
        Array(2)
          .fill([
            `${PATHS.actions}?api-version=2.0&audience=sts.amazonaws.com`,
            "token for sts.amazonaws.com",
          ])
          .flat(),
      );
    });

    it("says what a job must have for that, and what came, and shows no token", async () => {
      const of = connection({ webIdentity: { roleArn: ROLE } });
      assert.match(
        (await fails(of, "InvalidCredentials")).message,
        /In GitHub Actions, .*id-token: write.* `tokenFile`: .*"env:\/\/NAME"` \(GitLab: GITLAB_OIDC_TOKEN,.*Bitbucket: BITBUCKET_STEP_OIDC_TOKEN; CircleCI: /,
      );
      actions();
      process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = "job-token-of-yesterday";
      for (const [answer, said] of [
        [undefined, /127\.0\.0\.1:\d+ answered with status 401/],
        [{ body: "A-TOKEN in no JSON" }, /status 200 and no token/],
        [{ status: 500, body: { value: "A-TOKEN" } }, /status 500 and no token/],
        [{ body: { token: "A-TOKEN" } }, /status 200 and no token/],
        ["reset", /127\.0\.0\.1:\d+ does not answer \(\w+\)/],
        ["hang", /127\.0\.0\.1:\d+ does not answer \(TimeoutError\)/],
      ] as const) {
        server.instead = answer
          ? { [`${PATHS.actions}?api-version=2.0&audience=sts.amazonaws.com`]: answer }
          : {};
        const error = await fails(of, "InvalidCredentials");
        assert.match(error.message, said);
        assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /job-token|A-TOKEN/);
      }
      assert.ok(server.seen.every(({ operation }) => operation === ""));
    });

    it("sends the job's token over https or to this machine only", async () => {
      actions();
      process.env.ACTIONS_ID_TOKEN_REQUEST_URL = "http://tokens.example/?api-version=2.0";
      const error = await fails(connection({ webIdentity: { roleArn: ROLE } }), "InvalidCredentials");
      assert.match(error.message, /names http:\/\/tokens\.example, .* not sent without TLS/);
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
      sources.environment.on();
      assert.deepEqual(await find(of), { source: `environment > ${ROLE}`, key: "FROM-ROLE" });
      const [seen] = server.seen as [Seen];
      const form = new URLSearchParams(seen.body);
      assert.equal(seen.accessKey, "FROM-ENVIRONMENT");
      assert.deepEqual(
        ["RoleArn", "RoleSessionName", "ExternalId", "DurationSeconds"].map((name) => form.get(name)),
        [ROLE, "ci", "x-1", "900"],
      );
    });

    it("takes a role with all that a session may be given, and nothing that is not", async () => {
      const policy = '{"Version":"2012-10-17","Statement":[]}';
      const assumeRole = {
        roleArn: ROLE,
        tags: { team: "payments", "cost center": "" },
        transitiveTagKeys: ["team"],
        sourceIdentity: "alice",
        policy,
        policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
      };
      const of = connection({ assumeRole });
      sources.credentials.on(of);
      await find(of);
      const { Action, Version, ...sent } = Object.fromEntries(new URLSearchParams(server.seen[0]!.body));
      assert.deepEqual(sent, {
        RoleArn: ROLE,
        RoleSessionName: "pulumi-keymgmt",
        "Tags.member.1.Key": "team",
        "Tags.member.1.Value": "payments",
        "Tags.member.2.Key": "cost center",
        "Tags.member.2.Value": "",
        "TransitiveTagKeys.member.1": "team",
        SourceIdentity: "alice",
        Policy: policy,
        "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
      });
    });

    it("takes the roles of a list in their order, each with the one before, again as each expires", async () => {
      const [hub, spoke] = [`${ROLE}-hub`, `${ROLE}-spoke`];
      const assumeRole = [
        { roleArn: hub, tags: { team: "a" }, transitiveTagKeys: ["team"] },
        { roleArn: spoke, sessionName: "second" },
      ];
      const of = connection({ assumeRole });
      sources.credentials.on(of);
      server.instead = {
        get AssumeRole() {
          const role = new URLSearchParams(server.seen.at(-1)?.body).get("RoleArn")!;
          return stsCredentials(
            "AssumeRole",
            role.endsWith("hub") ? "HUB" : "SPOKE",
            role.endsWith("hub") ? 3_600_000 : 60_000,
          );
        },
      };
      const { source, provider } = await findCredentials(of, time);
      assert.equal(source, `credentials > ${hub} > ${spoke}`);
      assert.equal((await provider()).accessKeyId, "SPOKE");
      await provider();
      const asked = server.seen.map(({ accessKey, body }) => [
        accessKey,
        new URLSearchParams(body).get("RoleArn"),
      ]);
      assert.deepEqual(asked, [
        ["FROM-INPUT", hub],
        ["HUB", spoke],
        ["HUB", spoke],
      ]);
    });

    it("says which role of a list may not be taken, and repeats no tag", async () => {
      const [hub, spoke] = [`${ROLE}-hub`, `${ROLE}-spoke`];
      const assumeRole = [{ roleArn: hub, tags: { team: "hush-hush" } }, { roleArn: spoke }];
      const of = connection({ assumeRole });
      sources.credentials.on(of);
      for (const [name, said, expected] of [
        [
          "AccessDenied",
          `User: arn:aws:iam::111122223333:user/ci is not authorized to perform: sts:TagSession on resource: ${hub}`,
          /Grant sts:TagSession to .*trust policy: session tags need it/,
        ],
        [
          "AccessDenied",
          `User: arn:aws:iam::111122223333:user/ci is not authorized to perform: sts:SetSourceIdentity on resource: ${hub}`,
          /Grant sts:SetSourceIdentity to .*trust policy: `sourceIdentity` needs it/,
        ],
        [
          "PackedPolicyTooLarge",
          "Packed size of session tags consumes 112% of allotted space.",
          /packs `policy`, `policyArns` and `tags`/,
        ],
        ["MalformedPolicyDocument", "Syntax errors in policy.", /Correct the role's session policy/],
        [
          "ValidationError",
          "1 validation error detected: Value 'hush-hush' at 'tags.1.member.value' failed to satisfy constraint",
          /Correct the input that AWS names/,
        ],
      ] as const) {
        server.instead.AssumeRole = stsError(name, said, name === "AccessDenied" ? 403 : 400);
        const error = (await find(of).catch((thrown: unknown) => thrown)) as KeymgmtError;
        assert.match(error.message, expected);
        assert.ok(error.message.startsWith("sts:AssumeRole in us-west-1 failed"), error.message);
        assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes("hush-hush"));
        const isNamed = name !== "AccessDenied" || error.message.includes(`credentials > ${hub})`);
        assert.ok(isNamed && !error.message.includes(spoke), error.message);
      }
    });

    it("takes it again when it has expired", async () => {
      server.instead.AssumeRole = stsCredentials("AssumeRole", "SHORT", 60_000);
      const of = connection({ assumeRole: { roleArn: ROLE } });
      sources.credentials.on(of);
      const { provider } = await findCredentials(of, time);
      await provider();
      server.instead.AssumeRole = stsCredentials("AssumeRole", "LONG");
      assert.equal((await provider()).accessKeyId, "LONG");
      assert.equal((await provider()).accessKeyId, "LONG");
      assert.equal(server.seen.length, 2);
    });

    it("says which role may not be taken, by whom", async () => {
      const said = `User: arn:aws:iam::111122223333:user/ci is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`;
      server.instead.AssumeRole = stsError("AccessDenied", said);
      const of = connection({ assumeRole: { roleArn: ROLE } });
      sources.credentials.on(of);
      const error = await fails(of, "AccessDenied");
      assert.equal(error.context.permission, "sts:AssumeRole");
      assert.match(error.message, /in its IAM policy and the role's trust policy\.$/);
      assert.ok(
        error.message.includes(said) && error.message.includes(`credentials > ${ROLE}`),
        error.message,
      );
    });

    it("says that STS cannot be reached", async () => {
      process.env.AWS_ENDPOINT_URL_STS = "http://127.0.0.1:1";
      const of = connection({ assumeRole: { roleArn: ROLE } });
      sources.credentials.on(of);
      const error = await fails(of, "EndpointUnreachable");
      assert.ok(error.message.includes("http://127.0.0.1:1"), error.message);
    });
  });

  it("does not show what a credential endpoint sent, when it cannot be read", async () => {
    sources["container by full URI"].on();
    server.instead[PATHS.plain] = { body: "AKIASECRETKEY is no JSON" };
    const error = await fails(connection(), "InvalidCredentials");
    assert.match(error.message, /container/);
    assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes("AKIASECRET"));
  });

  describe("containers", () => {
    it("send the token of EKS Pod Identity, read again each time, and say when it is refused", async () => {
      sources["container by full URI with a token file (EKS Pod Identity)"].on();
      const { provider } = await findCredentials(connection(), time);
      const token = join(folder, "rotated-token");
      process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = token;
      writeFileSync(token, "a-wrong-token");
      const error = await provider().catch((thrown: unknown) => thrown);
      assert.ok(isKeymgmtError(error, "InvalidCredentials"), inspect(error));
      assert.ok(!inspect(error, { depth: 10, showHidden: true }).includes("a-wrong-token"));
      writeFileSync(token, server.podToken);
      assert.equal((await provider()).accessKeyId, "FROM-POD");
    });

    it("are asked on this machine and at AWS's addresses only, over https too", async () => {
      for (const url of [
        "http://10.0.0.1/credentials",
        "https://credentials.example",
        "http://127.0.0.1@10.0.0.1/",
      ]) {
        process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = url;
        const { message } = await fails(connection(), "InvalidInput");
        assert.match(message, /^Expected AWS_CONTAINER_CREDENTIALS_FULL_URI to name 169\.254\.170\.2 /, url);
      }
    });

    it("are asked at ECS's address where a path is given, whatever that makes of the host", async () => {
      for (const path of ["@10.0.0.1/x", ".credentials.example/x", "x"]) {
        process.env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = path;
        const { message } = await fails(connection(), "InvalidInput");
        assert.match(
          message,
          /^Expected AWS_CONTAINER_CREDENTIALS_RELATIVE_URI to name 169\.254\.170\.2 /,
          path,
        );
      }
    });
  });

  describe("the instance's metadata service", () => {
    it("is asked by IMDSv2 alone: where it gives no session token, it is not asked without one", async () => {
      sources["instance (IMDSv2)"].on();
      server.instead[PATHS.instanceToken] = { status: 403, body: "" };
      server.instead[PATHS.instanceRole] = { body: INSTANCE_ROLE };
      await fails(connection(), "MissingCredentials");
      assert.deepEqual([...new Set(server.seen.map(({ path }) => path))], [PATHS.instanceToken]);
    });

    it("is asked once and for a second where nothing answers", async () => {
      sources["instance (IMDSv2)"].on();
      server.instead[PATHS.instanceToken] = "hang";
      const began = performance.now();
      assert.match(
        (await fails(connection(), "MissingCredentials")).message,
        /instance \(no session token of IMDSv2/,
      );
      assert.equal(server.seen.length, 1);
      assert.ok(performance.now() - began < 2_000);
    });

    it("is not asked where AWS_EC2_METADATA_DISABLED says so", async () => {
      sources["instance (IMDSv2)"].on();
      process.env.AWS_EC2_METADATA_DISABLED = "true";
      await fails(connection(), "MissingCredentials");
      assert.equal(server.seen.length, 0);
      process.env.AWS_EC2_METADATA_DISABLED = "false";
      assert.equal((await find(connection())).key, "FROM-INSTANCE");
    });
  });

  describe("SSO", () => {
    it("has an endpoint and a Region of its own", async () => {
      named(loggedIn());
      const of = connection({ endpoint: "http://127.0.0.1:1" });
      assert.equal((await find(of)).key, "FROM-SSO");
    });

    it("renews its session's token where it ends soon", async () => {
      named(loggedIn(60_000));
      assert.equal((await find(connection())).key, "FROM-SSO");
      assert.deepEqual(
        server.seen.map(({ path }) => path.split("?")[0]),
        [PATHS.ssoToken, PATHS.sso],
      );
    });

    it("says what to do where the login has ended, and passes over to no other identity", async () => {
      sources["instance (IMDSv2)"].on();
      server.instead[PATHS.ssoToken] = { status: 400, body: { error: "invalid_grant" } };
      named(loggedIn(-60_000));
      assert.match((await fails(connection(), "InvalidCredentials")).message, /aws sso login/);
    });
  });

  it("does not show the command line of a credential_process, which may hold a password", async () => {
    named("[named]\ncredential_process = sh -c 'echo SAID-SECRET >&2; exit 1' --password ARGUMENT-SECRET\n");
    const error = await fails(connection(), "InvalidCredentials");
    assert.match(error.message, /credential_process/);
    assert.doesNotMatch(inspect(error, { depth: 10, showHidden: true }), /(ARGUMENT|SAID)-SECRET/);
  });
});
