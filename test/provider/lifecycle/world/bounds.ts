/** How large the walked worlds are: those of each run of the suite, and those of the night (EXHAUSTIVE=nightly). */
import { type Feature, NEEDED, PERMISSIONS } from "../../../../provider/kms/permissions";
import type { Fault } from "./aws/connection";
import { PUBLISH_BEFORE } from "./stack/program";
import type { Bounds } from "./walk";
import type { Left } from "./world";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";
const FAR = "ap-south-1";
const BROKEN: Fault["how"][] = ["lost", "cut before", "cut after", "killed"];

const none: Left = { edits: 0, faults: 0, outside: 0, second: 0, windows: 0, days: 0 };

/** Without those that differ from them in little. */
const FEWER: Fault["how"][] = ["cut after", "killed"];

/** One key of two versions in two Regions. */
const ONE: Omit<Bounds, "name" | "left"> = {
  regions: [HOME, ABROAD],
  versions: 2,
  strategy: "manual",
  second: false,
  own: false,
  renames: false,
  faults: BROKEN,
};
/** A second stack of the same program, made in the same second. */
const TWO = { ...ONE, second: true, faults: [...BROKEN, "raced" as const] };

const permitted = (features: readonly Feature[]) =>
  new Set(
    features.flatMap((feature) => PERMISSIONS[feature].map(({ action }) => action.replace("kms:", ""))),
  );

/**
 * Lowered, so that all of them take half a minute on two cores:
 * - `edits`: a path holds two or three changes of the program, not four.
 * - `faults`: a path holds one fault, not two; where more happens on a path, it is one of two kinds, not of four (FEWER).
 * - `outside`: one change by others, not two, and none where the second stack or a rename is walked.
 * - `second`: the second stack has three commands and edits, beside one edit of the first.
 * - Three Regions, three versions and two renames are left to the night.
 */
export const IN_CI: Bounds[] = [
  { ...ONE, name: "one stack, and a fault", left: { ...none, edits: 3, faults: 1 } },
  {
    ...ONE,
    name: "one stack, a fault and an outside change",
    faults: FEWER,
    left: { ...none, edits: 2, faults: 1, outside: 1 },
  },
  {
    ...ONE,
    name: "one stack, an outside change, and deletions that come to pass",
    left: { ...none, edits: 3, outside: 1, windows: 1 },
  },
  {
    ...ONE,
    name: "one stack, and a refusal of AWS's",
    faults: ["refused"],
    left: { ...none, edits: 2, faults: 1 },
  },
  { ...ONE, name: "renames without aliases", renames: true, left: { ...none, edits: 2, faults: 1 } },
  {
    ...ONE,
    name: "a key that signs, whose versions are published before",
    faults: FEWER,
    publishBefore: PUBLISH_BEFORE,
    left: { ...none, edits: 2, faults: 1, days: 1 },
  },
  {
    ...ONE,
    name: "rotation on demand",
    faults: FEWER,
    strategy: "on-demand",
    left: { ...none, edits: 2, faults: 1, outside: 1 },
  },
  { ...TWO, name: "two stacks of one second", left: { ...none, faults: 1, second: 3 } },
  {
    ...TWO,
    name: "two stacks of one second and one material",
    faults: [...FEWER, "raced"],
    own: true,
    left: { ...none, edits: 1, faults: 1, second: 2 },
  },
  {
    ...ONE,
    name: "the needed permissions alone",
    permitted: permitted(NEEDED),
    left: { ...none, edits: 3, faults: 1 },
  },
];

const all = { ...none, edits: 4, faults: 1, outside: 1, windows: 1 };

/** Larger than an hour: see exhaustive.test.ts for how each ends. */
export const AT_NIGHT: Bounds[] = [
  { ...ONE, name: "one stack", left: all },
  { ...ONE, name: "one stack, and two faults", left: { ...none, edits: 3, faults: 2, outside: 1 } },
  { ...ONE, name: "one stack, and two outside changes", left: { ...none, edits: 2, faults: 1, outside: 2 } },
  { ...ONE, name: "one stack, and refusals of AWS's", faults: ["refused"], left: { ...all, faults: 2 } },
  { ...ONE, name: "three versions", versions: 3, left: { ...none, edits: 5, faults: 1 } },
  {
    ...ONE,
    name: "three Regions",
    regions: [HOME, ABROAD, FAR],
    left: { ...none, edits: 4, faults: 1, outside: 1 },
  },
  {
    ...ONE,
    name: "renames without aliases",
    renames: true,
    left: { ...none, edits: 4, faults: 1, outside: 1 },
  },
  {
    ...ONE,
    name: "a key that signs, whose versions are published before",
    versions: 3,
    publishBefore: PUBLISH_BEFORE,
    left: { ...none, edits: 4, faults: 1, outside: 1, days: 2 },
  },
  { ...ONE, name: "rotation on demand", strategy: "on-demand", left: { ...all, faults: 2 } },
  { ...TWO, name: "two stacks of one second", left: { ...none, edits: 2, faults: 1, outside: 1, second: 4 } },
  {
    ...TWO,
    name: "two stacks of one second and one material",
    own: true,
    left: { ...none, edits: 2, faults: 1, second: 4 },
  },
  {
    ...ONE,
    name: "the needed permissions alone",
    permitted: permitted(NEEDED),
    left: { ...none, edits: 4, faults: 2 },
  },
  {
    ...ONE,
    name: "the least permissions alone",
    regions: [HOME],
    permitted: permitted(["everyKey"]),
    left: { ...none, edits: 4, faults: 2 },
  },
];
