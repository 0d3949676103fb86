/** Hosts to which material and credentials may go without a word in the program: AWS's own, and this machine. */
import { isIPv4 } from "node:net";
import { isRegion, partitionOf } from "./regions";

/** What AWS's host names of a partition end in: dnsSuffix, dualStackDnsSuffix, the sign-in domain (a test holds them to the AWS SDK's). */
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

/** The services that are called. Others of AWS's hosts serve what customers put there, as S3 and API Gateway do. */
const SERVICES = "(?:kms|sts|portal\\.sso|oidc|signin)(?:-fips)?";

/** Hosts whose name holds no Region. */
const WITHOUT_REGION: Readonly<Record<string, string>> = {
  "sts.amazonaws.com": "aws",
  "signin-fips.amazonaws-us-gov.com": "aws-us-gov",
};

/**
 * Whether AWS itself answers at a host, for this partition: public, FIPS and dual-stack names, and those of VPC endpoints. `host` is as
 * the URL class gives it.
 * Source: https://docs.aws.amazon.com/general/latest/gr/kms.html, https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html
 */
export function isAwsHost(host: string, partition: string): boolean {
  if (WITHOUT_REGION[host] === partition) return true;
  const [dns, dualStack, signIn] = (DOMAINS[partition] ?? []).map((domain) => domain.replaceAll(".", "\\."));
  const forms = [
    `${SERVICES}\\.([a-z0-9-]+)\\.(?:${dns}|${dualStack})`,
    `vpce-[a-z0-9-]+\\.${SERVICES}\\.([a-z0-9-]+)\\.vpce\\.${dns}`,
    `([a-z0-9-]+)\\.signin(?:-fips)?\\.${signIn}`,
  ];
  const regions = forms.map((form) => new RegExp(`^${form}$`).exec(host)?.[1]);
  return regions.some((region) => region && isRegion(region) && partitionOf(region) === partition);
}

/** Whether a host is this machine. `host` is as the URL class gives it, which writes every form of an address in one way. */
export function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "[::1]" || (isIPv4(host) && host.startsWith("127."));
}

/** Whether calls for a Region may go there without a word in the program: to this machine, or to AWS over https. */
export function isTrustedByDefault({ protocol, hostname }: URL, region: string): boolean {
  return isThisMachine(hostname) || (protocol === "https:" && isAwsHost(hostname, partitionOf(region)));
}
