/** Hosts that are trusted by default, so that material and credentials may be sent there: AWS's own, and this machine. */
import { isIPv4 } from "node:net";
import { isRegion, partitionOf } from "./regions";

/** Domains of AWS's hosts by partition: dnsSuffix, dualStackDnsSuffix, sign-in domain. A test compares them with the AWS SDK's. */
const DOMAINS: Readonly<Record<string, readonly [dns: string, dualStack: string, signIn: string]>> = {
  aws: ["amazonaws.com", "api.aws", "aws.amazon.com"],
  "aws-cn": ["amazonaws.com.cn", "api.amazonwebservices.com.cn", "amazonaws.cn"],
  "aws-us-gov": ["amazonaws.com", "api.aws", "amazonaws-us-gov.com"],
  "aws-eusc": ["amazonaws.eu", "api.amazonwebservices.eu", "amazonaws-eusc.eu"],
  "aws-iso": ["c2s.ic.gov", "api.aws.ic.gov", "c2shome.ic.gov"],
  "aws-iso-b": ["sc2s.sgov.gov", "api.aws.scloud", "sc2shome.sgov.gov"],
  "aws-iso-e": ["cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "csphome.adc-e.uk"],
  "aws-iso-f": ["csp.hci.ic.gov", "api.aws.hci.ic.gov", "csphome.hci.ic.gov"],
};

/** The services that are called. Hosts of other services are not trusted: S3 and API Gateway serve what customers put there. */
const SERVICES = "(?:kms|sts|servicequotas|portal\\.sso|oidc|signin)(?:-fips)?";

/** Hosts without a Region in the name. */
const WITHOUT_REGION: Readonly<Record<string, string>> = {
  "sts.amazonaws.com": "aws",
  "signin-fips.amazonaws-us-gov.com": "aws-us-gov",
};

/** IAM's hosts and signing Region by partition, as in the AWS SDK's rules for its endpoints (@aws-sdk/client-iam 3.1169.0). */
export const IAM_HOSTS: Readonly<Record<string, { host: string; fips: string; region: string }>> = {
  aws: { host: "iam.amazonaws.com", fips: "iam-fips.amazonaws.com", region: "us-east-1" },
  "aws-cn": {
    host: "iam.cn-north-1.amazonaws.com.cn",
    fips: "iam-fips.amazonaws.com.cn",
    region: "cn-north-1",
  },
  "aws-us-gov": {
    host: "iam.us-gov.amazonaws.com",
    fips: "iam.us-gov.amazonaws.com",
    region: "us-gov-west-1",
  },
  "aws-eusc": {
    host: "iam.eusc-de-east-1.amazonaws.eu",
    fips: "iam-fips.amazonaws.eu",
    region: "eusc-de-east-1",
  },
  "aws-iso": {
    host: "iam.us-iso-east-1.c2s.ic.gov",
    fips: "iam-fips.us-iso-east-1.c2s.ic.gov",
    region: "us-iso-east-1",
  },
  "aws-iso-b": {
    host: "iam.us-isob-east-1.sc2s.sgov.gov",
    fips: "iam-fips.us-isob-east-1.sc2s.sgov.gov",
    region: "us-isob-east-1",
  },
  "aws-iso-e": {
    host: "iam.eu-isoe-west-1.cloud.adc-e.uk",
    fips: "iam-fips.cloud.adc-e.uk",
    region: "eu-isoe-west-1",
  },
  "aws-iso-f": {
    host: "iam.us-isof-south-1.csp.hci.ic.gov",
    fips: "iam-fips.csp.hci.ic.gov",
    region: "us-isof-south-1",
  },
};

/**
 * Whether a host is AWS's own in this partition: public, FIPS, dual-stack and VPC endpoint names.
 * Source: https://docs.aws.amazon.com/general/latest/gr/kms.html, https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html
 *
 * @param host as the URL class writes it
 */
export function isAwsHost(host: string, partition: string): boolean {
  if (WITHOUT_REGION[host] === partition) return true;
  if (host === IAM_HOSTS[partition]?.host || host === IAM_HOSTS[partition]?.fips) return true;
  const [dns, dualStack, signIn] = (DOMAINS[partition] ?? []).map((domain) => domain.replaceAll(".", "\\."));
  const forms = [
    `${SERVICES}\\.([a-z0-9-]+)\\.(?:${dns}|${dualStack})`,
    `vpce-[a-z0-9-]+\\.${SERVICES}\\.([a-z0-9-]+)\\.vpce\\.${dns}`,
    `([a-z0-9-]+)\\.signin(?:-fips)?\\.${signIn}`,
  ];
  const regions = forms.map((form) => new RegExp(`^${form}$`).exec(host)?.[1]);
  return regions.some((region) => region && isRegion(region) && partitionOf(region) === partition);
}

/** @param host as the URL class writes it: it normalizes every form of an address */
export function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "[::1]" || (isIPv4(host) && host.startsWith("127."));
}

/** Whether calls for a Region may go to this URL even if the program does not name it: this machine, or AWS over https. */
export function isTrustedByDefault({ protocol, hostname }: URL, region: string): boolean {
  return isThisMachine(hostname) || (protocol === "https:" && isAwsHost(hostname, partitionOf(region)));
}
