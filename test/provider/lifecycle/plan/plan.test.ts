import assert from "node:assert/strict";
import { keyStateOf } from "../../../../provider/kms/keyState";
import { applied } from "../../../../provider/lifecycle/plan/apply";
import { expected } from "../../../../provider/lifecycle/plan/expect";
import { type Desired, type Known, knownFrom } from "../../../../provider/lifecycle/plan/known";
import { next, plan } from "../../../../provider/lifecycle/plan/plan";
import type { OutcomeOf, Step, StepName } from "../../../../provider/lifecycle/plan/steps";
import type { KmsKeyRecord, KmsKeyRecords } from "../../../../provider/state/types";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";

/** How steps end in a story, each time or time after time, where they do not as `plan` expects. */
type Answers = { [Name in StepName]?: OutcomeOf<Name>[] };

const desired = (more: Partial<Desired> = {}): Desired => ({
  ...{
    role: "primary",
    region: HOME,
    latest: 1,
    minEnabled: 1,
    strategy: "manual",
    publishFor: 0,
    multiRegion: false,
  },
  ...{
    expiry: {},
    now: 0,
    fresh: [],
    isNew: false,
    primaries: {},
    adopts: false,
    mayUseNextName: false,
    extraAliases: [],
    replaced: [],
  },
  ...more,
});

const record = (keyId: string, more: Partial<KmsKeyRecord> = {}): KmsKeyRecord => ({
  ...{
    keyId,
    keyArn: `arn:aws:kms:${HOME}:111122223333:key/${keyId}`,
    state: "Enabled",
    importedAt: "before",
  },
  ...more,
});

/** What the state says after an update that finished. */
const state = (records: KmsKeyRecords, inUse: string): Known =>
  knownFrom(records, { keyId: inUse, aliasTarget: inUse });

const nothing = () => knownFrom({}, {});

const found = (candidates: OutcomeOf<"findOrphans">["candidates"]) => ({ candidates, isPermitted: true });

/** The steps in the order in which they are done, as "import 2 eu-west-1"; what they are given cannot be changed. */
function story(wants: Desired, known: Known, answers: Answers = {}): string[] {
  const steps: string[] = [];
  let now = frozen(known);
  for (let some = next(frozen(wants), now); some.length > 0; some = next(wants, now)) {
    for (const step of some) {
      steps.push(said(step));
      if (step.do === "refuse") return steps;
      const mine = answers[step.do] as OutcomeOf<typeof step.do>[] | undefined;
      const outcome = mine?.length ? mine.shift() : expected(wants, now, step);
      now = frozen(applied(wants, now, step, outcome as never));
    }
    assert.ok(steps.length < 100, `a plan does not end: ${steps.slice(-4).join(", ")}`);
  }
  return steps;
}

function said(step: Step): string {
  const { version, region, why, isCandidate, name } = step as Partial<Extract<Step, { do: "refuse" }>> & {
    isCandidate?: true;
  };
  return [
    step.do,
    version,
    region === HOME ? undefined : region,
    isCandidate && "candidate",
    why && `(${why})`,
    name,
  ]
    .filter((part) => part !== undefined)
    .join(" ");
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) frozen(inner);
  return value;
}

