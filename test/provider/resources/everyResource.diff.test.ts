import assert from "node:assert/strict";
import { keyCheckValue } from "../../../provider/keys/keyCheckValue";
import type { Values } from "../../../provider/resources/resource";
import { UNKNOWN } from "../../../provider/schema/unknowns";
import {
  checked,
  inputs,
  inputsOf,
  outputsOf,
  pathsIn,
  plantedBytes,
  resources,
  type Type,
  types,
} from "./goodInputs";

/** What `diff` says where `olds` are in state, finished, and the program has changed. */
async function diffOf(type: Type, changes: Values, olds: Values = {}) {
  return resources[type].diff(ID, await outputsOf(type, olds), await declared(type, changes));
}

/** The inputs as `check` plans them, in the run in which `diff` compares them. */
async function declared(type: Type, changes: Values = {}): Promise<Values> {
  return (await resources[type].check(await checked(type), inputsOf(type, changes))).inputs;
}

/** That of the planted material, which a ManagedKey's has to be. */
const ID = `orders-${keyCheckValue(plantedBytes)}`;

const NONE = { changes: false, replaces: [] };
const UPDATE = { changes: true, replaces: [] };
const replaced = (...replaces: string[]) => ({ changes: true, replaces });

for (const type of types) {
  describe(`diff of a ${type}`, () => {
    it("sees no change where there is none", async () => {
      assert.deepEqual(await diffOf(type, {}), NONE);
    });

    it("replaces nothing because of values that are not known yet, one or all", async () => {
      for (const path of pathsIn(inputs[type])) {
        assert.deepEqual((await diffOf(type, { [path]: UNKNOWN })).replaces, [], path);
      }
      const all = Object.fromEntries(Object.keys(inputs[type]).map((name) => [name, UNKNOWN]));
      assert.deepEqual((await diffOf(type, all)).replaces, []);
    });
  });
}

