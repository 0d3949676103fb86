import { KeymgmtError } from "../../errors";
import type { KmsConnection } from "./connection";
import { IAM_HOSTS, isAwsHost, isThisMachine, isTrustedByDefault } from "./hosts";
import { isRegion, notKnown, partitionOf } from "./regions";
import { type Flag, flagOf } from "./sdkFlags";
import { profileSetting, servicesSettings, sharedSettings, shownSetting } from "./sharedFiles";

/** How the AWS SDK's client reaches a service. All settings are made here, so that the SDK does not look for its own. */
export interface ClientReach {
  region: string;
  /** Undefined for AWS's own endpoint of the Region. */
  endpoint?: string;
  useFipsEndpoint: boolean;
  useDualstackEndpoint: boolean;
  /** For the profile's other settings, such as the retry mode. */
  profile?: string;
  /** Without it the SDK follows the endpoint settings of AWS_PROFILE, even if `profile` is set (measured with 3.1173). */
  ignoreConfiguredEndpointUrls: true;
}

type Service = "KMS" | "STS" | "SERVICE_QUOTAS" | "IAM";

/** Vault's variable. */
const VAULT_VARIABLE = "AWS_KMS_ENDPOINT";

/** An endpoint, the place of its setting, and its service. */
interface Found {
  url: URL;
  place: string;
  service: Service;
}

/** How KMS is reached in a Region. Throws InvalidInput. */
export function kmsReach(connection: KmsConnection, region: string): ClientReach {
  return reachOf(connection, region, kmsFound(connection, region));
}

/**
 * How STS is reached: in the connection's Region, by the same settings as KMS. The SDK's own settings come first. An emulator that is
 * set for KMS is used for STS too, because AWS does not know its accounts and credentials. Throws InvalidInput.
 */
export function stsReach(connection: KmsConnection): ClientReach {
  const region = connection.keyCollection;
  return reachOf(connection, region, besideKms("STS", connection, region));
}

/** How Service Quotas is reached in a Region, by the same rules as STS. Throws InvalidInput. */
export function serviceQuotasReach(connection: KmsConnection, region: string): ClientReach {
  return reachOf(connection, region, besideKms("SERVICE_QUOTAS", connection, region));
}

/** How IAM, which has one endpoint and signing Region in a partition, is reached: by the same rules as STS. Throws InvalidInput. */
export function iamReach(connection: KmsConnection): { region: string; endpoint: string } {
  const { keyCollection } = connection;
  const own = IAM_HOSTS[partitionOf(keyCollection)]!;
  const found = besideKms("IAM", connection, keyCollection);
  const { endpoint, useFipsEndpoint } = reachOf(connection, keyCollection, found);
  return { region: own.region, endpoint: endpoint ?? `https://${useFipsEndpoint ? own.fips : own.host}` };
}

/**
 * The endpoint of KMS, or undefined for AWS's endpoint of the Region. The first that is set: the `endpoint` input, AWS_KMS_ENDPOINT
 * (Vault's variable), then the SDK's own: AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, the profile's `services` and `endpoint_url`.
 * `{region}` stands for the Region. Throws InvalidInput.
 */
export function kmsEndpoint(connection: KmsConnection, region: string): string | undefined {
  return textOf(kmsFound(connection, region));
}

/** Mistakes in the `endpoint` input: one endpoint, or a map from Region to endpoint. */
export function endpointMistakes(endpoint: Endpoint): string[] {
  const regions = typeof endpoint === "string" ? ["us-east-1"] : Object.keys(endpoint); // any Region in the place of {region}
  return regions.flatMap((region) => {
    if (!isRegion(region)) return [invalidRegion(region)];
    try {
      if (inputEndpoint({ keyCollection: region, endpoint }, region) || typeof endpoint === "string")
        return [];
      return [`Expected \`endpoint["${region}"]\` to be an http or https URL, got an empty text.`];
    } catch (error) {
      return [(error as Error).message];
    }
  });
}

/** One mistake for each Region that is missing in a map of endpoints. None where `endpoint` is not a map. */
export function withoutEndpointMistakes(endpoint: unknown, regions: readonly unknown[]): string[] {
  if (typeof endpoint !== "object" || endpoint === null) return [];
  const lacking = regions.filter((region) => typeof region === "string" && isRegion(region));
  return [...new Set(lacking.map(String))]
    .filter((region) => !Object.hasOwn(endpoint, region))
    .map((region) => lacksRegion(endpoint, region));
}

