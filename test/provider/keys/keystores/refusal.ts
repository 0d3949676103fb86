import assert from "node:assert/strict";
import { isKeymgmtError } from "../../../../provider/errors";

/** What work that must fail with KeystoreUnavailable says. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => assert.fail("it was done"),
    (thrown: unknown) => thrown,
  );
  assert.ok(isKeymgmtError(error, "KeystoreUnavailable"), String(error));
  return error.message;
}
