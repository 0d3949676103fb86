import assert from "node:assert/strict";
import {
  CreateAliasCommand,
  DeleteAliasCommand,
  TagResourceCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import type { Interception } from "../../../../local-kms/src/index";
import type { ProgramInputs } from "../../../world/program";
import { ABROAD, aliasOf, HOME, PROD, REGIONS, recordsOf, useScene } from "../../../world/scene";
import { vaultKey } from "../../../world/vaultKey";

const ORDERS = "alias/orders";
const SHOP = "alias/shop/orders";

describe("extra aliases", function () {
  this.timeout(60_000);
  const { scene, program } = useScene();

  const up = (rotationTrigger: string, more: ProgramInputs = {}, of = program) =>
    of.up({
      replicas: [ABROAD],
      ...more,
      key: { replicaRegions: [ABROAD], rotationTrigger, ...more.key },
      distribution: { extraAliases: [ORDERS, SHOP], ...more.distribution },
    });
  const alone = (rotationTrigger: string, distribution: ProgramInputs["distribution"] = {}) =>
    program.up({ key: { rotationTrigger }, distribution: { extraAliases: [ORDERS], ...distribution } });

  /** Id of the KMS key that an alias points to; undefined where there is no such alias. */
  const target = (alias: string, region = HOME) =>
    scene
      .at(region)
      .describe(alias)
      .then(
        ({ KeyId }) => KeyId,
        () => undefined,
      );
  const targets = (alias: string) => Promise.all(REGIONS.map((region) => target(alias, region)));
  const keyId = (version: number) => recordsOf(program)[version]!.keyId;
  /** Writes that name an alias, and imports, in order. */
  const order = () =>
    scene.writes
      .filter(({ operation, aliasName }) => aliasName || operation === "ImportKeyMaterial")
      .map(({ operation, region, aliasName = "" }) =>
        [operation, region, aliasName.replace(aliasOf(program), "own")].join(" ").trim(),
      );
  const begin = () => {
    scene.writes.length = 0;
    scene.said();
  };
  /** A KMS key of somebody else's behind an alias. */
  const foreign = async (alias: string, region = HOME) => (await vaultKey(scene.in(region), alias)).keyId;
  const point = (alias: string, to: string, region = HOME) =>
    scene.in(region).send(new UpdateAliasCommand({ AliasName: alias, TargetKeyId: to }));

  it("point in every Region where the distribution's own points, and move right after it", async () => {
    await up("a");
    for (const alias of [aliasOf(program), ORDERS, SHOP])
      assert.deepEqual(await targets(alias), [keyId(1), keyId(1)], alias);
    assert.deepEqual(await scene.callsOf(() => up("a")), {});
    begin();
    await up("b");
    for (const alias of [aliasOf(program), ORDERS, SHOP])
      assert.deepEqual(await targets(alias), [keyId(2), keyId(2)], alias);
    assert.deepEqual(order(), [
      `ImportKeyMaterial ${HOME}`,
      `ImportKeyMaterial ${ABROAD}`,
      ...REGIONS.flatMap((region) => ["own", ORDERS, SHOP].map((alias) => `UpdateAlias ${region} ${alias}`)),
    ]);
    assert.deepEqual(await scene.callsOf(() => up("b")), {});
    assert.deepEqual(await program.refreshAll(), []);
    assert.deepEqual(await scene.callsOf(() => up("b")), {});
  });

  it("never move where a rotation is on demand", async () => {
    const onDemand = { distribution: { rotationStrategy: "on-demand" } };
    await up("a", onDemand);
    begin();
    await up("b", onDemand);
    assert.deepEqual(
      order().filter((write) => write.includes("Alias")),
      [],
    );
    assert.deepEqual(await targets(ORDERS), [keyId(2), keyId(2)]);
    assert.equal(keyId(1), keyId(2));
  });

  it("wait with the distribution's own where a version is published before it signs", async () => {
    const signing = { key: { type: "ecdsa-p256" }, kms: { wrappingKeySpec: "RSA_3072" } };
    const published = (publishBefore: string) => ({ ...signing, distribution: { publishBefore } });
    await up("a", published("24h"));
    await up("b", published("24h"));
    assert.deepEqual(await targets(ORDERS), [keyId(1), keyId(1)]);
    assert.deepEqual(await scene.callsOf(() => up("b", published("24h"))), {});
    await up("b", published("0"));
    assert.deepEqual(await targets(ORDERS), [keyId(2), keyId(2)]);
  });

  it("may be added later, in another order too, and are looked for once in each Region", async () => {
    await up("a", { distribution: { extraAliases: undefined } });
    const calls = await scene.callsOf(() => up("a"));
    assert.deepEqual(calls, { ListAliases: 2, CreateAlias: 4 });
    assert.deepEqual(await targets(SHOP), [keyId(1), keyId(1)]);
    assert.deepEqual(
      await scene.callsOf(() => up("a", { distribution: { extraAliases: [SHOP, ORDERS] } })),
      {},
    );
  });

  it("are used where they point to a KMS key of the distribution already", async () => {
    await alone("a", { extraAliases: undefined });
    await alone("b", { extraAliases: undefined });
    for (const [alias, version] of [
      [ORDERS, 1],
      [SHOP, 2],
    ] as const)
      await scene.in(HOME).send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: keyId(version) }));
    begin();
    await alone("b", { extraAliases: [ORDERS, SHOP] });
    assert.deepEqual(order(), [`UpdateAlias ${HOME} ${ORDERS}`]);
    assert.equal(await target(ORDERS), keyId(2));
    await alone("b", { extraAliases: undefined });
    assert.deepEqual([await target(ORDERS), await target(SHOP)], [undefined, undefined]);
  });

  it("are refused before anything is changed where they point to another KMS key", async () => {
    const theirs = await foreign(ORDERS);
    begin();
    await assert.rejects(alone("a"), (error: Error) => {
      assert.match(
        error.message,
        /Expected alias\/orders in us-west-1 to be free or to point to a KMS key of/,
      );
      assert.match(
        error.message,
        /To see which: aws kms describe-key --region us-west-1 --key-id alias\/orders\. To move it .* `adopt: \{ aliasName: "alias\/orders" \}`/,
      );
      return true;
    });
    assert.deepEqual(scene.writes, []);
    await alone("a", { extraAliases: undefined });
    begin();
    await assert.rejects(alone("b", { tags: { team: "a" } }), /it points to another KMS key/);
    assert.deepEqual(scene.writes, []);
    assert.equal(await target(ORDERS), theirs);
  });

  it("are not offered where they are another stack's, which is named; taken on purpose, that is said", async () => {
    const theirs = await foreign(ORDERS);
    const Tags = [
      { TagKey: "keymgmt:distribution", TagValue: "orders-prod" },
      { TagKey: "keymgmt:stack", TagValue: "organization/shop/dev" },
    ];
    await scene.in(HOME).send(new TagResourceCommand({ KeyId: theirs, Tags }));
    await assert.rejects(alone("a"), (error: Error) => {
      assert.match(
        error.message,
        /points to another KMS key, \S+ of orders-prod in stack organization\/shop\/dev, and was left alone/,
      );
      assert.match(error.message, /Give this one another, for example with the stack's name in it/);
      assert.doesNotMatch(error.message, /adopt|delete-alias/);
      return true;
    });
    begin();
    await alone("a", { adopt: { aliasName: ORDERS } });
    assert.equal(await target(ORDERS), keyId(1));
    assert.match(
      scene.said(),
      new RegExp(`it pointed to another KMS key, ${theirs} of orders-prod in stack organization/shop/dev`),
    );
  });

  it("are refused in a Region before anything is changed there", async () => {
    const theirs = await foreign(ORDERS, ABROAD);
    begin();
    await assert.rejects(up("a"), /Expected alias\/orders in eu-west-1 to be free/);
    const abroad = scene.writes.filter(
      ({ region, operation }) => region === ABROAD || operation === "ReplicateKey",
    );
    assert.deepEqual(abroad, []);
    assert.deepEqual(await scene.at(ABROAD).aliases(), { [ORDERS]: theirs });
    assert.equal(await target(ORDERS), keyId(1));
  });

  it("are moved from another KMS key where `adopt.aliasName` names them, in every Region", async () => {
    await foreign(ORDERS);
    const theirs = await foreign(ORDERS, ABROAD);
    const adopt = { distribution: { adopt: { aliasName: ORDERS } } };
    await up("a", adopt);
    assert.deepEqual(await targets(ORDERS), [keyId(1), keyId(1)]);
    assert.match(aliasOf(program), /^alias\/hashicorp\/orders-\d{10}$/);
    assert.deepEqual(await scene.callsOf(() => up("a", adopt)), {});
    assert.deepEqual(await scene.callsOf(() => up("a")), {});
    assert.equal((await scene.at(ABROAD).describe(theirs)).KeyState, "Enabled");
    await up("b", adopt);
    assert.deepEqual(await targets(ORDERS), [keyId(2), keyId(2)]);
  });

  it("are moved in an update that adds them, and not again once others have moved them away", async () => {
    const theirs = await foreign(ORDERS);
    const adopt = { aliasName: ORDERS };
    await alone("a", { extraAliases: undefined });
    await alone("a", { adopt });
    assert.equal(await target(ORDERS), keyId(1));
    await point(ORDERS, theirs);
    assert.deepEqual(await program.refreshAll(), [
      `${ORDERS} in ${HOME}: the alias points to KMS key ${theirs}, not ${keyId(1)}`,
    ]);
    begin();
    await assert.rejects(program.show("keyDistribution", "distribution"), /it points to another KMS key/);
    program.begin();
    await program.refreshed("keyDistribution", "distribution");
    for (const _ of [1, 2]) await assert.rejects(alone("b", { adopt }), /it points to another KMS key/);
    assert.deepEqual(scene.writes, []);
    assert.equal(await target(ORDERS), theirs);
  });

  for (const [how, times, answer] of [
    ["may not list aliases", 1, { error: { name: "AccessDeniedException", status: 400 } }],
    ["gets no answer", 2, { drop: "reset" }],
  ] satisfies [string, number, Interception][])
    it(`disturb no preview that ${how}: the update asks again`, async () => {
      await alone("a");
      await point(ORDERS, await foreign(SHOP));
      await program.refreshAll();
      const settings = program.settings;
      program.settings = { time: { connectMs: 500, requestMs: 500 }, retry: { firstPauseMs: 1 } };
      program.begin();
      scene.said();
      const asked = { ListAliases: 0 };
      scene.intercept = ({ operation }) => {
        if (operation !== "ListAliases") return undefined;
        asked.ListAliases++;
        return answer;
      };
      await program.show("keyDistribution", "distribution", true);
      assert.equal(asked.ListAliases, times);
      assert.doesNotMatch(scene.said(), /exists, and points to/);
      scene.intercept = () => undefined;
      program.settings = settings;
      await assert.rejects(alone("a"), /it points to another KMS key/);
    });

  it("are refused also where the tags of the other KMS key are not known", async () => {
    await alone("a");
    await point(ORDERS, await foreign(SHOP));
    await program.refreshAll();
    program.begin();
    scene.intercept = ({ operation }) =>
      operation === "ListResourceTags" ? { error: { name: "InvalidArnException", status: 400 } } : undefined;
    await assert.rejects(
      program.show("keyDistribution", "distribution", true),
      /it points to another KMS key/,
    );
    scene.intercept = () => undefined;
  });

  it("are not said to exist where they are those of the distribution that is replaced", async () => {
    await alone("a");
    const { id, inputs, outputs } = program.states.get("distribution")!;
    for (const isReplaced of [true, false]) {
      program.begin();
      scene.said();
      const distribution = program.resource("keyDistribution");
      const news = { ...inputs, rotationStrategy: "on-demand" };
      if (isReplaced) assert.notDeepEqual((await distribution.diff(id, outputs, news)).replaces, []);
      await distribution.check(undefined, news, true);
      assert.equal(/exists, and points to/.test(scene.said()), !isReplaced);
    }
  });

  it("are left where others have moved them, also by a rotation that has not seen it", async () => {
    await alone("a");
    const theirs = await foreign(SHOP);
    await point(ORDERS, theirs);
    await assert.rejects(alone("b"), /Expected alias\/orders in us-west-1 to be free/);
    assert.equal(await target(aliasOf(program)), keyId(2));
    assert.equal(await target(ORDERS), theirs);
    assert.equal((await scene.at(HOME).describe(keyId(1))).KeyState, "Enabled");
    await alone("b", { extraAliases: undefined });
    assert.match(
      scene.said(),
      /alias\/orders in us-west-1 points to no KMS key that goes with orders-\d+, or/,
    );
    assert.equal(await target(ORDERS), theirs);
    assert.deepEqual(await scene.callsOf(() => alone("b", { extraAliases: undefined })), {});
  });

  it("are made again, and moved back from an older version, after a refresh has shown it", async () => {
    await up("a");
    await up("b");
    await scene.in(HOME).send(new DeleteAliasCommand({ AliasName: ORDERS }));
    await point(SHOP, keyId(1), ABROAD);
    assert.deepEqual(await program.refreshAll(), [
      `${ORDERS} in ${HOME}: the alias is gone`,
      `${SHOP} in ${ABROAD}: the alias points to KMS key ${keyId(1)}, not ${keyId(2)}`,
    ]);
    assert.equal((await program.refreshAll()).length, 2);
    await up("b");
    for (const alias of [ORDERS, SHOP]) assert.deepEqual(await targets(alias), [keyId(2), keyId(2)]);
    assert.deepEqual(await program.refreshAll(), []);
  });

  it("are deleted when the distribution or a replica is removed, before its own and before its KMS keys", async () => {
    await up("a");
    const names = ["UpdateAlias", "DeleteAlias", "ScheduleKeyDeletion"];
    const own = aliasOf(program);
    const theirs = await foreign("alias/theirs");
    await point(SHOP, theirs);
    for (const [type, name, region] of [
      ["keyReplica", ABROAD, ABROAD],
      ["keyDistribution", "distribution", HOME],
    ] as const) {
      begin();
      await program.remove(type, name);
      const deleted = scene.writes
        .filter(({ operation }) => names.includes(operation))
        .map(({ operation, aliasName = "" }) => `${operation} ${aliasName.replace(own, "own")}`.trim());
      const shop = region === HOME ? [] : [`DeleteAlias ${SHOP}`];
      assert.deepEqual(deleted, [`DeleteAlias ${ORDERS}`, ...shop, "DeleteAlias own", "ScheduleKeyDeletion"]);
    }
    assert.match(scene.said(), /alias\/shop\/orders in us-west-1 points to no KMS key that goes with/);
    assert.equal(await target(SHOP), theirs);
  });

  // The first of a replica is the fourth.
  for (const nth of [0, 1, 2, 4])
    for (const how of ["kill", "lost answer"] as const)
      it(`are made by the next update after a ${how} at alias ${nth + 1}`, async () => {
        let seen = 0;
        await scene.run(program, () => up("a"), {
          fits: ({ operation }) => operation === "CreateAlias" && seen++ === nth,
          how: { when: "after", drop: how === "kill" ? "hang" : "reset" },
          ...(how === "kill" && { kills: true }),
        });
        await up("a");
        for (const alias of [aliasOf(program), ORDERS, SHOP])
          assert.deepEqual(await targets(alias), [keyId(1), keyId(1)], alias);
        assert.equal((await scene.kmsKeys(HOME)).length, 1);
        assert.deepEqual(await scene.callsOf(() => up("a")), {});
        assert.deepEqual(await program.refreshAll(), []);
      });

  for (const nth of [0, 1, 2])
    it(`are moved by the next update after a kill at move ${nth + 1} of a rotation`, async () => {
      await up("a");
      let seen = 0;
      const { outcome } = await scene.run(program, () => up("b"), {
        fits: ({ operation }) => operation === "UpdateAlias" && seen++ === nth,
        how: { when: "after", drop: "hang" },
        kills: true,
      });
      assert.equal(outcome, "killed");
      await up("b");
      for (const alias of [aliasOf(program), ORDERS, SHOP])
        assert.deepEqual(await targets(alias), [keyId(2), keyId(2)], alias);
      assert.equal((await scene.kmsKeys(HOME)).length, 2);
      assert.deepEqual(await scene.callsOf(() => up("b")), {});
    });

  it("are kept by a distribution that replaces another", async () => {
    await alone("a");
    const first = keyId(1);
    await program.up({
      key: { rotationTrigger: "a", deletionAllowed: true },
      distribution: { extraAliases: [ORDERS] },
    });
    await program.up({
      key: { rotationTrigger: "a", deletionAllowed: true },
      distribution: { extraAliases: [ORDERS], rotationStrategy: "on-demand" },
      mayReplace: true,
      names: {},
    });
    assert.notEqual(keyId(1), first);
    assert.equal(await target(ORDERS), keyId(1));
    assert.match((await scene.at(HOME).describe(first)).KeyState, /PendingDeletion/);
  });

  it("belong to one stack", async () => {
    await alone("a");
    const other = scene.program(PROD);
    await assert.rejects(
      up("a", { replicas: [] }, other),
      /it points to another KMS key, \S+ of orders-\d+ in stack organization\/shop\/dev, and was left alone/,
    );
    assert.equal(await target(ORDERS), keyId(1));
  });
});
