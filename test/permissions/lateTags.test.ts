import assert from "node:assert/strict";
import { setEnvironment } from "../provider/kms/loopback";
import { Life, type Site } from "./life";
import { LIVES, type TriedLife } from "./lives";
import { localSites, type Trial } from "./sites";

/** AWS's five minutes: https://docs.aws.amazon.com/kms/latest/developerguide/abac.html */
const FIVE_MINUTES = 300_000;

/** A rotation makes a replica of a version whose KeyReplica has metadata of its own, and a replica is made again. */
const REPLICA_WITH_MORE: TriedLife = {
  name: "a replica that is removed and made again, of a key with disabled versions",
  feature: "multiRegion",
  features: ["everyKey", "multiRegion", "drift", "recovery", "changes"],
  replicated: true,
  async live(life) {
    const replica = { tags: { team: "payments" }, description: "orders" };
    await life.up("create", { replica });
    await life.up("rotate", { key: { rotationTrigger: "b" } });
    await life.up("disable version 1", { key: { minEnabledVersion: 2 } });
    await life.step("remove the replica", () => life.program.remove("keyReplica", "eu-west-1"));
    await life.up("replicate again");
    await life.up("rotate, and disable at once", { key: { rotationTrigger: "c", minEnabledVersion: 3 } });
    await life.up("enable all", { key: { minEnabledVersion: 1 } });
    await life.remove();
  },
  without: {},
};

describe("the policy that keymgmt iam-policy writes, where tags count five minutes late", function () {
  this.timeout(120_000);
  const trials = [...LIVES, REPLICA_WITH_MORE].map((life): Trial => ({ life }));
  let sites: Map<Trial, Site>;
  let close: () => Promise<void>;
  let restore: () => void;

  before(async () => {
    restore = setEnvironment({});
    ({ sites, close } = await localSites(trials, { tagsCountAfterMillis: FIVE_MINUTES }));
  });
  after(async () => {
    await close();
    restore();
  });

  // Within an update nothing that it made has its tags yet; the next one comes six minutes later.
  for (const trial of trials)
    it(`is enough for ${trial.life.name}`, async () => {
      const life = new Life(sites.get(trial)!, trial.life.replicated ?? false, 6);
      await life.site.as("all but one");
      await trial.life.live(life);
      await life.accounts();
      assert.deepEqual(
        life.effects.filter(({ kind }) => kind !== "warning"),
        [],
      );
      const denied = life.calls.filter(({ outcome }) => outcome === "AccessDeniedException");
      assert.deepEqual([...new Set(denied.map(({ operation }) => operation))], trial.life.refused ?? []);
    });
});
