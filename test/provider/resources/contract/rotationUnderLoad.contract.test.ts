import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { LocalKms } from "../../../../local-kms/src/index";
import { Application } from "../../../world/application";
import { localKms, Program } from "../../../world/program";

const ABROAD = ["eu-west-1", "us-east-1"];
const REGIONS = ["us-west-1", ...ABROAD];
const PAIRS = REGIONS.flatMap((from) => REGIONS.map((to) => ({ from, to })));
const EVERY_MS = 50;

describe("clients during a rotation: encrypting through the alias of any Region, decrypting in any other, 20 times a second", function () {
  this.timeout(60_000);
  let local: LocalKms;
  let program: Program;
  let applications: Record<string, Application>;

  beforeEach(async () => {
    local = await localKms({ replicaCreatingMillis: 400, onDemandRotationMillis: 400 });
    program = new Program(local);
    applications = Object.fromEntries(REGIONS.map((region) => [region, new Application(local, region)]));
  });
  afterEach(() => local.close());

  const up = (rotationStrategy: string, rotationTrigger: string) =>
    program.up({
      key: { replicaRegions: ABROAD, rotationTrigger },
      distribution: { rotationStrategy },
      replicas: ABROAD,
    });

  /** Encrypts and decrypts until the work is done, and for a second more. Gives what failed, and how often it was tried. */
  async function underLoad(work: Promise<void>): Promise<{ failures: string[]; tried: number }> {
    const aliasName = String(program.outputs("distribution").aliasName);
    const kept = await applications["us-west-1"]!.encrypt(aliasName, "kept");
    const failures: string[] = [];
    const trials: Promise<void>[] = [];
    const trial = async ({ from, to }: { from: string; to: string }) => {
      try {
        const ciphertext = await applications[from]!.encrypt(aliasName, from);
        assert.equal((await applications[to]!.decrypt(ciphertext)).text, from);
        assert.equal((await applications[to]!.decrypt(kept)).text, "kept");
      } catch (error) {
        failures.push(`${from} to ${to}: ${error}`);
      }
    };
    let working = true;
    const ends = work
      .then(() => sleep(1000))
      .finally(() => {
        working = false;
      });
    while (working) {
      trials.push(trial(PAIRS[trials.length % PAIRS.length]!));
      await sleep(EVERY_MS);
    }
    await Promise.all(trials);
    await ends;
    return { failures, tried: trials.length };
  }

  for (const strategy of ["manual", "on-demand"])
    for (const [lag, consistency] of [
      ["where every read sees every write", undefined],
      ["where reads lag behind writes by 300 ms", { lagMillis: 300 }],
    ] as const)
      it(`see no failure: "${strategy}", ${lag}`, async () => {
        await up(strategy, "a");
        await sleep(consistency?.lagMillis ?? 0);
        await local.setConsistency(consistency);
        const { failures, tried } = await underLoad(up(strategy, "b"));
        assert.deepEqual(failures, []);
        assert.ok(tried > PAIRS.length, `${tried} trials`);
        const latest = (program.outputs("distribution").versions as Record<string, { keyId: string }>)[2]!;
        for (const application of Object.values(applications))
          assert.equal(
            (await application.describe(String(program.outputs("distribution").aliasName))).KeyId,
            latest.keyId,
          );
      });
});
