/**
 * The endpoints for credentials of a container and of an EC2 instance. The AWS SDK opens these connections itself, and they cannot be
 * checked when they are opened. Therefore the settings that the SDK will use are checked before.
 */
import { KeymgmtError } from "../../errors";
import { isThisMachine } from "../endpoints/hosts";
import { type Setting, sharedSettings } from "../endpoints/sharedFiles";

/** ECS, and EKS Pod Identity: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
const CONTAINER_HOSTS = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html */
const INSTANCE_HOSTS = ["169.254.169.254", "[fd00:ec2::254]"];

/** Throws InvalidInput. The container's token is sent to the URL, and the SDK would send it to any host over https. */
export function checkContainerEndpoint(): void {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } =
    process.env;
  if (relative) {
    check("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", `http://169.254.170.2${relative}`, CONTAINER_HOSTS);
  } else if (full) {
    check("AWS_CONTAINER_CREDENTIALS_FULL_URI", full, CONTAINER_HOSTS);
  }
}

/** Throws InvalidInput. The SDK reads this setting from the profile of AWS_PROFILE, even if the credentials use another profile. */
export function checkInstanceEndpoint(): void {
  const variable = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
  const { [variable]: value } = process.env;
  const profile = process.env.AWS_PROFILE || "default";
  const found = value ? [{ place: variable, value }] : sharedSettings().filter(isOf(profile));
  for (const { place, value } of found) check(place, value, INSTANCE_HOSTS);
}

const isOf =
  (profile: string) =>
  (setting: Setting): boolean =>
    setting.name === "ec2_metadata_service_endpoint" && setting.profile === profile;

/** Checks the endpoints to which a profile's `credential_source` leads. Throws InvalidInput. */
export function checkCredentialSources(): void {
  const sources = sharedSettings().filter(({ name }) => name === "credential_source");
  if (sources.some(({ value }) => value === "EcsContainer")) checkContainerEndpoint();
  if (sources.some(({ value }) => value === "Ec2InstanceMetadata")) checkInstanceEndpoint();
}

function check(place: string, text: string, hosts: readonly string[]): void {
  const { hostname, username, password } = URL.canParse(text) ? new URL(text) : new URL("none:");
  if (!username && !password && (hosts.includes(hostname) || isThisMachine(hostname))) return;
  throw new KeymgmtError(
    "InvalidInput",
    `Expected ${place} to name ${hosts[0]} (or ${hosts.slice(1).join(", ")}), where AWS answers, or this machine; got ${hostname || "no such URL"}. ` +
      "Nothing was sent there. Remove it, or give the KmsProvider other credentials (`credentials`, `webIdentity`, `profile`).",
  );
}
