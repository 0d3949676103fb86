import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { DeleteImportedKeyMaterialCommand, DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import type { LocalKms } from "../../../local-kms/src/index";
import { openProject, type Project } from "../../e2e/support";
import { keyringPlaces } from "../../e2e/support/keyrings";
import { assertNoSecret } from "../../e2e/support/planted";
import { QUOTAS } from "../../world/declaration";
import { startLocalKms } from "../../world/localKms";

/** A key in two Regions. */
function program(url: string, trigger: number, keystore = "state"): string {
  return `
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", {
      keyCollection: "us-west-1", endpoint: "${url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
    });
    const key = new ManagedKey("orders", {
      keystore: "${keystore}", replicaRegions: ["eu-west-1"], rotationTrigger: "${trigger}",
    });
    const distribution = new KeyDistribution("orders-prod", { kms, key });
    distribution.replicate();
    exports.keyId = distribution.keyId;
  `;
}

/**
 * Who has the state and what opens it, since the key's material was moved out of the state. Only the ManagedKey may hold a
 * keyring: the engine leaves every other resource as it was in an update of one alone.
 */
describe("who opens the state after the keystore was changed", function () {
  this.timeout(300_000);
  let local: LocalKms;
  let project: Project;
  /** What the ManagedKey's keyring has ever held, and the claim secret beside it. */
  const material: Record<string, Buffer> = {};
  const env = { ROOT: randomBytes(32).toString("base64") };

  before(async () => {
    local = await startLocalKms({
      config: { replicaCreatingMillis: 50 },
    });
    project = await openProject({
      program: program(local.url, 1),
      env: { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret" },
    });
  });
  after(async () => {
    await project?.close();
    await local?.close();
  });

  const opened = () => project.stackExport({ showSecrets: true });
  const only = async () => {
    const { json } = await opened();
    const managed = json.deployment.resources.find(({ type }: { type: string }) => /:ManagedKey$/.test(type));
    const { keys, claimSecret } = JSON.parse(JSON.parse(managed.outputs.keyring.plaintext));
    material["the claim secret"] = Buffer.from(claimSecret, "base64url");
    for (const { kid, k } of keys) material[`the material of version ${kid}`] = Buffer.from(k, "base64url");
    assert.deepEqual(keyringPlaces(json), ["ManagedKey.outputs.keyring"]);
  };
  const urn = async (type: string) => {
    const { resources } = await project.state();
    return resources.find((one: { type: string }) => one.type.endsWith(`:${type}`)).urn;
  };
  const kms = (region: string) =>
    new KMSClient({
      region,
      endpoint: local.url,
      credentials: { accessKeyId: "111122223333", secretAccessKey: "secret" },
    });

  it("finds one keyring after a first update, a rotation and an update by a plan", async () => {
    await project.up();
    await only();
    await project.setProgram(program(local.url, 2));
    await project.up();
    await only();
    const plan = join(project.folder.root, "plan.json");
    await project.setProgram(program(local.url, 3));
    await project.preview({ args: ["--save-plan", plan] });
    await project.up({ args: ["--plan", plan] });
    await only();
    assert.equal(Object.keys(material).length, 4);
  });

  it("finds one after the repair of the distribution, or of its replica, alone", async () => {
    const { keyId: KeyId } = await project.outputs();
    const repaired = { "us-west-1": "KeyDistribution", "eu-west-1": "KeyReplica" };
    for (const region of Object.keys(repaired))
      await kms(region).send(new DeleteImportedKeyMaterialCommand({ KeyId }));
    await project.refresh();
    for (const [region, type] of Object.entries(repaired)) {
      await project.up({ args: ["--target", await urn(type)] });
      const { KeyMetadata } = await kms(region).send(new DescribeKeyCommand({ KeyId }));
      assert.equal(KeyMetadata?.KeyState, "Enabled");
      await only();
    }
  });

  it("finds no material, also where the ManagedKey alone was updated", async () => {
    await project.setProgram(program(local.url, 3, "env://ROOT"));
    await project.up({ args: ["--target", await urn("ManagedKey")], env });
    const { stdout, json } = await opened();
    assertNoSecret("the decrypted state", stdout, material);
    assert.deepEqual(keyringPlaces(json), ["ManagedKey.outputs.keyring"]);
    await project.up({ args: ["--expect-no-changes"] });
  });
});