/** Returns an error where nothing may be sent to a host, else undefined. */
export type Refuse = (url: URL) => KeymgmtError | undefined;

/**
 * The check of every connection that is opened for `connection`. It also covers endpoints that the AWS SDK finds in its own variables and
 * files (`endpoint_url` of a profile or of its `services`, for SSO and sign-in too).
 */
export function refuseOtherHosts(connection: KmsConnection, region: string): Refuse {
  return (url) =>
    isAllowed(url, connection, region) ? undefined : notAllowed(placesOf(url, region), url, region);
}

type Endpoint = NonNullable<KmsConnection["endpoint"]>;

/** Throws where an endpoint is set together with FIPS or dual-stack, which AWS's endpoint rules of both services do not allow. */
function reachOf(connection: KmsConnection, region: string, found: Found | undefined): ClientReach {
  const [fips, dualstack] = [
    flagOf("use_fips_endpoint", connection.profile),
    flagOf("use_dualstack_endpoint", connection.profile),
  ];
  const asked = [fips, dualstack].filter((flag) => flag !== undefined);
  if (found && asked.length > 0) throw excludeEachOther(found, asked, region);
  return {
    region,
    endpoint: textOf(found),
    useFipsEndpoint: fips !== undefined,
    useDualstackEndpoint: dualstack !== undefined,
    profile: connection.profile,
    ignoreConfiguredEndpointUrls: true,
  };
}

function excludeEachOther({ url, place, service }: Found, asked: Flag[], region: string): KeymgmtError {
  const [wishes, places, variables] = [
    asked.map(({ kind }) => kind).join(" and "),
    asked.map((flag) => flag.place).join(" and "),
    asked.map(({ variable }) => `${variable}=false`).join(" and "),
  ];
  return new KeymgmtError(
    "InvalidInput",
    `Expected an endpoint of your own for ${service}, or AWS's ${wishes} endpoints, got both, which exclude each other: ${place} names ${url.origin}, and ${places} ${asked.length > 1 ? "ask" : "asks"} for ${wishes}. ` +
      `Nothing was sent there. For the endpoint, run with ${variables} in the environment; for AWS's ${wishes} endpoints, remove ${place}.`,
    { region },
  );
}

function kmsFound(connection: KmsConnection, region: string): Found | undefined {
  return (
    inputEndpoint(connection, region) ??
    configuredEndpoint(
      "KMS",
      { place: VAULT_VARIABLE, value: process.env[VAULT_VARIABLE] },
      connection,
      region,
    ) ??
    sdkEndpoint("KMS", connection, region)
  );
}

