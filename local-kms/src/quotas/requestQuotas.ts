import type { TokenBucket } from "limiter";
import { KmsError } from "../api/errors.js";
import type { QuotasConfig } from "./config.js";
import { REQUEST_QUOTAS } from "./table.js";
import type { QuotaUse } from "./uses.js";

type Bucket = Pick<TokenBucket, "bucketSize" | "getWaitTime" | "tryRemoveTokens">;

/**
 * Request quotas by account and Region. They count in the machine's time and not by the KMS's clock: what is limited is
 * how fast callers call, and they wait in real time.
 */
export class RequestQuotas {
  private config: QuotasConfig | undefined;
  private makeBucket: ((quota: string, region: string) => Bucket | undefined) | undefined;
  private buckets = new Map<string, Bucket | undefined>();

  get(): QuotasConfig | undefined {
    return this.config;
  }

  /** Undefined: no quotas. Every bucket is full afterwards. */
  async set(config: QuotasConfig | undefined): Promise<void> {
    this.makeBucket = config && (await bucketMaker(config));
    this.buckets = new Map();
    this.config = config;
  }

  get enforced(): boolean {
    return this.config !== undefined;
  }

  /** False where one of the quotas is used up; nothing is taken of the others then. */
  take(account: string, uses: readonly QuotaUse[]): boolean {
    const taken = uses.map((use) => ({ bucket: this.bucket(account, use), requests: use.requests }));
    // ReplicateKey is two CreateKey at once: under a quota below two, all that there is.
    const amounts = taken.flatMap(({ bucket, requests }) =>
      bucket ? [{ bucket, count: Math.min(requests, bucket.bucketSize) }] : [],
    );
    if (amounts.some(({ bucket, count }) => bucket.getWaitTime(count) > 0)) return false;
    for (const { bucket, count } of amounts) bucket.tryRemoveTokens(count);
    return true;
  }

  private bucket(account: string, { quota, region }: QuotaUse): Bucket | undefined {
    const id = `${account}/${region}/${quota}`;
    if (!this.buckets.has(id)) this.buckets.set(id, this.makeBucket?.(quota, region));
    return this.buckets.get(id);
  }
}

/** Undefined for a quota that AWS does not have. */
async function bucketMaker(config: QuotasConfig) {
  const { TokenBucket } = await import("limiter");
  const { requestsPerSecond = {}, burstSeconds = 1 } = config === "aws" ? {} : config;
  return (quota: string, region: string): Bucket | undefined => {
    const aws = REQUEST_QUOTAS[quota];
    const perSecond = requestsPerSecond[quota] ?? aws?.[region] ?? aws?.usual;
    if (perSecond === undefined) return undefined;
    const bucketSize = Math.max(1, perSecond * burstSeconds);
    const bucket = new TokenBucket({ bucketSize, tokensPerInterval: perSecond, interval: "second" });
    bucket.content = bucketSize;
    return bucket;
  };
}

/** Source: https://docs.aws.amazon.com/kms/latest/developerguide/throttling.html */
export const throttled = () => new KmsError("ThrottlingException", THROTTLED);
export const THROTTLED =
  "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.";
