import type { Settings } from "../config.js";
import type { WrappingPairs } from "../crypto/importKeyPool.js";
import type { Caller } from "../iam/caller.js";
import type { Place } from "../keys/arn.js";
import type { Store } from "../store/store.js";

/** What all requests share. */
export interface Kms {
  readonly store: Store;
  readonly pool: WrappingPairs;
  readonly settings: Settings;
  /** Seals import tokens; as durable as the keys. */
  readonly tokenKey: Buffer;
}

/** One request: who asks (the account and its principal), where (the Region), for what, and when. */
export interface Call extends Place {
  readonly caller: Caller;
  /** IPv4 or IPv6 address of the caller. */
  readonly sourceIp: string;
  readonly operation: string;
  /** As the handler gets it: what condition keys of policies look at. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly now: number;
  readonly kms: Kms;
  /** What the request works on: the KMS's own store, or for a read that lags behind (consistency/) the recent past. */
  readonly store: Store;
  /** What the caller can name: a key or alias that is not in here yet is not found. */
  readonly visible: Store;
}
