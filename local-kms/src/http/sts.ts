import type { KmsError } from "../api/errors.js";
import type { Caller } from "../iam/caller.js";
import type { Answer } from "./answer.js";
import type { WireRequest } from "./wireRequest.js";

/**
 * STS GetCallerIdentity, because SDKs and tools ask it for the account: query protocol, XML answer.
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

/** The action of a form POST, or undefined where the request is none. */
export function stsAction({ headers, body }: WireRequest): string | undefined {
  if (!headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) return undefined;
  return new URLSearchParams(body.toString()).get("Action") ?? "";
}

export function callerIdentity({ arn, userId, account }: Caller, requestId: string): Answer {
  const result = `<Arn>${arn}</Arn><UserId>${userId}</UserId><Account>${account}</Account>`;
  return xml(
    200,
    `<GetCallerIdentityResponse xmlns="${NAMESPACE}"><GetCallerIdentityResult>${result}</GetCallerIdentityResult>` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
  );
}

/** What fails before the action has other names here: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
const QUERY_ERRORS: Readonly<Record<string, readonly [code: string, status: number]>> = {
  ExpiredTokenException: ["ExpiredToken", 403],
  IncompleteSignatureException: ["IncompleteSignature", 400],
  InvalidSignatureException: ["SignatureDoesNotMatch", 403],
  MissingAuthenticationTokenException: ["MissingAuthenticationToken", 403],
  UnrecognizedClientException: ["InvalidClientTokenId", 403],
};

export function stsError(
  { code: jsonCode, message, status: jsonStatus }: KmsError,
  requestId: string,
): Answer {
  const [code, status] = QUERY_ERRORS[jsonCode] ?? [jsonCode, jsonStatus];
  const error = `<Type>Sender</Type><Code>${escaped(code)}</Code><Message>${escaped(message)}</Message>`;
  const body = `<ErrorResponse xmlns="${NAMESPACE}"><Error>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  return { ...xml(status, body), errorType: code };
}

const xml = (status: number, body: string): Answer => ({ status, type: "text/xml", body });

const escaped = (text: string) => text.replace(/[<>&]/g, (char) => `&#${char.charCodeAt(0)};`);
