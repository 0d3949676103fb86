import type { KmsError } from "../api/errors.js";
import { partitionOf } from "../keys/arn.js";
import type { Answer } from "./answer.js";
import type { Credential } from "./authorization.js";
import type { WireRequest } from "./requests.js";

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

export function callerIdentity({ account, region }: Credential, requestId: string): Answer {
  const arn = `arn:${partitionOf(region)}:iam::${account}:root`;
  const result = `<Arn>${arn}</Arn><UserId>${account}</UserId><Account>${account}</Account>`;
  return xml(
    200,
    `<GetCallerIdentityResponse xmlns="${NAMESPACE}"><GetCallerIdentityResult>${result}</GetCallerIdentityResult>` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
  );
}

export function stsError({ code, message, status }: KmsError, requestId: string): Answer {
  const error = `<Type>Sender</Type><Code>${escaped(code)}</Code><Message>${escaped(message)}</Message>`;
  const body = `<ErrorResponse xmlns="${NAMESPACE}"><Error>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  return { ...xml(status, body), errorType: code };
}

const xml = (status: number, body: string): Answer => ({ status, type: "text/xml", body });

const escaped = (text: string) => text.replace(/[<>&]/g, (char) => `&#${char.charCodeAt(0)};`);
