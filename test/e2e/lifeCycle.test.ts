import assert from "node:assert/strict";
import type { LocalKms } from "../../local-kms/src/index";
import { Application } from "../world/application";
import { QUOTAS } from "../world/declaration";
import { startLocalKms } from "../world/localKms";
import { openProject, type Project, type Result } from "./support";

interface Settings {
  trigger?: string;
  tags?: Record<string, string>;
}

/** A key in us-west-1 with two replicas, and a consumer that knows nothing but the alias. */
function program(url: string, { trigger = "1", tags = {} }: Settings = {}): string {
  return `
    const pulumi = require("@pulumi/pulumi");
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", {
      keyCollection: "us-west-1", endpoint: "${url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
    });
    const key = new ManagedKey("orders", {
      replicaRegions: ["us-east-1", "eu-west-1"], rotationTrigger: "${trigger}",
    });
    const distribution = new KeyDistribution("orders-prod", { kms, key, tags: ${JSON.stringify(tags)} });
    const replicas = distribution.replicate();
    class Consumer extends pulumi.dynamic.Resource {
      constructor(name, props) { super({ create: async (inputs) => ({ id: "consumer", outs: inputs }) }, name, props); }
    }
    new Consumer("consumer", { aliasName: distribution.aliasName, aliasArn: distribution.aliasArn });
    new Consumer("abroad", { aliasName: replicas[0].aliasName, aliasArn: replicas[0].aliasArn });
    exports.alias = distribution.aliasName;
    exports.arn = distribution.aliasArn;
    exports.regional = replicas.map((replica) => replica.aliasArn);
    exports.versions = distribution.versions;
  `;
}

describe("a key's life on the real engine, but for its end, which `make quickstart` shows", function () {
  this.timeout(300_000);
  let local: LocalKms;
  let project: Project;
  let alias: string;
  const ciphertexts: Record<string, Uint8Array> = {};
  /** Requests that were not refused, by operation: AWS refuses some for a while, and they are sent again. */
  const carriedOut: Record<string, number> = {};

  before(async () => {
    local = await startLocalKms({
      log: ({ operation, outcome }) => {
        if (outcome === "ok") carriedOut[operation] = (carriedOut[operation] ?? 0) + 1;
      },
    });
    const env = { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret" };
    project = await openProject({ program: program(local.url), env });
  });
  after(async () => {
    await project?.close();
    await local?.close();
  });

  const application = (region: string) => new Application(local, region);
  /** Names of the resources that a preview changes, with what it does to them. */
  const changes = ({ json }: Result): Record<string, string> =>
    Object.fromEntries(
      (json.steps as { urn: string; op: string }[])
        .filter(({ op }) => op !== "same")
        .map(({ urn, op }) => [urn.split("::").at(-1), op]),
    );

  it("is created: what the alias of any Region encrypts, every Region decrypts", async () => {
    await project.up();
    const outputs = await project.outputs();
    alias = outputs.alias;
    assert.match(alias, /^alias\/hashicorp\/orders-\d{10}$/);
    assert.equal(outputs.arn, `arn:aws:kms:us-west-1:111122223333:${alias}`);
    assert.deepEqual(
      outputs.regional,
      ["eu-west-1", "us-east-1"].map((region) => `arn:aws:kms:${region}:111122223333:${alias}`),
    );
    const { DescribeKey, "sts:GetCallerIdentity": _, ...calls } = carriedOut;
    assert.deepEqual(calls, {
      CreateKey: 1,
      ReplicateKey: 2,
      GetParametersForImport: 3,
      ImportKeyMaterial: 3,
      CreateAlias: 3,
    });
    ciphertexts.first = await application("us-west-1").encrypt(alias, "under version 1");
    for (const region of ["us-east-1", "eu-west-1"]) {
      assert.equal((await application(region).decrypt(ciphertexts.first)).text, "under version 1");
    }
  });

  it("is left alone by an update that changes nothing: no request at all", async () => {
    local.resetCounts();
    const { stdout } = await project.up();
    assert.deepEqual(local.counts(), {});
    assert.match(stdout, /unchanged/);
    assert.doesNotMatch(stdout, /updated|to update|created/);
  });

  it("keeps its provider text under 100 bytes in state", async () => {
    const { resources } = await project.state();
    const ours = (resources as { type: string; outputs?: { __provider: string } }[]).filter(({ type }) =>
      type.includes("keymgmt:"),
    );
    assert.equal(ours.length, 5);
    for (const { outputs } of ours)
      assert.ok(Buffer.byteLength(outputs!.__provider) < 100, outputs!.__provider);
  });

  const distributed = {
    "orders-prod": "update",
    "orders-prod-us-east-1": "update",
    "orders-prod-eu-west-1": "update",
  };
  for (const { what, settings, expected } of [
    { what: "a tag", settings: { tags: { team: "payments" } }, expected: { "orders-prod": "update" } },
    { what: "a rotation", settings: { trigger: "2" }, expected: { orders: "update", ...distributed } },
  ]) {
    it(`previews ${what} as exactly that, without a request: who uses the alias does not change`, async () => {
      await project.setProgram(program(local.url, settings));
      const preview = await project.preview({ json: true });
      assert.deepEqual(changes(preview), expected);
      const { same, update = 0 } = preview.json.changeSummary;
      assert.equal(same + update, 8); // stack, provider, key, distribution, two replicas, two consumers
      assert.deepEqual(local.counts(), {});
    });
  }

  it("rotates: old ciphertext decrypts, new ciphertext is under the new KMS key, the alias is the same", async () => {
    await project.up();
    const outputs = await project.outputs();
    assert.equal(outputs.alias, alias);
    for (const region of ["us-west-1", "us-east-1", "eu-west-1"]) {
      assert.equal((await application(region).decrypt(ciphertexts.first!)).text, "under version 1");
      const { keyArn } = await application("us-east-1").decrypt(
        await application(region).encrypt(alias, region),
      );
      assert.equal(keyArn.split("/")[1], outputs.versions[2].keyId);
    }
  });

  it("is refreshed against AWS, and repaired", async () => {
    const { DisableKeyCommand } = await import("@aws-sdk/client-kms");
    const { KeyId } = await application("us-west-1").describe(alias);
    await application("us-west-1").send(new DisableKeyCommand({ KeyId }));
    await project.refresh();
    assert.equal((await project.outputs()).versions[2].state, "Enabled"); // stack outputs are of the last update
    await project.up();
    assert.equal((await application("us-west-1").describe(alias)).KeyState, "Enabled");
  });
});
