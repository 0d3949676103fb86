import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";
import { isKeymgmtError } from "../../../../provider/errors";
import { type Feature, permissionsFor } from "../../../../provider/kms/permissions";
import type { Values } from "../../../../provider/resources/resource";
import { followed } from "../../../world/awsCommands";
import { backUp, forgetBackup } from "../../../world/backup";
import type { ProgramInputs } from "../../../world/program";
import {
  ABROAD,
  adoptIn,
  aliasOf,
  HOME,
  idsOf,
  REGIONS,
  recordsOf,
  type Scene,
  useScene,
} from "../../../world/scene";

describe("KMS keys that are there and a state that does not know them", function () {
  this.timeout(30_000);
  const { scene, program } = useScene();
  let whole: Awaited<ReturnType<Scene["everywhere"]>>;
  let texts: Uint8Array[];
  let alias: string;
  /** Operations that the caller may use; all of them where undefined. */
  let permitted: string[] | undefined;
  beforeEach(async () => {
    permitted = undefined;
    scene.intercept = ({ operation }) =>
      permitted === undefined || permitted.includes(operation)
        ? undefined
        : {
            error: {
              name: "AccessDeniedException",
              message: `User: arn:aws:iam::111122223333:user/ci is not authorized to perform: kms:${operation} on resource: *`,
            },
          };
  });
  afterEach(async () => {
    forgetBackup();
    await scene.close();
  });

  const inputs = (key: Values = {}, more: Partial<ProgramInputs> = {}): ProgramInputs => ({
    key: { rotationTrigger: "2", ...key },
    ...more,
  });
  const up = (key: Values = {}, more: Partial<ProgramInputs> = {}) => program.up(inputs(key, more));
  const adopting = (adopt: Values, more: Partial<ProgramInputs> = {}): Partial<ProgramInputs> => ({
    ...more,
    distribution: { ...more.distribution, adopt },
  });

  async function lived(versions: number, key: Values = {}, more: Partial<ProgramInputs> = {}): Promise<void> {
    texts = [];
    for (let version = 1; version <= versions; version++) {
      await up({ ...key, rotationTrigger: `${version}` }, more);
      texts.push(await scene.in(HOME).encrypt(aliasOf(program), `version ${version}`));
    }
    alias = aliasOf(program);
    whole = await scene.everywhere();
    scene.changes.length = 0;
    scene.said();
  }
  const arns = () => whole[HOME]!.map(({ keyArn }) => keyArn);
  const arnOf = (version: number) =>
    whole[HOME]!.find(({ tags }) => tags["keymgmt:version"] === `${version}`)!.keyArn;

  /** As `pulumi state delete` of a resource, with what depends on it. */
  function lose(...names: string[]): void {
    for (const name of names) program.states.delete(name);
  }
  const loseKey = () => lose("key", "distribution", ABROAD);

  async function assertUntouched(): Promise<void> {
    assert.deepEqual(scene.changes, [], "nothing was made or changed");
    assert.deepEqual(await scene.everywhere(), whole);
  }
  async function assertDecrypts(regions = [HOME]): Promise<void> {
    for (const region of regions)
      for (const [index, text] of texts.entries())
        assert.equal((await scene.in(region).decrypt(text)).text, `version ${index + 1}`);
  }

  describe("where the ManagedKey left the state, and its material with it", () => {
    async function assertRefused(work: () => Promise<unknown>): Promise<string> {
      let said = "";
      await assert.rejects(work(), (error: Error) => {
        said = error.message;
        return true;
      });
      await assertUntouched();
      assert.equal(program.states.has("distribution"), false);
      return said;
    }

    it("the update is refused before anything is made: it names the KMS keys, their alias and two ways on", async () => {
      await lived(2);
      loseKey();
      const said = await assertRefused(() => up());
      for (const arn of [...arns(), alias]) assert.ok(said.includes(arn), `${arn} in ${said}`);
      for (const way of [
        /`restore`/,
        /`adopt: \{ aliasName: "alias\/[^"]+", versions: \{ 1: "[^"]+" \} \}`/,
        /`adopt: \{ versions: \{\} \}`/,
      ])
        assert.match(said, way);
      assert.match(said, /cannot be imported again/);
    });

    it("and again in the next update, where the new ManagedKey is in the state already", async () => {
      await lived(2);
      loseKey();
      await assertRefused(() => up());
      const said = await assertRefused(() => up());
      for (const way of [/`restore`/, /`adopt: \{ aliasName: "alias\/[^"]+", versions: \{ 1: "[^"]+" \} \}`/])
        assert.match(said, way);
      await assertRefused(() => up({}, { isRefreshed: true }));
    });

    it("with replicas too", async () => {
      const replicated = { replicas: [ABROAD] };
      await lived(1, { replicaRegions: [ABROAD] }, replicated);
      loseKey();
      const said = await assertRefused(() => up({ replicaRegions: [ABROAD] }, replicated));
      assert.ok(said.includes(arns()[0]!));
    });

    it("rotated on demand too", async () => {
      const more = { distribution: { rotationStrategy: "on-demand" } };
      await lived(2, {}, more);
      loseKey();
      await assertRefused(() => up({}, more));
      await assertRefused(() => up({}, more));
    });

    it("`restore` works in one update", async () => {
      await lived(2);
      const { restore, adopt } = await backUp(program);
      loseKey();
      scene.changes.length = 0;
      await up({ restore }, adopting(adopt as Values));
      assert.equal(aliasOf(program), alias);
      assert.deepEqual(await scene.everywhere(), whole);
      await assertDecrypts();
      await up({ restore, rotationTrigger: "3" }, adopting(adopt as Values));
      await assertDecrypts();
      assert.equal((await scene.in(HOME).describe(alias)).KeyId, recordsOf(program)[3]!.keyId);
    });

    // The update that was refused has put a new ManagedKey into the state, whose material nothing in AWS has. Nobody can tell that
    // from the state, so it is not replaced by itself.
    it("`restore` after an update that was refused says what to take out of the state first, and works then", async () => {
      await lived(2);
      const { restore, adopt } = await backUp(program);
      loseKey();
      await assertRefused(() => up());
      await assert.rejects(up({ restore }, adopting(adopt as Values)), /`pulumi state delete --force/);
      program.states.delete("key");
      await up({ restore }, adopting(adopt as Values));
      assert.equal(aliasOf(program), alias);
      assert.deepEqual(await scene.everywhere(), whole);
      await assertDecrypts();
    });

    for (const [when, first] of [
      ["at once", false],
      ["after an update that was refused", true],
    ] as const) {
      it(`\`adopt\` of the alias and its KMS key works in one update: ${when}; former versions stay usable, and a rotation starts a new one`, async () => {
        await lived(1);
        loseKey();
        if (first) await assertRefused(() => up());
        const named = adopting({ aliasName: alias, versions: { 1: arnOf(1) } });
        await up({}, named);
        assert.deepEqual([idsOf(program), aliasOf(program)], [[whole[HOME]![0]!.keyId], alias]);
        assert.deepEqual(await scene.everywhere(), whole, "left as they are");
        assert.deepEqual(await scene.callsOf(() => up({}, named)), {});
        await up({ rotationTrigger: "3" }, named);
        assert.equal((await scene.in(HOME).describe(alias)).KeyId, recordsOf(program)[2]!.keyId);
        await assertDecrypts();
        assert.deepEqual(await program.refreshAll(), []);
      });
    }

    it("`adopt` of the KMS key that is in use, as version 1 of the new key, works in one update; the others stay as they are", async () => {
      await lived(2);
      loseKey();
      await up({}, adopting({ aliasName: alias, versions: { 1: arnOf(2) } }));
      assert.equal(aliasOf(program), alias);
      assert.deepEqual(await scene.everywhere(), whole);
      await assertDecrypts();
    });

    for (const [which, refusals] of [
      ["first", 1],
      ["second", 2],
    ] as const)
      it(`\`adopt\` works in one update as the ${which} refusal writes it, where the key had several versions`, async () => {
        await lived(2);
        loseKey();
        let said = "";
        for (let count = 0; count < refusals; count++) said = await assertRefused(() => up());
        const [, aliasName, keyId] = /`adopt: \{ aliasName: "([^"]+)", versions: \{ 1: "([^"]+)" \} \}`/.exec(
          said,
        )!;
        await up({}, adopting({ aliasName, versions: { 1: keyId } }));
        assert.equal(aliasOf(program), alias);
        assert.deepEqual(await scene.everywhere(), whole);
        await assertDecrypts();
      });

    it("`adopt` takes the replica that is there along", async () => {
      const replicated = { replicas: [ABROAD] };
      const key = { replicaRegions: [ABROAD] };
      await lived(1, key, replicated);
      loseKey();
      const named = adopting({ aliasName: alias, versions: { 1: arnOf(1) } }, replicated);
      await up(key, named);
      assert.deepEqual(idsOf(program, ABROAD), idsOf(program));
      assert.deepEqual(await scene.everywhere(), whole);
      await up({ ...key, rotationTrigger: "3" }, named);
      for (const region of REGIONS)
        assert.equal((await scene.in(region).describe(alias)).KeyId, recordsOf(program)[2]!.keyId);
      await assertDecrypts(REGIONS);
    });

    for (const [when, first] of [
      ["at once", false],
      ["after an update that was refused", true],
    ] as const)
      it(`\`adopt: { versions: {} }\` makes new ones on purpose, beside the old: ${when}`, async () => {
        await lived(2);
        loseKey();
        if (first) await assertRefused(() => up());
        await up({}, adopting({ versions: {} }));
        const ids = whole[HOME]!.map(({ keyId }) => keyId);
        assert.deepEqual(
          idsOf(program).filter((id) => ids.includes(id)),
          [],
        );
        assert.notEqual(aliasOf(program), alias);
        assert.deepEqual(await scene.everywhere(ids), whole);
        await scene.in(HOME).encrypt(aliasOf(program), "works");
        assert.deepEqual(await scene.callsOf(() => up({}, adopting({ versions: {} }))), {});
        assert.deepEqual(await scene.callsOf(() => up()), {}, "also once it is taken out of the program");
      });

    it("with own material nothing is lost: it is whole once the program names the KMS keys, although the key is new", async () => {
      const own = { material: randomBytes(32).toString("base64"), rotationTrigger: undefined };
      await up(own);
      alias = aliasOf(program);
      whole = await scene.everywhere();
      loseKey();
      scene.changes.length = 0;
      const said = await assertRefused(() => up(own));
      await up(own, adopting(adoptIn(said)));
      assert.equal(aliasOf(program), alias);
      assert.deepEqual(await scene.everywhere(), whole);
      assert.deepEqual(await scene.callsOf(() => up(own)), {});
    });

    it("with other own material, it is refused before anything is made", async () => {
      const own = () => ({ material: randomBytes(32).toString("base64"), rotationTrigger: undefined });
      await up(own());
      whole = await scene.everywhere();
      scene.changes.length = 0;
      loseKey();
      const said = await assertRefused(() => up(own()));
      assert.ok(said.includes(whole[HOME]![0]!.keyArn), said);
    });

    it("a key of another name is none of its business", async () => {
      await lived(1);
      loseKey();
      await up({ name: "bills" });
      await up({ name: "bills", rotationTrigger: "3" });
      const ids = whole[HOME]!.map(({ keyId }) => keyId);
      assert.deepEqual(await scene.everywhere(ids), whole);
    });

    it("with a version that the new key does not have, in the next update too: that one is named", async () => {
      await lived(2);
      const { KeyId } = await scene.in(HOME).describe(arnOf(1));
      await scene.in(HOME).send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
      whole = await scene.everywhere();
      scene.changes.length = 0;
      loseKey();
      await assertRefused(() => up({ rotationTrigger: undefined }));
      const said = await assertRefused(() => up({ rotationTrigger: undefined }));
      assert.match(said, new RegExp(`${arnOf(2)} \\(version 2\\)`));
      assert.ok(
        said.includes(`adopt: { aliasName: "${alias}", versions: { 1: "${arnOf(2).split("/")[1]}" } }`),
        said,
      );
    });

    it("what `adopt` has left to nobody is left alone when the distribution goes, and that is said", async () => {
      await lived(2, { deletionAllowed: true });
      loseKey();
      const named = adopting({ aliasName: alias, versions: { 1: arnOf(2) } });
      await up({ deletionAllowed: true }, named);
      await up({ deletionAllowed: true, rotationTrigger: "3" }, named);
      scene.said();
      await program.destroy("keyDistribution", "distribution");
      await assertDecrypts();
      const said = scene.said();
      for (const version of [1, 2]) assert.ok(said.includes(arnOf(version).split("/")[1]!), said);
    });

    describe("after its distribution was removed on purpose, within the window", () => {
      async function removed(versions: number): Promise<void> {
        await lived(versions);
        await up({ rotationTrigger: `${versions}` }, { isDistributed: false });
        loseKey();
        whole = await scene.everywhere();
        scene.changes.length = 0;
      }

      it("the update is refused before anything is made; what it says takes all of it back", async () => {
        await removed(2);
        const said = await assertRefused(() => up());
        for (const arn of arns())
          assert.match(said, new RegExp(`${arn} \\(version \\d, PendingDeletion until \\d{4}-`));
        const [, aliasName, keyId] = /`adopt: \{ aliasName: "([^"]+)", versions: \{ 1: "([^"]+)" \} \}`/.exec(
          said,
        )!;
        assert.equal((await followed(said, () => scene.in(HOME))).length, 2);
        await up({}, adopting({ aliasName, versions: { 1: keyId } }));
        assert.deepEqual([aliasOf(program), aliasName], [alias, alias]);
        assert.equal(keyId, arnOf(2).split("/")[1]);
        await assertDecrypts();
        await scene.in(HOME).encrypt(alias, "works");
      });

      it("the next update is refused as well, where the new ManagedKey is in the state already", async () => {
        await removed(1);
        await assertRefused(() => up());
        const said = await assertRefused(() => up());
        assert.match(said, /Did the key leave the state, .*`restore`/);
        assert.equal(adoptIn(said).versions[1], arnOf(1).split("/")[1]);
        assert.deepEqual((await scene.states([arnOf(1).split("/")[1]!]))[HOME], ["PendingDeletion"]);
        assert.equal((await scene.kmsKeys()).length, 1);
      });

      it("a key that may be deleted is made anew, and what the former ones are is said", async () => {
        await removed(1);
        scene.said();
        await up({ deletionAllowed: true });
        assert.match(scene.said(), new RegExp(`${arnOf(1)}.*cannot decrypt what was encrypted under those`));
        assert.deepEqual((await scene.states([arnOf(1).split("/")[1]!]))[HOME], ["PendingDeletion"]);
        await scene.in(HOME).encrypt(aliasOf(program), "works");
      });

      it("and so is one with the needed permissions alone, which do not show them", async () => {
        await removed(1);
        permitted = permissionsFor(["everyKey"]).map(({ action }) => action.replace(/^kms:/, ""));
        await up();
        permitted = undefined;
        await scene.in(HOME).encrypt(aliasOf(program), "works");
      });
    });

    it("a second key of the same name in the same stack, which nobody could tell from a lost one, is made where the program says so", async () => {
      await lived(1);
      const second = scene.program();
      second.states.set("kms", program.states.get("kms")!);
      await assert.rejects(
        second.up(inputs()),
        /behind alias/,
        "in the same stack nobody could tell it from a lost one",
      );
      await second.up(inputs({}, adopting({ versions: {} })));
      assert.deepEqual(await scene.everywhere(whole[HOME]!.map(({ keyId }) => keyId)), whole);
    });
  });

  describe("where a key is restored and its KMS keys are elsewhere", () => {
    const elsewhere = [
      "arn:aws:kms:us-west-1:111122223333:key/mrk-1 in us-west-1 of account 111122223333",
      "arn:aws:kms:us-west-1:111122223333:key/mrk-2 in us-west-1 of account 111122223333",
    ];
    const other = { keyCollection: "eu-central-1" };

    it("the check, which a preview shows, names them and says how to get to them", async () => {
      await lived(2);
      const { restore } = await backUp(program);
      const restored = scene.program("organization/shop/dr");
      await restored.up(inputs({ restore }, { kms: other, distribution: { restoredElsewhere: elsewhere } }));
      const said = scene.said();
      for (const arn of elsewhere) assert.ok(said.includes(arn), said);
      assert.match(
        said,
        /New ones are made in eu-central-1; they cannot decrypt what was encrypted under those/,
      );
      assert.match(said, /through a KmsProvider of their account and Region.*a KeyReplica/);
      assert.deepEqual(await scene.everywhere(), whole);
    });

    it("in a preview already, before anything is made", async () => {
      await lived(1);
      program.begin();
      const { inputs: given } = program.states.get("distribution")!;
      await program.resource("keyDistribution").check(undefined, { ...given, restoredElsewhere: elsewhere });
      assert.ok(scene.said().includes(elsewhere[0]!));
      assert.deepEqual(scene.changes, []);
    });

    it("is said once, not in every update after it, and is no input of the state", async () => {
      await lived(1);
      const { restore } = await backUp(program);
      const restored = scene.program("organization/shop/dr");
      const again = inputs(
        { restore, rotationTrigger: "1" },
        { kms: other, distribution: { restoredElsewhere: elsewhere } },
      );
      await restored.up(again);
      scene.said();
      assert.deepEqual(await scene.callsOf(() => restored.up(again)), {});
      assert.equal(scene.said(), "");
      assert.equal("restoredElsewhere" in restored.states.get("distribution")!.inputs, false);
    });

    it("says nothing where there are none, or where they are not known yet", async () => {
      await lived(1);
      program.begin();
      const { inputs: given } = program.states.get("distribution")!;
      for (const restoredElsewhere of [[], undefined, "04da6b54-80e4-46f7-96ec-b56ff0331ba9"])
        await program.resource("keyDistribution").check(undefined, { ...given, restoredElsewhere });
      assert.equal(scene.said(), "");
    });
  });

  describe("with the documented permissions of every key alone", () => {
    const only = (...features: Feature[]) => {
      permitted = permissionsFor(features).map(({ action }) => action.replace(/^kms:/, ""));
    };
    const seed = () => only("everyKey");

    it("are eleven, and two for multi-Region keys", () => {
      seed();
      assert.equal(permitted!.length, 11);
      only("everyKey", "multiRegion");
      assert.equal(permitted!.filter((operation) => !operation.startsWith("iam:")).length, 13);
    });

    it("a key is made, rotated, disabled, enabled, refused its deletion, and removed", async () => {
      seed();
      await up({ rotationTrigger: "1" });
      await up();
      await up({ minEnabledVersion: 2 });
      await up();
      program.begin();
      await assert.rejects(program.delete("keyDistribution", "distribution"), (error) =>
        isKeymgmtError(error, "DeletionNotAllowed"),
      );
      const ids = idsOf(program);
      await up({}, { isDistributed: false });
      permitted = undefined;
      assert.deepEqual((await scene.states(ids))[HOME], ["PendingDeletion", "PendingDeletion"]);
    });

    it("and a replicated one", async () => {
      only("everyKey", "multiRegion");
      const more = { replicas: [ABROAD] };
      const key = { replicaRegions: [ABROAD] };
      await up({ ...key, rotationTrigger: "1" }, more);
      await up(key, more);
      await up({ ...key, minEnabledVersion: 2 }, more);
      await up(key, more);
      program.begin();
      for (const [type, name] of [
        ["keyReplica", ABROAD],
        ["keyDistribution", "distribution"],
      ] as const)
        await assert.rejects(program.delete(type, name), (error) =>
          isKeymgmtError(error, "DeletionNotAllowed"),
        );
      const ids = idsOf(program);
      await up(key, { isDistributed: false });
      permitted = undefined;
      assert.deepEqual((await scene.states(ids))[ABROAD], ["PendingDeletion", "PendingDeletion"]);
    });

    const RENAMED = { names: { distribution: "distribution-2" } };
    const NAMES = /kms:ListKeys and kms:ListResourceTags.*kms:DescribeKey and kms:CancelKeyDeletion/;

    for (const [what, prepare, more] of [
      ["whose distribution left the state", () => lose("distribution"), {}],
      ["whose distribution is renamed without aliases", () => {}, RENAMED],
    ] as [string, () => void, Partial<ProgramInputs>][]) {
      it(`a key ${what}: is refused before anything is made, and names the missing permissions`, async () => {
        await lived(2);
        seed();
        prepare();
        await assert.rejects(up({}, more), (error: Error) => {
          assert.ok(isKeymgmtError(error, "AccessDenied"), String(error));
          assert.match(error.message, NAMES);
          assert.ok(error.message.includes(alias));
          assert.match(error.message, /keymgmt iam-policy --recovery/);
          assert.match(error.message, /`adopt: \{ versions: \{\} \}`/);
          return true;
        });
        permitted = undefined;
        await assertUntouched();
      });

      it(`a key ${what}: is whole once they are granted`, async () => {
        await lived(2);
        only("everyKey", "recovery");
        prepare();
        await up({}, more);
        permitted = undefined;
        const name = more.names ? "distribution-2" : "distribution";
        assert.equal(aliasOf(program, name), alias);
        assert.deepEqual(await scene.everywhere(), whole);
      });

      it(`a key ${what}: gets new ones where the program says so`, async () => {
        await lived(2);
        seed();
        prepare();
        const ids = whole[HOME]!.map(({ keyId }) => keyId);
        await up({}, adopting({ versions: {} }, more)).finally(() => {
          permitted = undefined;
        });
        const name = more.names ? "distribution-2" : "distribution";
        assert.notEqual(aliasOf(program, name), alias);
        assert.deepEqual(
          idsOf(program, name).filter((id) => ids.includes(id)),
          [],
        );
      });
    }

    it("a replica that is renamed without aliases needs no more than it", async () => {
      const key = { replicaRegions: [ABROAD] };
      await lived(1, key, { replicas: [ABROAD] });
      only("everyKey", "multiRegion");
      await up({ ...key, rotationTrigger: "1" }, { replicas: [ABROAD], suffix: "-2" });
      permitted = undefined;
      assert.deepEqual(await scene.everywhere(), whole);
    });

    it("a return whose alias is gone cannot be seen: new ones are made, and that is said", async () => {
      await lived(1, { rotationTrigger: "1" });
      await up({ rotationTrigger: "1" }, { isDistributed: false });
      seed();
      scene.said();
      await up({ rotationTrigger: "1" });
      const said = scene.said();
      assert.match(said, /no permission kms:ListKeys.*former KMS keys of this key .* are not found/);
      permitted = undefined;
      assert.deepEqual((await scene.states([whole[HOME]![0]!.keyId]))[HOME], ["PendingDeletion"]);
    });

    it("a ManagedKey that left the state cannot be told from a new one of another stack: new KMS keys are made, and that is said", async () => {
      await lived(2);
      seed();
      loseKey();
      scene.said();
      await up();
      assert.match(scene.said(), /no permission kms:ListKeys.*are not found/);
      permitted = undefined;
      assert.deepEqual((await scene.states(whole[HOME]!.map(({ keyId }) => keyId)))[HOME], [
        "Enabled",
        "Enabled",
      ]);
    });

    it("without kms:CancelKeyDeletion a return fails before anything is made, names it, and goes on once it is granted", async () => {
      await lived(2);
      await up({}, { isDistributed: false });
      scene.changes.length = 0;
      only("everyKey", "recovery");
      permitted = permitted!.filter((operation) => operation !== "CancelKeyDeletion");
      await assert.rejects(up(), /kms:CancelKeyDeletion/);
      assert.deepEqual(scene.changes, []);
      permitted = undefined;
      await up();
      assert.deepEqual(await scene.everywhere(), whole);
    });

    it("without kms:DescribeKey a return is whole all the same", async () => {
      await lived(2);
      await up({ minEnabledVersion: 2 });
      whole = await scene.everywhere();
      await up({ minEnabledVersion: 2 }, { isDistributed: false });
      only("everyKey", "recovery");
      permitted = permitted!.filter((operation) => operation !== "DescribeKey");
      await up({ minEnabledVersion: 2 });
      permitted = undefined;
      assert.deepEqual(await scene.everywhere(), whole);
    });
  });
});
