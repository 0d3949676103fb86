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
    failures: [],
    replaced: false,
    kmsProvider: { keyCollection: "us-west-1" },
  };
  return {
    names: [STACK],
    formerNames: [],
    title: "shop/prod",
    isEmpty: false,
    asOf: "2026-06-01T11:00:00Z",
    keys: [],
    regions: [region],
    providers: [],
    ...more,
  };
}

/** A state of the stack that holds no distribution called orders-1. */
const other = () =>
  state(
    {},
    { regions: [{ ...state({}).regions[0]!, owner: { distribution: "other-1", stack: STACK } as Owner }] },
  );

/** Where a key went, and why it is held, or foreign. */
function where(keyId: string, sorted: Sorted): string {
  const { held, foreign, ...rest } = sorted;
  const left = held.find(({ key }) => key.keyId === keyId);
  if (left) return `held: ${left.reasons.join("\n")}`;
  const other = foreign.find(({ key }) => key.keyId === keyId);
  if (other) return `foreign: ${other.reason}`;
  return Object.entries(rest).find(([, keys]) => keys.some((key) => key.keyId === keyId))![0];
}

const ALIASED =
  "has the alias alias/x: if nobody uses it, aws kms delete-alias --region us-west-1 --alias-name alias/x";
const ENABLED =
  "is Enabled: if nobody needs it, aws kms disable-key --region us-west-1 --key-id a, and leave everybody time to notice";

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
    for (const now of ["Creating", "Updating", "Unavailable", "Archived"].map(keyStateOf))
      assert.equal(where("a", sorted([found("a", { state: now })])), `held: is ${now}`);
    assert.equal(where("a", sorted([found("a", { state: "Enabled" })])), `held: ${ENABLED}`);
    assert.equal(where("a", sorted([found("a", { aliases: ["alias/x"] })])), `held: ${ALIASED}`);
  });

  it("none for every reason at once, each with what to do about it", () => {
    const key = found("a", {
      state: "Enabled",
      aliases: ["alias/x"],
      createdAt: "2026-06-01T11:30:00.000Z",
      replicaRegions: ["eu-west-1"],
    });
    const beside = found("b", { aliases: ["alias/y"] });
    assert.deepEqual(sorted([key, beside]).held[0]!.reasons, [
      ALIASED,
      ENABLED,
      "was made at 2026-06-01 11:30 UTC, after the state was written or shortly before, and an update may be making it. When none runs: `pulumi refresh`, after 2026-06-01 11:45 UTC, writes the state anew; export it again and run sweep again",
      "its distribution is in use: b in us-west-1 has the alias alias/y. End that first",
      "its replica was not looked at: --region eu-west-1",
    ]);
  });

  it("none of a stack that was not given, or whose tag is gone", () => {
    const theirs = found("a", { stack: "acme/shop/dev" });
    assert.equal(where("a", sorted([theirs])), "foreign: the state of that stack was not given");
    assert.equal(
      where("a", sorted([found("a", { stack: undefined })])),
      "foreign: no stack is named in its tags",
    );
    assert.equal(where("a", sorted([theirs], [], ["acme/shop/dev"])), "deletable");
  });

  it("none of a stack of which a state may have been read that names no stack, and it says what was read", () => {
    const theirs = found("a", { stack: "acme/shop/dev" });
    const without = { names: [], regions: [] };
    const empty = state({}, { ...without, title: "dev.json", isEmpty: true });
    const says = "and does not name its stack. If it is this one: --empty-stack acme/shop/dev";
    assert.equal(where("a", sorted([theirs], [empty])), `foreign: dev.json was read: it is empty ${says}`);
    const dev = state({}, { ...without, title: "shop/dev" });
    assert.equal(
      where("a", sorted([theirs], [empty, dev])),
      `foreign: the state of shop/dev was read: it has no key ${says}`,
    );
    const keys = [theirs, found("b", { stack: "acme/shop/live" }), found("c", { stack: undefined })];
    for (const id of ["a", "b"])
      assert.equal(
        where(id, sorted(keys, [empty])),
        "foreign: dev.json was read: it is empty and does not name its stack. It may be of any of several: if you know of which, --empty-stack with that name",
      );
    assert.equal(
      where("a", sorted(keys, [empty, dev])),
      `foreign: the state of shop/dev was read: it has no key ${says}`,
    );
    const prod = state({}, { ...without, title: "shop/prod" });
    assert.equal(where("a", sorted([theirs], [prod])), "foreign: the state of that stack was not given");
  });

  it("none under a name that a renamed stack had, unless it is known who has that name now", () => {
    const former = "acme/shop/old";
    const key = found("a", { stack: former });
    const reason = `is tagged for ${former}, a name that shop/prod had before and another stack may have now: give that stack's state, or --empty-stack ${former}`;
    const renamed = { ...other(), formerNames: [former] };
    assert.equal(where("a", sorted([key], [renamed])), `held: ${reason}`);
    assert.equal(
      where("a", sorted([{ ...key, state: "Enabled" }], [renamed])),
      `held: ${reason}\n${ENABLED}`,
    );
    assert.equal(where("a", sorted([key], [{ ...other(), names: [STACK, former] }])), `held: ${reason}`);
    const unfinished = found("a", { stack: former, distribution: "other-1" });
    assert.equal(where("a", sorted([unfinished], [renamed])), "unfinished");
    assert.equal(where("a", sorted([{ ...key, state: "PendingDeletion" }], [renamed])), "scheduled");
    assert.equal(where("a", sorted([key], [renamed], [former])), "deletable");
    const owner = { ...other(), names: [former], title: "shop/old" };
    assert.equal(where("a", sorted([key], [renamed, owner])), "deletable");
  });

  it("none while another KMS key of its distribution is in use: of that state something is not known", () => {
    const keys = [found("a"), found("b", { version: "2", state: "Enabled" })];
    assert.equal(
      where("a", sorted(keys)),
      "held: its distribution is in use: b in us-west-1 is Enabled. End that first",
    );
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
      where("b", sorted([found("b", { region: "eu-west-1" })], [state({ 1: "a" })])),
      "unfinished",
    );
  });

  it("none of a key that the state still has: an update may be taking its distribution back", () => {
    const key = (name: string) => ({ keys: [{ name } as StackState["keys"][number]] });
    const reason =
      "that shop/prod still has, so an update may take it back: run `pulumi up`, export the state again and run sweep again. If it stays, and its distribution orders-1 was removed on purpose: aws kms schedule-key-deletion --region us-west-1 --key-id a";
    const has = { ...other(), ...key("orders") };
    assert.equal(where("a", sorted([found("a")], [has])), `held: is of key orders ${reason}`);
    assert.equal(where("a", sorted([found("a", { key: undefined })], [has])), `held: is of a key ${reason}`);
    assert.equal(where("a", sorted([found("a", { key: "lost" })], [has])), "deletable");
    const former = { ...has, names: ["acme/shop/new"], formerNames: [STACK] };
    const present = { ...state({ 1: "b" }), ...key("orders") };
    assert.match(where("a", sorted([found("a")], [former, present])), /^held: is of key orders/);
    assert.equal(where("a", sorted([found("a")], [present])), "deletable");
  });

  it("none that is as young as the state, or as an empty stack's last update might be", () => {
    const young = /^held: was made at .*, after the state was written or shortly before, .* export it again/;
    const key = found("a", { createdAt: "2026-06-01T10:50:00.000Z" });
    assert.match(where("a", sorted([key])), young);
    assert.equal(where("a", sorted([found("a", { createdAt: "2026-06-01T10:40:00.000Z" })])), "deletable");
    assert.match(where("a", sorted([found("a")], [{ ...other(), asOf: undefined }])), young);
    const late = found("a", { createdAt: "2026-06-01T11:50:00.000Z" });
    assert.equal(
      where("a", sorted([late], [], [STACK])),
      "held: was made at 2026-06-01 11:50 UTC, and an update may be making it: run sweep again after 2026-06-01 12:05 UTC",
    );
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
    assert.deepEqual(young.held[1]!.reasons, ["its replica in eu-west-1 stays: see what is said of that"]);
  });
});
