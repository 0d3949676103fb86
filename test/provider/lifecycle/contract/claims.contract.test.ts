import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { CreateGrantCommand, CreateKeyCommand, UntagResourceCommand } from "@aws-sdk/client-kms";
import { isKeymgmtError } from "../../../../provider/errors";
import { allowsRole, allowsRoot, keyPolicy } from "../../../world/keyPolicy";
import type { Program, ProgramInputs } from "../../../world/program";
import { ABROAD, adoptIn, aliasOf, HOME, idsOf, REGIONS, recordsOf, useScene } from "../../../world/scene";

const CLAIM = "keymgmt:claim";

describe("claims of KMS keys", function () {
  this.timeout(60_000);
  const { scene, program } = useScene();

  const inputs = (more: Partial<ProgramInputs> = {}): ProgramInputs => ({
    key: { replicaRegions: [ABROAD], rotationTrigger: "1" },
    replicas: [ABROAD],
    ...more,
  });
  const rotated = (more: Partial<ProgramInputs> = {}) =>
    inputs({ key: { replicaRegions: [ABROAD], rotationTrigger: "2" }, ...more });

  const claimsIn = async (region: string) =>
    Object.fromEntries((await scene.kmsKeys(region)).map(({ keyId, tags }) => [keyId, tags[CLAIM]]));
  const recorded = (name: string) =>
    Object.fromEntries(Object.values(recordsOf(program, name)).map(({ keyId, claim }) => [keyId, claim]));

  async function assertClaimed(): Promise<void> {
    const claims = await claimsIn(HOME);
    for (const claim of Object.values(claims)) assert.match(String(claim), /^v1:/);
    assert.equal(new Set(Object.values(claims)).size, Object.keys(claims).length);
    assert.deepEqual(await claimsIn(ABROAD), claims);
    assert.deepEqual(recorded("distribution"), claims);
    assert.deepEqual(recorded(ABROAD), claims);
  }

  /** As release 0.1.0 left it: no claim in AWS or in the state, and no secret in the keyring. */
  async function asOf010(): Promise<void> {
    for (const region of REGIONS)
      for (const { keyId } of await scene.kmsKeys(region))
        await scene.in(region).send(new UntagResourceCommand({ KeyId: keyId, TagKeys: [CLAIM] }));
    for (const state of program.states.values())
      for (const record of Object.values(
        (state.outputs.versions ?? {}) as Record<string, { claim?: string }>,
      ))
        if (typeof record === "object") delete record.claim;
    const { outputs } = program.states.get("key")!;
    const { claimSecret: _, ...keyring } = JSON.parse(String(outputs.keyring));
    outputs.keyring = JSON.stringify(keyring);
  }

  for (const rotationStrategy of ["manual", "on-demand"])
    it(`${rotationStrategy}: each KMS key has one of its own, its replicas have the same, and the state knows it`, async () => {
      const distribution = { rotationStrategy };
      await program.up(inputs({ distribution }));
      await assertClaimed();
      await program.up(rotated({ distribution }));
      await assertClaimed();
      assert.equal(idsOf(program).length, rotationStrategy === "manual" ? 2 : 1);
      for (const { claim } of Object.values(recordsOf(program))) assert.ok(claim);
    });

  it("two keys of one name in one stack: both distributions are removed, and each returns to its own", async () => {
    const programs = [program, scene.program()];
    const lives: { one: Program; alias: string; ids: string[]; text: Uint8Array }[] = [];
    for (const one of programs) {
      await one.up(inputs({ replicas: [], distribution: { adopt: { versions: {} } } }));
      const text = await scene.in(HOME).encrypt(aliasOf(one), "data");
      lives.push({ one, alias: aliasOf(one), ids: idsOf(one), text });
      while (Math.floor(Date.now() / 1000) <= Number(/\d+$/.exec(aliasOf(one))![0])) await setTimeout(50);
    }
    for (const { one } of lives) await one.up(inputs({ isDistributed: false, names: {}, replicas: [] }));
    for (const { one, alias, ids, text } of lives) {
      await one.up(inputs({ replicas: [] }));
      assert.deepEqual([aliasOf(one), idsOf(one)], [alias, ids]);
      assert.equal((await scene.in(HOME).decrypt(text)).text, "data");
    }
  });

  const policyFor = (role: string) => keyPolicy(allowsRoot(), allowsRole(role));

  describe("of replicas that no state knows, and that have their material", () => {
    let text: Uint8Array;
    beforeEach(async () => {
      await program.up(inputs({ replica: { policy: policyFor("one") } }));
      text = await scene.in(HOME).encrypt(aliasOf(program), "data");
    });
    const assertWhole = async () => assert.equal((await scene.in(ABROAD).decrypt(text)).text, "data");

    it("a KeyReplica that was removed returns with another key policy than it had", async () => {
      await program.up(inputs({ replicas: [] }));
      await program.up(inputs({ replica: { policy: policyFor("another") } }));
      await assertWhole();
    });

    it("those that a service of AWS's has a grant for go along in a rename without aliases, as the refusal says", async () => {
      const [KeyId] = idsOf(program);
      const GranteePrincipal = "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/x";
      for (const region of REGIONS)
        await scene
          .in(region)
          .send(new CreateGrantCommand({ KeyId, GranteePrincipal, Operations: ["Decrypt"] }));
      const before = await scene.everywhere();
      const names = { distribution: "distribution-2" };
      const renamed = (distribution = {}) =>
        program.up(inputs({ names, suffix: "-2", distribution, replica: { policy: policyFor("one") } }));
      let message = "";
      await assert.rejects(renamed(), (error: Error) => {
        message = error.message;
        return isKeymgmtError(error, "Conflict");
      });
      await renamed({ adopt: adoptIn(message) });
      const ids = (seen: typeof before) => REGIONS.map((region) => seen[region]!.map(({ keyId }) => keyId));
      assert.deepEqual(ids(await scene.everywhere()), ids(before));
      await renamed();
      await assertWhole();
    });
  });

  describe("of release 0.1.0, which gave none", () => {
    it("a refresh finds them missing, the next update writes them, and nothing else", async () => {
      await program.up(inputs());
      await program.up(rotated());
      await asOf010();
      assert.deepEqual(
        await scene.callsOf(() => program.up(rotated())),
        {},
        "nothing to do without a refresh",
      );
      const drift = await program.refreshAll();
      assert.equal(drift.length, 4);
      for (const sentence of drift) assert.match(sentence, /the state has no keymgmt:claim for it/);
      scene.changes.length = 0;
      await program.up(rotated({ isRefreshed: true }));
      assert.deepEqual(
        scene.changes.map(({ operation }) => operation),
        Array(4).fill("TagResource"),
      );
      await assertClaimed();
      assert.deepEqual(await program.refreshAll(), []);
      assert.deepEqual(await scene.callsOf(() => program.up(rotated())), {});
    });

    it("a rotation gives the new version's KMS key one", async () => {
      await program.up(inputs());
      await asOf010();
      await program.up(rotated());
      const { 1: first, 2: second } = recordsOf(program);
      assert.equal(first!.claim, undefined);
      assert.match(String(second!.claim), /^v1:/);
      assert.equal((await claimsIn(ABROAD))[second!.keyId], second!.claim);
    });

    for (const rotationStrategy of ["manual", "on-demand"])
      it(`${rotationStrategy}: a distribution that was removed returns where the program names its KMS keys`, async () => {
        const distribution = { rotationStrategy };
        const all = { distribution, replicas: [] };
        await program.up(inputs(all));
        const first = await scene.in(HOME).encrypt(aliasOf(program), "version 1");
        await program.up(rotated(all));
        const second = await scene.in(HOME).encrypt(aliasOf(program), "version 2");
        const ids = idsOf(program);
        await asOf010();
        await program.up(rotated({ isDistributed: false, names: {}, replicas: [] }));
        const before = await scene.everywhere();
        let message = "";
        await assert.rejects(program.up(rotated(all)), (error: Error) => {
          assert.ok(isKeymgmtError(error, "Conflict"), String(error));
          message = error.message;
          return true;
        });
        assert.deepEqual(await scene.everywhere(), before, "nothing was changed");
        const adopt = adoptIn(message);
        await program.up(rotated({ ...all, distribution: { ...distribution, adopt } }));
        assert.deepEqual(idsOf(program), ids);
        for (const [text, expected] of [
          [first, "version 1"],
          [second, "version 2"],
        ] as const)
          assert.equal((await scene.in(HOME).decrypt(text)).text, expected);
        await program.up(rotated({ ...all, isRefreshed: true }));
        assert.deepEqual(recorded("distribution"), await claimsIn(HOME));
      });

    it("one that a killed update left is not used: the version gets another, and that is said", async () => {
      await program.up(inputs({ replicas: [] }));
      const [own] = await scene.kmsKeys();
      const { [CLAIM]: _, ...tags } = own!.tags;
      const Tags = Object.entries({ ...tags, "keymgmt:version": "2" }).map(([TagKey, TagValue]) => ({
        TagKey,
        TagValue,
      }));
      scene.intercept = ({ operation }) =>
        operation === "CreateKey" ? { error: { name: "LimitExceededException", message: "x" } } : undefined;
      await assert.rejects(program.up(rotated({ replicas: [] })));
      scene.intercept = () => undefined;
      const { KeyMetadata } = await scene
        .in(HOME)
        .send(new CreateKeyCommand({ Origin: "EXTERNAL", MultiRegion: true, Tags }));
      await asOf010();
      scene.said();
      await program.up(rotated({ replicas: [] }));
      assert.notEqual(recordsOf(program)[2]!.keyId, KeyMetadata!.KeyId);
      assert.match(
        scene.said(),
        new RegExp(`left alone in ${HOME}.*${KeyMetadata!.KeyId} \\(version 2: it has no tag ${CLAIM}`),
      );
    });
  });
});