function besideKms(service: Service, connection: KmsConnection, region: string): Found | undefined {
  const fromSdk = sdkEndpoint(service, connection, region);
  if (fromSdk !== undefined) return fromSdk;
  const kms = kmsFound(connection, region);
  return kms === undefined || isAwsHost(kms.url.hostname, partitionOf(region))
    ? undefined
    : { ...kms, url: new URL(kms.url.origin) };
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function sdkEndpoint(service: Service, connection: KmsConnection, region: string): Found | undefined {
  if (flagOf("ignore_configured_endpoint_urls", connection.profile)) return undefined;
  const variables = [`AWS_ENDPOINT_URL_${service}`, "AWS_ENDPOINT_URL"].map((place) => ({
    place,
    value: process.env[place],
  }));
  const set = variables.find(({ value }) => value) ?? profileEndpoint(service, connection);
  return set && configuredEndpoint(service, set, connection, region);
}

function profileEndpoint(
  service: Service,
  { profile }: KmsConnection,
): { place: string; value: string } | undefined {
  const services = profileSetting(profile, "services");
  const settings = services && servicesSettings(services.value);
  if (services && !settings)
    throw new KeymgmtError(
      "InvalidInput",
      `Expected a section [services ${services.value}] in the AWS config file, which ${shownSetting(services)} names; there is none.`,
    );
  const setting =
    settings?.findLast(({ group, name }) => group === service.toLowerCase() && name === "endpoint_url") ??
    profileSetting(profile, "endpoint_url");
  return setting && { place: shownSetting(setting), value: setting.value };
}

/** The program may name any host. It must use https, except for this machine. */
function inputEndpoint({ endpoint }: KmsConnection, region: string): Found | undefined {
  if (typeof endpoint === "object" && isRegion(region) && !Object.hasOwn(endpoint, region))
    throw new KeymgmtError("InvalidInput", lacksRegion(endpoint, region), { region });
  const isMap = typeof endpoint === "object";
  const place = isMap ? `\`endpoint["${region}"]\`` : "`endpoint`";
  const url = urlOf(place, isMap ? endpoint[region] : endpoint, region);
  if (!url || url.protocol === "https:" || isThisMachine(url.hostname))
    return url && { url, place, service: "KMS" };
  throw new KeymgmtError(
    "InvalidInput",
    `Expected ${place} to be an https URL, or an http URL of this machine (127.0.0.1, [::1], localhost); got ${url.origin}. ` +
      "Credentials and material are not sent there without TLS: give an https URL.",
    { region },
  );
}

function lacksRegion(endpoint: object, region: string): string {
  const named = Object.keys(endpoint).filter(isRegion).join(", ") || "none";
  return `Expected \`endpoint\`, which is a map from Region to URL, to name one for ${region}; it names ${named}. Nothing was sent there. Add "${region}" to it, with AWS's own URL (https://kms.${region}.…) where that is meant.`;
}

function invalidRegion(name: string): string {
  return `Expected the keys of \`endpoint\` to be AWS Regions such as "us-east-1"${notKnown(name)}`;
}

/** An endpoint from the environment or a file, which may be written by somebody else than the program's author. */
function configuredEndpoint(
  service: Service,
  { place, value }: { place: string; value?: string },
  connection: KmsConnection,
  region: string,
): Found | undefined {
  const url = urlOf(place, value, region);
  if (url && !isAllowed(url, connection, region)) throw notAllowed(place, url, region);
  return url && { url, place, service };
}

function isAllowed(url: URL, connection: KmsConnection, region: string): boolean {
  if (isTrustedByDefault(url, region)) return true;
  if (url.protocol !== "https:" || withoutEndpointMistakes(connection.endpoint, [region]).length > 0)
    return false;
  return inputEndpoint(connection, region)?.url.origin === url.origin;
}

function notAllowed(place: string, { origin }: URL, region: string): KeymgmtError {
  return new KeymgmtError(
    "InvalidInput",
    `Expected ${place} to name an endpoint of AWS (partition ${partitionOf(region)}) over https, or this machine; got ${origin}. Nothing was sent there. ` +
      "Remove it, or name it in the program as the KmsProvider's `endpoint` (for the command: `--endpoint`), with https.",
    { region },
  );
}

/** The possible places of an endpoint that the AWS SDK has found itself. */
function placesOf({ host }: URL, region: string): string {
  const variables = Object.entries(process.env)
    .filter(([name]) => name.startsWith("AWS_ENDPOINT_URL"))
    .map(([name, value = ""]) => ({ place: name, value }));
  const lines = sharedSettings()
    .filter(({ name }) => name === "endpoint_url")
    .map((setting) => ({ place: shownSetting(setting), value: setting.value }));
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
  const text = String(template).replaceAll("{region}", region);
  const wrong = urlMistake(text);
  if (wrong === undefined) return new URL(text);
  throw new KeymgmtError(
    "InvalidInput",
    `Expected ${source} to be an http or https URL, such as https://kms.{region}.amazonaws.com, got one ${wrong}. It is not shown here, in case it holds a password.`,
    { region },
  );
}

/** The URL as the URL class writes it, so that the URL that is called is the one that was checked. */
function textOf(found: Found | undefined): string | undefined {
  return found?.url.href.replace(/\/+$/, "");
}

function urlMistake(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) return "that cannot be read";
  if (!/^https?:$/.test(url.protocol)) return "that does not begin with http:// or https://";
  if (url.username || url.password) return "with a user name or password";
  if (url.search || url.hash) return "with a query or fragment";
  return /[{}]/.test(text) ? "with another placeholder than {region}" : undefined;
}
