import assert from "node:assert/strict";
import sinon from "sinon";
import { isKeymgmtError } from "../../../../provider/errors";
import type { Kms, KmsOperation } from "../../../../provider/kms/client/client";
import { awsError } from "../../../../provider/kms/errors/awsErrors";
import { asSdkError, failureOf } from "../../../../provider/kms/errors/failures";
import { saysNoDefaultProfile } from "../../../../provider/kms/errors/texts";
import {
  isCreatingError,
  isPendingDeletionError,
  isPendingImportError,
} from "../../../../provider/kms/kmsKeys";
import { oncePrincipalsAreKnown } from "../../../../provider/kms/principals";
import { ensureReplicaKey } from "../../../../provider/kms/replicas";
import { rotateOnDemand } from "../../../../provider/kms/rotation";

const KEY = "47e3edc1-945f-413b-88b1-e7341c2d89f7";
const ARN = `arn:aws:kms:us-west-2:111122223333:key/${KEY}`;
const CALLER = "arn:aws:iam::111122223333:user/ci";
const DENIED = `User: ${CALLER} is not authorized to perform: kms:TagResource on resource: ${ARN}`;

/** Of each decision that a text makes, because AWS has one name for two things. */
interface Decision {
  readonly name: string;
  readonly recorded: string;
  /** The same said in other words, as AWS may say it one day. */
  readonly reworded: string;
  /** What comes of it: by the recorded text, by another, and where AWS sends none. */
  readonly outcomes: readonly [recorded: string, reworded: string, none: string];
  readonly outcomeOf: (failure: Failing) => string | Promise<string>;
}

/** Makes the failure of a call. */
type Failing = (operation: KmsOperation) => Error;

const failing =
  (name: string, text: string): Failing =>
  (operation) =>
    awsError(Object.assign(new Error(text), { name, $metadata: { httpStatusCode: 400 } }), {
      service: "kms",
      operation,
      region: "us-west-2",
      repeatable: false,
    });

const context = { key: "orders" };

/** A KMS that refuses one operation once, and answers the others. Its calls, and how the work ended. */
async function outcomeWith(
  refusing: KmsOperation,
  failure: Failing,
  answers: Partial<Record<KmsOperation, unknown>>,
  work: (kms: Kms) => Promise<unknown>,
): Promise<string> {
  const clock = sinon.useFakeTimers();
  try {
    let asked = 0;
    const call = async (operation: KmsOperation) => {
      if (operation !== refusing) return answers[operation];
      asked++;
      if (asked === 1) throw failure(operation);
      return answers[operation] ?? {};
    };
    const kms = { region: "us-west-2", say: () => {}, call } as unknown as Kms;
    const end = work(kms).then(
      () => "carried out",
      (error: unknown) => (isKeymgmtError(error) ? error.code : String(error)),
    );
    let isOver = false;
    void end.finally(() => {
      isOver = true;
    });
    for (let second = 0; second < 100 && !isOver; second++) await clock.tickAsync(1000);
    return `${await end}, asked ${asked} times`;
  } finally {
    clock.restore();
  }
}

const state = (is: (error: unknown) => boolean) => (failure: Failing) => {
  const error = failure("EnableKey");
  assert.equal(isKeymgmtError(error, "InvalidState"), true);
  return is(error) ? "in that state" : "refused, in a state that is not known";
};

const replicating = (failure: Failing) =>
  outcomeWith(
    "ReplicateKey",
    failure,
    { DescribeKey: { KeyMetadata: { KeyId: KEY, Arn: ARN, KeyState: "PendingImport", Origin: "EXTERNAL" } } },
    (kms) => ensureReplicaKey(kms, () => kms, kms, KEY, { tags: {} }, context),
  );

const rotating = (failure: Failing) => {
  let described = 0;
  const metadata = () => ({
    KeyMetadata: {
      KeyId: KEY,
      Arn: ARN,
      KeyState: "Enabled",
      CurrentKeyMaterialId: described++ < 2 ? "old" : "new",
    },
  });
  const answers = {
    get DescribeKey() {
      return metadata();
    },
  };
  return outcomeWith("RotateKeyOnDemand", failure, answers, (kms) =>
    rotateOnDemand(kms, KEY, "new", context),
  );
};

