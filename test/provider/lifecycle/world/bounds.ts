/** How large the walked worlds are. */
import type { Fault } from "./connection";
import type { Bounds } from "./walk";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";
const BROKEN: Fault["how"][] = ["lost", "cut before", "cut after", "killed"];

const BASE: Bounds = {
  name: "one stack",
  regions: [HOME, ABROAD],
  versions: 2,
  strategy: "manual",
  second: false,
  own: false,
  renames: false,
  faults: BROKEN,
  left: { edits: 3, faults: 1, outside: 0, second: 0 },
};
const left = (edits: number, faults: number, outside: number, second = 0) => ({ edits, faults, outside, second });
const SECOND: Bounds = { ...BASE, second: true, faults: [...BROKEN, "raced"] };

export const IN_CI: Bounds[] = [
  { ...BASE, name: "crash", left: left(3, 1, 0) },
  { ...BASE, name: "outside", left: left(2, 1, 1) },
  { ...BASE, name: "outside only", left: left(3, 0, 1) },
  { ...BASE, name: "own", own: true, left: left(3, 1, 0) },
  { ...BASE, name: "renames", renames: true, left: left(2, 1, 0) },
  { ...BASE, name: "on-demand", strategy: "on-demand", left: left(3, 1, 1) },
  { ...SECOND, name: "second", left: left(1, 1, 0, 3) },
  { ...SECOND, name: "second own", own: true, left: left(1, 1, 0, 3) },
];
