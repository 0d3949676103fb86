import assert from "node:assert/strict";
import { CreateAliasCommand, DisableKeyCommand } from "@aws-sdk/client-kms";
import { createEnabledKey, start, type TestKms } from "../../local-kms/test/support";
import { Application } from "../world/application";
import { QUOTAS } from "../world/declaration";
import { openProject, type Project } from "./support";

const HOME = "us-west-1";
const ALIAS = "alias/hashicorp/orders-1700000000";

describe("a KMS key of Vault's that a stack adopts", function () {
  this.timeout(300_000);
  let kms: TestKms;
  let project: Project;
  let application: Application;
  let adopted: string;
  let old: Uint8Array;

  const program = (trigger: number, deletionAllowed = false) => `
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", {
      keyCollection: "${HOME}", endpoint: "${kms.url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
    });
    const key = new ManagedKey("orders", { rotationTrigger: "${trigger}", deletionAllowed: ${deletionAllowed} });
    const distribution = new KeyDistribution("orders", { kms, key, adopt: { aliasName: "${ALIAS}" } });
    exports.alias = distribution.aliasName;
    exports.time = distribution.distributionTime;
    exports.keyId = distribution.keyId;
  `;
  const outputs = () => project.outputs();

  before(async () => {
    kms = await start();
    application = new Application(kms, HOME);
    const { KeyId } = await createEnabledKey(kms.client(HOME));
    adopted = KeyId;
    await application.send(new CreateAliasCommand({ AliasName: ALIAS, TargetKeyId: adopted }));
    old = await application.encrypt(ALIAS, "Vault's");
    const env = { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret" };
    project = await openProject({ program: program(1), env });
  });
  after(async () => {
    await project?.close();
    await kms?.close();
  });

  it("is looked at and left as it is; alias and time are Vault's", async () => {
    kms.resetCounts();
    await project.up();
    const { "sts:GetCallerIdentity": _, ...calls } = kms.counts();
    assert.deepEqual(calls, { DescribeKey: 1 });
    assert.deepEqual(await outputs(), {
      alias: ALIAS,
      time: new Date(1_700_000_000_000).toISOString(),
      keyId: adopted,
    });
  });

  it("is enabled again by an update after a refresh, where somebody has disabled it", async () => {
    await application.send(new DisableKeyCommand({ KeyId: adopted }));
    const { stdout } = await project.up({ args: ["--refresh"] });
    assert.match(stdout, /drift of orders-1700000000: version 1 in us-west-1: Disabled outside this stack/);
    assert.equal((await application.decrypt(old)).text, "Vault's");
  });

  it("is rotated away from: the alias moves to a KMS key of the stack, and old ciphertext decrypts", async () => {
    await project.setProgram(program(2, true));
    await project.up();
    const { alias, keyId } = await outputs();
    assert.equal(alias, ALIAS);
    assert.notEqual(keyId, adopted);
    const { keyArn } = await application.decrypt(await application.encrypt(ALIAS, "ours"));
    assert.equal(keyArn.split("/")[1], keyId);
    assert.equal((await application.decrypt(old)).text, "Vault's");
  });

  it("stays when the stack goes, and that is said; the stack's own KMS key does not", async () => {
    const { keyId } = await outputs();
    const { stdout, stderr } = await project.destroy();
    assert.match(stdout + stderr, new RegExp(`key/${adopted} was adopted by orders-1700000000 and is left`));
    assert.equal((await application.describe(keyId)).KeyState, "PendingDeletion");
    assert.equal((await application.decrypt(old)).text, "Vault's");
  });
});
