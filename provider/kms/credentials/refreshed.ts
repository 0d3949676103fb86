import type { fromEnv } from "@aws-sdk/credential-providers";

/** Access key, secret key, session token and expiry, as the AWS SDK holds them. */
export type AwsCredentials = Awaited<ReturnType<ReturnType<typeof fromEnv>>>;
export type CredentialProvider = () => Promise<AwsCredentials>;

/** Credentials that expire sooner are replaced. The AWS SDK uses the same time. */
const REFRESH_BEFORE_MS = 5 * 60_000;

/**
 * Requests credentials once, and again shortly before they expire. Concurrent callers share one request. If a refresh fails, the
 * current credentials are used until they expire.
 */
export function refreshed(ask: CredentialProvider): CredentialProvider {
  let held: AwsCredentials | undefined;
  let asking: Promise<AwsCredentials> | undefined;
  const left = () => (held?.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - Date.now();
  return async () => {
    if (held && left() > REFRESH_BEFORE_MS) return held;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    try {
      held = await asking;
    } catch (error) {
      if (!held || left() <= 0) throw error;
    }
    return held;
  };
}
