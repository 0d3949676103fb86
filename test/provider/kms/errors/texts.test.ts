import assert from "node:assert/strict";
import { awsError } from "../../../../provider/kms/errors/awsErrors";
import {
  denialInText,
  saysInvalidPrincipals,
  saysNoConnection,
  saysNoDefaultProfile,
  saysNothingToRotate,
  stateInText,
} from "../../../../provider/kms/errors/texts";
import {
  isCreatingError,
  isPendingDeletionError,
  isPendingImportError,
} from "../../../../provider/kms/kmsKeys";

const ARN = "arn:aws:kms:us-west-2:111122223333:key/47e3edc1-945f-413b-88b1-e7341c2d89f7";

/** An error of AWS about a key whose owner has chosen its name. */
function refused(text: string, key = "orders", name = "KMSInvalidStateException") {
  const thrown = Object.assign(new Error(text), { name, $metadata: { httpStatusCode: 400 } });
  const call = { service: "kms", operation: "EnableKey", region: "us-west-2", repeatable: true } as const;
  return awsError(thrown, { ...call, key });
}

describe("texts of AWS", () => {
  it("tell the states of a KMS key apart, with its ARN or its id, in every partition", () => {
    const texts: [string, string][] = [
      [`${ARN} is pending deletion.`, "PendingDeletion"],
      [`${ARN} is pending import.`, "PendingImport"],
      [`${ARN} is pending import`, "PendingImport"],
      ["mrk-1234abcd is pending replica deletion.", "PendingReplicaDeletion"],
      [`${ARN.replace("aws", "aws-us-gov")} is creating.`, "Creating"],
      [`${ARN} is updating.`, "Updating"],
    ];
    for (const [text, state] of texts) assert.equal(stateInText(text), state, text);
  });

  it("say no state where they say another, or none", () => {
    for (const text of ["", "UnknownError", `${ARN} is archived.`, `${ARN} is not pending deletion.`])
      assert.equal(stateInText(text), undefined, text);
    const error = refused(`${ARN} is archived.`);
    assert.equal(error.code, "InvalidState");
    assert.match(error.message, /is archived/);
    for (const is of [isPendingDeletionError, isPendingImportError, isCreatingError])
      assert.equal(is(error), false);
  });

  const names = ["is-pending-deletion", "key is pending import.", "creating", "updating pending deletion"];
  for (const name of names)
    it(`are not taken from a key or an alias called "${name}"`, () => {
      const alias = `arn:aws:kms:us-west-2:111122223333:alias/${name}`;
      for (const text of [
        `${alias} is in another state.`,
        `Alias alias/${name} is in use.`,
        `${name}: no.`,
      ]) {
        const error = refused(text, name);
        for (const is of [isPendingDeletionError, isPendingImportError, isCreatingError])
          assert.equal(is(error), false, text);
      }
      assert.equal(isPendingImportError(refused(`${ARN} is pending import.`, name)), true);
      assert.equal(isPendingDeletionError(refused(`${ARN} is pending import.`, name)), false);
    });

  it("say that there is nothing to rotate to, of a KMS key alone", () => {
    const text = `No available key material pending rotation for the key: ${ARN}.`;
    assert.equal(saysNothingToRotate(text), true);
    assert.equal(refused(text).context.nothingToRotate, true);
    const id = "0".repeat(64);
    const second = `New key material (id: ${id}) cannot be imported into KMS key ${ARN}, because another key material (id: ${id}) is pending rotation.`;
    assert.equal(saysNothingToRotate(second), false);
    assert.equal(refused("No.", text).context.nothingToRotate, undefined);
  });

  const user = "arn:aws:sts::111122223333:assumed-role/keys/with.an.explicit.deny@example.com";
  it("say who was denied what, and whether a policy denies it or none allows it", () => {
    const denied = `User: ${user} is not authorized to perform: kms:CreateKey on resource: ${ARN}`;
    const none = `${denied} because no identity-based policy allows the kms:CreateKey action`;
    assert.deepEqual(denialInText(none), {
      principal: user,
      permission: "kms:CreateKey",
      isExplicit: false,
    });
    for (const by of ["an identity-based policy", "a service control policy", "a permissions boundary"])
      assert.equal(denialInText(`${denied} with an explicit deny in ${by}`).isExplicit, true, by);
    assert.deepEqual(denialInText(`No: ${none}`), {
      principal: undefined,
      permission: undefined,
      isExplicit: false,
    });
    const named = refused(none, "x with an explicit deny in a policy", "AccessDeniedException");
    assert.equal(named.context.explicitDeny, undefined);
    assert.match(named.message, /Grant kms:CreateKey to arn:aws:sts/);
  });

  it("of its SDK and of Node say that nothing was sent, or that there is no default profile, as a whole", () => {
    const slow =
      "@smithy/node-http-handler - the request socket did not establish a connection with the server within the configured timeout of 3000 ms.";
    assert.equal(saysNoConnection(slow), true);
    assert.equal(
      saysNoConnection("Client network socket disconnected before secure TLS connection was established"),
      true,
    );
    assert.equal(saysNoConnection(`profile "${slow}" is not there`), false);
    const none =
      "Could not resolve credentials using profile: [default] in configuration/credentials file(s).";
    assert.equal(saysNoDefaultProfile(none), true);
    assert.equal(saysNoDefaultProfile(none.replace("[default]", `[${none}]`)), false);
    assert.equal(
      saysInvalidPrincipals("Policy contains a statement with one or more invalid principals."),
      true,
    );
    assert.equal(
      saysInvalidPrincipals("Sid: Policy contains a statement with one or more invalid principals."),
      false,
    );
  });
});
