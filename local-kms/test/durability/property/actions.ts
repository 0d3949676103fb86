import fc from "fast-check";
import type { Region } from "./world.js";

/**
 * In which Region a key is asked for: that of its primary (or its only one); that of its replica, which of a key that
 * cannot have any is its own; or the one that is not its primary's, whether it is there or not.
 */
export type Place = "primary" | "replica" | "elsewhere";

/** One request, or a step of the clock. A key is a number, modulo those that there are then. */
export type Action =
  | { do: "CreateKey"; external: boolean; multiRegion: boolean; region: Region }
  | {
      do: "ImportKeyMaterial";
      key: number;
      at: Place;
      material: number;
      type?: "NEW_KEY_MATERIAL" | "EXISTING_KEY_MATERIAL";
      hours?: number;
      /** Uses an import token that has expired, where there is one. */
      stale: boolean;
      flaw?: "another key's token" | "damaged";
    }
  | { do: "DeleteImportedKeyMaterial"; key: number; at: Place; material?: number | "pending" }
  | { do: "ScheduleKeyDeletion"; key: number; at: Place; days: number }
  | { do: "ReplicateKey" | "UpdatePrimaryRegion"; key: number; at: Place; to: Place }
  | { do: "EnableKey" | "DisableKey" | "CancelKeyDeletion" | "RotateKeyOnDemand"; key: number; at: Place }
  | { do: "CreateAlias" | "UpdateAlias" | "DeleteAlias"; key: number; at: Place; alias: string }
  | { do: "TagResource"; key: number; at: Place; tag: string; value: string }
  | { do: "UntagResource"; key: number; at: Place; tag: string }
  | { do: "PutKeyPolicy"; key: number; at: Place; sid: string }
  | { do: "Encrypt"; key: number; at: Place; alias?: string }
  | { do: "Decrypt"; ciphertext: number; at: Place; key?: number }
  | { do: "wait"; minutes: number }
  | { do: "restart" };

export type Of<Name extends Action["do"]> = Extract<Action, { do: Name }>;

const key = fc.constantFrom(0, 0, 0, 1, 2);
const at = fc.constantFrom<Place[]>(...Array(10).fill("primary"), ...Array(6).fill("replica"), "elsewhere");
const to = fc.constantFrom<Place[]>("replica", "replica", "replica", "elsewhere", "primary");
const alias = fc.constantFrom("alias/a", "alias/b");
const tag = fc.constantFrom("one", "two");
const material = fc.constantFrom(0, 0, 1, 1, 2);
const type = fc.constantFrom(
  undefined,
  "NEW_KEY_MATERIAL" as const,
  "NEW_KEY_MATERIAL" as const,
  "EXISTING_KEY_MATERIAL" as const,
);
const region = fc.constantFrom<Region[]>("us-east-1", "eu-west-1");
const byKey = { key, at };
const seldom = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const one = <Name extends string>(name: Name) => fc.constant(name);

/** A minute more than whole hours, and expiry after whole hours: nothing is due at the very moment. */
const minutes = fc.constantFrom(
  1,
  1,
  1,
  1,
  121,
  121,
  ...[1, 8, 8, 31, 200, 366].map((days) => days * 24 * 60 + 1),
);
const hours = fc.constantFrom(1, 47, 24 * 100, 24 * 365, 24 * 366, -1);

const create = fc.record({
  do: one("CreateKey"),
  external: fc.constantFrom(true, true, true, false),
  multiRegion: fc.constantFrom(true, true, false),
  region,
});
const importing = fc.record({
  do: one("ImportKeyMaterial"),
  ...byKey,
  material,
  type,
  hours: seldom(hours),
  stale: fc.boolean(),
  flaw: fc.constantFrom(...Array(18).fill(undefined), "another key's token" as const, "damaged" as const),
});

