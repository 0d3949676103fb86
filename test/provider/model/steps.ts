/** What may happen to a stack, as data that reads as sentences. */
import fc from "fast-check";
import { AES_256, KEY_TYPES } from "../../../provider/keys/keyTypes";
import { ABROAD, FAR } from "../../world/scene";
import { DRIFTS, type Drift } from "./drift";
import { WAITS, type Wait } from "./publication";

/** Regions that a stack may be replicated to. */
export const REPLICAS = [ABROAD, FAR];

/** What goes wrong with the n-th call that a step makes. */
export interface Mishap {
  call: number;
  /** AWS refuses it; the connection breaks when it has had its effect; or the provider's process ends before or after it. */
  what: "is refused" | "loses its answer" | "is never sent: killed" | "is the last: killed after it";
}

export type Event =
  | { do: "rotate" | "rename the replicas" | "remove the distribution, or bring it back" | "relabel" }
  | { do: "set the minimum version"; to: number }
  | { do: "replicate, or stop it"; region: string }
  | { do: "publish before"; time?: Wait }
  | { do: "have these extra aliases"; names: string[] }
  | { do: "wait"; days: number; refresh: boolean }
  | { do: "others change"; drifts: Drift[] };

export interface Step {
  event: Event;
  mishap?: Mishap;
}

/** What a stack is for its whole life. */
export interface Beginning {
  /** Of its key. */
  type: string;
  rotationStrategy: "manual" | "on-demand";
  /** Of its KMS keys' material; it does not expire where it is not given. */
  validFor?: string;
  rotationPeriod?: string;
  /** Of a key that signs. */
  publishBefore?: Wait;
  deletionWindowDays: 7 | 30;
  /** Its KMS keys are single-Region keys. */
  isSingle?: boolean;
  /** Regions that it is replicated to from the first. */
  replicas: readonly string[];
  adopts?: "by alias" | "by version";
  /** Of its first `up`. */
  mishap?: Mishap;
}

const TYPES: string[] = KEY_TYPES.slice(1)
  .filter(({ cannot }) => !cannot.import)
  .map(({ name }) => name);

/** A short life of each type: those that are drawn need not have all. What is asymmetric takes several times as long as AES. */
export const ofEachType: [Beginning, Step[]][] = TYPES.map((type, index) => [
  { type, rotationStrategy: "manual", deletionWindowDays: 7, replicas: index % 3 === 1 ? [ABROAD] : [] },
  [{ event: { do: "rotate" }, mishap: { call: index % 5, what: "is refused" } }],
]);

const DAYS = [1, 6, 12, 25, 31, 95, 400];

const mishap: fc.Arbitrary<Mishap> = fc.record({
  call: fc.oneof(fc.nat(2), fc.nat(11)),
  what: fc.constantFrom(
    "is refused",
    "loses its answer",
    "is never sent: killed",
    "is the last: killed after it",
  ),
});

const drift: fc.Arbitrary<Drift> = fc.record({
  what: fc.constantFrom(...DRIFTS),
  region: fc.nat(REPLICAS.length),
  version: fc.nat(3),
});

const just = (
  does: "rotate" | "rename the replicas" | "remove the distribution, or bring it back" | "relabel",
) => fc.constant({ do: does });

const events = (days: number[]): fc.MaybeWeightedArbitrary<Event>[] => [
  { weight: 4, arbitrary: just("rotate") },
  { weight: 1, arbitrary: just("rename the replicas") },
  { weight: 3, arbitrary: just("remove the distribution, or bring it back") },
  { weight: 1, arbitrary: just("relabel") },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("set the minimum version" as const), to: fc.nat(3) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("replicate, or stop it" as const),
      region: fc.constantFrom(...REPLICAS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("have these extra aliases" as const),
      names: fc.subarray(["alias/a", "alias/b"]),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      days: fc.constantFrom(...days),
      refresh: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("others change" as const),
      drifts: fc.array(drift, { minLength: 1, maxLength: 3 }),
    }),
  },
];

const perhapsMishap = fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, mishap);

const stepsOf = (...of: fc.MaybeWeightedArbitrary<Event>[]): fc.Arbitrary<Step[]> =>
  fc.array(fc.record({ event: fc.oneof(...of), mishap: perhapsMishap }), { minLength: 2, maxLength: 6 });

export const steps = stepsOf(...events(DAYS));

export const beginning: fc.Arbitrary<Beginning> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        rotationStrategy: fc.constantFrom("manual", "on-demand"),
        type: fc.oneof({ weight: 4, arbitrary: fc.constant(AES_256.name) }, fc.constantFrom(...TYPES)),
        replicas: fc.subarray(REPLICAS),
        validFor: fc.option(fc.constant("30d"), { nil: undefined }),
        rotationPeriod: fc.option(fc.constant("90d"), { nil: undefined }),
        deletionWindowDays: fc.constantFrom(7, 30),
        mishap: perhapsMishap,
      })
      .map(
        (begins): Beginning =>
          begins.rotationStrategy === "manual" ? begins : { ...begins, type: AES_256.name },
      ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant(AES_256.name),
      rotationStrategy: fc.constant("manual"),
      replicas: fc.constant<string[]>([]),
      deletionWindowDays: fc.constantFrom(7, 30),
      mishap: perhapsMishap,
      adopts: fc.constantFrom("by alias", "by version"),
    }),
  },
);

const SIGNS = KEY_TYPES.filter(({ usages, cannot }) => usages[0].purposes.includes("sign") && !cannot.import);
const QUICK = SIGNS.find(({ keySpec }) => keySpec === "ECC_NIST_P256")!;
const wait = fc.constantFrom(...(Object.keys(WAITS) as Wait[]));

/** A key that signs, whose new versions are published before they do. */
export const publishing: fc.Arbitrary<Beginning> = fc
  .record({
    type: fc.oneof(
      { weight: 9, arbitrary: fc.constant(QUICK.name) },
      fc.constantFrom(...SIGNS.map(({ name }) => name)),
    ),
    rotationStrategy: fc.constant("manual" as const),
    publishBefore: fc.oneof({ weight: 3, arbitrary: fc.constant("24h" as const) }, wait),
    isSingle: fc.boolean(),
    replicas: fc.subarray(REPLICAS),
    validFor: fc.option(fc.constant("30d"), { nil: undefined }),
    rotationPeriod: fc.option(fc.constant("90d"), { nil: undefined }),
    deletionWindowDays: fc.constantFrom(7 as const, 30 as const),
    mishap: perhapsMishap,
  })
  .map((begins) => ({ ...begins, replicas: begins.isSingle ? [] : begins.replicas }));

const movedAlias: fc.Arbitrary<Drift> = fc.record({
  what: fc.constantFrom("move the alias", "delete the alias"),
  region: fc.nat(REPLICAS.length),
  version: fc.nat(3),
});

export const stepsOfPublishing = stepsOf(
  ...events([8, 31]),
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("wait"),
      days: fc.constantFrom(0.4, 1.1, 6),
      refresh: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("publish before"),
      time: fc.option(wait, { nil: undefined }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("others change"),
      drifts: fc.array(movedAlias, { minLength: 1, maxLength: 2 }),
    }),
  },
);

/** `rotate, while call 3 is refused` */
export function sentence({ event, mishap }: Step): string {
  const { do: does, ...with_ } = event;
  const what = Object.keys(with_).length ? `${does} ${JSON.stringify(with_)}` : does;
  return mishap ? `${what}, while call ${mishap.call} ${mishap.what}` : what;
}
