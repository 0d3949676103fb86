/** AWS's Query protocol, which STS and IAM speak: a form comes, XML goes. */
import type { KmsError } from "../api/errors.js";
import type { Answer } from "./answer.js";
import type { WireRequest } from "./wireRequest.js";

/** The form of a POST, or undefined where the request is none. */
export function formOf({ headers, body }: WireRequest): URLSearchParams | undefined {
  if (!headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) return undefined;
  return new URLSearchParams(body.toString());
}

/** The answer of an action. `result` is XML. */
export function queryAnswer(namespace: string, action: string, result: string, requestId: string): Answer {
  return xml(
    200,
    `<${action}Response xmlns="${namespace}"><${action}Result>${result}</${action}Result>` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`,
  );
}

/** What fails before the action has other names here: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
const QUERY_ERRORS: Readonly<Record<string, readonly [code: string, status: number]>> = {
  AccessDeniedException: ["AccessDenied", 403],
  ExpiredTokenException: ["ExpiredToken", 403],
  IncompleteSignatureException: ["IncompleteSignature", 400],
  InvalidSignatureException: ["SignatureDoesNotMatch", 403],
  MissingAuthenticationTokenException: ["MissingAuthenticationToken", 403],
  UnrecognizedClientException: ["InvalidClientTokenId", 403],
};

export function queryError(
  namespace: string,
  { code: jsonCode, message, status: jsonStatus }: KmsError,
  requestId: string,
): Answer {
  const [code, status] = QUERY_ERRORS[jsonCode] ?? [jsonCode, jsonStatus];
  const error = `<Type>Sender</Type><Code>${escaped(code)}</Code><Message>${escaped(message)}</Message>`;
  const body = `<ErrorResponse xmlns="${namespace}"><Error>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  return { ...xml(status, body), errorType: code };
}

const xml = (status: number, body: string): Answer => ({ status, type: "text/xml", body });

export const escaped = (text: string) => text.replace(/[<>&]/g, (char) => `&#${char.charCodeAt(0)};`);