const single: [number, fc.Arbitrary<Action>][] = [
  [2, create],
  [10, importing],
  [
    4,
    fc.record({
      do: one("DeleteImportedKeyMaterial"),
      ...byKey,
      material: fc.constantFrom(undefined, undefined, 0, 1, "pending" as const),
    }),
  ],
  [3, fc.record({ do: one("ScheduleKeyDeletion"), ...byKey, days: fc.integer({ min: 7, max: 30 }) })],
  [4, fc.record({ do: one("CancelKeyDeletion"), ...byKey })],
  [3, fc.record({ do: one("DisableKey"), ...byKey })],
  [4, fc.record({ do: one("EnableKey"), ...byKey })],
  [5, fc.record({ do: one("ReplicateKey"), ...byKey, to })],
  [4, fc.record({ do: one("UpdatePrimaryRegion"), ...byKey, to })],
  [5, fc.record({ do: one("RotateKeyOnDemand"), ...byKey })],
  [2, fc.record({ do: fc.constantFrom("CreateAlias", "UpdateAlias", "DeleteAlias"), ...byKey, alias })],
  [1, fc.record({ do: one("TagResource"), ...byKey, tag, value: fc.constantFrom("", "x") })],
  [1, fc.record({ do: one("UntagResource"), ...byKey, tag })],
  [1, fc.record({ do: one("PutKeyPolicy"), ...byKey, sid: fc.constantFrom("first", "second") })],
  [7, fc.record({ do: one("Encrypt"), ...byKey, alias: seldom(alias) })],
  [3, fc.record({ do: one("Decrypt"), ciphertext: fc.nat(20), at, key: seldom(key) })],
  [8, fc.record({ do: one("wait"), minutes })],
];

type Import = Of<"ImportKeyMaterial">;
const good = { do: "ImportKeyMaterial", at: "primary", stale: false } as const;

/** A key gets its material in both Regions, and perhaps another primary. */
const replicated = fc
  .tuple(key, material, seldom(hours), fc.boolean())
  .map(([key, material, hours, moves]): Action[] => {
    const first: Import = { ...good, key, material, hours };
    const move: Action = { do: "UpdatePrimaryRegion", key, at: "primary", to: "replica" };
    return [
      first,
      { do: "ReplicateKey", key, at: "primary", to: "replica" },
      { do: "wait", minutes: 1 },
      { ...first, at: "replica" },
      ...(moves ? [move] : []),
    ];
  });

/** A key gets a new material everywhere, and perhaps rotates to it. */
const renewed = fc
  .tuple(key, material, seldom(hours), fc.boolean())
  .map(([key, material, hours, rotates]): Action[] => {
    const fresh: Import = { ...good, key, material, hours, type: "NEW_KEY_MATERIAL" };
    const replica: Import = { ...fresh, at: "replica", type: "EXISTING_KEY_MATERIAL" };
    const rotation: Action = { do: "RotateKeyOnDemand", key, at: "primary" };
    return [fresh, replica, ...(rotates ? [rotation] : []), { do: "Encrypt", key, at: "primary" }];
  });

/** A material expires, and the same or another comes in its place. */
const expired = fc
  .tuple(key, material, type, material, type)
  .map(([key, first, ofFirst, next, ofNext]): Action[] => [
    { ...good, key, material: first, type: ofFirst, hours: 1 },
    { do: "wait", minutes: 121 },
    { ...good, key, material: next, type: ofNext },
    { do: "RotateKeyOnDemand", key, at: "primary" },
  ]);

/** What single actions alone would seldom come to. */
const journeys: [number, fc.Arbitrary<Action[]>][] = [
  [3, replicated],
  [6, renewed],
  [3, expired],
];

/** Sequences that begin with a key that material can be given to, so that most of what follows does something. */
export function sequences(maxLength: number, restarts: boolean): fc.Arbitrary<Action[]> {
  const restart = fc.constant<Action[]>([{ do: "restart" }]);
  const steps = fc.oneof(
    ...single.map(([weight, action]) => ({ weight, arbitrary: action.map((only) => [only]) })),
    ...journeys.map(([weight, arbitrary]) => ({ weight, arbitrary })),
    ...(restarts ? [{ weight: 4, arbitrary: restart }] : []),
  );
  const created = fc
    .tuple(region, fc.boolean())
    .map(([region, multiRegion]): Action[] => [{ do: "CreateKey", external: true, multiRegion, region }]);
  const begun = fc.oneof(replicated, replicated, renewed, expired, fc.constant<Action[]>([]));
  return fc.tuple(created, begun, fc.array(steps, { maxLength, size: "max" })).map((parts) => parts.flat(2));
}
