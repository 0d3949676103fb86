import type { Place } from "../keys/arn.js";
import { type Change, placeOf } from "../store/change.js";
import type { Store } from "../store/store.js";
import type { ConsistencyConfig } from "./config.js";

/** Committed changes that not every request sees yet. */
interface Recent {
  readonly changes: readonly Change[];
  readonly at: number;
  looks: number;
  /** hidden, then (with flipBack) seen by one request, then hidden from one. */
  stage: "hidden" | "visible" | "seen" | "flipped";
}

/**
 * A copy of the store that changes reach late. For flipBack there is a second that they reach later still: the one
 * request that is to see the state before is answered from that.
 */
export class LaggingReads {
  private readonly behind: Store;
  /** By place, oldest first: a change never overtakes another of the same key. */
  private readonly recent = new Map<string, Recent[]>();

  constructor(
    private readonly seen: Store,
    private readonly config: ConsistencyConfig,
  ) {
    this.behind = config.flipBack ? seen.copy() : seen;
  }

  add(changes: readonly Change[], at: number): void {
    for (const place of new Set(changes.map(placeOf))) {
      if (place === undefined) continue;
      const here = changes.filter((change) => placeOf(change) === place);
      const queue = this.recent.get(place) ?? [];
      this.recent.set(place, queue);
      queue.push({ changes: here, at, looks: 0, stage: "hidden" });
    }
  }

  /** What a request at a place sees. Related keys in other Regions lag by their own Region's looks. */
  look({ account, region }: Place, now: number): Store {
    const here = `${account}/${region}`;
    for (const place of this.recent.keys()) this.settle(place, now);
    const queue = this.recent.get(here) ?? [];
    for (const recent of queue) recent.looks += 1;
    const back = queue.filter(({ stage }) => stage === "seen");
    if (back.length > 0) {
      for (const recent of back) recent.stage = "flipped";
      return this.behind;
    }
    for (const recent of queue) if (recent.stage === "visible") recent.stage = "seen";
    return this.seen;
  }

  /** Lets changes through whose lag is over, and forgets those that everyone sees. */
  private settle(place: string, now: number): void {
    const { lagMillis = 0, lagReads = 0, flipBack } = this.config;
    const left = this.recent.get(place)!.filter((recent) => {
      if (recent.stage === "hidden" && now >= recent.at + lagMillis && recent.looks >= lagReads) {
        this.seen.apply(recent.changes);
        if (!flipBack) return false;
        recent.stage = "visible";
      }
      if (recent.stage !== "flipped") return true;
      this.behind.apply(recent.changes);
      return false;
    });
    if (left.length > 0) this.recent.set(place, left);
    else this.recent.delete(place);
  }
}
