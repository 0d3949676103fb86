import { KmsError } from "../api/errors.js";
import { isRegion, type Place } from "../keys/arn.js";

/** What an Authorization header says; nothing of it is proved yet (signature.ts). */
export interface Credential extends Place {
  readonly accessKeyId: string;
  /** `YYYYMMDD` */
  readonly date: string;
  readonly service: string;
  /** Names of headers, in small letters. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const DEFAULT_ACCOUNT = "000000000000";

/**
 * Who calls, and which Region: the credential scope of a SigV4 signature. A 12-digit access key id is the account,
 * unless access keys are configured.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function readAuthorization(header: string | undefined): Credential {
  if (!header) throw new KmsError("MissingAuthenticationTokenException", "Missing Authentication Token");
  const match = /^AWS4-HMAC-SHA256\s+.*\bCredential=([^,\s]+)/.exec(header);
  const missing = ["Credential", "SignedHeaders", "Signature"].filter((part) => !header.includes(`${part}=`));
  if (!match || missing.length > 0) {
    const parts = missing.map((part) => `Authorization header requires '${part}' parameter.`);
    throw incomplete([...parts, `Authorization=${header.split(" ")[0]}`].join(" "));
  }
  const parts = match[1]!.split("/");
  const [terminator, service, region, date] = parts.reverse() as [string, string, string, string];
  const accessKeyId = parts.slice(4).reverse().join("/");
  if (terminator !== "aws4_request" || !/^\d{8}$/.test(date ?? "") || !accessKeyId) {
    throw incomplete(
      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term",
    );
  }
  if (!isRegion(region))
    throw new KmsError(
      "InvalidSignatureException",
      `Credential should be scoped to a valid region, not '${region}'.`,
    );
  const signedHeaders = partOf(header, "SignedHeaders").toLowerCase().split(";");
  const signature = partOf(header, "Signature");
  return { accessKeyId, date, service, region, account: accountOf(accessKeyId), signedHeaders, signature };
}

const partOf = (header: string, name: string) => new RegExp(`\\b${name}=([^,\\s]*)`).exec(header)?.[1] ?? "";

const accountOf = (accessKeyId: string) => (/^\d{12}$/.test(accessKeyId) ? accessKeyId : DEFAULT_ACCOUNT);

const incomplete = (message: string) => new KmsError("IncompleteSignatureException", message);

/** AWS refuses a signature that was made for another service. */
export function requireService(credential: Credential, service: string): void {
  if (credential.service === service) return;
  throw new KmsError(
    "InvalidSignatureException",
    `Credential should be scoped to correct service: '${service}'. `,
  );
}
