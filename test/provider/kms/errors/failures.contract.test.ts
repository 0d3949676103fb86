import assert from "node:assert/strict";
import { Agent } from "node:http";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { DEFAULT_TIME_LIMITS, httpOptions } from "../../../../provider/kms/endpoints/http";
import { asSdkError, failureOf } from "../../../../provider/kms/errors/failures";

describe("failures", () => {
  const failure = (parts: object) => failureOf(Object.assign(new Error("message"), parts));

  it("a connection that does not come about in time had no effect", async () => {
    // A host whose look-up never ends stands for one that takes no connection: nothing on loopback refuses to answer.
    const options = httpOptions(
      { ...DEFAULT_TIME_LIMITS, connectMs: 50 },
      { keepAlive: false, refuse: () => undefined },
    );
    const handler = new NodeHttpHandler({ ...options, httpAgent: new Agent({ lookup: () => {} }) });
    const request = {
      protocol: "http:",
      hostname: "kms.example.com",
      method: "POST",
      path: "/",
      headers: {},
    };
    const error = await handler
      .handle(request as Parameters<NodeHttpHandler["handle"]>[0])
      .then(() => assert.fail("no connection, no answer"), asSdkError);
    assert.equal(error.name, "TimeoutError");
    assert.equal(failureOf(error), "no-effect", error.message);
  });

  it("a host with several addresses, none of which takes a connection", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED"), {
      code: "ECONNREFUSED",
      syscall: "connect",
    });
    assert.equal(failure({ code: "ECONNREFUSED", errors: [refused, refused] }), "no-effect");
    const read = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", syscall: "read" });
    assert.equal(failure({ code: "ECONNREFUSED", errors: [refused, read] }), "lost");
  });

  it("a network error counts as not sent only while connecting", () => {
    assert.equal(failure({ code: "ETIMEDOUT", syscall: "connect" }), "no-effect");
    assert.equal(failure({ code: "ETIMEDOUT", syscall: "read" }), "lost");
    assert.equal(failure({ code: "EHOSTUNREACH", syscall: "read" }), "lost");
    assert.equal(failure({ code: "EPIPE", syscall: "write" }), "lost");
    assert.equal(failure({ code: "HPE_INVALID_CONSTANT" }), "lost");
  });

  it("what AWS or this program refuses is final", () => {
    assert.equal(failure({ name: "ValidationException", $metadata: { httpStatusCode: 400 } }), "final");
    assert.equal(failure({ name: "InvalidSignatureException", $metadata: { httpStatusCode: 400 } }), "final");
    assert.equal(failure({ name: "Unknown", $metadata: { httpStatusCode: 307 } }), "final");
    assert.equal(failure({ code: "ERR_INVALID_URL" }), "final");
    assert.equal(failure({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" }), "final");
    assert.equal(failureOf(new TypeError("a mistake of ours")), "final");
  });

  it("a fault of AWS is a lost response, whatever status the server sends with it", () => {
    for (const name of ["KMSInternalException", "DependencyTimeoutException"])
      for (const httpStatusCode of [400, 500])
        assert.equal(failure({ name, $metadata: { httpStatusCode } }), "lost");
  });

  it("a corrected clock makes only errors about the clock repeatable", () => {
    const corrected = { httpStatusCode: 400, clockSkewCorrected: true };
    assert.equal(failure({ name: "InvalidSignatureException", $metadata: corrected }), "no-effect");
    assert.equal(failure({ name: "NotFoundException", $metadata: corrected }), "final");
  });
});
