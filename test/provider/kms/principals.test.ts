import assert from "node:assert/strict";
import sinon from "sinon";
import { isKeymgmtError, KeymgmtError } from "../../../provider/errors";
import type { Kms } from "../../../provider/kms/client/client";
import { awsError } from "../../../provider/kms/errors/awsErrors";
import { oncePrincipalsAreKnown } from "../../../provider/kms/principals";
import { sayOnce } from "../../../provider/say";

const unknown = () =>
  awsError(
    Object.assign(new Error("Policy contains a statement with one or more invalid principals."), {
      name: "MalformedPolicyDocumentException",
      $metadata: { httpStatusCode: 400, requestId: "r-1" },
    }),
    {
      service: "kms",
      operation: "CreateKey",
      region: "us-west-1",
      repeatable: false,
      key: "orders",
      version: 1,
    },
  );

describe("a principal of a key policy that AWS KMS does not know", () => {
  let clock: sinon.SinonFakeTimers;
  let said: string[];
  beforeEach(() => {
    clock = sinon.useFakeTimers();
    said = [];
  });
  afterEach(() => clock.restore());

  const kms = () => ({ region: "us-west-1", say: sayOnce((line) => said.push(line)) }) as unknown as Kms;
  /** Does the work with as much time as it asks for; gives what came of it, and the seconds that it took. */
  async function timed(work: () => Promise<unknown>) {
    const begun = Date.now();
    const outcome = oncePrincipalsAreKnown(kms(), { key: "orders" }, work).catch((error: unknown) => error);
    let isOver = false;
    void outcome.finally(() => {
      isOver = true;
    });
    for (let second = 0; second < 1000 && !isOver; second++) await clock.tickAsync(1000);
    return { outcome: await outcome, seconds: (Date.now() - begun) / 1000 };
  }

  it("is waited for until it is known, which is said once", async () => {
    const work = sinon.stub();
    for (let attempt = 0; attempt < 6; attempt++) work.onCall(attempt).rejects(unknown());
    work.resolves("made");
    const { outcome, seconds } = await timed(work);
    assert.equal(outcome, "made");
    assert.equal(work.callCount, 7);
    assert.equal(seconds, 1 + 2 + 4 + 5 + 5 + 5);
    assert.deepEqual(said, [
      'keymgmt: AWS KMS in us-west-1 does not know a principal of the key policy of key "orders", as happens for some seconds after a principal is created; waiting for it, at most 120 seconds',
    ]);
  });

  it("is waited for two minutes at the most; the error says what AWS said, how long, and what to do", async () => {
    const { outcome, seconds } = await timed(sinon.stub().callsFake(async () => Promise.reject(unknown())));
    assert.equal(seconds, 120);
    assert.ok(isKeymgmtError(outcome, "UnknownPrincipal"));
    assert.equal(outcome.context.awsName, "MalformedPolicyDocumentException");
    assert.equal(
      outcome.message,
      'kms:CreateKey in us-west-1 for key "orders" version 1 failed: AWS answered MalformedPolicyDocumentException, "Policy contains a statement with one or more invalid principals" (request r-1). A user or role that the key policy names may not be there, or not be known to AWS KMS yet. It was still unknown after 120 seconds. Check that each user and role that `policy` names exists (aws iam get-role, aws iam get-user), was not deleted, and is spelt right; then run again.',
    );
  });

  it("has its two minutes where calls take long, as in a queue for their quota or on a machine that is busy", async () => {
    let attempts = 0;
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, 150_000));
      if (++attempts < 4) throw unknown();
      return "made";
    };
    assert.equal((await timed(slow)).outcome, "made");
  });

  it("is the only thing that is waited for", async () => {
    const fault = new KeymgmtError("MalformedPolicy", "another fault");
    const work = sinon.stub().rejects(fault);
    work.onFirstCall().rejects(unknown());
    const { outcome, seconds } = await timed(work);
    assert.equal(outcome, fault);
    assert.deepEqual([work.callCount, seconds], [2, 1]);
  });
});
