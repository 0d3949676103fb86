/** How far reads lag behind writes. With both numbers a write shows when both are over. */
export interface ConsistencyConfig {
  /** By the KMS's clock. */
  lagMillis?: number;
  /** How many requests in the account and Region of a write do not see it yet. */
  lagReads?: number;
  /** Whether the second request that could see a write does not see it once more: "literally inconsistent". */
  flipBack?: boolean;
  /** Operations that lag; all by default. */
  operations?: string[];
}
