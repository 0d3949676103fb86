/** Who gives somebody a state file to look at with `keymgmt … --state FILE`. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { providerText } from "../../../sdk/providerText";
import { fileOf, keymgmt } from "../../cli/support";
import { type Loopback, loopback } from "../../provider/kms/loopback";
import { temporaryFolder } from "../../temporaryFolders";

const ACCOUNT = "111122223333";
const TOKEN = "the-web-identity-token-of-the-one-who-looks";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/theirs`;

describe("who gives somebody a state file to look at", function () {
  this.timeout(120_000);
  let theirs: Loopback;
  let home: string;

  before(async () => {
    theirs = await loopback(() => ({ status: 400, body: { __type: "ValidationException" } }));
    home = await temporaryFolder();
    await mkdir(join(home, ".aws"));
    await writeFile(join(home, "token"), TOKEN);
    await writeFile(
      join(home, ".aws", "config"),
      `[profile deploy]\ncredential_process = /bin/sh -c 'touch ${join(home, "ran")}; exit 1'\n`,
    );
  });
  beforeEach(() => {
    theirs.seen.length = 0;
  });
  after(() => theirs.close());

  /** A KmsProvider, and a distribution that has it. */
  function stateOf(kms: object): string {
    const connection = { keyCollection: "us-west-1", accountId: ACCOUNT, aliasPrefix: "hashicorp", ...kms };
    const resource = (type: string, values: object) => {
      const token = `pulumi-nodejs:dynamic/keymgmt:${type}`;
      const outputs = { ...values, __provider: providerText(type) };
      return { urn: `urn:pulumi:dev::shop::${token}::prod`, type: token, id: "1", inputs: outputs, outputs };
    };
    const key = {
      id: "1",
      name: "orders",
      type: "aes256-gcm96",
      keyVersion: 1,
      minEnabledVersion: 1,
      replicaRegions: [],
    };
    const distribution = {
      name: "orders-1700000000",
      aliasName: "alias/hashicorp/orders-1700000000",
      stack: "organization/shop/dev",
      kms: connection,
      key,
      versions: {},
    };
    const resources = [resource("KmsProvider", connection), resource("KeyDistribution", distribution)];
    return JSON.stringify({ version: 3, deployment: { resources } });
  }

  const commands = ["status", "sweep", "doctor"];
  const looked = async (
    command: string,
    kms: object,
    args: string[] = [],
    env: Record<string, string> = {},
  ) => {
    const state = await fileOf(stateOf(kms));
    return keymgmt([command, "--state", state, ...args], {
      env: { HOME: home, PATH: "/usr/bin:/bin", ...env },
    });
  };
  const sent = () => JSON.stringify(theirs.seen);

  for (const command of commands) {
    it(`gets no token and no request from keymgmt ${command}, by a token file and an endpoint`, async () => {
      const webIdentity = { roleArn: ROLE, tokenFile: join(home, "token") };
      const { code, stdout, stderr } = await looked(command, { webIdentity, endpoint: theirs.url });
      assert.ok(!sent().includes(TOKEN), "the token was sent");
      assert.deepEqual(theirs.seen, []);
      assert.equal(code, 1);
      const said = (stdout + stderr).replaceAll(/\s+/g, " ");
      assert.match(
        said,
        /Expected --endpoint: the state says that (KmsProvider "prod"|its KmsProvider) \(account/,
      );
      assert.ok(said.includes(theirs.url), "for a person to judge");
    });

    it(`gets no request from keymgmt ${command} by a map of endpoints, and no command run for a token`, async () => {
      // doctor refuses a command in a state before anything else: stateWriter.test.ts.
      const tokenFile = command === "doctor" ? join(home, "token") : `exec:touch ${join(home, "printed")}`;
      const webIdentity = { roleArn: ROLE, tokenFile };
      const endpoint = { "us-west-1": theirs.url, "eu-west-1": theirs.url };
      const { code, stdout, stderr } = await looked(command, { webIdentity, endpoint });
      assert.deepEqual(theirs.seen, []);
      assert.equal(existsSync(join(home, "printed")), false);
      assert.equal(code, 1);
      const said = (stdout + stderr).replaceAll(/\s+/g, " ");
      assert.match(said, /Expected --endpoint: the state says .*\(REGION=URL/);
      assert.ok(said.includes(theirs.url), "for a person to judge");
      await looked(command, { webIdentity, endpoint }, ["--endpoint", `us-west-1=${theirs.url}`]);
      assert.equal(existsSync(join(home, "printed")), false);
      assert.notDeepEqual(theirs.seen, [], "where the caller says");
    });

    it(`gets no command run by keymgmt ${command}, by a profile that it names`, async () => {
      await looked(command, { profile: "deploy" }, ["--endpoint", theirs.url]);
      assert.equal(existsSync(join(home, "ran")), false, "the profile's credential_process was run");
    });

    it(`gets no role taken by keymgmt ${command}`, async () => {
      const own = { AWS_ENDPOINT_URL_STS: theirs.url };
      await looked(command, { assumeRole: { roleArn: ROLE } }, ["--endpoint", theirs.url], own);
      const operations = theirs.seen.map(({ operation }) => operation);
      assert.ok(!operations.includes("AssumeRole"), "the role was asked for");
      assert.ok(operations.includes("GetCallerIdentity"));
    });

    it(`has nothing asked by keymgmt ${command} in a Region that is the name of a host`, async () => {
      const keyCollection = `${new URL(theirs.url).host}/`;
      const args = ["--endpoint", "https://{region}.localhost:9"];
      const { code, stderr } = await looked(command, { keyCollection }, args);
      assert.deepEqual(theirs.seen, []);
      assert.equal(code, 1);
      assert.match(stderr, /to name an AWS Region, such as "us-east-1"; got "127\.0\.0\.1:\d+\/"/);
    });
  }

  it("gets no request from keymgmt export by a keyring that names a root key there", async () => {
    const state = JSON.parse(stateOf({}));
    const keystore = `awskms://alias/root?region=us-west-1&endpoint=${theirs.url}`;
    const dataKey = Buffer.from("data key").toString("base64url");
    const kid = `arn:aws:kms:us-west-1:${ACCOUNT}:key/1`;
    const header = {
      alg: "dir",
      enc: "A256GCM",
      cty: "jwk+json",
      kid,
      keymgmt: { key: "orders", version: 1, dataKey },
    };
    const jwe = `${Buffer.from(JSON.stringify(header)).toString("base64url")}..AAAA.AAAA.AAAA`;
    const keyring = JSON.stringify({ keystore, keys: [{ kid: "1", iat: 1, jwe, kcv: "0123456789" }] });
    const [kms] = state.deployment.resources;
    const type = "pulumi-nodejs:dynamic/keymgmt:ManagedKey";
    const versions = [
      { version: 1, createdAt: "2026-01-31T12:00:00.000Z", kcv: "0123456789", enabled: true },
    ];
    const values = {
      name: "orders",
      type: "aes256-gcm96",
      replicaRegions: [],
      minEnabledVersion: 1,
      latestVersion: 1,
      deletionAllowed: false,
      versions,
    };
    state.deployment.resources.push({ ...kms, type, outputs: { ...values, keyring } });
    const file = await fileOf(JSON.stringify(state));
    const args = ["export", "--state", file, "--key", "orders", "--out", join(home, "o.jwe"), "--passphrase"];
    const { code, stderr } = await keymgmt([...args, "env://BACKUP"], {
      env: { BACKUP: "correct horse battery staple" },
    });
    assert.deepEqual(theirs.seen, []);
    assert.equal(code, 2);
    assert.match(stderr, /Expected --keystore to name the root key .* the state says "awskms:/);
  });
});
