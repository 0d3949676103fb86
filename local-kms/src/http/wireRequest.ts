import type { IncomingHttpHeaders } from "node:http";

/** An HTTP request as it came. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, as on the request line. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** IPv4 or IPv6 address. */
  readonly sourceIp: string;
}
