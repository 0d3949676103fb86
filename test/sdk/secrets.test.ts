import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { CheckFailure } from "@pulumi/pulumi/proto/provider_pb";
import { RegisterResourceResponse, ResourceInvokeResponse } from "@pulumi/pulumi/proto/resource_pb";
import { KeyDistribution, KmsProvider, ManagedKey } from "../../sdk";
import { credentials, keyring, material, plantedBytes } from "../provider/resources/goodInputs";
import { bare, find, inTheOpen, isSecret, run, unwrapped } from "./program";

/** A program whose secrets are all given in clear text, as a careless one would. */
function careless() {
  const kms = new KmsProvider("prod", { keyCollection: "us-west-1", credentials });
  const key = new ManagedKey("orders", { replicaRegions: ["eu-west-1"], material });
  const dist = new KeyDistribution("orders-prod", { kms, key });
  return [kms, key, dist, ...dist.replicate()];
}

describe("secrets in a program", () => {
  it("are marked as such although they were given in clear text", async () => {
    const registered = await run(careless);
    assert.ok(isSecret(find(registered, "KmsProvider").inputs.credentials));
    assert.ok(isSecret(find(registered, "ManagedKey").inputs.material));
    assert.deepEqual(unwrapped(find(registered, "KmsProvider").inputs.credentials), credentials);
    assert.equal(unwrapped(find(registered, "ManagedKey").inputs.material), material);
  });

  it("are named to the provider, which sees no marks, where they are metadata; else nothing is sent", async () => {
    const named = async (mark: typeof pulumi.output | typeof pulumi.secret) => {
      const registered = await run(() => {
        const tags = { team: mark("shop") };
        const roleArn = "arn:aws:iam::111122223333:role/keys";
        const assumeRole = [
          { roleArn, policy: "{}" },
          mark({ roleArn }),
          { roleArn, tags: { team: mark("shop") } },
        ];
        const kms = new KmsProvider("prod", { keyCollection: "us-west-1", tags, assumeRole });
        const key = new ManagedKey("orders", { replicaRegions: ["eu-west-1"] });
        const description = mark("orders");
        const dist = new KeyDistribution("orders-prod", { kms, key, description, policy: mark("{}") });
        return [kms, key, dist, ...dist.replicate({ tags })];
      });
      return registered.map(({ inputs }) => inputs.secretInputs).filter((value) => value !== undefined);
    };
    assert.deepEqual(await named(pulumi.output), []);
    const roles = ["assumeRole.1", "assumeRole.2.tags.team"];
    assert.deepEqual(await named(pulumi.secret), [
      ["tags", ...roles],
      ["description", "policy", ...["tags", ...roles].map((path) => `kms.${path}`)],
      ["tags", ...["tags", ...roles].map((path) => `distribution.kms.${path}`)],
    ]);
  });

  it("stay marked on their way to distributions and replicas", async () => {
    const registered = await run(careless);
    const { kms, key } = find(registered, "KeyDistribution").inputs as Record<
      string,
      Record<string, unknown>
    >;
    const { distribution } = find(registered, "KeyReplica").inputs as {
      distribution: Record<string, Record<string, unknown>>;
    };
    for (const value of [
      kms?.credentials,
      key?.keyring,
      distribution.kms?.credentials,
      distribution.key?.keyring,
    ]) {
      assert.ok(isSecret(value), JSON.stringify(value));
    }
    assert.equal(unwrapped(key?.keyring), keyring);
  });

  it("are nowhere in the open, whether the program marked them or not", async () => {
    for (const mark of [pulumi.output, pulumi.secret]) {
      const registered = await run(() => {
        const kms = new KmsProvider("prod", {
          keyCollection: "us-west-1",
          credentials: { ...credentials, secretKey: mark(credentials.secretKey) },
        });
        const key = new ManagedKey("orders", { replicaRegions: ["eu-west-1"], material: mark(material) });
        const dist = new KeyDistribution("orders-prod", { kms, key });
        return [kms, key, dist, ...dist.replicate()];
      });
      assert.equal(registered.length, 4);
      for (const { type, inputs } of registered) {
        const open = JSON.stringify(inTheOpen(inputs));
        const planted = [...Object.values(credentials), material, plantedBytes.toString("base64url")];
        for (const secret of planted) assert.ok(!open.includes(secret), `${type}: ${open}`);
      }
    }
  });

  it("that a provider computes are asked for by name: the engine takes other outputs for no secrets", async () => {
    const registered = await run(
      () => new ManagedKey("orders", {}, { additionalSecretOutputs: ["rotationTrigger"] }),
    );
    assert.deepEqual(find(registered, "ManagedKey").secretOutputs.sort(), [
      "keyring",
      "material",
      "materialPassphrase",
      "rotationTrigger",
    ]);
  });

  it("need no other resource to ask for them: their outputs hold no secret under a name of their own", async () => {
    for (const { type, secretOutputs } of await run(careless)) {
      if (bare(type) !== "ManagedKey") assert.deepEqual(secretOutputs, [], type);
    }
  });

  it("are not in the SDK's debug log, which shows every answer of the engine", () => {
    const answer = new RegisterResourceResponse();
    answer.setUrn("urn:x");
    answer.setStablesList([keyring]); // any of its fields, of which the outputs are one
    assert.ok(!`${answer}`.includes(plantedBytes.toString("base64url")));
    assert.match(`${answer}`, /^urn:x /);
    const state = new ResourceInvokeResponse(); // outputs that the program reads on demand
    const failure = new CheckFailure();
    failure.setReason(keyring);
    state.setFailuresList([failure]);
    assert.ok(!`${state}`.includes(plantedBytes.toString("base64url")));
  });
});
