/** How large the walked worlds are. */
import { FAULTS } from "./connection";
import type { Bounds } from "./walk";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";

const BASE: Bounds = {
  name: "one stack",
  regions: [HOME, ABROAD],
  versions: 2,
  strategy: "manual",
  second: false,
  own: false,
  renames: false,
  faults: FAULTS,
  left: { edits: 3, faults: 1, outside: 1, second: 0 },
};

export const IN_CI: Bounds[] = [
  BASE,
  { ...BASE, name: "renames", renames: true, left: { edits: 3, faults: 1, outside: 0, second: 0 } },
  { ...BASE, name: "second", second: true, left: { edits: 2, faults: 1, outside: 0, second: 4 } },
  { ...BASE, name: "second own", own: true, second: true, left: { edits: 2, faults: 1, outside: 0, second: 4 } },
  { ...BASE, name: "own", own: true, left: { edits: 3, faults: 1, outside: 0, second: 0 } },
  { ...BASE, name: "on-demand", strategy: "on-demand", left: { edits: 3, faults: 1, outside: 0, second: 0 } },
];
