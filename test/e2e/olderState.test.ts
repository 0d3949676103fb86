import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  ListResourceTagsCommand,
  ReplicateKeyCommand,
  type Tag,
} from "@aws-sdk/client-kms";
import { importMaterial, metadataOf, start, type TestKms } from "../../local-kms/test/support";
import { Application } from "../world/application";
import { openProject, type Project } from "./support";
import { keyringPlaces } from "./support/keyrings";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";

const recorded = readFileSync(join(__dirname, "olderState", "export.json"), "utf8");
const material = (version: number) => createHash("sha256").update(`older state, version ${version}`).digest();

interface Versions {
  [version: string]: { keyId: string; keyMaterialId: string };
}

const outputsOf = (state: string, type: string) =>
  JSON.parse(state).deployment.resources.find((each: { type: string }) => each.type.endsWith(`:${type}`))
    .outputs;

describe("a state that an older version of this package has left", function () {
  this.timeout(300_000);
  let kms: TestKms;
  let project: Project;
  let old: Uint8Array;
  const {
    aliasName,
    quotas,
    kms: connection,
    versions,
    ...distribution
  } = {
    ...outputsOf(recorded, "KeyDistribution"),
    quotas: outputsOf(recorded, "KmsProvider").quotas,
  };
  const application = (region: string) => new Application(kms, region);

  const program = (team = "shop") => `
    const pulumi = require("@pulumi/pulumi");
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", {
      keyCollection: "${HOME}", endpoint: "${kms.url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(quotas)},
    });
    const key = new ManagedKey("orders", {
      replicaRegions: ["${ABROAD}"], material: new pulumi.Config().requireSecret("material"),
    });
    new KeyDistribution("orders-prod", { kms, key, tags: { team: "${team}" }, description: "orders" }).replicate();
  `;

  before(async () => {
    kms = await start();
    let state = recorded.replaceAll(connection.endpoint, kms.url);
    for (const [version, { keyId, keyMaterialId }] of Object.entries(versions as Versions)) {
      const made = await inAws(Number(version));
      state = state.replaceAll(keyId, made.keyId).replaceAll(keyMaterialId, made.keyMaterialId);
    }
    const latest = outputsOf(state, "KeyDistribution").keyId;
    for (const region of [HOME, ABROAD])
      await kms.client(region).send(new CreateAliasCommand({ AliasName: aliasName, TargetKeyId: latest }));
    old = await application(HOME).encrypt(outputsOf(state, "KeyDistribution").versions[1].keyId, "kept");

    project = await openProject({
      program: program(),
      config: { material: { secret: material(2).toString("base64") } },
      env: { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret" },
    });
    const file = join(project.folder.root, "older.json");
    writeFileSync(file, state);
    await project.pulumi(["stack", "import", "--file", file]);
  });
  after(async () => {
    await project?.close();
    await kms?.close();
  });

  /** A version's KMS keys as that older version left them in AWS. */
  async function inAws(version: number): Promise<{ keyId: string; keyMaterialId: string }> {
    const tags = {
      "keymgmt:key": "orders",
      "keymgmt:version": String(version),
      "keymgmt:distribution": distribution.name,
      "keymgmt:stack": "organization/e2e/dev",
    };
    const Tags: Tag[] = Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
    const [home, abroad] = [kms.client(HOME), kms.client(ABROAD)];
    const own = { Description: "orders", Tags: [...Tags, { TagKey: "team", TagValue: "shop" }] };
    const { KeyMetadata } = await home.send(
      new CreateKeyCommand({ Origin: "EXTERNAL", MultiRegion: true, ...own }),
    );
    const KeyId = KeyMetadata!.KeyId!;
    await importMaterial(home, KeyId, material(version));
    await home.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: ABROAD, Tags }));
    await importMaterial(abroad, KeyId, material(version), { ImportType: "EXISTING_KEY_MATERIAL" });
    return { keyId: KeyId, keyMaterialId: (await metadataOf(home, KeyId)).CurrentKeyMaterialId! };
  }

  const keyrings = async () => keyringPlaces((await project.stackExport({ showSecrets: true })).json);

  it("is refused where its DistributionAlias is protected, with the command that lets it go", async () => {
    assert.equal((await keyrings()).length, 3);
    const { resources } = await project.state();
    const { urn } = resources.find(({ type }: { type: string }) => type.endsWith(":DistributionAlias"));
    await project.pulumi(["state", "protect", urn, "--yes"]);
    const { stdout, stderr } = await project.up({ fails: true });
    assert.ok(`${stdout}${stderr}`.includes(`pulumi state unprotect '${urn}'`), stdout);
    await project.pulumi(["state", "unprotect", urn, "--yes"]);
  });

  it("is updated by the same program: its DistributionAlias leaves the state, and nothing else changes, without a request to AWS", async () => {
    kms.resetCounts();
    assert.match((await project.up()).stdout, /- 1 deleted\s+5 unchanged/);
    await project.up({ args: ["--expect-no-changes"] });
    assert.deepEqual(kms.counts(), {});
    assert.deepEqual(await keyrings(), ["ManagedKey.outputs.keyring"]);
  });

  it("is refreshed: its KMS keys have no claims, which is the only drift; the next update writes them, and nothing else", async () => {
    const driftOf = async (type: string) => {
      const { resources } = await project.state();
      return resources.find((each: { type: string }) => each.type.endsWith(`:${type}`)).outputs.drift;
    };
    await project.refresh();
    for (const type of ["KeyDistribution", "KeyReplica"]) {
      const drift = await driftOf(type);
      assert.equal(drift.length, 2);
      for (const sentence of drift) assert.match(sentence, /the state has no keymgmt:claim for it/);
    }
    kms.resetCounts();
    assert.match((await project.up()).stdout, /~ 2 updated\s+3 unchanged/);
    const reads = ["DescribeKey", "ListResourceTags", "GetKeyPolicy"];
    const writes = Object.entries(kms.counts()).filter(([operation]) => !reads.includes(operation));
    assert.deepEqual(Object.fromEntries(writes), { TagResource: 4 });
    await project.refresh();
    for (const type of ["KeyDistribution", "KeyReplica"]) assert.deepEqual(await driftOf(type), []);
  });

  it("is updated in place: a tag, and a rotation, after which old ciphertext decrypts in both Regions", async () => {
    await project.setProgram(program("billing"));
    await project.configSet({ material: { secret: material(3).toString("base64") } });
    assert.match((await project.up()).stdout, /~ 3 updated\s+2 unchanged/);
    const { KeyId } = await application(HOME).describe(aliasName);
    const { Tags = [] } = await application(HOME).send(new ListResourceTagsCommand({ KeyId }));
    const tags = Object.fromEntries(Tags.map(({ TagKey, TagValue }) => [TagKey, TagValue]));
    assert.deepEqual([tags.team, tags["keymgmt:version"]], ["billing", "3"]);
    for (const region of [HOME, ABROAD]) {
      assert.equal((await application(region).decrypt(old)).text, "kept");
      const { keyArn } = await application(HOME).decrypt(await application(region).encrypt(aliasName, "new"));
      assert.equal(keyArn.split("/")[1], KeyId);
    }
  });
});
