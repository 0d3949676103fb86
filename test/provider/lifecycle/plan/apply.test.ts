import assert from "node:assert/strict";
import { applied } from "../../../../provider/lifecycle/plan/apply";
import { type Desired, type Known, knownFrom } from "../../../../provider/lifecycle/plan/known";
import type { OutcomeOf, StepOf } from "../../../../provider/lifecycle/plan/steps";
import type { KmsKeyRecord } from "../../../../provider/state/types";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";

const desired = { role: "primary", region: HOME, strategy: "manual", publishFor: 0 } as Desired;

const record = (keyId: string): KmsKeyRecord => ({
  keyId,
  keyArn: `arn:aws:kms:${HOME}:111122223333:key/${keyId}`,
  state: "Enabled",
});

const known = () => knownFrom({ 1: record("one"), 2: record("two") }, { keyId: "two", aliasTarget: "two" });

const statesOf = ({ records }: Known) => Object.values(records).map(({ state }) => state);

/** What can find that somebody has scheduled the deletion of the KMS key since it was last seen. */
type Finds = "enable" | "disable" | "syncMetadata" | "import";

function found<Name extends Finds>(before: Known, step: Partial<StepOf<Name>> & { do: Name }): Known {
  return applied(desired, before, step as StepOf<Name>, "pendingDeletion" as OutcomeOf<Name>);
}

describe("what is known after a step that found the KMS key's deletion scheduled", () => {
  for (const step of ["enable", "disable", "syncMetadata", "import"] as const)
    it(`${step}: it is pending deletion, and the KMS keys of other versions are as they were`, () => {
      const now = found(known(), { do: step, version: 1, region: HOME });
      assert.deepEqual(statesOf(now), ["PendingDeletion", "Enabled"]);
      assert.deepEqual(now.alias, known().alias);
    });

  it("moveAlias: it is in that state, and the alias points where it did", () => {
    const step = { do: "moveAlias", version: 1 } as StepOf<"moveAlias">;
    const now = applied(desired, known(), step, "PendingDeletion");
    assert.deepEqual(statesOf(now), ["PendingDeletion", "Enabled"]);
    assert.deepEqual(now.alias, known().alias);
  });

  for (const step of ["enable", "import"] as const)
    it(`${step} in another Region: it is so there, and the version is not ready there`, () => {
      const now = found(known(), { do: step, version: 2, region: ABROAD });
      assert.deepEqual(now.remote, { [ABROAD]: { 2: "PendingDeletion" } });
      assert.deepEqual(now.records, known().records);
    });

  it("import to prove a candidate: the candidate is not used for the version", () => {
    const candidate = { record: record("three") } as Known["candidates"][number];
    const before: Known = { ...known(), candidates: { 3: candidate } };
    const now = found(before, { do: "import", version: 3, region: HOME, isCandidate: true } as never);
    assert.equal(now.candidates[3]?.record.state, "PendingDeletion");
    assert.deepEqual(now.records, before.records);
  });
});
