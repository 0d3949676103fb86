/** How large the walked worlds are: those of each run of the suite, and those of the night (EXHAUSTIVE=nightly). */
import { type Feature, NEEDED, PERMISSIONS } from "../../../../provider/awskms/permissions";
import type { Fault } from "./connection";
import type { Bounds } from "./walk";
import type { Left } from "./world";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";
const BROKEN: Fault["how"][] = ["lost", "cut before", "cut after", "killed"];

const none: Left = { edits: 0, faults: 0, outside: 0, second: 0, windows: 0 };

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

export const IN_CI: Bounds[] = [
  { ...ONE, name: "crash", left: { ...none, edits: 3, faults: 1 } },
  { ...ONE, name: "outside1", left: { ...none, edits: 2, faults: 1, outside: 1 } },
  { ...ONE, name: "outside2", left: { ...none, edits: 3, outside: 1, windows: 1 } },
  { ...ONE, name: "own", own: true, left: { ...none, edits: 3, faults: 1 } },
  { ...ONE, name: "renames", renames: true, left: { ...none, edits: 2, faults: 1 } },
  { ...ONE, name: "on-demand", strategy: "on-demand", left: { ...none, edits: 3, faults: 1, outside: 1 } },
  { ...TWO, name: "second", left: { ...none, edits: 1, faults: 1, second: 3 } },
  { ...TWO, name: "second own", own: true, left: { ...none, edits: 1, faults: 1, second: 3 } },
  { ...ONE, name: "minimum", permitted: permitted(NEEDED), left: { ...none, edits: 3, faults: 1 } },
  {
    ...ONE,
    name: "minimum1",
    regions: [HOME],
    permitted: permitted(["everyKey"]),
    left: { ...none, edits: 3, faults: 1, outside: 1 },
  },
  { ...ONE, name: "refused", faults: ["refused"], left: { ...none, edits: 3, faults: 2 } },
];
