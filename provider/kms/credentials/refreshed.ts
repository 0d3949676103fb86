import type { fromEnv } from "@aws-sdk/credential-providers";

/** Access key, secret key, session token and expiry, as the AWS SDK holds them. */
export type AwsCredentials = Awaited<ReturnType<ReturnType<typeof fromEnv>>>;
export type CredentialProvider = () => Promise<AwsCredentials>;

/** Credentials that expire sooner than this are replaced; the AWS SDK's own figure. */
const REFRESH_BEFORE_MS = 5 * 60_000;

/**
 * Asks the source once, and again shortly before the credentials expire; calls at the same time share the asking. Where
 * a refresh fails, those at hand serve until they have really expired.
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
