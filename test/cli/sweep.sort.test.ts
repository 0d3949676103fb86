import assert from "node:assert/strict";
import type { RegionState, StackState } from "../../cli/state/stack";
import type { FoundKey, Place } from "../../cli/sweep/find";
import { type Sorted, sortKeys } from "../../cli/sweep/sort";
import { keyStateOf } from "../../provider/kms/keyState";
import type { Owner } from "../../provider/lifecycle/owner";
import type { RegionalOutputs } from "../../provider/state/types";

const STACK = "acme/shop/prod";
const NOW = new Date("2026-06-01T12:00:00Z");
const arn = (keyId: string, region = "us-west-1") => `arn:aws:kms:${region}:111122223333:key/${keyId}`;

/** A KMS key that may go, unless something is said of it. */
function found(keyId: string, more: Partial<FoundKey> = {}): FoundKey {
  const region = more.region ?? "us-west-1";
  return {
    place: { accountId: "111122223333" } as Place,
    region,
    keyId,
    keyArn: arn(keyId, region),
    stack: STACK,
    key: "orders",
    distribution: "orders-1",
    version: "1",
    state: "Disabled",
    createdAt: "2026-01-01T00:00:00.000Z",
    replicaRegions: [],
    aliases: [],
    ...more,
  };
}

/** A state of the stack that holds these KMS keys of distribution orders-1, by version. */
function state(versions: Record<number, string>, more: Partial<StackState> = {}): StackState {
  const region: RegionState = {
    region: "us-west-1",
    primary: true,
    owner: { distribution: "orders-1", stack: STACK } as Owner,
    outputs: {} as RegionalOutputs,
    versions: Object.entries(versions).map(([version, keyId]) => ({
      version: Number(version),
      keyId,
      keyArn: arn(keyId),
      state: "Enabled",
      replicaArns: [],
    })),
    unsettled: false,
    replaced: false,
    kmsProvider: { keyCollection: "us-west-1" },
  };
  return {
    names: [STACK],
    formerNames: [],
    title: "shop/prod",
    asOf: "2026-06-01T11:00:00Z",
    keys: [],
    regions: [region],
    distributions: ["orders-1"],
    providers: [],
    ...more,
  };
}

/** A state of the stack that holds no distribution called orders-1. */
const other = () =>
  state(
    {},
    {
      regions: [{ ...state({}).regions[0]!, owner: { distribution: "other-1", stack: STACK } as Owner }],
      distributions: ["other-1"],
    },
  );

/** Where a key went, and why it is held. */
function where(keyId: string, sorted: Sorted): string {
  const held = sorted.held.find(({ key }) => key.keyId === keyId);
  if (held) return `held: ${held.reason}`;
  const { held: _, ...rest } = sorted;
  return Object.entries(rest).find(([, keys]) => keys.some((key) => key.keyId === keyId))![0];
}

const sorted = (keys: FoundKey[], states = [other()], empty: string[] = []) =>
  sortKeys(keys, states, empty, NOW);

