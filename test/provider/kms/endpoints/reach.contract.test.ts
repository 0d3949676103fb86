/** Where the AWS SDK's own clients go, as they are given what `kmsReach` and `stsReach` have settled. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KMSClient, ListKeysCommand } from "@aws-sdk/client-kms";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import sinon from "sinon";
import type { LocalKms } from "../../../../local-kms/src/index";
import { isKeymgmtError } from "../../../../provider/errors";
import { findCredentials } from "../../../../provider/kms/credentials/credentials";
import type { KmsConnection } from "../../../../provider/kms/endpoints/connection";
import { kmsReach, stsReach } from "../../../../provider/kms/endpoints/endpoint";
import { localKms, Program } from "../../../world/program";
import { CONFIG, LOCAL, OTHER } from "../credentials/profiles";
import { setEnvironment } from "../loopback";

interface Connecting {
  createConnection(options: { host?: string }): unknown;
}

describe("KMS and STS by the same settings", () => {
  let folder: string;
  let restore = () => {};
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "keymgmt-reach-")); // new each time: the AWS SDK reads a path once
    writeFileSync(join(folder, "config"), CONFIG);
  });
  afterEach(() => {
    restore();
    rmSync(folder, { recursive: true });
  });

  const set = (settings: Record<string, string> = {}) => {
    restore();
    restore = setEnvironment({ AWS_CONFIG_FILE: join(folder, "config"), ...settings });
  };

  /** Origins of a request to KMS and of one to STS. */
  async function origins(connection: Partial<KmsConnection> = {}): Promise<[kms: string, sts: string]> {
    const of = { keyCollection: "us-west-2", ...connection };
    const went: string[] = [];
    const common = {
      credentials: { accessKeyId: "A", secretAccessKey: "s" },
      maxAttempts: 1,
      requestHandler: {
        handle: async ({
          protocol,
          hostname,
          port,
        }: {
          protocol: string;
          hostname: string;
          port?: number;
        }) => {
          went.push(`${protocol}//${hostname}${port ? `:${port}` : ""}`);
          throw new Error("nothing is sent");
        },
      },
    };
    const kms = new KMSClient({ ...kmsReach(of, of.keyCollection), ...common });
    const sts = new STSClient({ ...stsReach(of), ...common });
    await assert.rejects(kms.send(new ListKeysCommand({})), /nothing is sent/);
    await assert.rejects(sts.send(new GetCallerIdentityCommand({})), /nothing is sent/);
    return went as [string, string];
  }

  const aws = (kms: string, sts: string): [string, string] => [`https://${kms}`, `https://${sts}`];
  const AWS = aws("kms.us-west-2.amazonaws.com", "sts.us-west-2.amazonaws.com");

  const byProfile: [profile: string, where: [string, string]][] = [
    ["local", [LOCAL, LOCAL]],
    ["services", [LOCAL, OTHER]],
    ["both", [LOCAL, OTHER]],
    ["emulated", [LOCAL, LOCAL]],
    ["fips", aws("kms-fips.us-west-2.amazonaws.com", "sts-fips.us-west-2.amazonaws.com")],
    ["dualstack", aws("kms.us-west-2.api.aws", "sts.us-west-2.api.aws")],
    ["strict", aws("kms-fips.us-west-2.api.aws", "sts-fips.us-west-2.api.aws")],
    ["ignoring", AWS],
    ["plain", AWS],
  ];
  for (const [profile, where] of byProfile) {
    it(`profile ${profile}: the input, whatever AWS_PROFILE is`, async () => {
      set();
      assert.deepEqual(await origins({ profile }), where);
      set({ AWS_PROFILE: "local" });
      assert.deepEqual(await origins({ profile }), where);
    });

    it(`profile ${profile}: AWS_PROFILE`, async () => {
      set({ AWS_PROFILE: profile });
      assert.deepEqual(await origins(), where);
    });
  }

  it("the profile `default` where none is named", async () => {
    set();
    assert.deepEqual(await origins(), [OTHER, OTHER]);
  });

  it("variables come before the profile, those of a service before that of all", async () => {
    set({ AWS_ENDPOINT_URL: OTHER });
    assert.deepEqual(await origins({ profile: "local" }), [OTHER, OTHER]);
    set({ AWS_ENDPOINT_URL: OTHER, AWS_ENDPOINT_URL_STS: LOCAL });
    assert.deepEqual(await origins({ profile: "fips-free" }), [OTHER, LOCAL]);
    set({ AWS_USE_FIPS_ENDPOINT: "false", AWS_USE_DUALSTACK_ENDPOINT: "False" });
    assert.deepEqual(await origins({ profile: "strict" }), AWS);
    set({ AWS_USE_FIPS_ENDPOINT: "TRUE" });
    assert.deepEqual(
      await origins({ profile: "dualstack" }),
      aws("kms-fips.us-west-2.api.aws", "sts-fips.us-west-2.api.aws"),
    );
    set({ AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" });
    assert.deepEqual(await origins({ profile: "local" }), AWS);
  });

  describe("by FIPS a role is taken too", () => {
    afterEach(() => sinon.restore());
    const ROLE = "arn:aws:iam::111122223333:role/keys";
    const credentials = { accessKey: "A", secretKey: "s" };
    const byFips = `[profile taking]\nuse_fips_endpoint = true\nrole_arn = ${ROLE}\nsource_profile = base\n[profile base]\naws_access_key_id = A\naws_secret_access_key = s\n`;
    const identified = (token: string) =>
      `[profile identified]\nuse_fips_endpoint = true\nrole_arn = ${ROLE}\nweb_identity_token_file = ${token}\n`;
    const roles: [name: string, connection: (token: string) => Partial<KmsConnection>][] = [
      ["assumeRole", () => ({ profile: "fips", credentials, assumeRole: { roleArn: ROLE } })],
      [
        "a list",
        () => ({ profile: "fips", credentials, assumeRole: [{ roleArn: ROLE }, { roleArn: ROLE }] }),
      ],
      ["webIdentity", (tokenFile) => ({ profile: "fips", webIdentity: { roleArn: ROLE, tokenFile } })],
      ["the profile's source_profile", () => ({ profile: "taking" })],
      ["the profile's web_identity_token_file", () => ({ profile: "identified" })],
    ];
    for (const [name, connection] of roles)
      it(`by ${name}`, async () => {
        const token = join(folder, "token");
        writeFileSync(token, "token");
        writeFileSync(join(folder, "config"), `${CONFIG}${byFips}${identified(token)}`);
        set();
        const hosts: (string | undefined)[] = [];
        sinon.stub(Agent.prototype as unknown as Connecting, "createConnection").callsFake(({ host }) => {
          hosts.push(host);
          throw new Error("nothing is sent");
        });
        const time = { connectMs: 500, requestMs: 500 };
        const found = await findCredentials({ keyCollection: "us-west-2", ...connection(token) }, time);
        await assert.rejects(found.provider());
        assert.deepEqual([...new Set(hosts)], ["sts-fips.us-west-2.amazonaws.com"]);
      });
  });

  const refused = (connection: Partial<KmsConnection>, service: "KMS" | "STS" = "KMS") => {
    const of = { keyCollection: "us-west-2", ...connection };
    try {
      if (service === "KMS") kmsReach(of, of.keyCollection);
      else stsReach(of);
    } catch (error) {
      assert.ok(isKeymgmtError(error, "InvalidInput"), String(error));
      return error.message;
    }
    return assert.fail("nothing was refused");
  };

  const switches: [kind: string, settings: Record<string, string>, profile: string, place: string][] = [
    ["FIPS", { AWS_USE_FIPS_ENDPOINT: "true" }, "plain", "AWS_USE_FIPS_ENDPOINT asks"],
    ["dual-stack", { AWS_USE_DUALSTACK_ENDPOINT: "true" }, "plain", "AWS_USE_DUALSTACK_ENDPOINT asks"],
    ["FIPS", {}, "fips", "`use_fips_endpoint` of \\[profile fips\\] \\(line 23 of .*config\\) asks"],
    [
      "FIPS and dual-stack",
      {},
      "strict",
      "`use_fips_endpoint` of \\[profile strict\\] \\(line 27 of .*\\) and `use_dualstack_endpoint` of \\[profile strict\\] \\(line 28 of .*\\) ask",
    ],
  ];
  const endpoints: [place: string, settings: Record<string, string>, connection: Partial<KmsConnection>][] = [
    ["`endpoint`", {}, { endpoint: LOCAL }],
    ['`endpoint\\["us-west-2"\\]`', {}, { endpoint: { "us-west-2": LOCAL } }],
    ["AWS_KMS_ENDPOINT", { AWS_KMS_ENDPOINT: LOCAL }, {}],
    ["AWS_ENDPOINT_URL_KMS", { AWS_ENDPOINT_URL_KMS: LOCAL }, {}],
    ["AWS_ENDPOINT_URL", { AWS_ENDPOINT_URL: LOCAL }, {}],
  ];
  for (const [kind, on, profile, asks] of switches)
    for (const [place, settings, connection] of endpoints)
      it(`${kind} by ${profile === "plain" ? "a variable" : "a profile"} and ${place} exclude each other: both are named`, () => {
        set({ ...on, ...settings });
        for (const service of ["KMS", "STS"] as const) {
          const said = refused({ profile, ...connection }, service);
          assert.match(
            said,
            new RegExp(
              `^Expected an endpoint of your own for ${place === "AWS_ENDPOINT_URL" ? service : "KMS"}, or AWS's ${kind} endpoints, got both, .*: ${place} names ${LOCAL}, and ${asks} for ${kind}\\. Nothing was sent there\\.`,
            ),
          );
          for (const name of Object.keys(on)) assert.ok(said.includes(`run with ${name}=false`), said);
        }
      });

  it("an endpoint of a profile's services and its FIPS line are named by section, line and file", () => {
    set();
    assert.match(
      refused({ profile: "contradiction" }),
      /: `endpoint_url` of \[services ours\] \(line 10 of .*config\) names http:\/\/127\.0\.0\.1:4599, and `use_fips_endpoint` of \[profile contradiction\] \(line 37 of .*config\) asks for FIPS/,
    );
  });

  it("an endpoint for STS alone excludes FIPS there, and not for KMS", () => {
    set({ AWS_ENDPOINT_URL_STS: LOCAL, AWS_USE_FIPS_ENDPOINT: "true" });
    assert.match(refused({ profile: "plain" }, "STS"), /for STS, .*: AWS_ENDPOINT_URL_STS names/);
    assert.equal(
      kmsReach({ keyCollection: "us-west-2", profile: "plain" }, "us-west-2").useFipsEndpoint,
      true,
    );
  });

  it("a wish for FIPS that is neither true nor false is not passed over", () => {
    set({ AWS_USE_FIPS_ENDPOINT: "1" });
    assert.match(
      refused({}),
      /^Expected AWS_USE_FIPS_ENDPOINT to be "true" or "false"; what came is neither/,
    );
    set();
    assert.match(
      refused({ profile: "wrong" }),
      /^Expected `use_fips_endpoint` of \[profile wrong\] \(line 35 /,
    );
  });

  it("services that are in no section are missed", () => {
    set();
    assert.match(
      refused({ profile: "typo" }),
      /^Expected a section \[services none\] .*`services` of \[profile typo\] \(line 33 of/,
    );
  });

  describe("carry a whole update with replicas", function () {
    this.timeout(20_000);
    let local: LocalKms;
    before(async () => {
      local = await localKms();
    });
    after(() => local.close());

    it("by the services of the profile that is given alone", async () => {
      const line = `  endpoint_url = ${local.url}`;
      const services = `[services ours]\nkms =\n${line}\nsts =\n${line}\n`;
      const other = "[default]\nendpoint_url = http://127.0.0.1:1\n";
      writeFileSync(join(folder, "config"), `${other}[profile ours]\nservices = ours\n${services}`);
      set();
      const program = new Program(local);
      const kms = { endpoint: undefined, profile: "ours" };
      await program.up({ kms, key: { replicaRegions: ["eu-west-1"] }, replicas: ["eu-west-1"] });
      assert.match(String(program.states.get("kms")!.outputs.accountId), /^\d{12}$/);
    });

    it("by a map from Region to URL, of which one Region may not be missing", async () => {
      set({ AWS_KMS_ENDPOINT: "http://127.0.0.1:1" });
      const program = new Program(local);
      const key = { replicaRegions: ["eu-west-1"] };
      const endpoint = { "us-west-1": local.url, "eu-west-1": local.url.replace("127.0.0.1", "localhost") };
      await program.up({ kms: { endpoint }, key, replicas: ["eu-west-1"] });
      const lacking = { kms: { endpoint: { "us-west-1": local.url } }, key, replicas: ["eu-west-1"] };
      await assert.rejects(
        new Program(local).up(lacking),
        /a map from Region to URL, to name one for eu-west-1/,
      );
    });
  });
});
