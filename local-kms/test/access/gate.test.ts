import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { gateRefusal, hostOf, isLoopback } from "../../src/http/gate.js";

const refused = (headers: object, ownHosts: string[] = [], localAddress = "127.0.0.1") =>
  gateRefusal({ headers, socket: { localAddress } } as IncomingMessage, ownHosts)?.code;

describe("local KMS: who is let in", () => {
  it("is a request for loopback, at any port: it may have been forwarded", () => {
    for (const host of [
      "127.0.0.1",
      "127.0.0.1:4599",
      "127.1.2.3:9",
      "localhost:4599",
      "LOCALHOST",
      "[::1]:4599",
    ])
      assert.equal(refused({ host }), undefined, host);
  });

  it("is one for what it was told, and for the address by which the request came", () => {
    assert.equal(refused({ host: "kms:4599" }, ["kms"]), undefined);
    assert.equal(refused({ host: "172.17.0.2:4599" }, [], "::ffff:172.17.0.2"), undefined);
    assert.equal(refused({ host: "[fe80::1]:4599" }, [], "fe80::1"), undefined);
  });

  it("is none for another name or address, or for none", () => {
    for (const host of [
      undefined,
      "",
      "rebound.example.com:4599",
      "127.0.0.1.example.com",
      "localhost.example.com",
      "example.com:127.0.0.1",
      "127.0.0.1@example.com",
      "kms.example.com",
      "192.168.1.5:4599",
      "[::2]",
    ])
      assert.equal(refused({ host }, ["kms"]), "ForbiddenHostException", String(host));
  });

  it("is none with an Origin, which browsers set for web pages, also for the server's own", () => {
    for (const origin of ["https://example.com", "null", "http://127.0.0.1:4599"])
      assert.equal(refused({ host: "127.0.0.1:4599", origin }), "ForbiddenOriginException");
  });

  it("is none that a page has a browser fetch without an Origin, as an image; what a user types is one", () => {
    const from = (site: string) => refused({ host: "127.0.0.1:4599", "sec-fetch-site": site });
    for (const site of ["cross-site", "same-site", "same-origin"])
      assert.equal(from(site), "ForbiddenOriginException", site);
    assert.equal(from("none"), undefined);
  });

  it("goes by the host alone, without port and brackets", () => {
    const hosts = ["KMS:4599", "[::1]:4599", "::1", "10.0.0.1:80", undefined].map((text) => hostOf(text));
    assert.deepEqual(hosts, ["kms", "::1", "::1", "10.0.0.1", ""]);
    const addresses = ["127.0.0.1", "127.9.9.9", "::1", "localhost", "0.0.0.0", "::", "10.0.0.1", "kms"];
    assert.deepEqual(addresses.filter(isLoopback), ["127.0.0.1", "127.9.9.9", "::1", "localhost"]);
  });
});
