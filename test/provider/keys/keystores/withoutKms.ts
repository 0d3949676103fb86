import assert from "node:assert/strict";
import { sayOnce } from "../../../../provider/awskms/say";
import { KeystoreSession } from "../../../../provider/keys/keystores/session";

/** A run's session for keystores that need no KMS. */
export const withoutKms = () =>
  new KeystoreSession(() => assert.fail("Expected no KMS to be opened."), sayOnce());
