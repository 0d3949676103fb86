import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { KmsError } from "../api/errors.js";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether only this machine reaches it: `127.0.0.1`, `::1`, `localhost`. */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  return version === 0 ? host === "localhost" : LOOPBACK.check(host, version === 4 ? "ipv4" : "ipv6");
}

/** Of an IPv4 connection on an IPv6 socket the IPv4 address. */
export const plainAddress = (address = "") => address.replace(/^::ffff:/, "");

/**
 * Why a request is not let in: a web page has made a browser send it (it has an Origin, or where a GET of an image has none a
 * Sec-Fetch-Site that is not the user's own doing, https://www.w3.org/TR/fetch-metadata/), or its Host is a name that is not this server's, which somebody has led here ("DNS rebinding"). An address is this server's where the request came by it.
 * The port does not matter: it may have been forwarded. Undefined lets it pass.
 */
export function gateRefusal(
  { headers, socket }: IncomingMessage,
  ownHosts: readonly string[],
): KmsError | undefined {
  if (headers.origin !== undefined || (headers["sec-fetch-site"] ?? "none") !== "none")
    return new KmsError("ForbiddenOriginException", "Web pages may not use the local KMS", 403);
  const host = hostOf(headers.host);
  if (isLoopback(host) || host === plainAddress(socket.localAddress) || ownHosts.includes(host))
    return undefined;
  return new KmsError(
    "ForbiddenHostException",
    `Expected the Host of the request to be this server's, such as 127.0.0.1 or localhost; got ${JSON.stringify(host.slice(0, 255))}. If that is a name of this server, start it with --allow-host and the name`,
    403,
  );
}

/** A name or address in small letters, without the port and the brackets that it has in a Host header. */
export function hostOf(text = ""): string {
  const host = text.toLowerCase();
  return isIP(host) ? host : host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
