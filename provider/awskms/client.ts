import type { KmsConnection } from "./connection";
import type { KmsInput, KmsOperation, KmsOutput } from "./operations";

export type { KmsConnection } from "./connection";
export type { KmsInput, KmsOperation, KmsOutput } from "./operations";

/** Which key a call is for: only used to say so when it fails. */
export interface CallContext {
  key?: string;
  version?: number;
}

/** AWS KMS in one Region of one account. */
export interface Kms {
  readonly region: string;
  /** Makes one call: paced by the account's quotas, repeated where that is safe. Throws KeymgmtError only. */
  call<Op extends KmsOperation>(
    operation: Op,
    input: KmsInput<Op>,
    context?: CallContext,
  ): Promise<KmsOutput<Op>>;
}

/** KMS as `connection` says, in `region` (by default the primary one). Equal connections share clients. */
export function openKms(_connection: KmsConnection, _region?: string): Kms {
  throw new Error("not written yet");
}
