/**
 * References as inputs have them: where a key, or what opens one, is read when it is needed. `pkcs11:` is an HSM's. readReference.ts
 * reads them, and secrecy/shownReference.ts shows them.
 */

import { isReadable } from "../content";

const PLACEHOLDER = "{version}";

/** Whether a text is meant as a reference; it may still be a wrong one. */
export function isReference(text: unknown): text is string {
  return typeof text === "string" && /^(env|file|exec|pkcs11):/.test(text);
}

/** Whether it tells the versions of a key apart, and so names each of them. */
export function namesEachVersion(text: unknown): text is string {
  return isReference(text) && text.includes(PLACEHOLDER);
}

/** The reference of one version. */
export function referenceTo(version: number, text: string): string {
  return text.replaceAll(PLACEHOLDER, String(version));
}

/** What is wrong with a reference, which is not repeated: `env://${key}` may hold the key itself. `what` names it in the sentence. */
export function referenceMistakes(text: string, what: string): string[] {
  if (isReadable(referenceTo(1, text))) return [];
  return [
    `Expected ${what} to be env://NAME, file:///path (absolute) or "exec:command argument …"; what came is none of them, and is not shown here in case it holds a key.`,
  ];
}
