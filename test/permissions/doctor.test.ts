import assert from "node:assert/strict";
import { examine } from "../../cli/doctor/examine";
import { madeUpKey, type Target } from "../../cli/doctor/probes";
import type { PermissionFinding } from "../../cli/doctor/tried";
import { AES_256 } from "../../provider/keys/keyTypes";
import { FEATURES, type Feature, permissionsFor } from "../../provider/kms/permissions";
import { setEnvironment } from "../provider/kms/loopback";
import { HOME, Life, REPLICA, type Site, STACK } from "./life";
import type { TriedLife } from "./lives";
import { localSites, type Trial } from "./sites";

/** Everything that there is. */
const ALL: TriedLife = {
  name: "all",
  feature: "everyKey",
  features: Object.keys(FEATURES) as Feature[],
  replicated: true,
  live: () => Promise.resolve(),
  without: {},
};
const PERMISSIONS = permissionsFor(ALL.features);
/**
 * Certain is what is asked of no KMS key, or read of a real one. The rest names a KMS key that does not exist, which the local KMS
 * says to everybody, so it is never called granted.
 */
const CERTAIN =
  "DescribeKey GetKeyPolicy GetParametersForImport ListAliases ListGrants ListKeys ListResourceTags"
    .split(" ")
    .map((operation) => `kms:${operation}`);

describe("keymgmt doctor, under the policy that keymgmt iam-policy writes", function () {
  this.timeout(60_000);
  const whole: Trial = { life: ALL };
  const simulating: Trial = {
    life: ALL,
    besides: { Effect: "Allow", Action: "iam:SimulatePrincipalPolicy", Resource: "*" },
  };
  const lesser = CERTAIN.map((without): Trial => ({ life: ALL, without }));
  let sites: Map<Trial, Site>;
  let close: () => Promise<void>;
  let restore: () => void;

  before(async () => {
    restore = setEnvironment({});
    ({ sites, close } = await localSites([whole, simulating, ...lesser]));
  });
  after(async () => {
    await close();
    restore();
  });

  /** What is found of each permission in the primary's Region, and the problems. */
  async function found(trial: Trial, keyId: string, real: boolean, more: Partial<Target> = {}) {
    const site = sites.get(trial)!;
    await site.as("all but one");
    const target = { keyId, real, keyType: AES_256, replicaRegion: REPLICA, ...more };
    const connection = { keyCollection: HOME, endpoint: site.url };
    const { regions, problems } = await examine({
      connection,
      regions: [{ region: HOME, target }],
      permissions: PERMISSIONS,
      explained: (error) => error,
    });
    const verdicts = regions[0]!.permissions.map(({ action, verdict }) => [action, verdict] as const);
    return { verdicts: new Map<string, PermissionFinding["verdict"]>(verdicts), problems };
  }

  async function ownKey(trial: Trial): Promise<string> {
    const life = new Life(sites.get(trial)!, false);
    await life.asOwner(() => life.up("create", { key: { replicaRegions: [REPLICA] } }));
    return life.versions()[1]!.keyId;
  }

  it("finds nothing wrong, and is certain of what it can be certain of", async () => {
    const blind = await found(whole, madeUpKey(), false);
    assert.deepEqual(blind.problems, []);
    const { verdicts, problems } = await found(whole, await ownKey(whole), true);
    assert.deepEqual(problems, []);
    assert.equal(verdicts.size, PERMISSIONS.length);
    for (const [action, verdict] of verdicts)
      assert.equal(verdict, CERTAIN.includes(action) ? "granted" : "unclear", action);
  });

  it("finds by simulation that the policy grants the rest, but what a KMS key of the program's needs to seal keyrings", async () => {
    const { verdicts, problems } = await found(simulating, await ownKey(simulating), true, { stack: STACK });
    assert.deepEqual(problems, []);
    const sealing = ["kms:GenerateDataKey", "kms:Decrypt"];
    const asked = "servicequotas:ListServiceQuotas"; // which the local KMS does not answer
    for (const [action, verdict] of verdicts)
      if (action !== asked)
        assert.equal(
          verdict,
          CERTAIN.includes(action) ? "granted" : sealing.includes(action) ? "unclear" : "grantedByPolicy",
          action,
        );
  });

  for (const trial of lesser) {
    const action = trial.without!;
    it(`less ${action}: names it as denied, and nothing else`, async () => {
      const { verdicts, problems } = await found(trial, await ownKey(trial), true);
      assert.equal(verdicts.get(action), "denied");
      assert.equal(problems.length, 1);
      assert.match(problems[0]!, new RegExp(`^${action} is denied in ${HOME}\\. Without it: `));
    });
  }
});
