import type { Clock } from "../clock.js";
import type { Place } from "../keys/arn.js";
import type { Store } from "../store/store.js";
import type { ConsistencyConfig } from "./config.js";
import { LaggingReads } from "./laggingReads.js";

/** What a request works on: `store`, and for whether a key or alias that it names is there, `visible`. */
export interface View {
  readonly store: Store;
  readonly visible: Store;
}

/** AWS: operations whose names begin so change nothing that other requests see. */
const READS = /^(Decrypt|DeriveSharedSecret|Describe|Encrypt|Generate|Get|List|ReEncrypt|Sign$|Verify)/;

/**
 * Eventual consistency: https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
 * Reads are answered from the recent past. A write is refused a key or alias that is not visible yet but, where it is,
 * works on what really is: nothing is ever computed from the past, so no write is lost.
 */
export class Consistency {
  private config: ConsistencyConfig | undefined;
  private past: LaggingReads | undefined;
  private readonly now: View;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {
    this.now = { store, visible: store };
  }

  get(): ConsistencyConfig | undefined {
    return this.config;
  }

  /** Undefined: every read sees every write. All that was written until now is visible. */
  set(config: ConsistencyConfig | undefined): void {
    this.config = config;
    this.past = config && new LaggingReads(this.store.copy(), config);
    this.store.watch(this.past && ((changes) => this.past?.add(changes, this.clock.now())));
  }

  view(operation: string, place: Place): View {
    if (!this.past || !(this.config?.operations?.includes(operation) ?? true)) return this.now;
    const visible = this.past.look(place, this.clock.now());
    return { store: READS.test(operation) ? visible : this.store, visible };
  }
}
