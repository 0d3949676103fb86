import type { Clock } from "../clock.js";
import type { Consistency } from "../consistency/consistency.js";
import type { Faults } from "../faults/faults.js";
import type { RequestQuotas } from "../quotas/requestQuotas.js";
import type { Controls } from "./control.js";
import type { Counts } from "./counts.js";

export interface Parts {
  readonly clock: Clock;
  readonly counts: Counts;
  readonly faults: Faults;
  readonly quotas: RequestQuotas;
  readonly consistency: Consistency;
  /** Whether the process may be killed: only where it is this server's own. */
  readonly mayKill: boolean;
}

export const NO_KILL =
  "A fault with `kill` ends the whole process: only the command `local-kms` takes it, not a server inside a program";

export function controlsOf({ clock, counts, faults, quotas, consistency, mayKill }: Parts): Controls {
  return {
    counts: () => counts.all(),
    resetCounts: () => counts.reset(),
    time: () => new Date(clock.now()),
    moveClock: async (move) => {
      await checked("clock", move);
      return clock.move(move);
    },
    faults: () => faults.list(),
    setFaults: async (given) => {
      await checked("faults", given);
      if (!mayKill && given.some((fault) => "kill" in fault)) throw new Error(NO_KILL);
      faults.set(given);
    },
    quotas: () => quotas.get(),
    setQuotas: async (given) => {
      if (given !== undefined) await checked("quotas", given);
      await quotas.set(given);
    },
    consistency: () => consistency.get(),
    setConsistency: async (given) => {
      if (given !== undefined) await checked("consistency", given);
      consistency.set(given);
    },
  };
}

async function checked(name: "clock" | "faults" | "quotas" | "consistency", value: unknown): Promise<void> {
  const { check } = await import("../config/check.js");
  const { SCHEMAS } = await import("../config/schema.js");
  check(SCHEMAS[name], value, name);
}
