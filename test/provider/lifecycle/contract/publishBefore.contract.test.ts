import assert from "node:assert/strict";
import { DeleteAliasCommand, UpdateAliasCommand } from "@aws-sdk/client-kms";
import { UNKNOWN } from "../../../../provider/schema/unknowns";
import type { Program, ProgramInputs } from "../../../world/program";
import { ABROAD, aliasOf, HOME, PROD, recordsOf, Scene } from "../../../world/scene";

const REFUSED = { error: { name: "LimitExceededException", message: "by the test" } };

describe("publishBefore", function () {
  this.timeout(60_000);
  const scene = new Scene();
  const program = scene.program();
  beforeEach(async () => {
    await scene.open({}, { now: new Date("2026-11-24T12:00:00Z") });
    program.reset();
  });
  afterEach(() => scene.close());

  const up = (
    rotationTrigger: string,
    publishBefore?: string,
    more: ProgramInputs = {},
    of: Program = program,
  ) =>
    of.up({
      replicas: [ABROAD],
      ...more,
      kms: { wrappingKeySpec: "RSA_3072" },
      key: { type: "ecdsa-p256", replicaRegions: [ABROAD], rotationTrigger, ...more.key },
      distribution: { publishBefore, ...more.distribution },
    });
  /** The version that applications sign with, in each Region. */
  const signing = async () => {
    const versions = [HOME, ABROAD].map(async (region) => {
      const { KeyId } = await scene.at(region).describe(aliasOf(program));
      return Number(Object.entries(recordsOf(program)).find(([, { keyId }]) => keyId === KeyId)?.[0]);
    });
    return Promise.all(versions);
  };
  const published = () => JSON.parse(String(program.outputs("key").jwks)).keys.length;

  it("has a new version published, and the old one sign, until the first update after its time", async () => {
    await up("a", "24h");
    assert.deepEqual(await signing(), [1, 1]);
    await up("b", "24h");
    assert.deepEqual(await signing(), [1, 1]);
    assert.equal(published(), 2);
    const { keyId, keyArn, aliasTarget, versions } = program.outputs("distribution");
    const records = recordsOf(program);
    assert.equal(keyId, records[1]!.keyId);
    assert.equal(keyArn, records[1]!.keyArn);
    assert.equal(aliasTarget, records[1]!.keyId);
    assert.deepEqual(Object.keys(versions as object), ["1", "2"]);
    assert.equal(program.outputs("key").latestVersion, 2);
    assert.match(scene.said(), /publishes its public key; version 1 goes on signing/);

    assert.deepEqual(await scene.callsOf(() => up("b", "24h")), {});
    assert.match(scene.said(), /the first update from 2026-11-25T12:0\d:\d\d\.\d{3}Z on moves alias/);
    assert.deepEqual(await program.refreshAll(), []);

    scene.wait(1.1);
    const calls = await scene.callsOf(() => up("b", "24h"));
    assert.deepEqual(await signing(), [2, 2]);
    assert.equal(calls.UpdateAlias, 2);
    assert.equal(calls.CreateKey, undefined);
    assert.equal(calls.ImportKeyMaterial, undefined);
    assert.equal(program.outputs("distribution").keyId, recordsOf(program)[2]!.keyId);
    assert.deepEqual(await scene.callsOf(() => up("b", "24h")), {});
    assert.deepEqual(await program.refreshAll(), []);
  });

  it('moves the alias at once with "0", in an incident, and where it is taken away', async () => {
    await up("a", "7d");
    await up("b", "7d");
    assert.deepEqual(await signing(), [1, 1]);
    await up("b", "0");
    assert.deepEqual(await signing(), [2, 2]);
    await up("c", "7d");
    assert.deepEqual(await signing(), [2, 2]);
    await up("c");
    assert.deepEqual(await signing(), [3, 3]);
  });

  it("moves to the latest version whose time is over, and not to one that was just published", async () => {
    await up("a", "48h");
    await up("b", "48h");
    scene.wait(1.5);
    await up("c", "48h");
    assert.deepEqual(await signing(), [1, 1]);
    scene.wait(1);
    await up("c", "48h");
    assert.deepEqual(await signing(), [2, 2]);
    scene.wait(1.5);
    await up("c", "48h");
    assert.deepEqual(await signing(), [3, 3]);
  });

  it("does not count from a renewal of the material", async () => {
    const expiring = { distribution: { validFor: "30d", renewBefore: "29d" } };
    await up("a", "72h", expiring);
    await up("b", "72h", expiring);
    for (const signs of [1, 1, 2]) {
      scene.wait(1.2);
      await program.refreshAll();
      await up("b", "72h", expiring);
      assert.deepEqual(await signing(), [signs, signs]);
    }
  });

  it("has the alias on the version that signs in a Region that is added meanwhile, also after an incident", async () => {
    await up("a", "24h", { replicas: [] });
    await up("b", "24h", { replicas: [] });
    await up("b", "24h");
    assert.deepEqual(await signing(), [1, 1]);
    await program.remove("keyReplica", ABROAD);
    await up("b", "0", { replicas: [] });
    await up("b", "7d", { replicas: [] });
    await up("b", "7d");
    assert.deepEqual(await signing(), [2, 2]);
    assert.deepEqual(await scene.callsOf(() => up("b", "7d")), {});
  });

  it("has the alias on the latest version where nothing signs yet: of a distribution that returns", async () => {
    await up("a", "24h");
    await up("b", "24h");
    await program.remove("keyReplica", ABROAD);
    await program.remove("keyDistribution", "distribution");
    await up("b", "24h");
    assert.deepEqual(await signing(), [2, 2]);
  });

  it("counts from the update that made the KMS key, not from an earlier one that failed", async () => {
    await up("a", "24h");
    await scene.run(program, () => up("b", "24h"), {
      fits: ({ operation }) => operation === "CreateKey",
      how: { drop: "hang" },
      kills: true,
    });
    scene.wait(1.5);
    await up("b", "24h");
    assert.deepEqual(await signing(), [1, 1]);
    scene.wait(1.1);
    await up("b", "24h");
    assert.deepEqual(await signing(), [2, 2]);
  });

  it("makes a new Region's replica of a version before the alias moves to it there", async () => {
    await up("a", "24h", { replicas: [] });
    await up("b", "24h", { replicas: [] });
    scene.wait(1.1);
    await up("b", "24h");
    assert.deepEqual(await signing(), [2, 2]);
  });

  it("keeps the version that signs enabled", async () => {
    await up("a", "24h");
    await up("b", "24h");
    await assert.rejects(
      up("b", "24h", { key: { minEnabledVersion: 2 } }),
      /Expected `minEnabledVersion` of key "orders" to be at most 1, got 2: with `publishBefore` version 1 signs in us-west-1 until/,
    );
    assert.deepEqual(await signing(), [1, 1]);
    for (const region of [HOME, ABROAD])
      assert.equal((await scene.at(region).describe(aliasOf(program))).KeyState, "Enabled");
    // `jwks` loses version 1 before the alias moves, so both are not for one update.
    scene.wait(1.1);
    await assert.rejects(up("b", "24h", { key: { minEnabledVersion: 2 } }), /to be at most 1, got 2/);
    await up("b", "24h");
    await up("b", "24h", { key: { minEnabledVersion: 2 } });
    assert.deepEqual(await signing(), [2, 2]);
  });

  it("says the same in a preview, which does not know the keyring of a key that has an update", async () => {
    await up("a", "24h");
    await up("b", "24h");
    const preview = async (minEnabledVersion: number) => {
      program.begin();
      await program.show("managedKey", "key");
      const { id, inputs, outputs } = program.states.get("distribution")!;
      const resource = program.resource("keyDistribution");
      const key = { ...(inputs.key as object), keyring: UNKNOWN, minEnabledVersion };
      const checked = await resource.check(inputs, { ...inputs, key }, true);
      return resource.diff(id, outputs, checked.inputs);
    };
    await assert.rejects(preview(2), /to be at most 1, got 2/);
    scene.said();
    assert.deepEqual(await preview(1), { changes: false, replaces: [] });
    assert.match(scene.said(), /the first update from 2026-11-25T12:0\d:\d\d\.\d{3}Z on moves alias/);
    scene.wait(1.1);
    assert.deepEqual(await preview(1), { changes: true, replaces: [] });
    await up("b", "24h");
    assert.deepEqual(await preview(2), { changes: true, replaces: [] });
  });

  it("makes an alias that others have deleted again on the version that signs", async () => {
    await up("a", "24h");
    await up("b", "24h");
    await scene.in(HOME).send(new DeleteAliasCommand({ AliasName: aliasOf(program) }));
    assert.match(JSON.stringify(await program.refreshAll()), /the alias is gone/);
    await up("b", "24h");
    assert.deepEqual(await signing(), [1, 1]);
  });

  it("goes on with what a killed rotation has made, and waits for its whole time", async () => {
    await up("a", "24h");
    const killed = await scene.run(program, () => up("b", "24h"), {
      fits: ({ operation }) => operation === "ImportKeyMaterial",
      how: { when: "after", drop: "hang" },
      kills: true,
    });
    assert.equal(killed.outcome, "killed");
    await up("b", "24h");
    assert.deepEqual(await signing(), [1, 1]);
    scene.wait(1.1);
    await up("b", "24h");
    assert.deepEqual(await signing(), [2, 2]);
    assert.equal((await scene.kmsKeys(HOME)).length, 2);
  });

  it("puts an alias back that others have moved to the version that waits", async () => {
    await up("a", "24h");
    await up("b", "24h");
    const TargetKeyId = recordsOf(program)[2]!.keyId;
    for (const region of [HOME, ABROAD])
      await scene.in(region).send(new UpdateAliasCommand({ AliasName: aliasOf(program), TargetKeyId }));
    await program.refreshAll();
    await up("b", "24h");
    assert.deepEqual(await signing(), [1, 1]);
  });

  it("knows what signs after a move that was killed, and a refresh", async () => {
    const alone = (rotationTrigger: string) =>
      up(rotationTrigger, "24h", { replicas: [], key: { replicaRegions: [] } });
    await alone("a");
    await alone("b");
    scene.wait(1.1);
    await scene.run(program, () => alone("b"), {
      fits: ({ operation }) => operation === "UpdateAlias",
      how: { when: "after", drop: "hang" },
      kills: true,
    });
    assert.match(JSON.stringify(await program.refreshAll()), /the alias points to KMS key/);
    await alone("b");
    assert.equal(program.outputs("distribution").keyId, recordsOf(program)[2]!.keyId);
    assert.deepEqual(await program.refreshAll(), []);
    assert.deepEqual(await scene.callsOf(() => alone("b")), {});
  });

  it("has a version wait that an update without `publishBefore` has made, and not moved to", async () => {
    await up("a");
    const noMove = {
      fits: ({ operation }: { operation: string }) => operation === "UpdateAlias",
      how: REFUSED,
    };
    assert.notEqual((await scene.run(program, () => up("b"), noMove)).outcome, "done");
    await up("b", "24h");
    assert.deepEqual(await signing(), [1, 1]);
    scene.wait(1.1);
    await up("b", "24h");
    assert.deepEqual(await signing(), [2, 2]);
  });

  it("shows in the preview of the move that replicas move too, and before it that they do not", async () => {
    await up("a", "24h");
    await up("b", "24h");
    const preview = async () => {
      program.begin();
      await program.show("keyDistribution", "distribution");
      const { id, inputs, outputs } = program.states.get(ABROAD)!;
      const distribution = { ...(inputs.distribution as object), versions: UNKNOWN };
      return program.resource("keyReplica").diff(id, outputs, { ...inputs, distribution });
    };
    assert.deepEqual(await preview(), { changes: false, replaces: [] });
    assert.doesNotMatch(scene.said(), /this update moves/);
    scene.wait(1.1);
    assert.deepEqual(await preview(), { changes: true, replaces: [] });
    const said = scene.said();
    for (const region of [HOME, ABROAD])
      assert.match(
        said,
        new RegExp(
          `this update moves alias/\\S+ in ${region} to version 2 .* is published since 2026-11-24T12:0`,
        ),
      );
    await up("b", "24h");
    assert.deepEqual(await preview(), { changes: false, replaces: [] });
  });

  it("refuses in the preview too to disable what still signs in another Region", async () => {
    await up("a", "24h");
    await up("b", "24h");
    scene.wait(1.1);
    const notAbroad = {
      fits: ({ operation, region }: { operation: string; region: string }) =>
        operation === "UpdateAlias" && region === ABROAD,
      how: REFUSED,
    };
    assert.notEqual((await scene.run(program, () => up("b", "24h"), notAbroad)).outcome, "done");
    assert.deepEqual(await signing(), [2, 1]);
    const { id, inputs, outputs } = program.states.get(ABROAD)!;
    const { key, ...distribution } = inputs.distribution as { key: object };
    const news = { ...distribution, key: { ...key, minEnabledVersion: 2 } };
    await assert.rejects(
      program.resource("keyReplica").diff(id, outputs, { ...inputs, distribution: news }),
      /to be at most 1, got 2/,
    );
  });

  it("is refused for what has no verifiers, and where it is no time", async () => {
    await assert.rejects(
      up("a", "24h", { key: { type: "aes256-gcm96" } }),
      /Expected no `publishBefore` but for `purpose` sign and verify/,
    );
    await assert.rejects(
      up("a", "soon", {}, scene.program(PROD)),
      /Expected `publishBefore` to be a time such as "24h"/,
    );
  });
});
