import assert from "node:assert/strict";
import {
  GetKeyPolicyCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import type { LocalKms } from "../../../../local-kms/src/index";
import { UNKNOWN } from "../../../../provider/schema/unknowns";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { Application } from "../../../world/application";
import { allowsRoot, deniesStolenRole, keyPolicy } from "../../../world/keyPolicy";
import { localKms, Program, type ProgramInputs } from "../../../world/program";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";
const ACCOUNT = "111122223333";

const OURS = keyPolicy(allowsRoot("Ours"));
const THEIRS = keyPolicy(allowsRoot("Ours"), deniesStolenRole("Incident17"));

const READING = ["DescribeKey", "GetKeyPolicy", "ListAliases", "ListResourceTags"];

describe("tags, policy and description that others changed in AWS", () => {
  let local: LocalKms;
  let isDenied = false;
  let said: string[];
  let program: Program;
  let home: Application;

  const declared: ProgramInputs = {
    key: { rotationTrigger: "b" },
    kms: { tags: { cost: "7" } },
    distribution: { policy: OURS, description: "orders", tags: { team: "shop" } },
  };
  const ignoring: ProgramInputs = {
    ...declared,
    ignoreChanges: { keyDistribution: ["policy", "description", "tags"] },
  };
  const given = (distribution: Record<string, unknown>): ProgramInputs => ({ ...declared, distribution });
  const keyOf = (version: number) =>
    (program.outputs("distribution").versions as KmsKeyRecords)[version]!.keyId;
  const writes = () => Object.keys(local.counts()).filter((name) => !/^(sts|Get|List|Describe)/.test(name));

  async function inAws(keyId: string) {
    const { Policy } = await home.send(new GetKeyPolicyCommand({ KeyId: keyId }));
    const { Tags } = await home.send(new ListResourceTagsCommand({ KeyId: keyId }));
    const { Description } = await home.describe(keyId);
    return {
      policy: Policy!.includes("Incident17") ? "theirs" : "ours",
      description: Description,
      tags: Object.fromEntries(
        Tags!.flatMap(({ TagKey, TagValue }) => (TagKey!.startsWith("keymgmt:") ? [] : [[TagKey, TagValue]])),
      ),
    };
  }

  async function changeByHand(keyId: string) {
    await home.send(new PutKeyPolicyCommand({ KeyId: keyId, Policy: THEIRS }));
    await home.send(new UpdateKeyDescriptionCommand({ KeyId: keyId, Description: "by hand" }));
    await home.send(
      new TagResourceCommand({
        KeyId: keyId,
        Tags: [
          { TagKey: "team", TagValue: "x" },
          { TagKey: "own", TagValue: "1" },
        ],
      }),
    );
  }

  const OUR_OWN = { policy: "ours", description: "orders", tags: { cost: "7", team: "shop" } };
  const BY_HAND = { policy: "theirs", description: "by hand", tags: { cost: "7", team: "x", own: "1" } };

  beforeEach(async () => {
    isDenied = false;
    const error = {
      name: "AccessDeniedException",
      message: "User: arn:aws:iam::1:user/ci is not authorized",
    };
    const intercept = ({ operation }: { operation: string }) =>
      isDenied && ["GetKeyPolicy", "ListResourceTags"].includes(operation) ? { error } : undefined;
    local = await localKms({ intercept });
    said = [];
    program = new Program(local);
    program.settings = { say: (line) => said.push(line) };
    home = new Application(local, HOME);
    await program.up({ ...declared, key: { rotationTrigger: "a" } });
    await program.up(declared);
  });
  afterEach(() => local.close());

  it("are the resource's inputs after a refresh: only what the program gives, and by reading calls alone", async () => {
    await changeByHand(keyOf(2));
    local.resetCounts();
    await program.refreshAll();
    assert.deepEqual(
      Object.keys(local.counts()).filter((name) => !READING.includes(name)),
      [],
    );
    const { inputs, outputs } = program.states.get("distribution")!;
    assert.deepEqual(JSON.parse(String(inputs.policy)), JSON.parse(THEIRS));
    assert.equal(inputs.description, "by hand");
    assert.deepEqual(inputs.tags, { team: "x" });
    assert.deepEqual((inputs.kms as { tags: object }).tags, { cost: "7" });
    assert.equal(inputs.deletionWindowDays, 30);
    assert.deepEqual(outputs.applied, { policy: OURS, description: "orders", tags: { team: "shop" } });
    assert.equal((outputs.drift as string[]).length, 3);
  });

  it("are put back where the program gives others, with no call for a KMS key that has them", async () => {
    await changeByHand(keyOf(1));
    const drift = await program.refreshAll();
    assert.deepEqual(await program.refreshAll(), drift, "a second refresh says the same");
    local.resetCounts();
    await program.up(declared);
    const { PutKeyPolicy, UpdateKeyDescription, TagResource } = local.counts();
    assert.deepEqual([PutKeyPolicy, UpdateKeyDescription, TagResource], [1, 1, 1]);
    assert.deepEqual(await inAws(keyOf(1)), { ...OUR_OWN, tags: { ...OUR_OWN.tags, own: "1" } });
    assert.deepEqual(await program.refreshAll(), []);
    assert.equal(program.outputs("distribution").applied, undefined);
    local.resetCounts();
    await program.up(declared);
    assert.deepEqual(local.counts(), {});
  });

  it("stay with ignoreChanges, also while something else is updated, and in each version as it is", async () => {
    await changeByHand(keyOf(1));
    await program.refreshAll();
    local.resetCounts();
    await program.up(ignoring);
    assert.deepEqual(local.counts(), {}, "nothing to do");
    await program.up({ ...ignoring, kms: { tags: { cost: "8" } } });
    assert.deepEqual(writes(), ["TagResource"]);
    const tags = { ...BY_HAND.tags, cost: "8" };
    assert.deepEqual(await inAws(keyOf(1)), { ...BY_HAND, tags });
    assert.deepEqual(await inAws(keyOf(2)), { ...OUR_OWN, tags: { ...OUR_OWN.tags, cost: "8" } });
    for (let n = 0; n < 2; n++) {
      await program.refreshAll();
      local.resetCounts();
      await program.up({ ...ignoring, kms: { tags: { cost: "8" } } });
      assert.deepEqual(local.counts(), {});
    }
  });

  it("at the latest version's KMS key alone are what a new version begins with, where they are ignored", async () => {
    await changeByHand(keyOf(2));
    const cost = (text: string) => ({ ...ignoring, kms: { tags: { cost: text } } });
    for (const text of ["7", "8"]) {
      await program.refreshAll();
      await program.up(cost(text));
    }
    assert.deepEqual(await program.refreshAll(), []);
    await program.up({ ...cost("8"), key: { rotationTrigger: "c" } });
    assert.deepEqual(await inAws(keyOf(3)), { ...BY_HAND, tags: { cost: "8", team: "x" } });
    assert.deepEqual(await inAws(keyOf(1)), { ...OUR_OWN, tags: { cost: "8", team: "shop" } });
  });

  it("at one KMS key reach the others where the program takes them over", async () => {
    await changeByHand(keyOf(2));
    await program.refreshAll();
    const theirs = given({ policy: THEIRS, description: "by hand", tags: { team: "x" } });
    await program.up(theirs);
    const { own: _, ...tags } = BY_HAND.tags;
    assert.deepEqual(await inAws(keyOf(1)), { ...BY_HAND, tags });
    assert.deepEqual(await program.refreshAll(), []);
    local.resetCounts();
    await program.up(theirs);
    assert.deepEqual(local.counts(), {});
  });

  it("of which one tag is ignored: the others are put back", async () => {
    await changeByHand(keyOf(2));
    await program.refreshAll();
    await program.up({ ...declared, ignoreChanges: { keyDistribution: ["tags.team"] } });
    assert.deepEqual(await inAws(keyOf(2)), { ...OUR_OWN, tags: { ...BY_HAND.tags } });
  });

  it("of the KmsProvider's tags: one that was changed is put back, one that was taken away too", async () => {
    await home.send(new TagResourceCommand({ KeyId: keyOf(1), Tags: [{ TagKey: "cost", TagValue: "0" }] }));
    await home.send(new UntagResourceCommand({ KeyId: keyOf(2), TagKeys: ["cost", "team"] }));
    await program.refreshAll();
    assert.deepEqual(program.states.get("distribution")!.inputs.tags, {});
    local.resetCounts();
    await program.up(declared);
    assert.deepEqual(local.counts().TagResource, 2);
    assert.deepEqual(await inAws(keyOf(1)), OUR_OWN);
    assert.deepEqual(await inAws(keyOf(2)), OUR_OWN);
  });

  it("where the state may not be read keep their values", async () => {
    await changeByHand(keyOf(2));
    isDenied = true;
    await program.refreshAll();
    const { inputs } = program.states.get("distribution")!;
    assert.equal(inputs.policy, OURS);
    assert.deepEqual(inputs.tags, { team: "shop" });
    assert.equal(inputs.description, "by hand");
  });

  it("that the program does not give are nobody's to change", async () => {
    const bare = { ...declared, kms: {}, distribution: {} };
    await program.up(bare);
    assert.match(
      said.join("\n"),
      /no longer sets `description` of orders-\d+: its KMS keys keep the description/,
    );
    assert.match(said.join("\n"), /no longer sets `policy` of orders-\d+: its KMS keys keep the policy/);
    assert.deepEqual(await inAws(keyOf(2)), { ...OUR_OWN, tags: {} }, "a tag goes, the others stay");
    await changeByHand(keyOf(2));
    assert.deepEqual(await program.refreshAll(), []);
    await program.up({ ...bare, distribution: { tags: { env: "a" } } });
    assert.deepEqual(await inAws(keyOf(2)), {
      ...BY_HAND,
      tags: { team: "x", own: "1", env: "a" },
    });
  });

  it("of which the policy is the same in another form: no drift, no difference, no call", async () => {
    const asAws = JSON.stringify(
      {
        Statement: [{ ...allowsRoot("Ours"), Action: ["kms:*"], Principal: { AWS: ACCOUNT } }],
        Version: "2012-10-17",
      },
      null,
      2,
    );
    await home.send(new PutKeyPolicyCommand({ KeyId: keyOf(2), Policy: asAws }));
    assert.deepEqual(await program.refreshAll(), []);
    local.resetCounts();
    await program.up(given({ ...declared.distribution, policy: asAws }));
    assert.deepEqual(local.counts(), {});
    const { inputs, outputs, id } = program.states.get("distribution")!;
    program.begin();
    const { changes } = await program
      .resource("keyDistribution")
      .diff(id, outputs, { ...inputs, policy: OURS });
    assert.equal(changes, false);
  });

  it("that a mark of the engine's stands for are no unknown values", async () => {
    await home.send(new UpdateKeyDescriptionCommand({ KeyId: keyOf(2), Description: UNKNOWN }));
    await program.refreshAll();
    assert.equal(program.states.get("distribution")!.inputs.description, "(a text that Pulumi reserves)");
    await program.up(declared);
    assert.equal((await inAws(keyOf(2))).description, "orders");
  });

  it("that the program marks secret are in no output that the engine does not mark", async () => {
    const secret = given({ ...declared.distribution, secretInputs: ["policy", "tags", "description"] });
    await program.up(secret);
    await changeByHand(keyOf(2));
    await program.refreshAll();
    const { applied, policy } = program.outputs("distribution");
    assert.equal(applied, undefined);
    assert.match(String(policy), /Incident17/);
    await program.up(secret);
    assert.deepEqual(await inAws(keyOf(2)), { ...OUR_OWN, tags: { ...OUR_OWN.tags, own: "1" } });
  });

  it("of keymgmt's own tags are put back, whatever is ignored", async () => {
    await changeByHand(keyOf(1));
    await home.send(
      new UntagResourceCommand({ KeyId: keyOf(1), TagKeys: ["keymgmt:stack", "keymgmt:claim"] }),
    );
    await program.refreshAll();
    local.resetCounts();
    await program.up({
      ...declared,
      ignoreChanges: { keyDistribution: ["policy", "description", "tags", "kms.tags"] },
    });
    assert.deepEqual(writes(), ["TagResource"]);
    assert.deepEqual(await inAws(keyOf(1)), BY_HAND);
    assert.deepEqual(
      (await program.refreshAll()).filter((sentence) => sentence.includes("keymgmt:")),
      [],
    );
  });

  it("of a replica: put back, or left with ignoreChanges", async () => {
    const replicated: ProgramInputs = {
      ...declared,
      key: { replicaRegions: [ABROAD] },
      replicas: [ABROAD],
      replica: { policy: OURS, description: "orders", tags: { team: "shop" } },
    };
    await local.close();
    local = await localKms();
    program = new Program(local);
    await program.up(replicated);
    home = new Application(local, ABROAD);
    const keyId = (program.outputs(ABROAD).versions as KmsKeyRecords)[1]!.keyId;
    await changeByHand(keyId);
    for (const _ of ["one refresh", "another before the next update"])
      await program.refreshed("keyReplica", ABROAD);
    await program.up({
      ...replicated,
      ignoreChanges: { keyReplica: ["policy", "description", "tags"] },
    });
    assert.deepEqual(await inAws(keyId), BY_HAND);
    await program.up(replicated);
    assert.deepEqual(await inAws(keyId), { ...OUR_OWN, tags: { ...OUR_OWN.tags, own: "1" } });
  });

  for (const region of [HOME, ABROAD])
    describe(`and an update in ${region} that failed half-way`, () => {
      const policies = (policy: string): ProgramInputs => ({
        key: { replicaRegions: [ABROAD], rotationTrigger: "b" },
        distribution: { policy },
        replicas: [ABROAD],
        replica: { policy },
      });

      beforeEach(async () => {
        await local.close();
        let puts = 0;
        let isFailing = false;
        local = await localKms({
          intercept: ({ operation, region: where }) =>
            isFailing && operation === "PutKeyPolicy" && where === region && ++puts === 2
              ? { error: { name: "AccessDeniedException" } }
              : undefined,
        });
        program = new Program(local);
        await program.up({ ...policies(THEIRS), key: { replicaRegions: [ABROAD], rotationTrigger: "a" } });
        await program.up(policies(THEIRS));
        isFailing = true;
        await assert.rejects(program.up(policies(OURS)), /PutKeyPolicy/);
      });

      async function assertPolicies(expected: string) {
        for (const where of [HOME, ABROAD]) {
          home = new Application(local, where);
          for (const version of [1, 2])
            assert.equal((await inAws(keyOf(version))).policy, expected, `version ${version} in ${where}`);
        }
      }

      it("are not what it gave: after a refresh the rest gets it too", async () => {
        await program.up({ ...policies(OURS), isRefreshed: true });
        await assertPolicies("ours");
        assert.deepEqual(await program.refreshAll(), []);
        local.resetCounts();
        await program.up(policies(OURS));
        assert.deepEqual(writes(), []);
      });

      for (const isRefreshed of [false, true])
        it(`are not what it gave: where the program takes that back${isRefreshed ? " after a refresh" : ""}, no KMS key keeps it`, async () => {
          await program.up({ ...policies(THEIRS), isRefreshed });
          await assertPolicies("theirs");
        });
    });
});
