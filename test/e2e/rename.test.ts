import assert from "node:assert/strict";
import type { LocalKms } from "../../local-kms/src/index";
import { Application } from "../world/application";
import { QUOTAS } from "../world/declaration";
import { startLocalKms } from "../world/localKms";
import { openProject, type Project, type Result } from "./support";

const REGIONS = ["us-west-1", "eu-west-1"];
const PARENT = 'const parent = new pulumi.ComponentResource("shop:index:Keys", "keys");';

describe("resources that get another name, on the real engine", function () {
  this.timeout(300_000);
  let local: LocalKms;
  let project: Project;
  let alias: string;
  let ciphertext: Uint8Array;

  /** The program's KeyReplica is called `replica`; `more` goes before its end. */
  const program = (replica: string, more = "") => `
    const pulumi = require("@pulumi/pulumi");
    const { KmsProvider, ManagedKey, KeyDistribution, KeyReplica } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", {
      keyCollection: "us-west-1", endpoint: "${local.url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
    });
    const key = new ManagedKey("orders", { replicaRegions: ["eu-west-1"] });
    const distribution = new KeyDistribution("orders-prod", { kms, key });
    ${more}
    const replica = new KeyReplica("${replica}", { distribution, region: "eu-west-1" }${more && ", { parent }"});
    exports.alias = distribution.aliasName;
  `;

  before(async () => {
    local = await startLocalKms();
    const env = { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret" };
    project = await openProject({ program: program("abroad"), env });
    await project.up();
    alias = (await project.outputs()).alias;
    ciphertext = await new Application(local, "us-west-1").encrypt(alias, "kept");
  });
  after(async () => {
    await project?.close();
    await local?.close();
  });

  const allIsInUse = async () => {
    for (const region of REGIONS) {
      const application = new Application(local, region);
      assert.equal((await application.decrypt(ciphertext)).text, "kept", region);
      assert.equal((await application.describe(alias)).KeyState, "Enabled", region);
    }
  };
  const said = ({ stdout, stderr }: Result) => stdout + stderr;

  it("a KeyReplica keeps its KMS keys and its alias under a new name, below a parent", async () => {
    await project.setProgram(program("europe", PARENT));
    const result = await project.previewAndUp();
    assert.match(said(result), /another KeyReplica of this program has the KMS keys and the alias/);
    await allIsInUse();
  });

  it("a KeyDistribution and its KeyReplica that are replaced by themselves keep them", async () => {
    const { resources } = await project.state();
    const urns: string[] = resources
      .map(({ urn }: { urn: string }) => urn)
      .filter((urn: string) => /:Key(Replica|Distribution)::/.test(urn));
    assert.equal(urns.length, 2);
    await project.up({ args: urns.flatMap((urn) => ["--replace", urn]) });
    await allIsInUse();
  });

  // Where only the new name was targeted, the state has both. With `--target` of the old one the engine shows the provider no
  // other: nothing tells it that the KMS keys are in use under the new name.
  it("the old name of a KeyReplica, deleted by --target alone, is refused; the next update lets it go", async () => {
    const { resources } = await project.state();
    const old: string = resources.find(({ urn }: { urn: string }) => urn.endsWith("KeyReplica::europe")).urn;
    await project.setProgram(program("emea", PARENT));
    await project.up({ args: ["--target", old.replace(/europe$/, "emea")] });
    await allIsInUse();
    const refused = await project.up({ args: ["--target", old], fails: true });
    assert.match(said(refused), /deletionAllowed: true/);
    await allIsInUse();
    await project.up();
    await allIsInUse();
  });

  it("nothing is left over for a later update", async () => {
    local.resetCounts();
    await project.up({ args: ["--expect-no-changes"] });
    assert.deepEqual(local.counts(), {});
  });
});