describe("plan", () => {
  describe("where AWS shows a state that this release does not know", () => {
    const strange = keyStateOf("Quarantined");

    it("is refused for the KMS key of a version", () => {
      const known = state({ 1: record("k1", { state: strange }) }, "k1");
      assert.deepEqual(story(desired(), known), ["refuse 1 (not usable)"]);
    });

    it("is refused for a replica before the alias moves, and nothing is imported there", () => {
      const known = {
        ...state({ 1: record("mrk-1"), 2: record("mrk-2") }, "mrk-1"),
        replicas: [{ region: ABROAD, state: keyStateOf("Enabled"), wasPendingDeletion: false }],
        remote: { [ABROAD]: { 2: strange } },
      };
      const steps = story(desired({ latest: 2, multiRegion: true }), known);
      assert.deepEqual(steps, [`refuse 2 ${ABROAD} (not usable)`]);
    });
  });

  it("has nothing to do where all is as desired", () => {
    assert.deepEqual(story(desired(), state({ 1: record("k1") }, "k1")), []);
  });

  it("makes the KMS key of a new key, imports, and gives it an alias", () => {
    const steps = story(desired({ isNew: true, fresh: [1] }), nothing());
    assert.deepEqual(steps, ["createKey 1", "import 1", "createAlias 1"]);
  });

  it("looks for KMS keys of before where this run has not made the material", () => {
    const steps = story(desired({ isNew: true }), nothing());
    assert.deepEqual(steps, ["findOrphans", "createKey 1", "import 1", "createAlias 1"]);
  });

  describe("looks for orphans", () => {
    it("in an update that adds a version whose material is not of this run", () => {
      const steps = story(desired({ latest: 2 }), state({ 1: record("k1") }, "k1"), { findAlias: ["k1"] });
      assert.deepEqual(steps, ["findOrphans", "createKey 2", "import 2", "findAlias", "moveAlias 2"]);
    });

    it("of disabled versions too, in a new distribution", () => {
      const wants = desired({ isNew: true, latest: 2, minEnabled: 2, fresh: [2] });
      assert.deepEqual(story(wants, nothing()), ["findOrphans", "createKey 2", "import 2", "createAlias 2"]);
    });
  });

  it("sends changed tags, policy and description to the KMS keys that need them", () => {
    const records = { 1: record("k1"), 2: record("k2") };
    const known = { ...state(records, "k2"), stale: [2] };
    assert.deepEqual(story(desired({ latest: 2 }), known), ["syncMetadata 2"]);
  });

  it("rotates: the new version is ready before the alias moves, and older ones are disabled last", () => {
    const steps = story(desired({ latest: 2, minEnabled: 2, fresh: [2] }), state({ 1: record("k1") }, "k1"), {
      findAlias: ["k1"],
    });
    assert.deepEqual(steps, ["createKey 2", "import 2", "findAlias", "moveAlias 2", "disable 1"]);
  });

  it("rotates a replicated key: the new version is ready in every Region before the alias moves in any", () => {
    const steps = story(
      desired({ latest: 2, minEnabled: 2, fresh: [2], multiRegion: true }),
      state({ 1: record("mrk-k1") }, "mrk-k1"),
      { findReplicas: [[{ region: ABROAD, state: "Enabled", wasPendingDeletion: false }]] },
    );
    assert.deepEqual(steps, [
      "createKey 2",
      "import 2",
      "findReplicas 1",
      `replicate 2 ${ABROAD}`,
      `import 2 ${ABROAD}`,
      "findAlias",
      "moveAlias 2",
      "disable 1",
    ]);
  });

  it("does not wait in a rotation for a replica that is on its way to deletion", () => {
    const steps = story(
      desired({ latest: 2, fresh: [2], multiRegion: true }),
      state({ 1: record("mrk-k1") }, "mrk-k1"),
      { findReplicas: [[{ region: ABROAD, state: "PendingDeletion", wasPendingDeletion: false }]] },
    );
    assert.deepEqual(steps, ["createKey 2", "import 2", "findReplicas 1", "findAlias", "moveAlias 2"]);
  });

  it("takes back a replica of the new version that waits for its deletion, and imports and enables it", () => {
    const steps = story(
      desired({ latest: 2, fresh: [2], multiRegion: true }),
      state({ 1: record("mrk-k1") }, "mrk-k1"),
      {
        findReplicas: [[{ region: ABROAD, state: "Enabled", wasPendingDeletion: false }]],
        replicate: [{ state: "PendingDeletion", isMade: false }],
      },
    );
    assert.deepEqual(steps.slice(3, 6), [
      `replicate 2 ${ABROAD}`,
      `cancelDeletion 2 ${ABROAD}`,
      `enable 2 ${ABROAD}`,
    ]);
  });

  it("brings a lower version back into use before a higher one is disabled", () => {
    const records = { 1: record("k1", { state: "Disabled" }), 2: record("k2") };
    assert.deepEqual(story(desired({ latest: 2 }), state(records, "k2")), ["enable 1"]);
  });

  it("makes a replica of each version that is desired, then its alias", () => {
    const primaries = { 1: record("mrk-k1"), 2: record("mrk-k2") };
    const wants = desired({
      role: "replica",
      region: ABROAD,
      latest: 2,
      minEnabled: 2,
      isNew: true,
      primaries,
    });
    assert.deepEqual(story(wants, nothing()), [
      `inspect 1 ${ABROAD}`,
      `replicate 2 ${ABROAD}`,
      `import 2 ${ABROAD}`,
      `createAlias 2 ${ABROAD}`,
    ]);
  });

  it("takes up the replica that a rotation has made ready", () => {
    const primaries = { 1: record("mrk-k1"), 2: record("mrk-k2", { replicas: [ABROAD] }) };
    const wants = desired({ role: "replica", region: ABROAD, latest: 2, primaries });
    const made = record("mrk-k2", { recovered: true });
    const steps = story(wants, state({ 1: record("mrk-k1") }, "mrk-k1"), {
      inspect: [made],
      findAlias: ["mrk-k1"],
    });
    assert.deepEqual(steps, [
      `inspect 2 ${ABROAD}`,
      `syncMetadata 2 ${ABROAD}`,
      `findAlias ${ABROAD}`,
      `moveAlias 2 ${ABROAD}`,
    ]);
  });

  describe("a return within the window", () => {
    const former = (version: number, more: object = {}) => ({
      record: record(`k${version}`, { state: "PendingDeletion", importedAt: undefined }),
      wasPendingDeletion: true,
      ...more,
    });

    it("cancels the deletion of every version, has AWS prove each, enables what is desired and disables what is not", () => {
      const steps = story(desired({ latest: 2, minEnabled: 2, isNew: true }), nothing(), {
        findOrphans: [found({ 1: former(1), 2: former(2) })],
        import: [{ importedAt: "now" }, { importedAt: "now" }],
      });
      assert.deepEqual(steps, [
        "findOrphans",
        "cancelDeletion 1 candidate",
        "import 1 candidate",
        "cancelDeletion 2 candidate",
        "import 2 candidate",
        "findAlias",
        "enable 2",
        "syncMetadata 2",
        "syncMetadata 1",
        "createAlias 2",
      ]);
    });

    it("gives a candidate with other material back to its deletion, and looks again", () => {
      const steps = story(desired({ isNew: true }), nothing(), {
        findOrphans: [found({ 1: former(1) }), found({})],
        import: ["other", { importedAt: "now" }],
      });
      assert.deepEqual(steps, [
        "findOrphans",
        "cancelDeletion 1 candidate",
        "import 1 candidate",
        "scheduleDeletion 1 candidate",
        "findOrphans",
        "createKey 1",
        "import 1",
        "createAlias 1",
      ]);
    });

    it("refuses a candidate in use with other material, and leaves it alone", () => {
      const inUse = { record: record("k1", { importedAt: undefined }), wasPendingDeletion: false };
      const steps = story(desired({ isNew: true }), nothing(), {
        findOrphans: [found({ 1: inUse })],
        import: ["other"],
      });
      assert.deepEqual(steps, ["findOrphans", "import 1 candidate", "refuse 1 (other material)"]);
    });

    it("claims a candidate of another distribution before an import that would enable it", () => {
      const other = former(1, { former: "orders-1700000000" });
      other.record.state = "PendingImport";
      const steps = story(desired({ isNew: true }), nothing(), { findOrphans: [found({ 1: other })] });
      assert.deepEqual(steps.slice(0, 3), [
        "findOrphans",
        "markClaimPending 1 candidate",
        "import 1 candidate",
      ]);
    });
  });

  it("cancels a deletion that others have scheduled, imports what is gone, and enables what is disabled", () => {
    const records = {
      1: record("k1", { state: "PendingDeletion" }),
      2: record("k2", { state: "PendingImport" }),
      3: record("k3", { state: "Disabled" }),
    };
    assert.deepEqual(story(desired({ latest: 3 }), state(records, "k3")), [
      "cancelDeletion 1",
      "enable 1",
      "import 2",
      "enable 3",
    ]);
  });

  it("cancels the deletion of a primary that AWS deletes only after its replicas", () => {
    const records = { 1: record("mrk-k1", { state: "PendingReplicaDeletion" }) };
    assert.deepEqual(story(desired({ multiRegion: true }), state(records, "mrk-k1")), [
      "cancelDeletion 1",
      "enable 1",
    ]);
  });

  it("makes no KMS key in the place of one that is gone", () => {
    const records = { 1: record("k1", { state: "Deleted" }) };
    assert.deepEqual(story(desired(), state(records, "k1"), { inspect: [undefined] }), [
      "inspect 1",
      "refuse 1 (gone)",
    ]);
  });

  describe("the alias", () => {
    const rotated = () => state({ 1: record("k1"), 2: record("k2") }, "k1");

    it("is not moved where it points to no KMS key of the records: it is made", () => {
      const steps = story(desired({ latest: 2 }), rotated(), { findAlias: [""] });
      assert.deepEqual(steps, ["findAlias", "createAlias 2"]);
    });

    it("of another stack is left alone, and the next name is taken where nothing has used this one", () => {
      const wants = desired({ isNew: true, fresh: [1], mayUseNextName: true });
      const steps = story(wants, nothing(), { createAlias: [false, true], findAlias: [""] });
      assert.deepEqual(steps.slice(2), ["createAlias 1", "findAlias", "useNextName", "createAlias 1"]);
    });

    it("of another stack is left alone, and refused where this name is in use", () => {
      const steps = story(desired({ latest: 2 }), rotated(), { createAlias: [false], findAlias: ["", ""] });
      assert.deepEqual(steps, ["findAlias", "createAlias 2", "findAlias", "refuse 2 (alias taken)"]);
    });
  });

  describe("extra aliases", () => {
    const extraAliases = ["alias/a", "alias/b"];
    const stateOf = (extraAliasTargets: Record<string, string>) =>
      knownFrom({ 1: record("k1"), 2: record("k2") }, { keyId: "k1", aliasTarget: "k1", extraAliasTargets });

    it("are looked at before anything is changed, and made after the distribution's own", () => {
      assert.deepEqual(story(desired({ fresh: [1], isNew: true, extraAliases }), nothing()), [
        "lookAtAlias alias/a",
        "lookAtAlias alias/b",
        "createKey 1",
        "import 1",
        "createAlias 1",
        "createAlias 1 alias/a",
        "createAlias 1 alias/b",
      ]);
    });

    it("move after the distribution's own, and before an older version is disabled", () => {
      const known = stateOf({ "alias/a": "k1", "alias/b": "k1" });
      assert.deepEqual(story(desired({ latest: 2, minEnabled: 2, extraAliases }), known), [
        "findAlias",
        "moveAlias 2",
        "findAlias alias/a",
        "moveAlias 2 alias/a",
        "findAlias alias/b",
        "moveAlias 2 alias/b",
        "disable 1",
      ]);
    });

    it("are refused where a KMS key behind one is not ours, also if it was thought to be", () => {
      const taken = "refuse 1 (alias taken) alias/a";
      const isNew = { fresh: [1], isNew: true, extraAliases: ["alias/a"] };
      assert.deepEqual(story(desired(isNew), nothing(), { lookAtAlias: ["k9"] }), [
        "lookAtAlias alias/a",
        taken,
      ]);
      const candidate = { record: record("k1", { state: "PendingImport" }), wasPendingDeletion: false };
      const refused = desired({ isNew: true, extraAliases: ["alias/a"] });
      assert.deepEqual(
        story(refused, nothing(), {
          findOrphans: [
            found({ 1: { ...candidate, hasOtherMaterial: true, wasPendingDeletion: true } }),
            found({}),
          ],
          lookAtAlias: ["k1"],
          createAlias: [true, false],
          findAlias: ["", ""],
        }),
        [
          "findOrphans",
          "lookAtAlias alias/a",
          "scheduleDeletion 1 candidate",
          "findOrphans",
          "lookAtAlias alias/a",
          "createKey 1",
          "import 1",
          "createAlias 1",
          "createAlias 1 alias/a",
          "findAlias alias/a",
          taken,
        ],
      );
    });

    it("keep the version that signs through one of them enabled, as an update that failed may have left it", () => {
      const known = { ...stateOf({ "alias/a": "k1" }), inUse: "k2", alias: { target: "k2" } };
      const wants = { latest: 2, minEnabled: 2, publishFor: 1, extraAliases: ["alias/a"] };
      assert.deepEqual(story(desired(wants), known), ["refuse 1 (still signing)"]);
    });

    it("of a removed distribution are deleted where they point to a KMS key of it, before its own", () => {
      const removal = { held: [] };
      const answers = { findAlias: ["k1", "", "k1"] };
      assert.deepEqual(
        story(desired({ latest: 2, removal }), stateOf({ "alias/a": "k1", "alias/b": "k1" }), answers),
        [
          "checkOwner 1",
          "checkOwner 2",
          "findRemovalOrphans",
          "findAlias alias/a",
          "deleteAlias alias/a",
          "findAlias alias/b",
          "leaveAlias alias/b",
          "findAlias",
          "deleteAlias",
          "scheduleDeletion 1",
          "scheduleDeletion 2",
        ],
      );
    });
  });

  describe("rotation on demand", () => {
    const onDemand = (more: Partial<Desired> = {}) =>
      desired({ strategy: "on-demand", multiRegion: true, ...more });
    const held = () => state({ 1: record("mrk-k1") }, "mrk-k1");

    it("a replica that is made again, as a read took it for gone, gets every material again", () => {
      const shared = (importedAt = "before") => record("mrk-1", { importedAt });
      const primaries = { 1: shared(), 2: shared() };
      const replica = { role: "replica", region: ABROAD, strategy: "on-demand", multiRegion: true } as const;
      const gone = record("mrk-1", { state: "Deleted" });
      const known: Known = { ...state({ 1: gone, 2: gone }, "mrk-1"), reimported: [1, 2] };
      assert.deepEqual(story(desired({ ...replica, latest: 2, primaries }), known).slice(0, 4), [
        "forget 1 eu-west-1",
        "replicate 1 eu-west-1",
        "import 1 eu-west-1",
        "import 2 eu-west-1",
      ]);
    });

    it("imports new material into the primary, then into each replica, and then rotates", () => {
      const steps = story(onDemand({ latest: 2, fresh: [2] }), held(), {
        findReplicas: [[{ region: ABROAD, state: "Enabled", wasPendingDeletion: false }]],
      });
      assert.deepEqual(steps, ["findReplicas 1", "importNewMaterial 2", `import 2 ${ABROAD}`, "rotate 2"]);
    });

    it("refuses before it changes anything where another Region has the primary", () => {
      const stale = { ...held(), stale: [1] };
      const steps = story(onDemand({ latest: 2, fresh: [2] }), stale, {
        findReplicas: [[{ region: ABROAD, state: "Enabled", wasPendingDeletion: false, isPrimary: true }]],
      });
      assert.deepEqual(steps, ["findReplicas 1", `refuse 2 ${ABROAD} (primary elsewhere)`]);
    });

    it("refuses before it changes anything where a Region with a replica is left out", () => {
      const steps = story(onDemand({ latest: 2, fresh: [2] }), held(), {
        findReplicas: [[{ region: ABROAD, state: undefined, wasPendingDeletion: false, isLeftOut: true }]],
      });
      assert.deepEqual(steps, ["findReplicas 1", `refuse 2 ${ABROAD} (replica left out)`]);
    });

    it("refuses several KMS keys of one key, and changes none of them", () => {
      const candidate = (keyId: string) => ({ record: record(keyId), wasPendingDeletion: false });
      const steps = story(onDemand({ latest: 2, isNew: true }), nothing(), {
        findOrphans: [found({ 1: candidate("mrk-k1"), 2: candidate("mrk-k2") })],
      });
      assert.deepEqual(steps, ["findOrphans", "refuse 2 (several KMS keys)"]);
    });

    it("first finishes an interrupted rotation to an earlier version", () => {
      const pending = { version: 2, imported: { importedAt: "now", keyMaterialId: "m2" }, regions: [] };
      const steps = story(onDemand({ multiRegion: false, latest: 3, fresh: [3] }), held(), {
        findPending: [pending],
      });
      assert.deepEqual(steps, ["findPending 2", "rotate 2", "importNewMaterial 3", "rotate 3"]);
    });

    it("takes a replica that waits for its deletion back for the rotation, and gives it up again after it", () => {
      const steps = story(onDemand({ latest: 2, fresh: [2] }), held(), {
        findReplicas: [[{ region: ABROAD, state: "PendingDeletion", wasPendingDeletion: true }]],
      });
      assert.deepEqual(steps, [
        "findReplicas 1",
        "importNewMaterial 2",
        `cancelDeletion 2 ${ABROAD}`,
        `import 2 ${ABROAD}`,
        "rotate 2",
        `scheduleDeletion 2 ${ABROAD}`,
      ]);
    });

    it("imports every material again where one is gone: AWS enables the KMS key with all of them only", () => {
      const records = {
        1: record("mrk-k1", { state: "PendingImport" }),
        2: record("mrk-k1", { state: "PendingImport" }),
      };
      assert.deepEqual(story(onDemand({ latest: 2 }), state(records, "mrk-k1")), ["import 1", "import 2"]);
    });

    it("refuses to disable one of the materials", () => {
      const steps = story(onDemand({ latest: 2, minEnabled: 2 }), held());
      assert.deepEqual(steps, ["refuse 1 (disabled on demand)"]);
    });
  });

  describe("adoption", () => {
    it("takes KMS keys whose material the key does not hold as they are, and rotates away from them", () => {
      const wants = desired({ latest: 2, isNew: true, fresh: [2], adopts: true });
      const adopted = record("k1", { adopted: true, importedAt: undefined });
      const steps = story(wants, nothing(), {
        adopt: [{ records: { 1: adopted }, candidates: {}, target: "k1", isAll: true }],
      });
      assert.deepEqual(steps, ["adopt", "createKey 2", "import 2", "moveAlias 2"]);
    });

    it("has AWS prove those whose material the key holds", () => {
      const wants = desired({ isNew: true, adopts: true });
      const candidate = {
        record: record("k1", { importedAt: undefined }),
        isNamed: true as const,
        wasPendingDeletion: false,
      };
      const steps = story(wants, nothing(), {
        adopt: [{ records: {}, candidates: { 1: candidate }, target: "k1", isAll: true }],
        import: [{ importedAt: "now" }],
      });
      assert.deepEqual(steps, ["adopt", "import 1 candidate", "syncMetadata 1"]);
    });
  });

  describe("a removal", () => {
    const going = (more: Partial<Desired> = {}) => desired({ removal: { held: [] }, ...more });

    it("deletes the alias first, then schedules the deletion of each KMS key", () => {
      const records = { 1: record("k1", { state: "Disabled" }), 2: record("k2") };
      const steps = story(going({ latest: 2 }), state(records, "k2"), { findAlias: ["k2"] });
      const writes = steps.filter((step) => /^(deleteAlias|scheduleDeletion)/.test(step));
      assert.deepEqual(writes, ["deleteAlias", "scheduleDeletion 1", "scheduleDeletion 2"]);
    });

    it("leaves what was adopted, and what another stack has taken over, with their alias", () => {
      const records = { 1: record("k1", { adopted: true }), 2: record("k2") };
      const steps = story(going({ latest: 2 }), state(records, "k2"), {
        findAlias: ["k2"],
        checkOwner: [true],
      });
      const done = steps.filter((step) => /^(deleteAlias|scheduleDeletion|leave)/.test(step));
      assert.deepEqual(done, ["leaveAlone 1 (adopted)", "leaveAlone 2 (taken over)"]);
    });

    it("schedules the deletion of an orphan that proves to be the distribution's, and leaves any other", () => {
      const orphans = [
        { version: 2, keyId: "k2", isProved: true },
        { version: 3, keyId: "k3", isProved: false },
      ];
      const steps = story(going(), state({ 1: record("k1") }, "k1"), {
        findAlias: ["k1"],
        findRemovalOrphans: [orphans],
      });
      const done = steps.filter((step) => /^(deleteAlias|scheduleDeletion|leave)/.test(step));
      assert.deepEqual(done, [
        "deleteAlias",
        "scheduleDeletion 1",
        "scheduleDeletion 2",
        "leaveAlone 3 (not proved)",
      ]);
    });

    it("leaves what another resource of the program holds", () => {
      const steps = story(going({ removal: { held: ["k1"] } }), state({ 1: record("k1") }, "k1"), {
        findAlias: ["k1"],
      });
      assert.deepEqual(
        steps.filter((step) => /^(deleteAlias|scheduleDeletion|leave)/.test(step)),
        [],
      );
    });
  });

  it("is the same each time, and changes nothing that it is given", () => {
    const [wants, known] = [
      frozen(desired({ latest: 2, minEnabled: 2, multiRegion: true })),
      frozen(state({ 1: record("mrk-k1") }, "mrk-k1")),
    ];
    assert.deepEqual(plan(wants, known), plan(wants, known));
  });
});
