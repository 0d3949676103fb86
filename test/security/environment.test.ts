import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalKms } from "../../local-kms/src/index";
import { isKeymgmtError } from "../../provider/errors";
import { findCredentials } from "../../provider/kms/credentials/credentials";
import type { KmsConnection } from "../../provider/kms/endpoints/connection";
import {
  type CredentialEndpoints,
  credentialEndpoints,
  PATHS,
} from "../provider/kms/credentials/credentialEndpoints";
import { ssoLogin, ssoProfile, ssoSession } from "../provider/kms/credentials/ssoLogin";
import { setEnvironment } from "../provider/kms/loopback";
import { startLocalKms } from "../world/localKms";
import { Program } from "../world/program";
import { type Attacker, attacker } from "./support/attacker";

const ROLE = "arn:aws:iam::111122223333:role/keymgmt";
const TIME = { connectMs: 2_000, requestMs: 5_000 };

/** Has: the variables of the runner, or its AWS config and credentials files. Wants: material and credentials at another host. */
describe("who writes the environment or the AWS config file of a run", function () {
  this.timeout(60_000);
  let folder: string;
  let local: LocalKms;
  let endpoints: CredentialEndpoints;
  let theirs: Attacker;
  let restore = () => {};

  before(async () => {
    local = await startLocalKms();
    endpoints = await credentialEndpoints();
  });
  after(async () => {
    await local?.close();
    await endpoints?.close();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "keymgmt-environment-")); // new each time: the AWS SDK reads a path once
    endpoints.ssoToken = "sso-token";
  });
  afterEach(async () => {
    restore();
    await theirs?.close();
    rmSync(folder, { recursive: true });
  });

  /** Writes variables and the config file, in which and in whose values URL stands for the attacker's host. */
  async function write(
    victim: string,
    variables: Record<string, string>,
    config = "",
    as: { host?: string; tls?: boolean } = {},
  ): Promise<void> {
    theirs = await attacker(victim, as);
    const put = (text: string) => text.replaceAll("URL_", theirs.url);
    writeFileSync(join(folder, "config"), put(config));
    writeFileSync(join(folder, "token"), "the-web-identity-token");
    const own = Object.entries(variables).map(([name, value]) => [name, put(value)]);
    restore = setEnvironment({
      HOME: folder,
      AWS_CONFIG_FILE: join(folder, "config"),
      ...Object.fromEntries(own),
    });
  }

  /** Nothing came to the attacker, and the error says where their host was named. */
  async function gotNothing(work: Promise<unknown>, place: string | RegExp): Promise<void> {
    const error: unknown = await work.then(
      () => undefined,
      (thrown) => thrown,
    );
    assert.deepEqual(theirs.stolen, []);
    assert.ok(isKeymgmtError(error, "InvalidInput"), `${error}`);
    assert.match(
      error.message,
      typeof place === "string" ? new RegExp(`^Expected ${place} to name `) : place,
    );
    assert.match(error.message, /kms\.attacker\.example|got no such URL/);
  }

  const section = "endpoint_url = URL_\n";
  const services = (service: string) =>
    `[services of-ours]\nsqs =\n  endpoint_url = https://sqs.example\n${service} =\n  endpoint_url = URL_\n`;
  const material: [string, Record<string, string>, string, string][] = [
    ["AWS_ENDPOINT_URL_KMS", { AWS_ENDPOINT_URL_KMS: "URL_" }, "", "AWS_ENDPOINT_URL_KMS"],
    ["AWS_ENDPOINT_URL", { AWS_ENDPOINT_URL: "URL_" }, "", "AWS_ENDPOINT_URL"],
    ["AWS_KMS_ENDPOINT", { AWS_KMS_ENDPOINT: "URL_" }, "", "AWS_KMS_ENDPOINT"],
    ["the default profile's endpoint_url", {}, `[default]\n${section}`, ".*\\(line 2 of .*config\\)"],
    [
      "endpoint_url of the profile that AWS_PROFILE names",
      { AWS_PROFILE: "ours" },
      `[profile other]\n\n[profile ours]\n${section}`,
      ".*\\(line 4 of .*config\\)",
    ],
    [
      "a profile's services",
      {},
      `[default]\nservices = of-ours\n${services("kms")}`,
      ".*\\(line 7 of .*config\\)",
    ],
  ];
  for (const [name, variables, config, place] of material)
    it(`gets no material by ${name}`, async () => {
      // STS answers as it does, so that the KMS alone is another.
      await write(local.url, { ...variables, AWS_ENDPOINT_URL_STS: local.url }, config);
      const work = new Program(local).up({ kms: { endpoint: undefined } });
      await gotNothing(work, place);
    });

  const token = () => ({ roleArn: ROLE, tokenFile: join(folder, "token") });
  const credentials = { accessKey: "AKIA", secretKey: "s", sessionToken: "the-session-token" };
  const sso = () => {
    ssoLogin(folder, "ours", "sso-token", 3_600_000);
    return { profile: "ours" };
  };
  const endingSso = () => {
    ssoLogin(folder, "renewed", "sso-token", 60_000);
    return { profile: "ours" };
  };
  const ssoConfig = (name: string) => `${ssoSession(name)}[profile ours]\n${ssoProfile(name)}`;
  const taken: [string, () => Partial<KmsConnection>, Record<string, string>, string, string][] = [
    [
      "a web identity token by AWS_ENDPOINT_URL_STS",
      () => ({ webIdentity: token() }),
      { AWS_ENDPOINT_URL_STS: "URL_" },
      "",
      "AWS_ENDPOINT_URL_STS",
    ],
    [
      "a web identity token by the default profile",
      () => ({ webIdentity: token() }),
      {},
      `[default]\n${section}`,
      ".*\\(line 2 of .*config\\)",
    ],
    [
      "a session token by AWS_ENDPOINT_URL",
      () => ({ credentials, assumeRole: { roleArn: ROLE } }),
      { AWS_ENDPOINT_URL: "URL_" },
      "",
      "AWS_ENDPOINT_URL",
    ],
    [
      "a session token by a profile's services",
      () => ({ credentials, assumeRole: { roleArn: ROLE } }),
      {},
      `[default]\nservices = of-ours\n${services("sts")}`,
      ".*\\(line 7 of .*config\\)",
    ],
    [
      "a profile's source keys by its endpoint_url",
      () => ({ profile: "ours" }),
      {},
      `[profile ours]\n${section}role_arn = ${ROLE}\nsource_profile = base\n[profile base]\naws_access_key_id = A\naws_secret_access_key = s\naws_session_token = t\n`,
      ".*\\(line 2 of .*config\\)",
    ],
    [
      "an SSO token by AWS_ENDPOINT_URL_SSO",
      sso,
      { AWS_ENDPOINT_URL_SSO: "URL_" },
      ssoConfig("ours"),
      "AWS_ENDPOINT_URL_SSO",
    ],
    [
      "an SSO session's refresh token by AWS_ENDPOINT_URL_SSO_OIDC",
      endingSso,
      { AWS_ENDPOINT_URL_SSO: "", AWS_ENDPOINT_URL_SSO_OIDC: "URL_", AWS_ENDPOINT_URL: "http://127.0.0.1:1" },
      ssoConfig("renewed"),
      "",
    ],
  ];
  for (const [name, connection, variables, config, place] of taken)
    it(`gets no credentials: ${name}`, async () => {
      await write(endpoints.url, variables, config);
      const found = findCredentials({ keyCollection: "us-west-1", ...connection() }, TIME);
      await gotNothing(
        found.then(({ provider }) => provider()),
        place === "" ? "AWS_ENDPOINT_URL_SSO_OIDC" : place,
      );
    });

  it("puts no other identity in place by AWS_EC2_METADATA_SERVICE_ENDPOINT or a profile's line", async () => {
    const enabled = { AWS_EC2_METADATA_DISABLED: "false" };
    await write(endpoints.url, { ...enabled, AWS_EC2_METADATA_SERVICE_ENDPOINT: "URL_" });
    await gotNothing(
      findCredentials({ keyCollection: "us-west-1" }, TIME),
      "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    );
    restore();
    await theirs.close();
    await write(
      endpoints.url,
      enabled,
      "[default]\nregion = us-west-1\nec2_metadata_service_endpoint = URL_\n",
    );
    await gotNothing(findCredentials({ keyCollection: "us-west-1" }, TIME), "line 3 of .*config");
  });

  it("gets no job token of GitHub Actions in the clear", async () => {
    await write(endpoints.url, {
      ACTIONS_ID_TOKEN_REQUEST_URL: `URL_${PATHS.actions}`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "job-token",
    });
    const connection = { keyCollection: "us-west-1", webIdentity: { roleArn: ROLE } };
    const { provider } = await findCredentials(connection, TIME);
    const error: unknown = await provider().catch((thrown) => thrown);
    assert.deepEqual(theirs.stolen, []);
    assert.match(`${error}`, /ACTIONS_ID_TOKEN_REQUEST_URL names http:\/\/kms\.attacker\.example/);
  });

  // NODE_TLS_REJECT_UNAUTHORIZED stands for a certificate of the attacker's own host.
  it("gets no pod's token by AWS_CONTAINER_CREDENTIALS_FULL_URI, by a profile's credential_source neither", async () => {
    const variables = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `URL_${PATHS.pod}`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "the-web-identity-token",
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
    };
    const config = `[profile ours]\nrole_arn = ${ROLE}\ncredential_source = EcsContainer\n`;
    await write(endpoints.url, variables, config, { tls: true });
    for (const profile of [undefined, "ours"]) {
      const found = findCredentials({ keyCollection: "us-west-1", profile }, TIME);
      await gotNothing(
        found.then(({ provider }) => provider()),
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
      );
    }
  });

  it("gets nothing under AWS's name with a certificate that nobody vouches for, by NODE_TLS_REJECT_UNAUTHORIZED", async () => {
    const variables = {
      AWS_ENDPOINT_URL_KMS: "URL_",
      AWS_ENDPOINT_URL_STS: local.url,
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
    };
    await write(local.url, variables, "", { tls: true, host: "kms.us-west-1.amazonaws.com" });
    const error: unknown = await new Program(local)
      .up({ kms: { endpoint: undefined } })
      .catch((thrown) => thrown);
    assert.deepEqual(theirs.stolen, []);
    assert.ok(isKeymgmtError(error, "EndpointUnreachable"), `${error}`);
  });
});
