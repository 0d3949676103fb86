import assert from "node:assert/strict";
import type { LocalKms } from "../../../../local-kms/src/index";
import type { Values } from "../../../../provider/resources/resource";
import { localKms, Program } from "../../../world/program";

const REPLICA = "eu-west-1";
const rotated = (rotationTrigger: string) => ({
  key: { replicaRegions: [REPLICA], rotationTrigger },
  replicas: [REPLICA],
});

describe("a run without the keyring", function () {
  this.timeout(120_000);
  let local: LocalKms;
  let program: Program;

  beforeEach(async () => {
    local = await localKms();
    program = new Program(local);
    await program.up(rotated("1"));
  });
  afterEach(() => local.close());

  const resources = [
    ["keyDistribution", "distribution"],
    ["keyReplica", REPLICA],
  ] as const;
  const state = (name: string) => structuredClone(program.states.get(name)!);

  it("has it in the ManagedKey's state alone, whatever was done", async () => {
    for (const trigger of ["2", "2", "3"]) {
      await program.up(rotated(trigger));
      for (const [name, { inputs, outputs }] of program.states)
        assert.equal(/"keyring"|"k"/.test(JSON.stringify([inputs, outputs])), name === "key", name);
    }
  });

  it("makes and changes nothing, and says what to do", async () => {
    program.begin();
    local.resetCounts();
    const refusal =
      /^Expected the keyring of key "orders" to be in the program.s inputs .* Nothing was changed\. Run `pulumi up` again/;
    const says = (error: Error) => error.constructor.name === "KeymgmtError" && refusal.test(error.message);
    for (const [type, name] of resources) {
      const { id, inputs, outputs } = state(name);
      await assert.rejects(program.resource(type).create(inputs), says);
      await assert.rejects(
        program.resource(type).update(id, outputs, { ...inputs, description: "new" }),
        says,
      );
    }
    assert.deepEqual(local.counts(), {});
  });

  it("refreshes, and removes", async () => {
    assert.deepEqual(await program.refreshAll(), []);
    program.begin();
    for (const [type, name] of [...resources].reverse()) {
      const { id, outputs } = state(name);
      const allowed = { ...outputs, ...allowedIn(outputs) };
      await program.resource(type).delete(id, allowed);
    }
    assert.equal(local.counts().ScheduleKeyDeletion, 2);
  });

  it("finds nothing to do in a state of 0.1.0, whose inputs held it, and takes it out", async () => {
    const { keyring } = program.outputs("key");
    for (const [type, name] of resources) {
      const held = program.states.get(name)!;
      keyIn(held.inputs).keyring = keyring;
      program.begin();
      const refreshed = await program.resource(type).diff(held.id, held.outputs, held.inputs);
      assert.deepEqual(refreshed, { changes: false, replaces: [] });
    }
    local.resetCounts();
    await program.up(rotated("1"));
    for (const [, name] of resources)
      assert.ok(!("keyring" in keyIn(program.states.get(name)!.inputs)), name);
    assert.deepEqual(
      Object.keys(local.counts()).filter((name) => !name.startsWith("sts:")),
      [],
    );
  });
});

const keyIn = ({ key, distribution }: Values) => (key ?? (distribution as { key: Values }).key) as Values;

function allowedIn({ key, distribution }: Values): Values {
  const allowed = (one: unknown) => ({ ...(one as Values), deletionAllowed: true });
  if (key) return { key: allowed(key) };
  const { key: inner, ...rest } = distribution as Values;
  return { distribution: { ...rest, key: allowed(inner) } };
}
