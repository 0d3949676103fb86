import assert from "node:assert/strict";
import { isKeymgmtError } from "../../provider/errors";
import { PartialFailure } from "../../provider/resources/resource";

/** What work that must fail with KeystoreUnavailable says, whatever part of it was done. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  const thrown: unknown = await work.then(
    () => assert.fail("it was done"),
    (error) => error,
  );
  const error = thrown instanceof PartialFailure ? thrown.cause : thrown;
  assert.ok(isKeymgmtError(error, "KeystoreUnavailable"), String(error));
  return error.message;
}
