import assert from "node:assert/strict";
import { CreateAliasCommand, CreateKeyCommand, UpdateAliasCommand } from "@aws-sdk/client-kms";
import type { LocalKms } from "../../local-kms/src/index";
import { Application } from "../world/application";
import { QUOTAS } from "../world/declaration";
import { startLocalKms } from "../world/localKms";
import { openProject, type Project } from "./support";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";
const ORDERS = "alias/orders";

describe("an alias of one's own, on the real engine", function () {
  this.timeout(300_000);
  let local: LocalKms;
  let project: Project;
  let own: string;

  const program = (extraAliases: string[] | undefined, options = {}) => `
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", {
      keyCollection: "${HOME}", endpoint: "${local.url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
    });
    const key = new ManagedKey("orders", { replicaRegions: ["${ABROAD}"] });
    const distribution = new KeyDistribution("orders", { kms, key, extraAliases: ${JSON.stringify(extraAliases)} },
      ${JSON.stringify(options)});
    distribution.replicate();
    exports.own = distribution.aliasName;
  `;
  const at = (region: string) => new Application(local, region);
  /** Where the aliases point in each Region: id and state of their KMS keys; undefined where there is none. */
  const targets = (...aliases: string[]) =>
    Promise.all(
      [HOME, ABROAD].flatMap((region) =>
        aliases.map((alias) =>
          at(region)
            .describe(alias)
            .then(
              ({ KeyId, KeyState }) => `${KeyId} ${KeyState}`,
              () => undefined,
            ),
        ),
      ),
    );
  const urns = async (types: string[]): Promise<string[]> => {
    const { resources } = await project.state();
    const all: string[] = resources.map(({ urn }: { urn: string }) => urn);
    return all.filter((urn) => types.some((type) => urn.includes(`:${type}::`)));
  };

  before(async () => {
    local = await startLocalKms();
    const env = { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret" };
    project = await openProject({ program: program([ORDERS]), env });
    await project.up();
    own = (await project.outputs()).own;
  });
  after(async () => {
    await project?.close();
    await local?.close();
  });

  for (const types of [["KeyDistribution"], ["KeyReplica"], ["KeyDistribution", "KeyReplica"]])
    it(`stays, with the KMS keys and the distribution's own, through --replace of ${types.join(" and ")}`, async () => {
      const before = await targets(own, ORDERS);
      assert.ok(
        before.every((target) => target === before[0] && target?.endsWith(" Enabled")),
        String(before),
      );
      const ciphertext = await at(HOME).encrypt(ORDERS, "kept");
      const replaced = await urns(types);
      assert.equal(replaced.length, types.length);
      await project.previewAndUp({ args: replaced.flatMap((urn) => ["--replace", urn]) });
      assert.deepEqual(await targets(own, ORDERS), before);
      assert.equal((await at(ABROAD).decrypt(ciphertext)).text, "kept");
      local.resetCounts();
      await project.up({ args: ["--expect-no-changes"] });
      assert.deepEqual(local.counts(), {});
    });

  it("of somebody else is refused in the preview, in a replica's Region too, and disturbs no refresh", async () => {
    const theirs = await at(ABROAD).send(new CreateKeyCommand({}));
    const TargetKeyId = theirs.KeyMetadata!.KeyId!;
    await at(ABROAD).send(new CreateAliasCommand({ AliasName: "alias/theirs", TargetKeyId }));
    await project.setProgram(program([ORDERS, "alias/theirs"]));
    local.resetCounts();
    const { stdout } = await project.preview({ fails: true });
    const refused = /Expected alias\/theirs in eu-west-1 to be free or to point to a KMS key of orders-\d+/g;
    assert.equal(stdout.split("Diagnostics:")[1]!.match(refused)?.length, 1, stdout);
    assert.deepEqual(local.counts(), { ListAliases: 2, ListResourceTags: 1 });
    await project.setProgram(program([ORDERS]));

    const { KeyId: ours } = await at(ABROAD).describe(ORDERS);
    const point = (to: string) =>
      at(ABROAD).send(new UpdateAliasCommand({ AliasName: ORDERS, TargetKeyId: to }));
    await point(TargetKeyId);
    for (const _ of ["sees it", "has seen it"]) await project.refresh();
    assert.match(
      (await project.preview({ fails: true })).stdout,
      /Expected alias\/orders in eu-west-1 to be/,
    );
    await point(ours!);
    await project.up({ args: ["--refresh"] });
    await project.up({ args: ["--expect-no-changes"] });
  });

  it("of another stack is named in the preview of a new one", async () => {
    await project.pulumi(["stack", "init", "second"]);
    const { stdout } = await project.preview();
    for (const region of [HOME, ABROAD])
      assert.match(
        stdout,
        new RegExp(`keymgmt: ${ORDERS} in ${region} exists, and points to KMS key mrk-.* is refused there`),
      );
    await project.pulumi(["stack", "select", "dev"]);
  });

  it("is neither moved, removed nor added where `ignoreChanges` names it, in no Region", async () => {
    const ignoring = async (extraAliases: string[] | undefined) => {
      await project.setProgram(program(extraAliases, { ignoreChanges: ["extraAliases"] }));
      await project.up({ args: ["--expect-no-changes"] });
    };
    const before = await targets(own, ORDERS);
    await ignoring(undefined);
    await ignoring(["alias/other"]);
    assert.deepEqual(await targets(own, ORDERS), before);
    await project.setProgram(program(undefined));
    await project.up();
    await ignoring([ORDERS]);
    assert.deepEqual(await targets(ORDERS), [undefined, undefined]);
  });
});
