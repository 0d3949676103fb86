import { KeymgmtError } from "../errors";
import type { KmsConnection } from "./connection";
import { isAwsHost, isThisMachine, needsNoWord } from "./hosts";
import { isRegion, partitionOf } from "./regions";
import { sharedSettings } from "./sharedFiles";

/**
 * Where KMS is to be called, or undefined for what the AWS SDK takes by itself (AWS's endpoint of the Region, or
 * `endpoint_url` of the profile). The first of: the `endpoint` input, AWS_KMS_ENDPOINT (the name that Vault knows),
 * AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL (the SDK's own names). `{region}` stands for the Region. Throws InvalidInput.
 */
export function kmsEndpoint(connection: KmsConnection, region: string): string | undefined {
  return (
    programsEndpoint(connection, region) ??
    setEndpoint("AWS_KMS_ENDPOINT", connection, region) ??
    sdkEndpoint("KMS", connection, region)
  );
}

/**
 * Where STS is to be called, or undefined for what the AWS SDK takes by itself. The SDK's own variables come first. An
 * emulator that was set for KMS is taken for STS too, as AWS knows nothing of its accounts and credentials.
 */
export function stsEndpoint(connection: KmsConnection, region: string): string | undefined {
  const fromSdk = sdkEndpoint("STS", connection, region);
  if (fromSdk !== undefined) return fromSdk;
  const kms = kmsEndpoint(connection, region);
  return kms === undefined || isAwsHost(new URL(kms).hostname, partitionOf(region))
    ? undefined
    : new URL(kms).origin;
}

/** What is wrong with an endpoint that the program names. */
export function endpointMistakes(endpoint: string): string[] {
  const region = "us-east-1"; // any one, to stand for {region}
  try {
    programsEndpoint({ keyCollection: region, endpoint }, region);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** Says why nothing may be sent to a host, or nothing where it may. */
export type Refuse = (url: URL) => KeymgmtError | undefined;

/**
 * What holds for each connection that is opened for `connection`, whatever the AWS SDK has found in its own variables and files
 * (`endpoint_url` of a profile or of its `services`, for SSO and sign-in too).
 */
export function refuseOthers(connection: KmsConnection, region: string): Refuse {
  return (url) =>
    isAllowed(url, connection, region) ? undefined : notAllowed(placesOf(url, region), url, region);
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function sdkEndpoint(service: "KMS" | "STS", connection: KmsConnection, region: string): string | undefined {
  if (process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === "true") return undefined;
  return (
    setEndpoint(`AWS_ENDPOINT_URL_${service}`, connection, region) ??
    setEndpoint("AWS_ENDPOINT_URL", connection, region)
  );
}

/** The program may name any host, but must reach it over https, unless it is this machine. */
function programsEndpoint({ endpoint }: KmsConnection, region: string): string | undefined {
  const url = urlOf("`endpoint`", endpoint, region);
  if (!url || url.protocol === "https:" || isThisMachine(url.hostname)) return url && textOf(url);
  throw new KeymgmtError(
    "InvalidInput",
    `Expected \`endpoint\` to be an https URL, or an http URL of this machine (127.0.0.1, [::1], localhost); got ${url.origin}. ` +
      "Credentials and material are not sent there in the clear: give it an https URL.",
    { region },
  );
}

/** An endpoint from the environment, which others than the program's author may write. */
function setEndpoint(name: string, connection: KmsConnection, region: string): string | undefined {
  const url = urlOf(name, process.env[name], region);
  if (url && !isAllowed(url, connection, region)) throw notAllowed(name, url, region);
  return url && textOf(url);
}

function isAllowed(url: URL, connection: KmsConnection, region: string): boolean {
  if (needsNoWord(url, region)) return true;
  if (url.protocol !== "https:") return false;
  const named = programsEndpoint(connection, region);
  return named !== undefined && new URL(named).origin === url.origin;
}

function notAllowed(place: string, { origin }: URL, region: string): KeymgmtError {
  return new KeymgmtError(
    "InvalidInput",
    `Expected ${place} to name an endpoint of AWS (partition ${partitionOf(region)}) over https, or this machine; got ${origin}. Nothing was sent there. ` +
      "Take it away, or name it in the program as the KmsProvider's `endpoint` (for the command: `--endpoint`), with https.",
    { region },
  );
}

/** Where an endpoint that the AWS SDK has found by itself may come from. */
function placesOf({ host }: URL, region: string): string {
  const variables = Object.entries(process.env)
    .filter(([name]) => name.startsWith("AWS_ENDPOINT_URL"))
    .map(([name, value = ""]) => ({ place: name, value }));
  const lines = sharedSettings().filter(({ name }) => name === "endpoint_url");
  const places = [...variables, ...lines].filter(({ value }) => {
    const text = value.replaceAll("{region}", region);
    return URL.canParse(text) && new URL(text).host === host;
  });
  return places.map(({ place }) => place).join(" and ") || "the AWS SDK's settings";
}

function urlOf(source: string, template: string | undefined, region: string): URL | undefined {
  if (!isRegion(region))
    throw new KeymgmtError(
      "InvalidInput",
      `Expected an AWS Region such as "us-east-1", got ${JSON.stringify(region)}. It is part of the names of hosts.`,
    );
  if (!template) return undefined;
  const text = template.replaceAll("{region}", region);
  const wrong = whatIsWrong(text);
  if (wrong === undefined) return new URL(text);
  throw new KeymgmtError(
    "InvalidInput",
    `Expected ${source} to be an http or https URL, such as https://kms.{region}.amazonaws.com, got one ${wrong}. It is not shown here, in case it holds a password.`,
    { region },
  );
}

/** What was checked is what is called: as the URL class writes it. */
function textOf({ href }: URL): string {
  return href.replace(/\/+$/, "");
}

function whatIsWrong(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) return "that cannot be read";
  if (!/^https?:$/.test(url.protocol)) return "that does not begin with http:// or https://";
  if (url.username || url.password) return "with a user name or password";
  if (url.search || url.hash) return "with a query or fragment";
  return /[{}]/.test(text) ? "with another placeholder than {region}" : undefined;
}
