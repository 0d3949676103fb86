import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import sinon from "sinon";
import type { Program, ProgramInputs } from "../../../world/program";
import {
  ABROAD,
  aliasOf,
  destroy,
  HOME,
  idsOf,
  PROD,
  REGIONS,
  recordsOf,
  untagged,
  useScene,
} from "../../../world/scene";

const SECOND = Date.UTC(2027, 0, 15, 10, 30, 0, 400);
const FIRST_ALIAS = `alias/hashicorp/orders-${Math.floor(SECOND / 1000)}`;
const NEXT_ALIAS = `alias/hashicorp/orders-${Math.floor(SECOND / 1000) + 1}`;

describe("two stacks of one program in one account, made in the same second", function () {
  this.timeout(30_000);
  let clock: sinon.SinonFakeTimers;
  let prod: Program;

  beforeEach(async () => {
    clock = sinon.useFakeTimers({ now: SECOND, toFake: ["Date"] });
  });
  const { scene, program: dev } = useScene();
  beforeEach(() => {
    prod = scene.program(PROD);
  });
  afterEach(() => clock.restore());

  /** The same own material in both, the hardest to tell apart: AWS takes it for the KMS keys of either. */
  const material = randomBytes(32).toString("base64");
  const inputs = (key = {}, more: Partial<ProgramInputs> = {}): ProgramInputs => ({
    key: { replicaRegions: [ABROAD], material, ...key },
    replicas: [ABROAD],
    ...more,
  });
  const up = (program: Program, key = {}) => program.up(inputs(key));
  const rotated = { material: randomBytes(32).toString("base64") };

  async function both(key = {}): Promise<void> {
    await Promise.all([up(dev, key), up(prod, key)]);
  }

  /** Whose KMS keys are whose: that of neither is the other's, in no Region, and each alias is its own stack's. */
  async function assertApart(): Promise<void> {
    const [ofDev, ofProd] = [idsOf(dev), idsOf(prod)];
    assert.deepEqual(
      ofDev.filter((id) => ofProd.includes(id)),
      [],
    );
    assert.notEqual(aliasOf(dev), aliasOf(prod));
    for (const region of REGIONS) {
      const seen = await scene.kmsKeys(region);
      assert.equal(seen.length, ofDev.length + ofProd.length, `no other KMS key in ${region}`);
      for (const program of [dev, prod])
        for (const { keyId, tags, aliases } of seen.filter((key) => idsOf(program).includes(key.keyId))) {
          assert.equal(tags["keymgmt:stack"], program.stack);
          const isLatest = keyId === program.outputs("distribution").keyId;
          assert.deepEqual(aliases, isLatest ? [aliasOf(program)] : []);
        }
    }
  }

  /** The work changes nothing of the other stack's, and tries to change nothing. */
  async function leavingAlone(other: Program, work: () => Promise<unknown>): Promise<void> {
    const before = await scene.everywhere(idsOf(other));
    scene.writes.length = 0;
    await work();
    const theirs = [...idsOf(other), aliasOf(other)];
    const touching = scene.writes.filter(
      ({ operation, keyId, aliasName }) =>
        theirs.includes(keyId ?? "") || (operation !== "CreateAlias" && theirs.includes(aliasName ?? "")),
    );
    assert.deepEqual(touching, []);
    assert.deepEqual(await scene.everywhere(idsOf(other)), before);
  }

  it("one after the other: the second takes the next second's alias, and says so", async () => {
    await up(dev);
    await leavingAlone(dev, () => up(prod));
    assert.deepEqual([aliasOf(dev), aliasOf(prod)], [FIRST_ALIAS, NEXT_ALIAS]);
    assert.match(scene.said(), new RegExp(`${FIRST_ALIAS}.*left alone.*${NEXT_ALIAS}`));
    await assertApart();
  });

  it("both at once: nobody's alias moves, and each has KMS keys of its own", async () => {
    await both();
    assert.deepEqual([aliasOf(dev), aliasOf(prod)].sort(), [FIRST_ALIAS, NEXT_ALIAS]);
    assert.deepEqual(
      scene.writes.filter(({ operation }) => operation === "UpdateAlias"),
      [],
    );
    assert.equal(scene.writes.filter(({ operation }) => operation === "CreateKey").length, 2);
    await assertApart();
  });

  it("with material of their own making too", async () => {
    await both({ material: undefined });
    await assertApart();
  });

  it("the replica of the second has the second's alias", async () => {
    await up(dev);
    await up(prod);
    assert.equal(aliasOf(prod, ABROAD), NEXT_ALIAS);
    const ciphertext = await scene.in(ABROAD).encrypt(NEXT_ALIAS, "prod's");
    const { keyArn } = await scene.in(HOME).decrypt(ciphertext);
    assert.equal(keyArn, recordsOf(prod)[1]!.keyArn);
  });

  it("then have nothing to do, at no call", async () => {
    await both();
    assert.deepEqual(await scene.callsOf(both), {});
  });

  it("rotate, disable and enable each their own", async () => {
    await both();
    for (const [one, other] of [
      [dev, prod],
      [prod, dev],
    ] as const) {
      await leavingAlone(other, () => up(one, rotated));
      await leavingAlone(other, () => up(one, { ...rotated, minEnabledVersion: 2 }));
      await leavingAlone(other, () => up(one, rotated));
    }
    await assertApart();
  });

  it("a refresh in an update lets the state learn the name, and changes nothing in AWS", async () => {
    await up(dev);
    await up(prod);
    const planned = () => prod.states.get("distribution")!.inputs.aliasName;
    assert.equal(planned(), FIRST_ALIAS, "the name that was asked for");
    scene.writes.length = 0;
    const before = await scene.everywhere();
    await prod.up({ ...inputs(), isRefreshed: true });
    assert.equal(planned(), NEXT_ALIAS);
    assert.deepEqual(scene.writes, []);
    assert.deepEqual(await scene.everywhere(), before);
    assert.deepEqual(await scene.callsOf(() => up(prod)), {}, "and then there is nothing to do");
    await prod.up({ ...inputs(), isRefreshed: true });
    assert.deepEqual(scene.writes, []);
  });

  it("a refresh by itself finds nothing that has drifted", async () => {
    await both();
    assert.deepEqual([await dev.refreshAll(), await prod.refreshAll()], [[], []]);
    assert.deepEqual(await scene.callsOf(both), {});
  });

  for (const isRefreshed of [false, true])
    it(`the second rotates ${isRefreshed ? "after" : "without"} a refresh: its own alias moves, in every Region`, async () => {
      await up(dev);
      await up(prod);
      const old = await scene.in(HOME).encrypt(aliasOf(prod), "kept");
      if (isRefreshed) await prod.up({ ...inputs(), isRefreshed });
      await leavingAlone(dev, () => up(prod, rotated));
      await assertApart();
      for (const region of REGIONS) {
        const { KeyId } = await scene.in(region).describe(NEXT_ALIAS);
        assert.equal(KeyId, recordsOf(prod)[2]!.keyId);
        assert.equal((await scene.in(region).decrypt(old)).text, "kept");
      }
    });

  describe("the second's distribution, whose KMS keys may still be tagged with the name that was asked for", () => {
    const everything = async () => untagged(await scene.everywhere());
    const lose = (...names: string[]) => {
      for (const name of names) prod.states.delete(name);
    };
    const RENAMED = { names: { distribution: "distribution-2" }, suffix: "-2" };

    for (const [when, lived] of [
      ["made", () => up(prod)],
      ["rotated", () => up(prod).then(() => up(prod, rotated))],
      ["refreshed", () => up(prod).then(() => prod.up({ ...inputs(), isRefreshed: true }))],
    ] as const)
      for (const [what, prepare, more] of [
        ["is renamed without aliases", () => {}, RENAMED],
        ["has left the state", () => lose("distribution", ABROAD), {}],
      ] as [string, () => void, Partial<ProgramInputs>][])
        it(`${when}, ${what}: has the same KMS keys and the same alias again, in every Region`, async () => {
          await up(dev);
          await lived();
          const whole = await everything();
          clock.tick(60_000);
          prepare();
          const key = when === "rotated" ? rotated : {};
          await leavingAlone(dev, () => prod.up(inputs(key, more)));
          assert.deepEqual(await everything(), whole);
          assert.equal(aliasOf(prod, more.names?.distribution), NEXT_ALIAS);
          assert.equal(aliasOf(prod, more.names ? `${ABROAD}-2` : ABROAD), NEXT_ALIAS);
        });
  });

  for (const isFirst of [true, false])
    it(`a destroy of the ${isFirst ? "first" : "second"} leaves the other whole`, async () => {
      await up(dev, { deletionAllowed: true });
      await up(prod, { deletionAllowed: true });
      const [one, other] = isFirst ? [dev, prod] : [prod, dev];
      const ids = idsOf(one);
      await leavingAlone(other, () => destroy(one));
      assert.deepEqual(await scene.states(ids), {
        [HOME]: ["PendingReplicaDeletion"],
        [ABROAD]: ["PendingDeletion"],
      });
      assert.deepEqual(await scene.callsOf(() => up(other, { deletionAllowed: true })), {});
      for (const region of REGIONS) await scene.in(region).encrypt(aliasOf(other), "works");
    });

  it("a destroy of the second after a refresh has let its state learn the name leaves the first whole", async () => {
    await up(dev);
    await up(prod, { deletionAllowed: true });
    await prod.up({ ...inputs({ deletionAllowed: true }), isRefreshed: true });
    const ids = idsOf(prod);
    await leavingAlone(dev, () => destroy(prod));
    assert.deepEqual(await scene.states(ids), {
      [HOME]: ["PendingReplicaDeletion"],
      [ABROAD]: ["PendingDeletion"],
    });
  });

  it("one that was removed does not come back to the other's KMS keys, which hold the same material", async () => {
    await both();
    const [was, alias] = [idsOf(prod), aliasOf(prod)];
    await leavingAlone(dev, () => prod.up({ ...inputs(), isDistributed: false }));
    await leavingAlone(dev, () => up(prod));
    assert.deepEqual([idsOf(prod), aliasOf(prod)], [was, alias]);
    await assertApart();
  });

  it("where both were removed, each comes back to its own", async () => {
    // One after the other: at once, who is first may change, and with it whose alias has which second.
    const inTurn = async () => {
      await up(dev);
      await up(prod);
    };
    await inTurn();
    const was = [idsOf(dev), idsOf(prod), aliasOf(dev), aliasOf(prod)];
    const away = (program: Program) => program.up({ ...inputs(), isDistributed: false });
    await Promise.all([away(dev), away(prod)]);
    await inTurn();
    assert.deepEqual([idsOf(dev), idsOf(prod), aliasOf(dev), aliasOf(prod)], was);
    await assertApart();
  });

  it("where the first was removed, the second is made anew and takes nothing of it", async () => {
    await up(dev);
    const ids = idsOf(dev);
    await dev.up({ ...inputs(), isDistributed: false });
    const before = await scene.everywhere(ids);
    await up(prod);
    assert.deepEqual(await scene.everywhere(ids), before);
    await up(dev);
    assert.deepEqual(idsOf(dev), ids);
    await assertApart();
  });

  for (const [how, when, isStored] of [
    ["is refused a change", "before", true],
    ["is cut short after a change", "after", true],
    ["is killed after a change, so that nothing of it is stored,", "after", false],
  ] as const)
    it(`an update of the second that ${how} goes on to the same end, at whichever`, async () => {
      const alone = { replicas: [] };
      await dev.up(inputs({}, alone));
      let count = 0;
      for (let isDone = false; !isDone; count++) {
        const third = scene.program(`organization/shop/try-${count}`);
        const once = () => third.up(inputs({}, alone));
        await leavingAlone(dev, async () => {
          const error = { name: "ValidationException" };
          scene.intercept = () => (scene.writes.length === count + 1 ? { when, error } : undefined);
          isDone = await once().then(
            () => true,
            () => false,
          );
          scene.intercept = () => undefined;
          if (!isStored && !isDone) third.states.delete("distribution");
          await once();
        });
        const made = (await scene.kmsKeys()).filter(({ tags }) => tags["keymgmt:stack"] === third.stack);
        assert.deepEqual(
          made.map(({ keyId }) => keyId),
          idsOf(third),
          `one KMS key, cut at ${count}`,
        );
        assert.deepEqual(made[0]!.aliases, [NEXT_ALIAS]);
        assert.deepEqual(await scene.callsOf(once), {});
        await scene.in(HOME).send(new DeleteAliasCommand({ AliasName: NEXT_ALIAS }));
      }
      assert.ok(count > 5, "CreateKey, an import's two calls, and CreateAlias twice");
    });

  it("an alias that nobody's KMS key has is left to it as well", async () => {
    const { KeyMetadata } = await scene.in(HOME).send(new CreateKeyCommand({}));
    const TargetKeyId = KeyMetadata!.KeyId!;
    await scene.in(HOME).send(new CreateAliasCommand({ AliasName: FIRST_ALIAS, TargetKeyId }));
    await up(dev);
    assert.equal(aliasOf(dev), NEXT_ALIAS);
    assert.equal((await scene.in(HOME).describe(FIRST_ALIAS)).KeyId, TargetKeyId);
  });

  it("an alias that was moved to the other stack's KMS key is not moved back: a rotation is refused and says so", async () => {
    await both();
    const TargetKeyId = idsOf(dev)[0]!;
    await scene.in(HOME).send(new UpdateAliasCommand({ AliasName: aliasOf(prod), TargetKeyId }));
    const alias = aliasOf(prod);
    scene.writes.length = 0;
    await assert.rejects(up(prod, rotated), /it points to another KMS key, .*and was left alone/);
    assert.equal((await scene.in(HOME).describe(alias)).KeyId, TargetKeyId);
    assert.deepEqual(
      scene.writes.filter(({ keyId }) => keyId === TargetKeyId),
      [],
    );
  });
});
