/** AWS's request quotas as they are, or with numbers of one's own for some. */
export type QuotasConfig =
  | "aws"
  | {
      /** By operation, or by AWS's name of a shared quota: `Cryptographic operations (symmetric)`. In every Region. */
      requestsPerSecond?: Record<string, number>;
      /** How many seconds' worth of requests may come at once; 1 by default. */
      burstSeconds?: number;
    };
