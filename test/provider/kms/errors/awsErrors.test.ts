import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { KeymgmtError, type KeymgmtErrorCode } from "../../../../provider/errors";
import { DEFAULT_QUOTAS } from "../../../../provider/kms/client/quotas";
import { type AwsCall, awsError } from "../../../../provider/kms/errors/awsErrors";

const CALL: AwsCall = { service: "kms", operation: "CreateKey", region: "us-west-1", repeatable: true };

function answered(name: string, message = "said", status = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status, requestId: "r-1" } });
}

describe("AWS errors in our words", () => {
  const codes: [string, KeymgmtErrorCode][] = [
    ["AccessDeniedException", "AccessDenied"],
    ["UnrecognizedClientException", "InvalidCredentials"],
    ["InvalidSignatureException", "InvalidCredentials"],
    ["ExpiredTokenException", "InvalidCredentials"],
    ["ExpiredToken", "InvalidCredentials"],
    ["NotFoundException", "NotFound"],
    ["AlreadyExistsException", "AlreadyExists"],
    ["KMSInvalidStateException", "InvalidState"],
    ["DisabledException", "Disabled"],
    ["ExpiredImportTokenException", "InvalidImportToken"],
    ["InvalidImportTokenException", "InvalidImportToken"],
    ["IncorrectKeyMaterialException", "IncorrectKeyMaterial"],
    ["InvalidCiphertextException", "InvalidCiphertext"],
    ["LimitExceededException", "LimitExceeded"],
    ["MalformedPolicyDocumentException", "MalformedPolicy"],
    ["UnsupportedOperationException", "Unsupported"],
    ["ConflictException", "Conflict"],
    ["ValidationException", "InvalidInput"],
    ["TagException", "InvalidInput"],
    ["ThrottlingException", "Throttled"],
    ["KMSInternalException", "ServiceUnavailable"],
    ["DependencyTimeoutException", "ServiceUnavailable"],
    ["SomethingNewException", "AwsError"],
  ];
  for (const [name, code] of codes) {
    it(`${name} is ${code}`, () => {
      const error = awsError(answered(name), CALL);
      assert.equal(error.code, code);
      assert.equal(error.context.awsName, name);
      assert.equal(error.context.requestId, "r-1");
      assert.match(
        error.message,
        new RegExp(
          `^kms:CreateKey in us-west-1 failed: AWS answered ${name}, "said" \\(request r-1\\)\\. \\S`,
        ),
      );
    });
  }

  it("tell principals that AWS KMS does not know from other faults of a key policy by the whole text, or where there is none", () => {
    const text = "Policy contains a statement with one or more invalid principals";
    const codeOf = (message: string) =>
      awsError(answered("MalformedPolicyDocumentException", message), CALL).code;
    // "UnknownError" is what the AWS SDK says where AWS says nothing.
    for (const message of [text, `${text}.`, "", "UnknownError"])
      assert.equal(codeOf(message), "UnknownPrincipal");
    for (const message of [`Sid "${text}."`, `${text}: it is a Sid`, `a\n${text}.`, "Unknown"])
      assert.equal(codeOf(message), "MalformedPolicy");
    assert.equal(awsError(answered("ValidationException", text), CALL).code, "InvalidInput");
  });

  it("know every error that AWS documents for the operations called", () => {
    // The SDK's own documentation of each command lists them as "@throws {@link XyzException} (client fault)".
    const types = join(dirname(require.resolve("@aws-sdk/client-kms")), "..", "dist-types", "commands");
    const unknown = new Set<string>();
    for (const operation of Object.keys(DEFAULT_QUOTAS)) {
      const text = readFileSync(join(types, `${operation}Command.d.ts`), "utf8");
      const names = [...text.matchAll(/@throws \{@link (\w+Exception)\} \(/g)].map(([, name]) => name!);
      assert.ok(names.length > 0, operation);
      for (const name of names)
        if (awsError(answered(name), CALL).code === "AwsError") unknown.add(`${operation}: ${name}`);
    }
    // A custom key store is never asked for, and no grant is used.
    const beyond = /CloudHsm|CustomKeyStore|Xks|InvalidGrant|DryRun/;
    assert.deepEqual(
      [...unknown].filter((name) => !beyond.test(name)),
      [],
    );
  });

  it("name the action that was denied, as AWS says it or else the one that was called", () => {
    const said =
      "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: kms:TagResource on resource: arn";
    assert.equal(
      awsError(answered("AccessDeniedException", said), CALL).context.permission,
      "kms:TagResource",
    );
    assert.equal(awsError(answered("AccessDeniedException", ""), CALL).context.permission, "kms:CreateKey");
    const explicit = `${said} with an explicit deny in a service control policy`;
    assert.match(
      awsError(answered("AccessDeniedException", explicit), CALL).message,
      /Remove the explicit deny of kms:TagResource/,
    );
  });

  it("say that an earlier attempt may have succeeded only where AWS refuses the call finally", () => {
    const saysSo = (name: string) =>
      awsError(answered(name), { ...CALL, afterLostAnswer: true }).context.afterLostAnswer;
    assert.equal(saysSo("AlreadyExistsException"), true);
    for (const name of ["KMSInternalException", "ThrottlingException"]) assert.equal(saysSo(name), undefined);
  });

  it("are not put into words twice", () => {
    const ours = new KeymgmtError("MissingCredentials", "no credentials");
    assert.equal(awsError(ours, CALL), ours);
  });

  it("take what is no error, too", () => {
    assert.equal(awsError("text", CALL).code, "AwsError");
    assert.match(awsError(undefined, CALL).message, /undefined/);
  });
});