const DECISIONS: Record<string, Decision> = {
  "a KMS key that is pending deletion: the deletion is cancelled, or nothing is done to the KMS key": {
    name: "KMSInvalidStateException",
    recorded: `${ARN} is pending deletion.`,
    reworded: `The KMS key ${ARN} is scheduled for deletion.`,
    outcomes: [
      "in that state",
      "refused, in a state that is not known",
      "refused, in a state that is not known",
    ],
    outcomeOf: state(isPendingDeletionError),
  },
  "a KMS key that has no material": {
    name: "KMSInvalidStateException",
    recorded: `${ARN} is pending import.`,
    reworded: `The KMS key ${ARN} awaits an import.`,
    outcomes: [
      "in that state",
      "refused, in a state that is not known",
      "refused, in a state that is not known",
    ],
    outcomeOf: state(isPendingImportError),
  },
  "a replica that is not ready": {
    name: "KMSInvalidStateException",
    recorded: `${ARN} is creating.`,
    reworded: `The KMS key ${ARN} is being created.`,
    outcomes: [
      "in that state",
      "refused, in a state that is not known",
      "refused, in a state that is not known",
    ],
    outcomeOf: state(isCreatingError),
  },
  "ReplicateKey before AWS sees the primary's import: it is asked again, or refused with no replica": {
    name: "KMSInvalidStateException",
    recorded: `${ARN} is pending import.`,
    reworded: `The KMS key ${ARN} awaits an import.`,
    outcomes: ["carried out, asked 2 times", "InvalidState, asked 1 times", "InvalidState, asked 1 times"],
    outcomeOf: replicating,
  },
  "RotateKeyOnDemand before AWS sees every import: it is asked again, or refused with no rotation": {
    name: "KMSInvalidStateException",
    recorded: `No available key material pending rotation for the key: ${ARN}.`,
    reworded: `KMS key ${ARN} has no new key material.`,
    outcomes: ["carried out, asked 2 times", "InvalidState, asked 1 times", "InvalidState, asked 1 times"],
    outcomeOf: rotating,
  },
  "a key policy whose principals AWS does not know yet: it is sent again, or refused": {
    name: "MalformedPolicyDocumentException",
    recorded: "Policy contains a statement with one or more invalid principals.",
    reworded: "The policy names a principal that does not exist.",
    outcomes: [
      "carried out, asked 2 times",
      "MalformedPolicy, asked 1 times",
      // Without a text it may be either: a call that was refused has no effect, so asking again does no harm.
      "carried out, asked 2 times",
    ],
    outcomeOf: (failure) =>
      outcomeWith("CreateKey", failure, {}, (kms) =>
        oncePrincipalsAreKnown(kms, context, () => kms.call("CreateKey", {}, context)),
      ),
  },
  "a denial: whom it names, or the operation that was asked for": {
    name: "AccessDeniedException",
    recorded: `${DENIED} because no identity-based policy allows the kms:TagResource action`,
    reworded: `${CALLER} may not tag ${ARN}.`,
    outcomes: [
      "kms:TagResource, not denied explicitly",
      "kms:CreateKey, not denied explicitly",
      "kms:CreateKey, not denied explicitly",
    ],
    outcomeOf: denialOf,
  },
  "a denial: that it is explicit, which is claimed of no other text": {
    name: "AccessDeniedException",
    recorded: `${DENIED} with an explicit deny in a resource-based policy`,
    reworded: `${DENIED} and a policy denies it explicitly`,
    outcomes: [
      "kms:TagResource, denied explicitly",
      "kms:TagResource, not denied explicitly",
      "kms:CreateKey, not denied explicitly",
    ],
    outcomeOf: denialOf,
  },
};

function denialOf(failure: Failing): string {
  const error = failure("CreateKey");
  assert.ok(isKeymgmtError(error, "AccessDenied"));
  const { permission, explicitDeny } = error.context;
  return `${permission}, ${explicitDeny ? "denied" : "not denied"} explicitly`;
}

describe("what a text of AWS decides", () => {
  for (const [title, { name, recorded, reworded, outcomes, outcomeOf }] of Object.entries(DECISIONS)) {
    const texts = { "by the recorded text": recorded, "by another text": reworded, "without a text": "" };
    for (const [i, [by, text]] of Object.entries(texts).entries())
      it(`${title}; ${by}`, async () => {
        assert.equal(await outcomeOf(failing(name, text)), outcomes[i]);
        // As the AWS SDK hands on an error without a text.
        if (!text) assert.equal(await outcomeOf(failing(name, "UnknownError")), outcomes[i]);
      });
  }

  it("or of Node: that nothing was sent; a CreateKey that failed in other words may have had its effect", () => {
    const tls = "Client network socket disconnected before secure TLS connection was established";
    const failed = (text: string) => asSdkError(Object.assign(new Error(text), { code: "ECONNRESET" }));
    assert.equal(failureOf(failed(tls)), "no-effect");
    for (const text of ["The TLS handshake did not end", ""]) {
      assert.equal(failureOf(failed(text)), "lost");
      const call = {
        service: "kms",
        operation: "CreateKey",
        region: "us-west-2",
        repeatable: false,
      } as const;
      assert.equal(awsError(failed(text), call).code, "OutcomeUnknown");
    }
  });

  it("or of the AWS SDK: that there is no profile; any other text is an error, and no other credentials are taken", () => {
    const none =
      "Could not resolve credentials using profile: [default] in configuration/credentials file(s).";
    assert.equal(saysNoDefaultProfile(none), true);
    for (const text of ["There is no profile [default].", ""])
      assert.equal(saysNoDefaultProfile(text), false);
  });
});
