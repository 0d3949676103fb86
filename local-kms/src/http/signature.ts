import { createHash } from "node:crypto";
import { KmsError } from "../api/errors.js";
import type { Credentials } from "../iam/config.js";
import type { Credential } from "./authorization.js";
import { Sha256 } from "./sha256.js";
import type { WireRequest } from "./wireRequest.js";

const MINUTE = 60 * 1000;
/** AWS KMS's words name it: "Signature expired: … (… - 5 min.)", https://github.com/aws/aws-sdk-js-v3/issues/6400 */
const MINUTES_VALID = 5;

/**
 * Proves that a request was signed by a known access key: signs it again and compares. By the machine's clock, never
 * by the KMS's, which a test may move: those who sign go by their own.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function verify(
  request: WireRequest,
  credential: Credential,
  known: Credentials | undefined,
): Promise<Credentials> {
  const token = headerOf(request, "x-amz-security-token");
  if (!known || token !== known.sessionToken)
    throw new KmsError(
      "UnrecognizedClientException",
      "The security token included in the request is invalid.",
    );
  const now = Date.now();
  if (known.expiration !== undefined && now >= Date.parse(known.expiration))
    throw new KmsError("ExpiredTokenException", "The security token included in the request is expired");
  const signedAt = signingDate(request, credential, now);
  if (!credential.signedHeaders.includes("host"))
    throw invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  if (credential.signature !== (await signatureOf(request, credential, known, signedAt))) {
    throw invalid(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  }
  return known;
}

const headerOf = ({ headers }: WireRequest, name: string) => headers[name] as string | undefined;

function signingDate(request: WireRequest, { date }: Credential, now: number): Date {
  const text = headerOf(request, "x-amz-date") ?? "";
  const [, year, month, day, hours, minutes, seconds] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const signedAt = new Date(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  if (Number.isNaN(signedAt.getTime()))
    throw new KmsError(
      "IncompleteSignatureException",
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256",
    );
  if (!text.startsWith(date))
    throw invalid(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${text.slice(0, 8)}', from '${text}'.`,
    );
  const [earliest, latest] = [now - MINUTES_VALID * MINUTE, now + MINUTES_VALID * MINUTE];
  const basic = (time: number) => `${new Date(time).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
  if (signedAt.getTime() < earliest)
    throw invalid(
      `Signature expired: ${text} is now earlier than ${basic(earliest)} (${basic(now)} - ${MINUTES_VALID} min.)`,
    );
  if (signedAt.getTime() > latest)
    throw invalid(
      `Signature not yet current: ${text} is still later than ${basic(latest)} (${basic(now)} + ${MINUTES_VALID} min.)`,
    );
  return signedAt;
}

const invalid = (message: string) => new KmsError("InvalidSignatureException", message);

/** Loaded only where access keys are configured. Kept, because every `import()` resolves the module again. */
let smithy: Promise<typeof import("@smithy/signature-v4")> | undefined;

/** What the signature must be. A session token that was added after signing is right without being signed. */
async function signatureOf(
  { method, path, headers, body }: WireRequest,
  { region, service, signedHeaders }: Credential,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  signingDate: Date,
): Promise<string | undefined> {
  smithy ??= import("@smithy/signature-v4");
  const { SignatureV4 } = await smithy;
  const isTokenSigned = signedHeaders.includes("x-amz-security-token");
  const signer = new SignatureV4({
    region,
    service,
    credentials: { accessKeyId, secretAccessKey, ...(isTokenSigned && { sessionToken }) },
    sha256: Sha256,
    applyChecksum: false,
  });
  const [pathname = "/", query] = path.split("?", 2);
  const hash = createHash("sha256").update(body).digest("hex");
  const signed = signedHeaders.map((name) => [name, String(headers[name] ?? "")] as const);
  // The hash is of the body that came, whatever a header says of it.
  if (signed.some(([name, value]) => name === "x-amz-content-sha256" && value !== hash)) return undefined;
  const again = await signer.sign(
    {
      method,
      protocol: "http:",
      hostname: "localhost",
      path: pathname,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers: Object.fromEntries(signed),
      body,
    },
    { signingDate, signableHeaders: new Set(signedHeaders) },
  );
  return /Signature=([0-9a-f]{64})$/.exec(again.headers.authorization!)?.[1];
}
