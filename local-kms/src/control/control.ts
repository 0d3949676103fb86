import type { ConsistencyConfig } from "../consistency/config.js";
import type { Fault } from "../faults/faults.js";
import type { QuotasConfig } from "../quotas/config.js";

/** Where the clock is moved to: ahead by an ISO 8601 duration (`P30D`, `PT12H`), or to an ISO 8601 time (UTC unless it says). */
export type ClockMove = { advance: string } | { time: string };

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
