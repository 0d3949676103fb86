/** References of keys and of what opens them: where each is read when it is needed; `pkcs11:` is an HSM's. */

import { KeymgmtError } from "../errors";
import { type Content, contentAt, isReadable, type Look, textOf } from "../reference";
import type { Say } from "../say";
import { shownReference } from "../secrecy/shownReference";
import { cameInstead, type Identity, identityOf, isSame } from "./keyCheckValue";
import { parseMaterial, parseMaterialBytes } from "./material";

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

/**
 * Reads the 256-bit key that a reference names: base64, hex or JWK, and of a file or a command its 32 bytes as they are. The caller
 * zeroes it after use. Throws KeystoreUnavailable; what was read, and what a command printed, is in no message.
 */
export async function readReference(reference: string, what: string, say: Say): Promise<Buffer> {
  const from = shownReference(reference);
  const read = await contentOf(reference, what, from, warnsOfReaders(say));
  const named = `${what} from ${from}`;
  const parsed = "text" in read ? parseMaterial(read.text, named) : parseMaterialBytes(read.bytes, named);
  if ("mistake" in parsed) throw new KeymgmtError("KeystoreUnavailable", parsed.mistake);
  return parsed.material;
}

/** Reads a text that is secret: a file that others than its owner can read is warned of. Throws KeystoreUnavailable. */
export function readSecret(
  reference: string,
  what: string,
  say: Say,
  from = shownReference(reference),
): Promise<string> {
  return readText(reference, what, from, warnsOfReaders(say));
}

/** Of a file's mode: its group or others may read it. Windows has no such bits, and Node makes some up. */
const READABLE_BY_OTHERS = process.platform === "win32" ? 0 : 0o044;

function warnsOfReaders(say: Say): Look {
  return (path, mode) => {
    if ((mode & READABLE_BY_OTHERS) !== 0)
      say(
        `others than its owner can read ${path}, which holds a secret: its mode is ${octal(mode)}. Run: chmod 600 ${path}`,
      );
  };
}

const octal = (mode: number) => (mode & 0o7777).toString(8).padStart(4, "0");

/**
 * Reads the text that a reference names, without the end of its last line. Throws KeystoreUnavailable, without the text.
 *
 * @param from what the reference is called in messages
 */
export async function readText(
  reference: string,
  what: string,
  from = shownReference(reference),
  look: Look = () => {},
): Promise<string> {
  return textOf(await contentOf(reference, what, from, look));
}

/** The same of a key that is known; any other key is refused. */
export async function readReferenceOf(
  known: Identity,
  reference: string,
  what: string,
  say: Say,
): Promise<Buffer> {
  const key = await readReference(reference, what, say);
  const came = identityOf(key);
  if (isSame(known, came)) return key;
  key.fill(0);
  throw new KeymgmtError(
    "KeystoreUnavailable",
    `Expected ${what} from ${shownReference(reference)}, with key check value ${known.kcv}; what came ${cameInstead(came, known)}. Put the right one there; nothing was changed.`,
  );
}

async function contentOf(reference: string, what: string, from: string, look: Look): Promise<Content> {
  const read = await contentAt(reference, look);
  if (!("missing" in read)) return read;
  throw new KeymgmtError("KeystoreUnavailable", `Expected ${what} from ${from}; ${read.missing}.`);
}
