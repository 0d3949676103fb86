import assert from "node:assert/strict";
import { KeystoreSession } from "../../../../provider/keys/keystores/session";
import { sayOnce } from "../../../../provider/say";

/** A run's session for keystores that need no KMS. */
export const withoutKms = () =>
  new KeystoreSession(() => assert.fail("Expected no KMS to be opened."), sayOnce());
