import { createHash, timingSafeEqual } from "node:crypto";
import type { WireRequest } from "../http/wireRequest.js";

/** In which a request to the control endpoint brings the token. */
export const TOKEN_HEADER = "x-local-kms-token";

/**
 * Refuses a request without the token, where there is one, and a body that is not declared as JSON (a form of a web page).
 * Undefined lets it pass.
 */
export function refusalOf(
  { headers, body }: WireRequest,
  token: string | undefined,
): { status: number; message: string } | undefined {
  if (token !== undefined && !isSame(String(headers[TOKEN_HEADER] ?? ""), token))
    return {
      status: 401,
      message: `Expected the token that the server printed at its start in ${TOKEN_HEADER}`,
    };
  if (body.length > 0 && !/^application\/json\b/.test(headers["content-type"] ?? ""))
    return { status: 415, message: "Expected a body of content type application/json" };
  return undefined;
}

/** In a time that tells nothing of where they differ, nor of how long the token is. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
