import assert from "node:assert/strict";
import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  TagResourceCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import { start, type TestKms } from "../../local-kms/test/support";
import { Application } from "../world/application";
import { QUOTAS } from "../world/declaration";
import { allowsRoot, deniesStolenRole, keyPolicy } from "../world/keyPolicy";
import { openProject, type Project } from "./support";

const HOME = "us-west-1";

describe("what others change in AWS is a difference of a property to the engine", function () {
  this.timeout(300_000);
  let kms: TestKms;
  let project: Project;
  let application: Application;
  let keyId: string;
  const secretKey = "not-for-anybodys-eyes";
  const secretTag = "tag-value-that-is-secret";

  const program = (options: object, args = "") => `
    const pulumi = require("@pulumi/pulumi");
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", {
      keyCollection: "${HOME}", endpoint: "${kms.url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
      credentials: { accessKey: "111122223333", secretKey: pulumi.secret("${secretKey}") },
    });
    const distribution = new KeyDistribution("orders", {
      kms, key: new ManagedKey("orders"), policy: ${JSON.stringify(keyPolicy(allowsRoot("Ours")))}, description: "orders",
      tags: { team: "shop", mark: pulumi.secret("${secretTag}") }, ${args}
    }, ${JSON.stringify(options)});
    exports.keyId = distribution.keyId;
  `;
  async function inAws() {
    const { Policy } = await application.send(new GetKeyPolicyCommand({ KeyId: keyId }));
    const { Tags } = await application.send(new ListResourceTagsCommand({ KeyId: keyId }));
    const { KeyMetadata } = await application.send(new DescribeKeyCommand({ KeyId: keyId }));
    return {
      isIncident: Policy!.includes("Incident17"),
      description: KeyMetadata!.Description,
      team: Tags!.find(({ TagKey }) => TagKey === "team")?.TagValue,
    };
  }
  const BY_HAND = { isIncident: true, description: "PCI scope", team: "risk" };
  async function changeByHand() {
    await application.send(
      new PutKeyPolicyCommand({
        KeyId: keyId,
        Policy: keyPolicy(allowsRoot("Ours"), deniesStolenRole("Incident17")),
      }),
    );
    await application.send(new UpdateKeyDescriptionCommand({ KeyId: keyId, Description: "PCI scope" }));
    await application.send(
      new TagResourceCommand({ KeyId: keyId, Tags: [{ TagKey: "team", TagValue: "risk" }] }),
    );
  }
  const writes = () => Object.keys(kms.counts()).filter((name) => !/^(sts|Get|List|Describe)/.test(name));

  before(async () => {
    kms = await start();
    application = new Application(kms, HOME);
    project = await openProject({ program: program({}) });
    await project.up();
    keyId = (await project.outputs()).keyId;
  });
  after(async () => {
    await project?.close();
    await kms?.close();
  });

  it("shown by a refresh, which calls only what reads", async () => {
    await changeByHand();
    kms.resetCounts();
    const { stdout } = await project.pulumi(["refresh", "--preview-only", "--diff"]);
    assert.match(stdout, /~ description +: "orders" => "PCI scope"/);
    assert.match(stdout, /~ team: "shop" => "risk"/);
    assert.match(stdout, /Incident17/);
    assert.deepEqual(writes(), []);
  });

  it("left alone with ignoreChanges, and while something else is updated", async () => {
    const options = { ignoreChanges: ["policy", "description", "tags"] };
    await project.setProgram(program(options));
    kms.resetCounts();
    const { stdout } = await project.up({ args: ["--refresh"] });
    assert.match(stdout, /4 unchanged/);
    await project.setProgram(program(options, "deletionWindowDays: 8"));
    await project.up();
    assert.deepEqual(writes(), []);
    assert.deepEqual(await inAws(), BY_HAND);
  });

  it("keeps secret in the state what the program marks so", async () => {
    const { stdout } = await project.stackExport();
    assert.ok(!stdout.includes(secretKey));
    assert.ok(!stdout.includes(secretTag));
  });

  it("taken back where it is not ignored, which is shown", async () => {
    await project.setProgram(program({}));
    const { stdout } = await project.up({ args: ["--diff"] });
    assert.match(stdout, /description\s*: "PCI scope" => "orders"/);
    assert.deepEqual(await inAws(), { isIncident: false, description: "orders", team: "shop" });
  });
});