describe("diff", () => {
  const cases: [string, Type, Values, { changes: boolean; replaces: string[] }][] = [
    // what never changes in place
    ["another kind of provider", "KmsProvider", { provider: "other" }, replaced("provider")],
    ["another primary Region", "KmsProvider", { keyCollection: "us-east-1" }, replaced("keyCollection")],
    ["another alias prefix", "KmsProvider", { aliasPrefix: "acme" }, replaced("aliasPrefix")],
    ["another key name", "ManagedKey", { name: "bills" }, replaced("name")],
    ["another key type", "ManagedKey", { type: "rsa-2048" }, replaced("type")],
    [
      "a Region more",
      "ManagedKey",
      { replicaRegions: ["eu-west-1", "us-east-1", "us-west-2"] },
      replaced("replicaRegions"),
    ],
    ["no Regions any more", "ManagedKey", { replicaRegions: [] }, replaced("replicaRegions")],
    ["another purpose", "KeyDistribution", { purpose: ["encrypt"] }, replaced("purpose")],
    ["other protection", "KeyDistribution", { protection: "software" }, replaced("protection")],
    ["another strategy", "KeyDistribution", { rotationStrategy: "on-demand" }, replaced("rotationStrategy")],
    ["another key", "KeyDistribution", { "key.id": "orders-ffffffffff" }, replaced("key")],
    ["another name of its key", "KeyDistribution", { "key.name": "bills" }, replaced("key")],
    ["another type of its key", "KeyDistribution", { "key.type": "rsa-2048" }, replaced("key")],
    ["other Regions of its key", "KeyDistribution", { "key.replicaRegions": [] }, replaced("key")],
    [
      "another Region of its KmsProvider",
      "KeyDistribution",
      { "kms.keyCollection": "us-east-1" },
      replaced("kms"),
    ],
    ["another prefix of its KmsProvider", "KeyDistribution", { "kms.aliasPrefix": "acme" }, replaced("kms")],
    ["another Region of the replica", "KeyReplica", { region: "us-east-1" }, replaced("region")],
    [
      "another distribution",
      "KeyReplica",
      { "distribution.name": "orders-1770000000" },
      replaced("distribution"),
    ],
    [
      "another key of its distribution",
      "KeyReplica",
      { "distribution.key.id": "x" },
      replaced("distribution"),
    ],
    [
      "another primary Region",
      "KeyReplica",
      { "distribution.kms.keyCollection": "x" },
      replaced("distribution"),
    ],

    // what changes in place
    ["new credentials", "KmsProvider", { "credentials.secretKey": "new" }, UPDATE],
    ["no credentials any more", "KmsProvider", { credentials: undefined }, UPDATE],
    ["another role", "KmsProvider", { "assumeRole.roleArn": "arn:aws:iam::111122223333:role/x" }, UPDATE],
    ["another endpoint", "KmsProvider", { endpoint: "http://127.0.0.1:4599" }, UPDATE],
    ["a tag of the provider", "KmsProvider", { "tags.team": "risk" }, UPDATE],
    ["a quota", "KmsProvider", { "quotas.CreateKey": 50 }, UPDATE],
    ["another wrapping key", "KmsProvider", { wrappingKeySpec: "RSA_2048" }, UPDATE],
    ["a higher minEnabledVersion", "ManagedKey", { minEnabledVersion: 2 }, UPDATE],
    ["deletion allowed", "ManagedKey", { deletionAllowed: true }, UPDATE],
    ["another trigger", "ManagedKey", { rotationTrigger: "2026-02" }, UPDATE],
    ["new credentials of the KmsProvider", "KeyDistribution", { "kms.credentials.secretKey": "new" }, UPDATE],
    ["new tags of the KmsProvider", "KeyDistribution", { "kms.tags": {} }, UPDATE],
    ["new tags", "KeyDistribution", { tags: undefined }, UPDATE],
    ["a new policy", "KeyDistribution", { policy: "{}" }, UPDATE],
    ["a new description", "KeyDistribution", { description: "x" }, UPDATE],
    ["another deletion window", "KeyDistribution", { deletionWindowDays: 7 }, UPDATE],
    ["an extra alias", "KeyDistribution", { extraAliases: ["alias/orders"] }, UPDATE],
    ["an extra alias", "KeyReplica", { "distribution.extraAliases": ["alias/orders"] }, UPDATE],
    ["extra aliases that are not known yet", "KeyDistribution", { extraAliases: UNKNOWN }, UPDATE],
    ["extra aliases that are not known yet", "KeyReplica", { "distribution.extraAliases": UNKNOWN }, UPDATE],
    ["a new version", "KeyDistribution", { "key.keyVersion": 2 }, UPDATE],
    ["a higher minEnabledVersion of the key", "KeyDistribution", { "key.minEnabledVersion": 2 }, UPDATE],
    [
      "new credentials of the KmsProvider",
      "KeyReplica",
      { "distribution.kms.credentials.accessKey": "x" },
      UPDATE,
    ],
    ["new tags", "KeyReplica", { "tags.app": "x" }, UPDATE],
    ["a new version", "KeyReplica", { "distribution.key.keyVersion": 2 }, UPDATE],
    ["another deletion window", "KeyReplica", { deletionWindowDays: 7 }, UPDATE],

    // what is no change at all
    ["the order of a purpose", "KeyDistribution", { purpose: ["decrypt", "encrypt"] }, NONE],
    ["the order of Regions", "ManagedKey", { replicaRegions: ["us-east-1", "eu-west-1"] }, NONE],
    ["own material taken away", "ManagedKey", { material: undefined }, NONE],
    [
      "a backup of the key that is there",
      "ManagedKey",
      { restore: { from: "env://X", passphrase: "env://Y", kcvs: [keyCheckValue(plantedBytes)] } },
      NONE,
    ],
    ["KMS keys to adopt", "KeyDistribution", { adopt: { versions: { 1: "k" } } }, NONE],
    ["a keyring not known yet with the same version", "KeyDistribution", { "key.keyring": UNKNOWN }, NONE],
    [
      "a keyring not known yet with the same version",
      "KeyReplica",
      { "distribution.key.keyring": UNKNOWN },
      NONE,
    ],
    ["KMS keys of the primary not known yet", "KeyReplica", { "distribution.versions": UNKNOWN }, NONE],
    [
      "another state of a KMS key of the primary",
      "KeyReplica",
      { "distribution.versions.1.state": "Disabled" },
      NONE,
    ],

    // what is not known yet
    ["a version not known yet", "KeyDistribution", { "key.keyVersion": UNKNOWN }, UPDATE],
    ["a version not known yet", "KeyReplica", { "distribution.key.keyVersion": UNKNOWN }, UPDATE],
    ["a whole key not known yet", "KeyDistribution", { key: UNKNOWN }, UPDATE],
    ["a whole distribution not known yet", "KeyReplica", { distribution: UNKNOWN }, UPDATE],
    ["an account not known yet", "KeyDistribution", { "kms.accountId": UNKNOWN }, UPDATE],
    ["a trigger not known yet", "ManagedKey", { rotationTrigger: UNKNOWN }, UPDATE],
  ];
  for (const [what, type, changes, expected] of cases) {
    const verb = expected.replaces.length ? "replaces" : expected.changes ? "updates" : "leaves";
    it(`${verb} a ${type} for ${what}`, async () => {
      assert.deepEqual(await diffOf(type, changes), expected);
    });
  }

  it("updates a KeyReplica whose primary KMS keys are others", async () => {
    const other = "mrk-ffffffffffffffffffffffffffffffff";
    assert.deepEqual(await diffOf("KeyReplica", { "distribution.versions.1.keyId": other }), UPDATE);
  });

  it("leaves a state that an earlier release wrote, which says nothing of a removal", async () => {
    for (const type of ["KeyDistribution", "KeyReplica"] as const) {
      const { onRemoval, ...olds } = await outputsOf(type);
      assert.equal(typeof onRemoval, "string");
      assert.deepEqual(await resources[type].diff(ID, olds, await declared(type)), NONE);
    }
  });

  it("tells a rotation by the version, not by the date", async () => {
    const olds = await outputsOf("ManagedKey");
    const news = await checked("ManagedKey");
    assert.deepEqual(await resources.ManagedKey.diff(ID, { ...olds, latestVersion: 2 }, news), UPDATE);
    assert.deepEqual(await resources.ManagedKey.diff(ID, olds, { ...news, keyVersion: UNKNOWN }), UPDATE);
  });

  describe("looks at what AWS showed last:", () => {
    const states =
      (state: string) =>
      async (type: "KeyDistribution" | "KeyReplica", minEnabledVersion = 1) => {
        const path = type === "KeyDistribution" ? "key" : "distribution.key";
        const wanted: Values = {
          [`${path}.minEnabledVersion`]: minEnabledVersion,
          [`${path}.keyVersion`]: 2,
        };
        const olds = await outputsOf(type, wanted);
        const record = (olds.versions as Record<string, object>)["1"];
        const older = { ...record, keyId: "mrk-older" };
        olds.versions = { "1": { ...older, state }, "2": record };
        if (type === "KeyReplica") wanted["distribution.versions"] = { "1": older, "2": record };
        return resources[type].diff("id", olds, await declared(type, wanted));
      };
    const cases: [string, string, number, boolean][] = [
      ["an enabled version is left as it is", "Enabled", 1, false],
      ["a disabled version is enabled", "Disabled", 1, true],
      ["a version without its material is imported", "PendingImport", 1, true],
      ["a version on its way to deletion is taken back", "PendingDeletion", 1, true],
      ["a version below minEnabledVersion is disabled", "Enabled", 2, true],
      ["a disabled version below minEnabledVersion is left as it is", "Disabled", 2, false],
      ["a version below minEnabledVersion is left without its material", "PendingImport", 2, false],
      ["a deleted version below minEnabledVersion is left as it is", "Deleted", 2, false],
      ["a version below minEnabledVersion on its way to deletion is taken back", "PendingDeletion", 2, true],
    ];
    for (const type of ["KeyDistribution", "KeyReplica"] as const) {
      for (const [what, state, minEnabledVersion, changes] of cases) {
        it(`${what} (${type})`, async () => {
          assert.deepEqual(await states(state)(type, minEnabledVersion), { changes, replaces: [] });
        });
      }

      it(`an alias that points elsewhere or is gone is put right (${type})`, async () => {
        for (const aliasTarget of ["", "another-key", undefined]) {
          const olds = { ...(await outputsOf(type)), aliasTarget };
          assert.deepEqual(await resources[type].diff("id", olds, await declared(type)), UPDATE);
        }
      });

      it(`an extra alias that points elsewhere, is gone, or is too many is put right (${type})`, async () => {
        const path = type === "KeyDistribution" ? "extraAliases" : "distribution.extraAliases";
        const inputs = await declared(type, { [path]: ["alias/orders"] });
        const { keyId } = Object.values((await outputsOf(type)).versions as Values)[0] as { keyId: string };
        const diff = async (extraAliasTargets?: Record<string, string>) =>
          resources[type].diff(
            "id",
            { ...(await outputsOf(type, { [path]: ["alias/orders"] })), extraAliasTargets },
            inputs,
          );
        for (const target of ["", "another-key"])
          assert.deepEqual(await diff({ "alias/orders": target }), UPDATE);
        assert.deepEqual(await diff(), UPDATE);
        assert.deepEqual(await diff({ "alias/orders": keyId, "alias/old": keyId }), UPDATE);
        assert.deepEqual(await diff({ "alias/orders": keyId }), NONE);
      });

      it(`a create that failed before its first KMS key is finished (${type})`, async () => {
        const olds = { ...(await outputsOf(type)), versions: {}, aliasTarget: undefined };
        assert.deepEqual(await resources[type].diff("id", olds, await declared(type)), UPDATE);
      });
    }
  });
});
