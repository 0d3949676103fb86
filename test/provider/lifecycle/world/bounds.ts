/** How large the walked worlds are. */
import { FAULTS } from "./connection";
import type { Bounds } from "./walk";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";

const ONE: Bounds = {
  name: "one stack, a fault or an outside change",
  regions: [HOME, ABROAD],
  versions: 2,
  strategy: "manual",
  second: false,
  own: false,
  renames: false,
  faults: FAULTS,
  left: { edits: 3, faults: 1, outside: 1, second: 0 },
};

export const IN_CI: Bounds[] = [ONE];
