import type { Clock, ClockMove } from "../clock.js";
import type { ConsistencyConfig } from "../consistency/config.js";
import type { Consistency } from "../consistency/consistency.js";
import type { Fault, Faults } from "../faults/faults.js";
import type { QuotasConfig, RequestQuotas } from "../quotas/requestQuotas.js";
import type { Counts } from "./counts.js";

/** What can be seen and changed of a running local KMS: from a program, and by the control endpoint. */
export interface Controls {
  /** Requests by operation (`CreateKey`, …, `sts:GetCallerIdentity`) since the start or the last resetCounts, refused ones too. */
  counts(): Record<string, number>;
  resetCounts(): void;
  time(): Date;
  /** Resolves with the new time. Throws where it would go back. */
  moveClock(move: ClockMove): Promise<Date>;
  /** The faults in force, and how many requests each has hit. */
  faults(): { fault: Fault; hits: number }[];
  /** Replaces all faults. */
  setFaults(faults: readonly Fault[]): Promise<void>;
  quotas(): QuotasConfig | undefined;
  /** Undefined ends them. */
  setQuotas(quotas: QuotasConfig | undefined): Promise<void>;
  consistency(): ConsistencyConfig | undefined;
  /** Undefined ends the lag. */
  setConsistency(consistency: ConsistencyConfig | undefined): Promise<void>;
}

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
