import assert from "node:assert/strict";
import { KeymgmtError, type KeymgmtErrorCode } from "../../../../provider/errors";
import { isUnreachable } from "../../../../provider/kms/client/unreachable";

describe("a call that got no answer", () => {
  const isIt = (code: KeymgmtErrorCode, context: object) =>
    isUnreachable(new KeymgmtError(code, "message", context));

  it("is one whose connection failed, not one whose server has a wrong certificate", () => {
    assert.ok(isIt("EndpointUnreachable", { operation: "DescribeKey", awsName: "ECONNREFUSED" }));
    for (const awsName of ["DEPTH_ZERO_SELF_SIGNED_CERT", "CERT_HAS_EXPIRED", "ERR_TLS_CERT_ALTNAME_INVALID"])
      assert.ok(!isIt("EndpointUnreachable", { operation: "DescribeKey", awsName }), awsName);
  });

  it("is no wait for a state, and nothing that AWS refused", () => {
    assert.ok(!isIt("Timeout", {}));
    assert.ok(!isIt("AccessDenied", { operation: "DescribeKey" }));
  });
});
