import type { WireRequest } from "../http/wireRequest.js";

/**
 * Refuses what a web page could make a browser send: a request with an Origin, one for a host that is neither loopback
 * nor the server's own (a name that was made to lead here, "DNS rebinding"), or a body that is not declared as JSON
 * (a form). Undefined lets it pass.
 */
export function refusalOf(
  { headers, body }: WireRequest,
  ownHost: string,
): { status: number; message: string } | undefined {
  if (headers.origin !== undefined)
    return { status: 403, message: "Web pages may not control the local KMS" };
  if (!isOwn(headers.host, ownHost)) {
    return { status: 403, message: `Host ${headers.host} is neither loopback nor ${ownHost}` };
  }
  if (body.length > 0 && !/^application\/json\b/.test(headers["content-type"] ?? "")) {
    return { status: 415, message: "Expected a body of content type application/json" };
  }
  return undefined;
}

function isOwn(host: string | undefined, ownHost: string): boolean {
  const name = (host ?? "").replace(/:\d+$/, "").toLowerCase();
  return (
    name === "localhost" ||
    name === "[::1]" ||
    /^127(\.\d{1,3}){3}$/.test(name) ||
    name === ownHost.toLowerCase() ||
    name === `[${ownHost.toLowerCase()}]`
  );
}
