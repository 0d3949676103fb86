/**
 * References in inputs: the place from which a key, a passphrase or a private key is read when it is needed. `pkcs11:` names a key in an
 * HSM. readReference.ts reads references, and secrecy/shownReference.ts shows them in messages.
 */

import { isReadable } from "../content";

const PLACEHOLDER = "{version}";

/** Whether a text is meant as a reference; it may still be a wrong one. */
export function isReference(text: unknown): text is string {
  return typeof text === "string" && /^(env|file|exec|pkcs11):/.test(text);
}

/** Whether it contains `{version}`, and so names every version of a key. */
export function namesEachVersion(text: unknown): text is string {
  return isReference(text) && text.includes(PLACEHOLDER);
}

/** The reference of one version. */
export function referenceTo(version: number, text: string): string {
  return text.replaceAll(PLACEHOLDER, String(version));
}

/** Mistakes in a reference. It is not repeated: `env://${key}` may hold the key itself. `what` names it in the message. */
export function referenceMistakes(text: string, what: string): string[] {
  if (isReadable(referenceTo(1, text))) return [];
  return [
    `Expected ${what} to be env://NAME, file:///path (absolute) or "exec:command argument …"; what came is none of them, and is not shown here in case it holds a key.`,
  ];
}

/** The reference of one version's passphrase. */
export function passphraseOf(version: number, reference: string | undefined): string | undefined {
  return reference === undefined ? undefined : referenceTo(version, reference);
}