describe("sweep: which KMS keys may go", () => {
  it("one of a distribution that no state holds, Disabled or without material, without an alias", () => {
    assert.equal(where("a", sorted([found("a")])), "deletable");
    assert.equal(where("a", sorted([found("a", { state: "PendingImport" })])), "deletable");
  });

  it("none that a state accounts for, in whatever state, or that a rotation made ready for a replica", () => {
    assert.equal(where("a", sorted([found("a", { state: "Enabled" })], [state({ 1: "a" })])), "accounted");
    const ready = state({ 1: "mrk-a" });
    ready.regions[0]!.versions[0]!.replicaArns = [arn("mrk-a", "eu-west-1")];
    assert.equal(where("mrk-a", sorted([found("mrk-a", { region: "eu-west-1" })], [ready])), "accounted");
  });

  it("none that is Enabled, or in any state but Disabled and PendingImport, or that has an alias", () => {
    for (const now of ["Enabled", "Creating", "Updating", "Unavailable", "Archived"].map(keyStateOf))
      assert.equal(where("a", sorted([found("a", { state: now })])), `held: is ${now}`);
    assert.equal(where("a", sorted([found("a", { aliases: ["alias/x"] })])), "held: has the alias alias/x");
  });

  it("none of a stack that was not given, or whose tag is gone", () => {
    assert.equal(where("a", sorted([found("a", { stack: "acme/shop/dev" })])), "foreign");
    assert.equal(where("a", sorted([found("a", { stack: undefined })])), "foreign");
    assert.equal(
      where("a", sorted([found("a", { stack: "acme/shop/dev" })], [], ["acme/shop/dev"])),
      "deletable",
    );
  });

  it("none under a name that a renamed stack had, unless it is known who has that name now", () => {
    const former = "acme/shop/old";
    const key = found("a", { stack: former });
    const reason = `held: is tagged for ${former}, a name that shop/prod had before and another stack may have now: give that stack's state, or --empty-stack ${former}`;
    const renamed = { ...other(), formerNames: [former] };
    assert.equal(where("a", sorted([key], [renamed])), reason);
    assert.equal(where("a", sorted([{ ...key, state: "Enabled" }], [renamed])), reason);
    assert.equal(where("a", sorted([key], [{ ...other(), names: [STACK, former] }])), reason);
    const unfinished = found("a", { stack: former, distribution: "other-1" });
    assert.equal(where("a", sorted([unfinished], [renamed])), "unfinished");
    assert.equal(where("a", sorted([{ ...key, state: "PendingDeletion" }], [renamed])), "scheduled");
    assert.equal(where("a", sorted([key], [renamed], [former])), "deletable");
    const owner = { ...other(), names: [former], title: "shop/old" };
    assert.equal(where("a", sorted([key], [renamed, owner])), "deletable");
  });

  it("none while another KMS key of its distribution is in use: of that state something is not known", () => {
    const keys = [found("a"), found("b", { version: "2", state: "Enabled" })];
    assert.equal(where("a", sorted(keys)), "held: b in us-west-1, of the same distribution, is Enabled");
    const elsewhere = { place: { accountId: "444455556666" } as Place, state: "Enabled" } as const;
    assert.equal(where("a", sorted([found("a"), found("b", elsewhere)])), "deletable");
  });

  it("a second KMS key of a version that the state holds, though the first is in use", () => {
    const keys = [found("a", { state: "Enabled" }), found("b", { state: "PendingImport" })];
    assert.equal(where("b", sorted(keys, [state({ 1: "a" })])), "deletable");
  });

  it("none of a version that the state's distribution has no KMS key of yet: the next update takes it up", () => {
    const keys = [found("b", { version: "2", state: "PendingImport" })];
    assert.equal(where("b", sorted(keys, [state({ 1: "a" })])), "unfinished");
    assert.equal(
      where("b", sorted(keys, [state({ 1: "a" }, { regions: [], names: [STACK] })])),
      "unfinished",
    );
    assert.equal(
      where("b", sorted([found("b", { region: "eu-west-1" })], [state({ 1: "a" })])),
      "unfinished",
    );
  });

  it("none that is as young as the state, or as an empty stack's last update might be", () => {
    const young = /^held: was made after the state was written, or shortly before/;
    const key = found("a", { createdAt: "2026-06-01T10:50:00.000Z" });
    assert.match(where("a", sorted([key])), young);
    assert.equal(where("a", sorted([found("a", { createdAt: "2026-06-01T10:40:00.000Z" })])), "deletable");
    assert.match(where("a", sorted([found("a")], [{ ...other(), asOf: undefined }])), young);
    const late = found("a", { createdAt: "2026-06-01T11:50:00.000Z" });
    assert.match(where("a", sorted([late], [], [STACK])), young);
  });

  it("none that is scheduled for deletion already", () => {
    assert.equal(where("a", sorted([found("a", { state: "PendingDeletion" })])), "scheduled");
    assert.equal(where("a", sorted([found("a", { state: "PendingReplicaDeletion" })])), "scheduled");
  });

  it("replicas before their primary, and the primary only with all of them", () => {
    const primary = found("mrk-a", { replicaRegions: ["eu-west-1"] });
    const replica = found("mrk-a", { region: "eu-west-1", primaryRegion: "us-west-1" });
    const both = sorted([primary, replica]);
    assert.deepEqual(
      both.deletable.map(({ region }) => region),
      ["eu-west-1", "us-west-1"],
    );
    assert.equal(
      where("mrk-a", sorted([primary])),
      "held: its replica was not looked at: --region eu-west-1",
    );
    assert.equal(
      where("mrk-a", sorted([replica])),
      "held: its primary was not looked at: --region us-west-1",
    );
    const going = sorted([primary, { ...replica, state: "PendingDeletion" }]);
    assert.deepEqual([going.deletable.length, going.scheduled.length], [1, 1]);
    const young = sorted([primary, { ...replica, createdAt: NOW.toISOString() }]);
    assert.deepEqual(young.deletable, []);
    assert.equal(young.held[1]!.reason, "its replica in eu-west-1 stays");
  });
});
