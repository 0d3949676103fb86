import { KeymgmtError } from "../errors";
import type { KmsConnection } from "./connection";

/** What AWS's own host names end in: dnsSuffix and dualStackDnsSuffix of every partition (a test holds them equal). */
export const AWS_DNS_SUFFIXES: readonly string[] = [
  "amazonaws.com",
  "api.aws",
  "amazonaws.com.cn",
  "api.amazonwebservices.com.cn",
  "amazonaws.eu",
  "api.amazonwebservices.eu",
  "c2s.ic.gov",
  "api.aws.ic.gov",
  "sc2s.sgov.gov",
  "api.aws.scloud",
  "cloud.adc-e.uk",
  "api.cloud-aws.adc-e.uk",
  "csp.hci.ic.gov",
  "api.aws.hci.ic.gov",
];

/**
 * Where KMS is to be called, or undefined for what the AWS SDK takes by itself (AWS's endpoint of the Region, or
 * `endpoint_url` of the profile). The first of: the `endpoint` input, AWS_KMS_ENDPOINT (the name that Vault knows),
 * AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL (the SDK's own names). `{region}` stands for the Region. Throws InvalidInput.
 */
export function kmsEndpoint({ endpoint }: KmsConnection, region: string): string | undefined {
  return (
    urlOf("`endpoint`", endpoint, region) ??
    urlOf("AWS_KMS_ENDPOINT", process.env.AWS_KMS_ENDPOINT, region) ??
    sdkEndpoint("KMS", region)
  );
}

/**
 * Where STS is to be called, or undefined for what the AWS SDK takes by itself. The SDK's own variables come first. An
 * emulator that was set for KMS is taken for STS too, as AWS knows nothing of its accounts and credentials.
 */
export function stsEndpoint(connection: KmsConnection, region: string): string | undefined {
  const fromSdk = sdkEndpoint("STS", region);
  if (fromSdk !== undefined) return fromSdk;
  const kms = kmsEndpoint(connection, region);
  return kms === undefined || isAwsHost(new URL(kms).hostname) ? undefined : new URL(kms).origin;
}

function isAwsHost(hostname: string): boolean {
  return AWS_DNS_SUFFIXES.some((suffix) => hostname.endsWith(`.${suffix}`));
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function sdkEndpoint(service: "KMS" | "STS", region: string): string | undefined {
  if (process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === "true") return undefined;
  const ofService = `AWS_ENDPOINT_URL_${service}`;
  return (
    urlOf(ofService, process.env[ofService], region) ??
    urlOf("AWS_ENDPOINT_URL", process.env.AWS_ENDPOINT_URL, region)
  );
}

function urlOf(source: string, template: string | undefined, region: string): string | undefined {
  if (!template) return undefined;
  const text = template.replaceAll("{region}", region);
  const wrong = whatIsWrong(text);
  if (wrong === undefined) return text.replace(/\/+$/, "");
  throw new KeymgmtError(
    "InvalidInput",
    `Expected ${source} to be an http or https URL, such as https://kms.{region}.amazonaws.com, got one ${wrong}. It is not shown here, in case it holds a password.`,
    { region },
  );
}

function whatIsWrong(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) return "that cannot be read";
  if (!/^https?:$/.test(url.protocol)) return "that does not begin with http:// or https://";
  if (url.username || url.password) return "with a user name or password";
  if (url.search || url.hash) return "with a query or fragment";
  return /[{}]/.test(text) ? "with another placeholder than {region}" : undefined;
}
