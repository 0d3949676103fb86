import assert from "node:assert/strict";
import { DeleteAliasCommand, TagResourceCommand, UntagResourceCommand } from "@aws-sdk/client-kms";
import { isKeymgmtError } from "../../../../provider/errors";
import { resourcesOf } from "../../../../provider/resources";
import { Run } from "../../../../provider/run";
import type { KeyDistributionOutputs } from "../../../../provider/state/types";
import { followed } from "../../../world/awsCommands";
import type { ProgramInputs } from "../../../world/program";
import { ABROAD, aliasOf, DEV, HOME, idsOf, PROD, REGIONS, recordsOf, useScene } from "../../../world/scene";

const RENAMED = { names: { distribution: "distribution-2" }, suffix: "-2" };

describe("KMS keys of which nobody can tell whose they are", function () {
  this.timeout(60_000);
  const { scene, program } = useScene();

  const inputs = (rotationTrigger: string, more: Partial<ProgramInputs> = {}): ProgramInputs => ({
    key: { replicaRegions: [ABROAD], rotationTrigger },
    replicas: [ABROAD],
    ...more,
  });
  const up = (more: Partial<ProgramInputs> = {}) => program.up(inputs("2", more));

  async function assertRefused(work: () => Promise<unknown>): Promise<string> {
    const before = await scene.everywhere();
    scene.changes.length = 0;
    let said = "";
    await assert.rejects(work(), (error: Error) => {
      assert.ok(isKeymgmtError(error, "Conflict"), String(error));
      said = error.message;
      return true;
    });
    assert.deepEqual(scene.changes, []);
    assert.deepEqual(await scene.everywhere(), before);
    return said;
  }

  describe("because somebody has taken tags away, or written others", () => {
    /** Two versions in two Regions, and what there was before. */
    async function lived() {
      await program.up(inputs("1"));
      const first = await scene.in(HOME).encrypt(aliasOf(program), "version 1");
      await up();
      const second = await scene.in(ABROAD).encrypt(aliasOf(program), "version 2");
      return { texts: [first, second], whole: await scene.everywhere(), alias: aliasOf(program) };
    }
    const untag = (version: number, ...TagKeys: string[]) =>
      scene.in(HOME).send(new UntagResourceCommand({ KeyId: recordsOf(program)[version]!.keyId, TagKeys }));
    const tag = (version: number, TagKey: string) =>
      scene.in(HOME).send(
        new TagResourceCommand({
          KeyId: recordsOf(program)[version]!.keyId,
          Tags: [{ TagKey, TagValue: "by hand" }],
        }),
      );

    const ALL = ["stack", "key", "distribution", "version"].map((name) => `keymgmt:${name}`);
    const CASES: [string, () => Promise<unknown>][] = [
      ...ALL.flatMap((name): [string, () => Promise<unknown>][] => [
        [`the latest version's ${name} is gone`, () => untag(2, name)],
        [`the first version's ${name} is gone`, () => untag(1, name)],
      ]),
      ["all of the latest version's are gone", () => untag(2, ...ALL)],
      ["the latest version's keymgmt:stack is written anew", () => tag(2, "keymgmt:stack")],
      ["the latest version's keymgmt:version is written anew", () => tag(2, "keymgmt:version")],
      ["the latest version's keymgmt:key is written anew", () => tag(2, "keymgmt:key")],
      ["the first version's keymgmt:version is written anew", () => tag(1, "keymgmt:version")],
    ];
    for (const [what, change] of CASES)
      it(`${what}: a rename without aliases is refused before anything is made; with the tags that it names all is taken over`, async () => {
        const { texts, whole, alias } = await lived();
        await change();
        let refusals = 0;
        for (; refusals < 3; refusals++) {
          let said = "";
          const isDone = await up(RENAMED).then(
            () => true,
            (error: Error) => {
              said = error.message;
              return false;
            },
          );
          if (isDone) break;
          assert.equal((await scene.kmsKeys()).length, 2, "nothing was made");
          const commands = await followed(said.replaceAll(/<(\d) or \d>/g, "$1"), (region) =>
            scene.in(region),
          );
          assert.equal(commands.length, 1, said);
        }
        assert.ok(refusals === 1 || refusals === 2, `${refusals} refusals`);
        assert.equal(aliasOf(program, "distribution-2"), alias);
        assert.deepEqual(await scene.everywhere(), whole);
        for (const region of REGIONS)
          for (const [index, text] of texts.entries())
            assert.equal((await scene.in(region).decrypt(text)).text, `version ${index + 1}`);
      });

    it("written anew: `--replace` of the KeyDistribution, which keeps its alias, is refused as well; with the tag that it names it goes on", async () => {
      const { whole } = await lived();
      await tag(1, "keymgmt:key");
      const said = await assertRefused(() => up({ replaced: ["distribution"] }));
      assert.equal((await followed(said, (region) => scene.in(region))).length, 1);
      await up({ replaced: ["distribution"] });
      assert.deepEqual(await scene.everywhere(), whole);
    });

    it("under its old name, `up --refresh` gives them back, and the rename goes on", async () => {
      const { whole, alias } = await lived();
      await untag(2, "keymgmt:key");
      await assertRefused(() => up(RENAMED));
      await up({ isRefreshed: true });
      await up(RENAMED);
      assert.equal(aliasOf(program, "distribution-2"), alias);
      assert.deepEqual(await scene.everywhere(), whole);
    });

    it("with `adopt: { versions: {} }` new ones are made on purpose", async () => {
      await lived();
      const before = idsOf(program);
      await untag(2, "keymgmt:key");
      await up({ ...RENAMED, distribution: { adopt: { versions: {} } } });
      assert.deepEqual(
        idsOf(program, "distribution-2").filter((id) => before.includes(id)),
        [],
      );
    });
  });

  describe("because the stack was renamed", () => {
    it("and its distribution left the state: the refusal names the tags, and with them all is taken up", async () => {
      await up();
      const whole = await scene.everywhere();
      for (const name of ["distribution", ABROAD]) program.states.delete(name);
      program.stack = PROD;
      const said = await assertRefused(() => up());
      assert.equal((await followed(said, (region) => scene.in(region))).length, 1);
      await up();
      const now = await scene.everywhere();
      const ids = (seen: typeof now) => REGIONS.map((region) => seen[region]!.map(({ keyId }) => keyId));
      assert.deepEqual(ids(now), ids(whole));
      for (const region of REGIONS)
        for (const { tags } of now[region]!) assert.equal(tags["keymgmt:stack"], PROD);
    });

    it("after its distribution was removed, and another stack has the former name: it returns, and the other's is left alone", async () => {
      await up();
      const alias = aliasOf(program);
      const [keyId] = idsOf(program);
      await up({ isDistributed: false });
      program.stack = PROD;
      const other = scene.program(DEV);
      other.settings = { now: () => new Date(Date.now() + 60_000) };
      await other.up(inputs("2"));
      const theirs = await scene.everywhere(idsOf(other));
      scene.said();
      await up();
      assert.deepEqual([idsOf(program)[0], aliasOf(program)], [keyId, alias]);
      assert.match(scene.said(), /is in use and has "organization\/shop\/dev".*It was left alone/);
      assert.deepEqual(await scene.everywhere(idsOf(other)), theirs);
    });
  });

  describe("because another stack has taken them over", () => {
    it("a refresh says so, and an update of the former stack leaves their tags as they are", async () => {
      await up();
      const [keyId] = idsOf(program);
      const Tags = [{ TagKey: "keymgmt:stack", TagValue: PROD }];
      for (const region of REGIONS)
        await scene.in(region).send(new TagResourceCommand({ KeyId: keyId, Tags }));
      const before = await scene.everywhere();
      scene.said();
      await up({ isRefreshed: true });
      assert.match(scene.said(), new RegExp(`${keyId} in ${HOME} has the tag keymgmt:stack "${PROD}"`));
      assert.deepEqual(await scene.everywhere(), before);
      await program.up(inputs("2", { isRefreshed: true, distribution: { description: "new" } }));
      for (const region of REGIONS)
        for (const { tags } of (await scene.everywhere([keyId!]))[region]!)
          assert.equal(tags["keymgmt:stack"], PROD);
    });
  });

  describe("because two keys have one name", () => {
    it("is said where a second key of the name comes to the same Region of the account", () => {
      const run = new Run();
      const said: string[] = [];
      const check = (keyId: string, isNew: boolean, region = HOME) =>
        run.declared.warnOfSharedName(
          { name: "orders", id: keyId },
          { accountId: "111122223333", keyCollection: region },
          isNew,
          (line) => said.push(line),
        );
      check("orders-1", false);
      check("orders-1", false);
      check("orders-2", false);
      check("orders-2", true, ABROAD);
      assert.deepEqual(said, [], "both are in the state, or it is another Region");
      check("orders-2", true);
      assert.match(said.join(), /two ManagedKeys of the name "orders".*another `name`/);
    });
  });

  describe("because no state knows of them: replicas of an update that was killed", () => {
    /** The KeyReplica was killed before it was saved, and is taken out of the program. */
    async function halfMade(): Promise<string> {
      await up({ replicas: [] });
      await up();
      program.states.delete(ABROAD);
      await scene.in(ABROAD).send(new DeleteAliasCommand({ AliasName: aliasOf(program) }));
      await program.up({
        ...inputs("2", { replicas: [] }),
        key: { replicaRegions: [ABROAD], rotationTrigger: "2", deletionAllowed: true },
      });
      return idsOf(program)[0]!;
    }

    it("go with the distribution, which AWS does not delete before them", async () => {
      const id = await halfMade();
      await program.destroy("keyDistribution", "distribution");
      assert.deepEqual(await scene.states([id]), {
        [HOME]: ["PendingReplicaDeletion"],
        [ABROAD]: ["PendingDeletion"],
      });
    });

    it("stay where they are not tagged as this stack's: somebody has replicated the KMS key by hand", async () => {
      const id = await halfMade();
      await scene.in(ABROAD).send(new UntagResourceCommand({ KeyId: id, TagKeys: ["keymgmt:stack"] }));
      await program.destroy("keyDistribution", "distribution");
      assert.deepEqual((await scene.states([id]))[ABROAD], ["Enabled"]);
    });
  });

  it("those of a distribution that another of this update was to take over, and has not, are not deleted", async () => {
    await up();
    const { id, outputs } = program.states.get("distribution")!;
    const { key, kms, versions } = outputs as unknown as KeyDistributionOutputs;
    const run = new Run();
    run.declared.recordKey(key.id);
    const other = { ...versions[1]!, keyId: "another" };
    run.created.recordDistribution({ name: "orders-1", key, kms, versions: { 1: other } });
    const said = await assertRefused(() => resourcesOf(run).KeyDistribution.delete(id, outputs));
    assert.match(
      said,
      new RegExp(`orders-1.*${versions[1]!.keyArn}.*was not deleted, in AWS or in the state`),
    );
  });
});
