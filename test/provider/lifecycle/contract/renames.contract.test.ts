import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { isKeymgmtError } from "../../../../provider/errors";
import type { Values } from "../../../../provider/resources/resource";
import type { ProgramInputs } from "../../../world/program";
import {
  ABROAD,
  adoptIn,
  aliasOf,
  HOME,
  idsOf,
  PROD,
  REGIONS,
  recordsOf,
  type Scene,
  untagged,
  useScene,
} from "../../../world/scene";

const RENAMED = { distribution: "distribution-2" };
/** What a component has, under another name. */
const COMPONENT = { ...RENAMED, kms: "kms-2", key: "key-2" };
const REPLICA_2 = `${ABROAD}-2`;

describe("a resource that is renamed without aliases, or replaced", function () {
  this.timeout(30_000);
  const { scene, program } = useScene();
  let texts: Uint8Array[];
  let whole: Awaited<ReturnType<Scene["everywhere"]>>;

  const REPLICATED: Partial<ProgramInputs> = { replicas: [ABROAD] };
  const inputs = (key: Values = {}, more: Partial<ProgramInputs> = {}): ProgramInputs => ({
    key: { replicaRegions: [ABROAD], ...key },
    ...REPLICATED,
    ...more,
  });
  const up = (key: Values = {}, more: Partial<ProgramInputs> = {}) => program.up(inputs(key, more));
  const twice = { rotationTrigger: "2", minEnabledVersion: 2 };

  /** Two versions in two Regions, the first disabled, and what an application encrypted under each. */
  async function lived(key: Values = {}, more: Partial<ProgramInputs> = {}): Promise<void> {
    await up({ rotationTrigger: "1", ...key }, more);
    texts = [await scene.in(ABROAD).encrypt(aliasOf(program), "version 1")];
    await up({ ...twice, ...key }, more);
    texts.push(await scene.in(HOME).encrypt(aliasOf(program), "version 2"));
    whole = await scene.everywhere();
    scene.writes.length = 0;
    scene.changes.length = 0;
  }
  async function livedOnce(key: Values = {}, more: Partial<ProgramInputs> = {}): Promise<void> {
    await up(key, more);
    texts = [await scene.in(HOME).encrypt(aliasOf(program), "version 1")];
    whole = await scene.everywhere();
    scene.writes.length = 0;
    scene.changes.length = 0;
  }

  /** The same KMS keys in the same states, with the same tags behind the same aliases, in every Region. */
  async function assertWhole(): Promise<void> {
    assert.deepEqual(await scene.everywhere(), whole);
  }
  /** At no moment was anything made, moved, disabled or scheduled for deletion. Imports prove whose a KMS key is. */
  function assertProvedOnly(): void {
    assert.deepEqual(
      scene.changes.filter(({ operation }) => !/Import/.test(operation)),
      [],
    );
  }
  async function assertSettled(key: Values = {}, more: Partial<ProgramInputs> = {}): Promise<void> {
    assert.deepEqual(await scene.callsOf(() => up(key, more)), {});
  }
  const renamed = { names: RENAMED, suffix: "-2" };

  describe("a KeyDistribution, and with it its alias and replicas", () => {
    it("takes over the same KMS keys and alias in every Region; what is deleted after it takes nothing away", async () => {
      await lived();
      await up(twice, renamed);
      await assertWhole();
      assertProvedOnly();
      assert.deepEqual([...program.states.keys()].sort(), ["distribution-2", REPLICA_2, "key", "kms"]);
      assert.match(
        scene.said(),
        /another KeyReplica .* left as they are.*\n.*another KeyDistribution .* left as they are/,
      );
      await assertSettled(twice, renamed);
      for (const { outputs } of program.states.values()) assert.deepEqual(outputs.drift ?? [], []);
      await up({ rotationTrigger: "2" }, renamed);
      for (const region of REGIONS)
        for (const [index, text] of texts.entries())
          assert.equal((await scene.in(region).decrypt(text)).text, `version ${index + 1}`);
    });

    it("in an `up --refresh`, which compares the old ones first", async () => {
      await lived();
      await up(twice, { ...renamed, isRefreshed: true });
      await assertWhole();
      assertProvedOnly();
      await assertSettled(twice, renamed);
    });

    it("with own material", async () => {
      const own = { material: randomBytes(32).toString("base64") };
      await livedOnce(own);
      await up(own, renamed);
      await assertWhole();
      assertProvedOnly();
    });

    it("rotated on demand", async () => {
      const more = { distribution: { rotationStrategy: "on-demand" } };
      await up({ rotationTrigger: "1" }, more);
      await up({ rotationTrigger: "2" }, more);
      whole = await scene.everywhere();
      scene.changes.length = 0;
      await up({ rotationTrigger: "2" }, { ...more, ...renamed });
      await assertWhole();
      assertProvedOnly();
      await assertSettled({ rotationTrigger: "2" }, { ...more, ...renamed });
    });

    it("whose deletion is allowed", async () => {
      await lived({ deletionAllowed: true });
      await up({ ...twice, deletionAllowed: true }, renamed);
      await assertWhole();
      assertProvedOnly();
    });

    it("in the update that rotates the key: the old versions are the same, and the alias moves to the new one", async () => {
      await lived();
      const [alias, ids] = [aliasOf(program), idsOf(program)];
      await up({ ...twice, rotationTrigger: "3" }, renamed);
      const records = recordsOf(program, "distribution-2");
      assert.deepEqual(
        [records[1]!.keyId, records[2]!.keyId, aliasOf(program, "distribution-2")],
        [...ids, alias],
      );
      for (const region of REGIONS) {
        assert.equal((await scene.in(region).describe(alias)).KeyId, records[3]!.keyId);
        assert.equal((await scene.in(region).decrypt(texts[1]!)).text, "version 2");
        assert.equal((await scene.kmsKeys(region)).length, 3);
      }
      const moved = scene.writes.findIndex(({ operation }) => operation === "UpdateAlias");
      const abroad = scene.writes.filter(
        ({ operation, region, keyId }) =>
          operation === "ImportKeyMaterial" && region === ABROAD && keyId === records[3]!.keyId,
      );
      assert.ok(
        scene.writes.indexOf(abroad[0]!) < moved,
        "a replica of the new version is ready before any alias moves",
      );
      await assertSettled({ ...twice, rotationTrigger: "3" }, renamed);
    });

    it("in the update that lowers `minEnabledVersion`", async () => {
      await lived();
      await up({ rotationTrigger: "2" }, renamed);
      for (const region of REGIONS)
        for (const [index, text] of texts.entries())
          assert.equal((await scene.in(region).decrypt(text)).text, `version ${index + 1}`);
      assert.deepEqual(
        idsOf(program, "distribution-2"),
        whole[HOME]!.map(({ keyId }) => keyId).sort(byVersion),
      );
    });
    const byVersion = (a: string, b: string) => versionOf(a) - versionOf(b);
    const versionOf = (id: string) =>
      Number(whole[HOME]!.find(({ keyId }) => keyId === id)!.tags["keymgmt:version"]);

    it("in the update that changes tags and description, which come after it", async () => {
      await livedOnce({}, { distribution: { tags: { team: "a" } } });
      await up({}, { ...renamed, distribution: { tags: { team: "b" }, description: "new" } });
      const [seen] = await scene.kmsKeys();
      assert.deepEqual(
        [seen!.keyId, seen!.tags.team, seen!.aliases],
        [whole[HOME]![0]!.keyId, "b", whole[HOME]![0]!.aliases],
      );
      assert.equal((await scene.in(HOME).describe(seen!.keyId)).Description, "new");
    });

    it("and back again", async () => {
      await lived();
      await up(twice, renamed);
      await up(twice, { names: {} });
      await assertWhole();
      assertProvedOnly();
      assert.deepEqual([...program.states.keys()].sort(), ["distribution", ABROAD, "key", "kms"].sort());
    });

    it("together with the KmsProvider, as a component that only the key is apart from", async () => {
      await lived();
      await up(twice, { names: { ...RENAMED, kms: "kms-2" }, suffix: "-2" });
      await assertWhole();
      assertProvedOnly();
    });

    for (const [next, names] of [
      ["run again", renamed],
      ["taken back", { names: {} }],
    ] as const)
      it(`whose update fails at any change, and is ${next}, ends with the same KMS keys and alias`, async () => {
        await livedOnce({}, { replicas: [ABROAD] });
        const before = structuredClone([...program.states]);
        let count = 0;
        for (let isDone = false; !isDone; count++) {
          program.states.clear();
          for (const [name, state] of structuredClone(before)) program.states.set(name, state);
          scene.writes.length = 0;
          scene.intercept = () =>
            scene.writes.length === count + 1 ? { error: { name: "ValidationException" } } : undefined;
          isDone = await up({}, renamed).then(
            () => true,
            () => false,
          );
          scene.intercept = () => undefined;
          await up({}, names);
          await assertWhole();
          await assertSettled({}, names);
        }
        assert.ok(count > 1, "each version's material is proved");
      });

    it("leaves alone a KMS key of another stack, made in the same second with the same material", async () => {
      const now = new Date();
      const own = { material: randomBytes(32).toString("base64") };
      const [first, second] = [scene.program(), scene.program(PROD)];
      for (const one of [first, second]) {
        one.settings = { now: () => now };
        await one.up(inputs(own));
      }
      const before = await scene.everywhere();
      for (const one of [second, first]) {
        const alias = aliasOf(one);
        await one.up(inputs(own, renamed));
        assert.equal(aliasOf(one, "distribution-2"), alias, `${one.stack}`);
        assert.deepEqual(untagged(await scene.everywhere()), untagged(before));
        assert.deepEqual(await scene.callsOf(() => one.up(inputs(own, renamed))), {});
      }
    });
  });

  describe("a KeyReplica", () => {
    it("takes over the same KMS keys and alias, disabled versions too", async () => {
      await lived();
      await up(twice, { suffix: "-2" });
      await assertWhole();
      assertProvedOnly();
      assert.deepEqual(idsOf(program, REPLICA_2), idsOf(program));
      await assertSettled(twice, { suffix: "-2" });
    });

    it("in an `up --refresh`", async () => {
      await lived();
      await up(twice, { suffix: "-2", isRefreshed: true });
      await assertWhole();
      assertProvedOnly();
    });

    it("in the update that rotates the key", async () => {
      await lived();
      await up({ ...twice, rotationTrigger: "3" }, { suffix: "-2" });
      assert.equal(idsOf(program, REPLICA_2).length, 3);
      for (const region of REGIONS) {
        assert.equal((await scene.in(region).describe(aliasOf(program))).KeyId, recordsOf(program)[3]!.keyId);
        assert.equal((await scene.in(region).decrypt(texts[1]!)).text, "version 2");
      }
    });
  });

  describe("a ManagedKey", () => {
    for (const [how, key] of [
      ["with its `name` kept", { name: "orders" }],
      ["and its `name` with it", { name: "payments" }],
    ] as const)
      it(`${how}: is refused before anything is made, with the whole advice; taken back, there is nothing to do`, async () => {
        await livedOnce();
        const work = () => up(key, { names: { key: "key-2" }, mayReplace: true });
        const calls = await scene.callsOf(() =>
          assert.rejects(work(), (error: Error) => {
            assert.match(error.message, /`key` cannot change to another ManagedKey/);
            assert.ok(
              error.message.includes('`name: "orders"` and `aliases: [{ name: "<old name>" }]`'),
              error.message,
            );
            return true;
          }),
        );
        assert.deepEqual(calls, {});
        await assertWhole();
        await assertSettled();
      });

    it("while its distribution is replaced by `--replace`: is refused; with `adopt` of the alias all is as before", async () => {
      await livedOnce();
      const mistake = { names: { key: "key-2" } };
      await assert.rejects(up({}, mistake));
      await assert.rejects(up({}, { ...mistake, replaced: ["distribution"] }), /to prove that they are key/);
      const [aliasName] = whole[HOME]!.flatMap(({ aliases }) => aliases);
      const adopting = { distribution: { adopt: { aliasName } }, mayReplace: true };
      const onlyTheKey = (error: Error) =>
        assert.ok(isKeymgmtError(error, "DeletionNotAllowed"), String(error));
      await up({}, adopting).catch(onlyTheKey);
      await assertWhole();
      assert.deepEqual(idsOf(program), [whole[HOME]![0]!.keyId]);
      await up().catch(onlyTheKey);
      await assertWhole();
      assert.equal(aliasOf(program), aliasName);
    });

    it("whose deletion is allowed is exchanged only where the program says that new KMS keys are to be made; what is lost is named", async () => {
      await livedOnce({ deletionAllowed: true });
      const { keyId, keyArn } = whole[HOME]![0]!;
      const exchanged = { names: { key: "key-2" }, mayReplace: true };
      await assert.rejects(
        up({ deletionAllowed: true }, exchanged),
        new RegExp(`${keyArn}.*adopt: \\{ versions: \\{\\} \\}`),
      );
      await assertWhole();
      scene.said();
      await up({ deletionAllowed: true }, { ...exchanged, distribution: { adopt: { versions: {} } } });
      assert.match(
        scene.said(),
        new RegExp(`is replaced because of .*cannot decrypt what was encrypted under ${keyArn}`),
      );
      assert.deepEqual(await scene.states([keyId]), {
        [HOME]: ["PendingReplicaDeletion"],
        [ABROAD]: ["PendingDeletion"],
      });
      for (const region of REGIONS) await scene.in(region).encrypt(aliasOf(program), "works");
    });

    it("with own material: the new one is the same key, and nothing changes", async () => {
      const own = { material: randomBytes(32).toString("base64") };
      await livedOnce(own);
      await assert.rejects(up(own, { names: { key: "key-2" } }), (error) =>
        isKeymgmtError(error, "DeletionNotAllowed"),
      );
      await assertWhole();
      assert.deepEqual(scene.writes, []);
    });
  });

  describe("a component with all that it has", () => {
    it("leaves everything of the old one as it is, and taken back it is as before", async () => {
      await lived();
      const renamedWhole = { names: COMPONENT, suffix: "-2" };
      await assert.rejects(up(twice, renamedWhole));
      const ids = whole[HOME]!.map(({ keyId }) => keyId);
      assert.deepEqual(await scene.everywhere(ids), whole);
      await up(twice, { names: {} }).catch((error) =>
        assert.ok(isKeymgmtError(error, "DeletionNotAllowed"), String(error)),
      );
      assert.deepEqual(await scene.everywhere(ids), whole);
      for (const region of REGIONS)
        assert.equal((await scene.in(region).decrypt(texts[1]!)).text, "version 2");
      await scene.in(HOME).encrypt(aliasOf(program), "works");
    });

    it("with own material, takes over the same KMS keys and alias where the program names them; only the old ManagedKey's delete is refused", async () => {
      const own = { material: randomBytes(32).toString("base64") };
      await livedOnce(own);
      const renamed = (distribution = {}) => up(own, { names: COMPONENT, suffix: "-2", distribution });
      let message = "";
      await assert.rejects(renamed(), (error: Error) => {
        message = error.message;
        return isKeymgmtError(error, "Conflict");
      });
      await assert.rejects(renamed({ adopt: adoptIn(message) }), (error) =>
        isKeymgmtError(error, "DeletionNotAllowed"),
      );
      await assertWhole();
      assertProvedOnly();
      assert.deepEqual(
        idsOf(program, "distribution-2"),
        whole[HOME]!.map(({ keyId }) => keyId),
      );
      assert.equal(program.states.has("distribution"), false, "handed over");
    });
  });

  describe("by `--replace`", () => {
    for (const replaced of [["distribution"], [ABROAD], ["kms"], ["distribution", ABROAD]])
      it(`${replaced.join(", ")}: the same KMS keys and alias, and nothing else is touched meanwhile`, async () => {
        await lived();
        await up(twice, { replaced });
        await assertWhole();
        assertProvedOnly();
        await assertSettled(twice);
        assert.deepEqual(await program.refreshAll(), []);
      });

    for (const replaced of [["distribution"], [ABROAD], ["distribution", ABROAD]])
      it(`and \`deleteBeforeReplace\`, ${replaced.join(", ")}: the same KMS keys and alias in the end`, async () => {
        await lived();
        await up(twice, { replaced, isDeletedFirst: true });
        await assertWhole();
        await assertSettled(twice);
        assert.deepEqual(await program.refreshAll(), []);
        assert.equal((await scene.in(ABROAD).decrypt(texts[1]!)).text, "version 2");
      });

    it("and a new one of the same key stands before it: the update ends, and the new one taken out again leaves all as it was", async () => {
      await livedOnce();
      const other = { names: { kms: "kms-2", distribution: "before" } };
      const both = { ...other, beside: { names: { distribution: "distribution" } } };
      await assert.rejects(up({}, both), /to be the name of one KeyDistribution.*Take that other one out/);
      await assert.rejects(up({}, both), /to be the name of one KeyDistribution/);
      await assertWhole();
      await up({}, { names: {} });
      await assertWhole();
      await assertSettled();
    });

    for (const isDeletedFirst of [false, true])
      describe(isDeletedFirst ? "and `deleteBeforeReplace`" : "and nothing else", () => {
        it("while the program still has `adopt: { versions: {} }`, by which it was made: nothing changes", async () => {
          const distribution = { adopt: { versions: {} } };
          await livedOnce({}, { distribution });
          await up({}, { distribution, replaced: ["distribution"], isDeletedFirst });
          await assertWhole();
          await up({}, { distribution, names: RENAMED, suffix: "-2" });
          await assertWhole();
        });

        for (const deletionAllowed of [false, true])
          it(`one of two of the key in one Region, ${deletionAllowed ? "which may be deleted" : "in use"}: is refused, with both named; by \`adopt\` it is replaced`, async () => {
            await up({ deletionAllowed });
            const beside = {
              names: { kms: "kms-2", distribution: "beside" },
              distribution: { adopt: { versions: {} } },
            };
            await up({ deletionAllowed }, { beside });
            const [own, other] = [aliasOf(program), aliasOf(program, "beside")];
            whole = await scene.everywhere();
            const replaced = { beside, replaced: ["distribution"], isDeletedFirst };
            await assert.rejects(up({ deletionAllowed }, replaced), (error: Error) => {
              for (const alias of [own, other]) assert.ok(error.message.includes(alias), error.message);
              return isKeymgmtError(error, "Conflict");
            });
            await assertWhole();
            const adopting = { ...replaced, distribution: { adopt: { aliasName: own } } };
            await up({ deletionAllowed }, adopting);
            await assertWhole();
            assert.deepEqual([aliasOf(program), aliasOf(program, "beside")], [own, other]);
          });
      });

    it("and `deleteBeforeReplace`, rotated on demand", async () => {
      const more = { distribution: { rotationStrategy: "on-demand" } };
      await up({ rotationTrigger: "1" }, more);
      await up({ rotationTrigger: "2" }, more);
      whole = await scene.everywhere();
      await up(
        { rotationTrigger: "2" },
        { ...more, replaced: ["distribution", ABROAD], isDeletedFirst: true },
      );
      await assertWhole();
      await assertSettled({ rotationTrigger: "2" }, more);
    });

    it("in an `up --refresh`", async () => {
      await lived();
      await up(twice, { replaced: ["distribution", ABROAD], isRefreshed: true });
      await assertWhole();
      assertProvedOnly();
    });

    it("in the update that rotates the key", async () => {
      await lived();
      const alias = aliasOf(program);
      await up({ ...twice, rotationTrigger: "3" }, { replaced: ["distribution", ABROAD] });
      assert.equal(aliasOf(program), alias);
      assert.deepEqual(
        idsOf(program).slice(0, 2).sort(),
        whole[HOME]!.map(({ keyId }) => keyId),
      );
      for (const region of REGIONS) {
        assert.equal((await scene.in(region).describe(alias)).KeyId, recordsOf(program)[3]!.keyId);
        assert.equal((await scene.in(region).decrypt(texts[1]!)).text, "version 2");
      }
      await assertSettled({ ...twice, rotationTrigger: "3" });
    });

    it("a KmsProvider under another resource name", async () => {
      await lived();
      await up(twice, { names: { kms: "kms-2" } });
      await assertWhole();
      assert.deepEqual(scene.writes, []);
      await assertSettled(twice, { names: { kms: "kms-2" } });
    });
  });

  describe("by a change that would give its versions other KMS keys", () => {
    const ADVICE =
      "Declare a second KeyDistribution through a second KmsProvider, and remove this one when nothing needs it.";
    const CHANGES: [string, Partial<ProgramInputs>][] = [
      ["`keyCollection` of the KmsProvider", { kms: { keyCollection: "us-east-1" } }],
      ["`aliasPrefix` of the KmsProvider", { kms: { aliasPrefix: "other" } }],
      ["`rotationStrategy`", { distribution: { rotationStrategy: "on-demand" } }],
    ];
    const OTHER_ACCOUNT = {
      kms: { credentials: { accessKey: "444455556666", secretKey: "secret" } },
      replaced: ["kms"],
      mayReplace: true,
    };
    const ofKms = ({ "sts:GetCallerIdentity": _, ...calls }: Record<string, number>) => calls;

    for (const [what, change] of CHANGES) {
      it(`${what}: is refused in check, with the advice, at no call; taken back, there is nothing to do`, async () => {
        await livedOnce();
        const work = () => up({}, { mayReplace: true, ...change });
        const calls = await scene.callsOf(() =>
          assert.rejects(work(), (error: Error) => {
            assert.ok(error.message.includes(`${what} cannot change`), error.message);
            assert.ok(error.message.includes(ADVICE));
            return true;
          }),
        );
        assert.deepEqual(ofKms(calls), {});
        await up({}, { mayReplace: true });
        await assertWhole();
        assert.deepEqual(scene.writes, []);
        await assertSettled();
      });

      it(`${what}: is refused too where \`deletionAllowed\` is only just set`, async () => {
        await livedOnce();
        await assert.rejects(up({ deletionAllowed: true }, { mayReplace: true, ...change }), /cannot change/);
        await assertWhole();
      });

      it(`${what}: is done where the state has \`deletionAllowed: true\`, and the sentence names what is lost`, async () => {
        await livedOnce({ deletionAllowed: true });
        const { keyId, keyArn } = whole[HOME]![0]!;
        scene.said();
        await up({ deletionAllowed: true }, { mayReplace: true, ...change });
        assert.match(
          scene.said(),
          new RegExp(
            `is replaced because of .*: its versions get other KMS keys, which cannot decrypt what was encrypted under ${keyArn}`,
          ),
        );
        assert.deepEqual(await scene.states([keyId]), {
          [HOME]: ["PendingReplicaDeletion"],
          [ABROAD]: ["PendingDeletion"],
        });
        assert.notEqual(idsOf(program)[0], keyId);
      });
    }

    for (const deletionAllowed of [false, true])
      it(`another AWS account, with the KmsProvider replaced and deletion ${deletionAllowed ? "allowed" : "not allowed"}: is refused at no call, with the advice`, async () => {
        await livedOnce({ deletionAllowed });
        const calls = await scene.callsOf(() =>
          assert.rejects(
            up({ deletionAllowed }, OTHER_ACCOUNT),
            /Expected a KmsProvider of AWS account 111122223333.*got one of account 444455556666. Declare a second KeyDistribution/,
          ),
        );
        assert.deepEqual(ofKms(calls), {});
        await up({ deletionAllowed }, { replaced: ["kms"] });
        await assertWhole();
        await assertSettled({ deletionAllowed });
      });

    it("`purpose`, as a state of before may have another: is refused in check, with the advice", async () => {
      await livedOnce();
      for (const values of [program.states.get("distribution")!.inputs, program.outputs("distribution")])
        values.purpose = ["encrypt"];
      await assert.rejects(up({}, { mayReplace: true }), (error: Error) => {
        assert.ok(error.message.includes("`purpose` cannot change"), error.message);
        assert.ok(error.message.includes(ADVICE));
        return true;
      });
      assert.deepEqual(scene.writes, []);
    });

    it("several at once are named in one go", async () => {
      await livedOnce();
      const change = {
        kms: { keyCollection: "us-east-1", aliasPrefix: "other" },
        distribution: { rotationStrategy: "on-demand" },
      };
      await assert.rejects(up({}, { mayReplace: true, ...change }), (error: Error) => {
        for (const what of ["`keyCollection` of", "`aliasPrefix` of", "`rotationStrategy`"])
          assert.equal(error.message.split(`${what}`).length, 2, `${what} once: ${error.message}`);
        return true;
      });
      await assertWhole();
    });

    it("a ManagedKey whose `replicaRegions` change, where it may be deleted: a new key begins anew", async () => {
      await livedOnce({ deletionAllowed: true, replicaRegions: [] }, { replicas: [] });
      const { keyId } = whole[HOME]![0]!;
      await up({ deletionAllowed: true }, { mayReplace: true });
      assert.deepEqual((await scene.states([keyId]))[HOME], ["PendingDeletion"]);
      for (const region of REGIONS) await scene.in(region).encrypt(aliasOf(program), "works");
      await assertSettled({ deletionAllowed: true });
    });
  });
});
