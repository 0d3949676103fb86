import assert from "node:assert/strict";
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DescribeKeyCommand,
  KMSClient,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-kms";
import { policyFor, type Scope } from "../../cli/iam-policy/policy";
import { isKeymgmtError } from "../../provider/errors";
import { followed } from "../world/awsCommands";
import { allowsRoot, keyPolicy } from "../world/keyPolicy";
import type { ProgramInputs } from "../world/program";
import { ABROAD, aliasOf, HOME, idsOf, recordsOf, Scene, useScene } from "../world/scene";

const EVE = "444455556666";
const ACCOUNT = "111122223333";
/** Lets the attacker's own account use the KMS key. */
const EVES_POLICY = keyPolicy(allowsRoot(), allowsRoot(undefined, EVE));

/**
 * The attacker may create and tag KMS keys in the account (kms:CreateKey, kms:TagResource, and what more a test names), and can read
 * what everybody there can. They are after the material: once it is in a KMS key of theirs, they can use it.
 */
describe("who may create and tag KMS keys in the account", function () {
  this.timeout(60_000);
  const { scene, program } = useScene();

  const inputs = (more: Partial<ProgramInputs> = {}): ProgramInputs => ({
    key: { rotationTrigger: "1" },
    ...more,
  });
  const rotated = (more: Partial<ProgramInputs> = {}) => inputs({ key: { rotationTrigger: "2" }, ...more });

  async function tagsOf(KeyId: string, region = HOME): Promise<Record<string, string>> {
    const { Tags = [] } = await scene.in(region).send(new ListResourceTagsCommand({ KeyId }));
    return Object.fromEntries(Tags.map(({ TagKey, TagValue }) => [TagKey!, TagValue!]));
  }

  async function plant(tags: Record<string, string>, more: CreateKeyCommandInput = {}): Promise<string> {
    const Tags = Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
    const { KeyMetadata } = await scene
      .in(HOME)
      .send(new CreateKeyCommand({ Origin: "EXTERNAL", Tags, ...more }));
    return KeyMetadata!.KeyId!;
  }

  async function stateOf(KeyId: string, region = HOME): Promise<string> {
    const { KeyMetadata } = await scene.in(region).send(new DescribeKeyCommand({ KeyId }));
    return KeyMetadata!.KeyState!;
  }

  /** Nothing was asked of the KMS key, and it has no material. */
  async function assertLeftAlone(keyId: string): Promise<void> {
    assert.equal(await stateOf(keyId), "PendingImport");
    assert.deepEqual(
      scene.writes.filter((write) => write.keyId === keyId && write.operation !== "CreateKey"),
      [],
    );
  }

  async function refusal(work: () => Promise<unknown>): Promise<Error> {
    let refused: Error | undefined;
    await assert.rejects(work(), (error: Error) => {
      refused = error;
      return isKeymgmtError(error, "Conflict") || isKeymgmtError(error.cause, "Conflict");
    });
    return refused!;
  }

  /** The key has version 2, and its KMS key could not be made. */
  async function rotationCutShort(): Promise<void> {
    await program.up(inputs());
    scene.intercept = ({ operation }) =>
      operation === "CreateKey"
        ? { error: { name: "LimitExceededException", message: "by the test" } }
        : undefined;
    await assert.rejects(program.up(rotated()));
    scene.intercept = () => undefined;
  }

  const next = async (): Promise<Record<string, string>> => ({
    ...(await tagsOf(idsOf(program)[0]!)),
    "keymgmt:version": "2",
  });

  it("a KMS key with this product's tags is not given the material of a rotation that was cut short", async () => {
    await rotationCutShort();
    const { "keymgmt:claim": _, ...tags } = await next();
    const planted = await plant(tags, { Policy: EVES_POLICY });
    scene.writes.length = 0;
    await program.up(rotated());
    await assertLeftAlone(planted);
    assert.equal(idsOf(program).length, 2);
    assert.ok(!idsOf(program).includes(planted));
    assert.match(scene.said(), new RegExp(`${planted} \\(version 2: it has no tag keymgmt:claim`));
  });

  it("nor one with the claim of another version", async () => {
    await rotationCutShort();
    const planted = await plant(await next());
    scene.writes.length = 0;
    await program.up(rotated());
    await assertLeftAlone(planted);
    assert.match(scene.said(), new RegExp(`${planted} \\(version 2: its tag keymgmt:claim was not made`));
  });

  it("a KMS key beside those of a distribution that returns is not taken for one of them", async () => {
    await program.up(inputs());
    const text = await scene.in(HOME).encrypt(aliasOf(program), "data");
    const [own] = idsOf(program);
    const { "keymgmt:claim": _, ...tags } = await tagsOf(own!);
    await program.remove("keyDistribution", "distribution");
    const planted = await plant(tags, { Policy: EVES_POLICY });
    scene.writes.length = 0;
    await program.up(inputs());
    assert.deepEqual(idsOf(program), [own]);
    await assertLeftAlone(planted);
    assert.equal((await scene.in(HOME).decrypt(text)).text, "data");
  });

  it("a claim that was copied proves nothing: both are left alone, and the program says which it is", async () => {
    await program.up(inputs());
    const text = await scene.in(HOME).encrypt(aliasOf(program), "data");
    const [own] = idsOf(program);
    const tags = await tagsOf(own!);
    await program.remove("keyDistribution", "distribution");
    const planted = await plant(tags);
    scene.writes.length = 0;
    const { message } = await refusal(() => program.up(inputs()));
    await assertLeftAlone(planted);
    assert.equal(await stateOf(own!), "PendingDeletion");
    for (const id of [own, planted]) assert.ok(message.includes(String(id)), message);
    const [, kcv] = /kcvs: \{ 1: "([0-9a-f]{10})" \}/.exec(message) ?? [];
    const adopt = { versions: { 1: own }, kcvs: { 1: kcv } };
    await program.up(inputs({ distribution: { adopt } }));
    assert.deepEqual(idsOf(program), [own]);
    await assertLeftAlone(planted);
    assert.equal((await scene.in(HOME).decrypt(text)).text, "data");
    assert.notEqual(recordsOf(program)[1]!.claim, tags["keymgmt:claim"]);
  });

  it("nor does one that was moved to a KMS key of theirs before a distribution was removed", async () => {
    await program.up(inputs());
    const text = await scene.in(HOME).encrypt(aliasOf(program), "data");
    const [own] = idsOf(program);
    const planted = await plant(await tagsOf(own!));
    const Tags = [{ TagKey: "keymgmt:claim", TagValue: "v1:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAA" }];
    await scene.in(HOME).send(new TagResourceCommand({ KeyId: own, Tags }));
    await program.up(inputs({ isDistributed: false, names: {} }));
    scene.writes.length = 0;
    const { message } = await refusal(() => program.up(inputs()));
    await assertLeftAlone(planted);
    for (const id of [own, planted]) assert.ok(message.includes(String(id)), message);
    assert.equal((await scene.in(HOME).decrypt(text)).text, "data");
  });

  it("a copy of the claim of a KMS key in the state changes nothing: work goes on", async () => {
    await program.up(inputs());
    const [own] = idsOf(program);
    const planted = await plant(await tagsOf(own!));
    scene.writes.length = 0;
    await program.up(rotated());
    await program.up(rotated({ isRefreshed: true }));
    await assertLeftAlone(planted);
    assert.equal(idsOf(program).length, 2);
    assert.ok(idsOf(program).includes(own!));
  });

  it("of an answer that was lost, only the KMS key of that attempt is taken", async () => {
    await program.up(inputs());
    const { "keymgmt:claim": _, ...tags } = await next();
    const planted = [];
    for (let count = 0; count < 4; count++) planted.push(await plant(tags, { Policy: EVES_POLICY }));
    let lost = 0;
    scene.intercept = ({ operation }) =>
      operation === "CreateKey" && lost++ === 0 ? { when: "after", drop: "close" } : undefined;
    scene.writes.length = 0;
    await program.up(rotated());
    scene.intercept = () => undefined;
    for (const keyId of planted) await assertLeftAlone(keyId);
    assert.ok(!planted.includes(recordsOf(program)[2]!.keyId));
    assert.equal((await scene.kmsKeys()).length, 6, "no second one was made for the attempt");
  });

  const GIVE: [string, (keyId: string) => Promise<unknown>, RegExp][] = [
    [
      "a key policy",
      (KeyId) => scene.in(HOME).send(new PutKeyPolicyCommand({ KeyId, Policy: EVES_POLICY })),
      /its key policy is neither the program's nor AWS's default/,
    ],
    [
      "a grant",
      (KeyId) =>
        scene.in(HOME).send(
          new CreateGrantCommand({
            KeyId,
            GranteePrincipal: `arn:aws:iam::${EVE}:root`,
            Operations: ["Encrypt", "Decrypt"],
          }),
        ),
      /a grant \([0-9a-f]+\) lets arn:aws:iam::444455556666:root use it/,
    ],
  ];
  for (const [what, give, expected] of GIVE)
    it(`a KMS key with a right claim is not used where ${what} gives the use of it to others`, async () => {
      await program.up(inputs());
      const [own] = idsOf(program);
      await give(own!);
      await program.up(inputs({ isDistributed: false, names: {} }));
      // As after a killed run: the state does not know it, and it is not on its way to its deletion.
      await scene.in(HOME).send(new CancelKeyDeletionCommand({ KeyId: own }));
      const { message } = await refusal(() => program.up(inputs()));
      assert.match(message, expected);
      assert.equal(await stateOf(own!), "Disabled");
    });

  it("with kms:ReplicateKey: a replica of theirs is not given the material", async () => {
    const key = { replicaRegions: [ABROAD], rotationTrigger: "1" };
    await program.up({ key });
    const [own] = idsOf(program);
    const Tags = Object.entries(await tagsOf(own!)).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
    await scene
      .in(HOME)
      .send(new ReplicateKeyCommand({ KeyId: own, ReplicaRegion: ABROAD, Policy: EVES_POLICY, Tags }));
    const { message } = await refusal(() => program.up({ key, replicas: [ABROAD] }));
    assert.match(message, /its key policy is neither the program's nor AWS's default/);
    assert.equal(await stateOf(own!, ABROAD), "PendingImport");
  });

  it("with kms:ReplicateKey: nor one with the default policy, and without the claim", async () => {
    const key = { replicaRegions: [ABROAD], rotationTrigger: "1" };
    await program.up({ key });
    const [own] = idsOf(program);
    const { "keymgmt:claim": _, ...tags } = await tagsOf(own!);
    const Tags = Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
    await scene.in(HOME).send(new ReplicateKeyCommand({ KeyId: own, ReplicaRegion: ABROAD, Tags }));
    const { message } = await refusal(() => program.up({ key, replicas: [ABROAD] }));
    assert.match(message, /its tag keymgmt:claim is not its primary's/);
    assert.equal(await stateOf(own!, ABROAD), "PendingImport");
    const commands = await followed(message, (region) => scene.in(region));
    assert.ok(
      commands.some((command) => command.includes("tag-resource")),
      message,
    );
    await program.up({ key, replicas: [ABROAD] });
    assert.equal(await stateOf(own!, ABROAD), "Enabled");
  });

  describe("with kms:ReplicateKey, and a copy of the claim", () => {
    const of = (rotationTrigger: string) => ({ key: { replicaRegions: [ABROAD], rotationTrigger } });
    const replicated = async (KeyId: string) => {
      const Tags = Object.entries(await tagsOf(KeyId)).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
      const there = { KeyId, ReplicaRegion: ABROAD, Policy: EVES_POLICY, Tags };
      await scene.in(HOME).send(new ReplicateKeyCommand(there));
    };

    it("a rotation makes no replica with the key policy of theirs", async () => {
      await program.up(of("1"));
      await replicated(idsOf(program)[0]!);
      scene.said();
      await program.up(of("2"));
      assert.deepEqual(
        (await scene.kmsKeys(ABROAD)).map(({ state }) => state),
        ["PendingImport"],
      );
      assert.match(
        scene.said(),
        /in eu-west-1 has no material, and its key policy is neither .* delete the replica/,
      );
      const { message } = await refusal(() => program.up({ ...of("2"), replicas: [ABROAD] }));
      assert.match(message, /its key policy is neither the program's nor AWS's default/);
      assert.deepEqual(
        (await scene.kmsKeys(ABROAD)).map(({ state }) => state),
        ["PendingImport"],
      );
    });

    for (const isScheduled of [false, true])
      it(`one in the place of a rotation's that is gone is not given the material${isScheduled ? ", on its way to its deletion" : ""}`, async () => {
        await program.up({ ...of("1"), replicas: [ABROAD] });
        await program.up({ ...of("2"), replicas: [ABROAD] });
        const latest = recordsOf(program)[2]!.keyId;
        await program.up(of("2"));
        await scene.local.moveClock({ advance: "P31D" });
        await replicated(latest);
        if (isScheduled) await scene.in(ABROAD).send(new ScheduleKeyDeletionCommand({ KeyId: latest }));
        const before = await stateOf(latest, ABROAD);
        const { message } = await refusal(() => program.up({ ...of("2"), replicas: [ABROAD] }));
        assert.match(message, /its key policy is neither the program's nor AWS's default/);
        assert.equal(await stateOf(latest, ABROAD), before);
      });

    it("nor one whose key policy does not let itself be seen", async () => {
      await program.up(of("1"));
      const [own] = idsOf(program);
      await replicated(own!);
      scene.intercept = ({ operation, region }) =>
        region === ABROAD && ["GetKeyPolicy", "ListGrants"].includes(operation)
          ? { error: { name: "AccessDeniedException", message: "no resource-based policy allows it" } }
          : undefined;
      const { message } = await refusal(() => program.up({ ...of("1"), replicas: [ABROAD] }));
      assert.match(message, /it does not show its key policy, as its primary does/);
      assert.equal(await stateOf(own!, ABROAD), "PendingImport");
    });
  });

  const PLANTED: [string, Record<string, string | undefined>, CreateKeyCommandInput, RegExp | undefined][] = [
    ["of a later version", { "keymgmt:version": "99" }, { Origin: "AWS_KMS" }, undefined],
    [
      "without a version",
      { "keymgmt:version": undefined },
      {},
      /has some tags of .* and not keymgmt:version/,
    ],
  ];
  for (const [what, change, more, said] of PLANTED)
    it(`a KMS key ${what} does not stop the updates of a distribution that is in the state`, async () => {
      await rotationCutShort();
      const { "keymgmt:claim": _, ...tags } = await next();
      const wanted = Object.entries({ ...tags, ...change }).filter(([, value]) => value !== undefined);
      const planted = await plant(Object.fromEntries(wanted) as Record<string, string>, more);
      scene.said();
      await program.up(rotated());
      assert.ok(!idsOf(program).includes(planted));
      assert.equal(idsOf(program).length, 2);
      if (said) assert.match(scene.said(), said);
    });

  it("nor is one scheduled for deletion that has the claim which was taken from a KMS key of the state", async () => {
    await program.up(inputs({ key: { rotationTrigger: "1", deletionAllowed: true } }));
    const [own] = idsOf(program);
    const tags = await tagsOf(own!);
    const victims = await plant({ owner: "the victim" });
    const write = (KeyId: string, written: Record<string, string>) => {
      const Tags = Object.entries(written).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
      return scene.in(HOME).send(new TagResourceCommand({ KeyId, Tags }));
    };
    await write(victims, tags);
    await write(own!, { "keymgmt:claim": "v1:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAA" });
    scene.writes.length = 0;
    await program.remove("keyDistribution", "distribution");
    await assertLeftAlone(victims);
  });

  it("somebody else's KMS key with the tags of a distribution that goes is not scheduled for deletion", async () => {
    await program.up(inputs({ key: { rotationTrigger: "1", deletionAllowed: true } }));
    const { "keymgmt:claim": _, ...tags } = await tagsOf(idsOf(program)[0]!);
    const victims = await plant({ owner: "the victim" });
    await scene.in(HOME).send(
      new TagResourceCommand({
        KeyId: victims,
        Tags: Object.entries({ ...tags, "keymgmt:version": "2" }).map(([TagKey, TagValue]) => ({
          TagKey,
          TagValue,
        })),
      }),
    );
    scene.writes.length = 0;
    await program.remove("keyDistribution", "distribution");
    await assertLeftAlone(victims);
    assert.match(scene.said(), new RegExp(`${victims} .* does not prove that it is this stack's`));
  });

  it("a KMS key of the state whose claim was written anew is left alone, and that is said", async () => {
    await program.up(inputs({ key: { rotationTrigger: "1", deletionAllowed: true } }));
    const [own] = idsOf(program);
    const Tags = [{ TagKey: "keymgmt:claim", TagValue: "v1:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAA" }];
    await scene.in(HOME).send(new TagResourceCommand({ KeyId: own, Tags }));
    assert.deepEqual(await program.refreshAll(), []);
    assert.match(scene.said(), /has another tag keymgmt:claim than the state knows: its owner is not known/);
    await program.remove("keyDistribution", "distribution");
    assert.equal(await stateOf(own!), "Enabled");
  });

  it("nor does an update change it, before it has its tags again", async () => {
    await program.up(rotated());
    await program.up(inputs({ key: { rotationTrigger: "3" } }));
    const [own] = idsOf(program);
    const Tags = [{ TagKey: "keymgmt:claim", TagValue: "v1:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAA" }];
    await scene.in(HOME).send(new TagResourceCommand({ KeyId: own, Tags }));
    const key = { rotationTrigger: "3" };
    scene.changes.length = 0;
    await program.up(inputs({ key, distribution: { tags: { team: "shop" } } }));
    assert.deepEqual(
      scene.changes.map(({ keyId }) => keyId),
      [idsOf(program)[1]],
    );
    scene.changes.length = 0;
    const disabling = inputs({
      key: { ...key, minEnabledVersion: 2 },
      distribution: { tags: { team: "shop" } },
    });
    const { message } = await refusal(() => program.up(disabling));
    assert.deepEqual(scene.changes, []);
    assert.equal((await followed(message, (region) => scene.in(region))).length, 1);
    await program.up(disabling);
    assert.equal(await stateOf(own!), "Disabled");
  });

  it("a claim that was taken away from a KMS key of the state is drift, which the next update repairs", async () => {
    await program.up(inputs());
    const [own] = idsOf(program);
    const before = await tagsOf(own!);
    await scene.in(HOME).send(new UntagResourceCommand({ KeyId: own, TagKeys: ["keymgmt:claim"] }));
    assert.deepEqual(await program.refreshAll(), ["version 1 in us-west-1: tag keymgmt:claim is gone"]);
    await program.up(inputs());
    assert.deepEqual(await tagsOf(own!), before);
    assert.deepEqual(await program.refreshAll(), []);
  });

  it("with kms:CreateAlias: an alias on a KMS key of theirs does not make it the distribution's", async () => {
    await program.up(inputs());
    const tags = await tagsOf(idsOf(program)[0]!);
    await program.up(inputs({ isDistributed: false, names: {} }));
    const { "keymgmt:claim": _, ...others } = tags;
    const distribution = `orders-${Number(/\d{10}$/.exec(tags["keymgmt:distribution"]!)![0]) - 5}`;
    const planted = await plant({ ...others, "keymgmt:distribution": distribution }, { Policy: EVES_POLICY });
    await scene
      .in(HOME)
      .send(new CreateAliasCommand({ AliasName: `alias/hashicorp/${distribution}`, TargetKeyId: planted }));
    scene.writes.length = 0;
    await program.up(inputs()).catch((error) => assert.ok(isKeymgmtError(error), String(error)));
    await assertLeftAlone(planted);
  });
});

/** The update's role has the least policy, the attacker may create and tag; tags count five minutes late, as AWS lets them. */
describe("who may create and tag KMS keys, while the update runs under the policy of keymgmt iam-policy", function () {
  this.timeout(60_000);
  const scope: Scope = {
    accountId: ACCOUNT,
    primaryRegions: [HOME],
    replicaRegions: [],
    multiRegion: undefined,
    aliases: ["hashicorp/*"],
    stacks: ["organization/shop/dev"],
    adoptedArns: [],
    rootKeyArns: [],
    features: ["everyKey", "drift", "recovery"],
  };
  const attacker = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: ["kms:CreateKey", "kms:TagResource"], Resource: "*" }],
  };
  const scene = new Scene();
  let eve: KMSClient;
  before(async () => {
    const principals = [
      {
        arn: `arn:aws:iam::${ACCOUNT}:root`,
        accessKeys: [{ accessKeyId: "OWNER", secretAccessKey: "secret" }],
      },
      {
        arn: `arn:aws:iam::${ACCOUNT}:user/ci`,
        accessKeys: [{ accessKeyId: ACCOUNT, secretAccessKey: "secret" }],
        policies: [policyFor(scope)],
      },
      {
        arn: `arn:aws:iam::${ACCOUNT}:user/eve`,
        accessKeys: [{ accessKeyId: "EVE", secretAccessKey: "secret" }],
        policies: [attacker],
      },
    ];
    await scene.open({ iam: { principals }, tagsCountAfterMillis: 300_000 });
    const credentials = { accessKeyId: "EVE", secretAccessKey: "secret" };
    eve = new KMSClient({ endpoint: scene.local.url, region: HOME, credentials, maxAttempts: 1 });
  });
  after(async () => {
    eve.destroy();
    await scene.close();
  });

  it("a KMS key with this product's tags is given no material, and the update makes its own", async () => {
    const program = scene.program();
    await program.up({ key: { rotationTrigger: "1" } });
    await scene.local.moveClock({ advance: "PT6M" });
    scene.intercept = ({ operation }) =>
      operation === "CreateKey"
        ? { error: { name: "LimitExceededException", message: "by the test" } }
        : undefined;
    await assert.rejects(program.up({ key: { rotationTrigger: "2" } }));
    scene.intercept = () => undefined;
    const tags = {
      "keymgmt:key": "orders",
      "keymgmt:version": "2",
      "keymgmt:distribution": String(program.outputs("distribution").name),
      "keymgmt:stack": "organization/shop/dev",
    };
    const Tags = Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
    const { KeyMetadata } = await eve.send(new CreateKeyCommand({ Origin: "EXTERNAL", Tags }));
    const planted = KeyMetadata!.KeyId!;
    await scene.local.moveClock({ advance: "PT6M" });
    scene.writes.length = 0;
    await program.up({ key: { rotationTrigger: "2" } });
    assert.deepEqual(
      scene.writes.filter(({ keyId }) => keyId === planted),
      [],
    );
    assert.equal(idsOf(program).length, 2);
    assert.ok(!idsOf(program).includes(planted));
    assert.match(scene.said(), new RegExp(`${planted} \\(version 2: it has no tag keymgmt:claim`));
  });
});
