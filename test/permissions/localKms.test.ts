import assert from "node:assert/strict";
import { FEATURES, type Feature, PERMISSIONS } from "../../provider/kms/permissions";
import { setEnvironment } from "../provider/kms/loopback";
import { useHurry } from "../world/providerProcess";
import { cameOf, printed } from "./effects";
import { Life, type Site } from "./life";
import { LIVES, type TriedLife } from "./lives";
import { localSites, type Trial } from "./sites";

describe("the policy that keymgmt iam-policy writes, at a KMS that enforces it", function () {
  this.timeout(60_000);
  useHurry();
  const trials = LIVES.map((life) => ({
    life,
    whole: { life } as Trial,
    lesser: Object.keys(life.without).map((without): Trial => ({ life, without })),
  }));
  let sites: Map<Trial, Site>;
  let restore: () => void;

  before(() => {
    restore = setEnvironment({});
  });
  after(() => restore());

  async function lived(trial: Trial): Promise<Life> {
    const { live, replicated = false } = trial.life;
    const life = new Life(sites.get(trial)!, replicated);
    await life.site.as("all but one");
    await live(life);
    await life.accounts();
    return life;
  }

  for (const { life: row, whole, lesser } of trials)
    describe(`for ${row.name}`, () => {
      const rows = new Map<string, string>();
      let close: () => Promise<void>;
      // Each has a KMS of its own: all of them together hold more connections than one takes.
      before(async () => {
        ({ sites, close } = await localSites([whole, ...lesser]));
      });
      after(async () => {
        await close();
        console.log(printed(row.name, rows));
      });

      it("is enough for the whole life, in which each permission is used and nothing else but what it is not for is tried", async () => {
        const { effects, calls } = await lived(whole);
        assert.deepEqual(
          effects.filter(({ kind }) => kind !== "warning"),
          [],
        );
        const operations = (...outcomes: string[]) => [
          ...new Set(
            calls.filter(({ outcome }) => outcomes.includes(outcome)).map(({ operation }) => operation),
          ),
        ];
        assert.deepEqual(operations("AccessDeniedException"), row.refused ?? []);
        const used = operations("ok", "close");
        for (const action of Object.keys(row.without))
          assert.ok(used.includes(action.slice("kms:".length)), `${action} was not used`);
      });

      for (const trial of lesser) {
        const action = trial.without!;
        it(`less ${action}: an error or a warning names it, and what is lost is what is expected`, async () => {
          const { effects } = await lived(trial);
          rows.set(action, cameOf(effects, action));
          assert.equal(rows.get(action), row.without[action]);
        });
      }
    });

  for (const feature of Object.keys(FEATURES) as Feature[])
    it(`is tried with each permission of "${FEATURES[feature]}" removed`, () => {
      const lives = LIVES.filter((life: TriedLife) => life.feature === feature);
      const tried = new Set(lives.flatMap(({ without }) => Object.keys(without)));
      const untried = PERMISSIONS[feature].filter(
        ({ action }) => action.startsWith("kms:") && !tried.has(action),
      );
      assert.deepEqual(untried, []);
    });
});
