import { createHash } from "node:crypto";
import { keyIdOf } from "../http/requestLog.js";
import { withoutArn } from "../keys/arn.js";
import type { InterceptedRequest, Interception } from "./interception.js";

/** A fault as data: which requests it hits, and what becomes of them. */
export type Fault = FaultMatch & Interception;

/** Which requests: all that fit, unless some are left out. */
export interface FaultMatch {
  operation?: string;
  account?: string;
  region?: string;
  /** As the request names it: id and ARN are alike, an alias is another name. */
  key?: string;
  /** How many fitting requests pass first. */
  skip?: number;
  /** How many requests it hits, then no more. */
  times?: number;
  /** From 0 to 1: how likely each fitting request is hit. With a `seed` the draws are the same in every run. */
  probability?: number;
  seed?: number;
}

interface Armed {
  readonly fault: Fault;
  fitting: number;
  hits: number;
}

/** The faults in force. The first that hits decides what becomes of a request. */
export class Faults {
  private armed: Armed[] = [];

  list(): { fault: Fault; hits: number }[] {
    return this.armed.map(({ fault, hits }) => ({ fault, hits }));
  }

  /** Replaces all; counting begins anew. */
  set(faults: readonly Fault[]): void {
    this.armed = faults.map((fault) => ({ fault, fitting: 0, hits: 0 }));
  }

  intercept(request: InterceptedRequest): Interception | undefined {
    return this.armed.find((armed) => hits(armed, request))?.fault;
  }
}

function hits(armed: Armed, request: InterceptedRequest): boolean {
  const { fault } = armed;
  if (!fits(fault, request)) return false;
  armed.fitting += 1;
  if (armed.fitting <= (fault.skip ?? 0) || armed.hits >= (fault.times ?? Number.POSITIVE_INFINITY))
    return false;
  if (draw(fault.seed, armed.fitting) >= (fault.probability ?? 1)) return false;
  armed.hits += 1;
  return true;
}

function fits({ operation, account, region, key }: FaultMatch, request: InterceptedRequest): boolean {
  return (
    (operation ?? request.operation) === request.operation &&
    (account ?? request.account) === request.account &&
    (region ?? request.region) === request.region &&
    (key === undefined || withoutArn(key) === withoutArn(keyIdOf(request.input)))
  );
}

/** From 0 to below 1; with a seed always the same for the n-th fitting request. */
function draw(seed: number | undefined, n: number): number {
  if (seed === undefined) return Math.random();
  return createHash("sha256").update(`${seed} ${n}`).digest().readUInt32BE() / 2 ** 32;
}
