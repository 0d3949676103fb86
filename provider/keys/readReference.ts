/** Reads the keys and other secrets that references name. */
import { type CheckMode, type Content, contentAt, textOf } from "../content";
import { KeymgmtError } from "../errors";
import type { Say } from "../say";
import { shownReference } from "../secrecy/shownReference";
import { differenceOf, type Identity, isSame } from "./keyCheckValue";
import type { KeyType } from "./keyTypes";

/**
 * Reads the material of a key, in any form that its type parses. The caller zeroes it after use. Throws KeystoreUnavailable; no message
 * quotes the content.
 *
 * @param passphrase the reference of the passphrase that opens the material, where it is encrypted
 */
export async function readKey(
  { material }: KeyType,
  reference: string,
  what: string,
  say: Say,
  passphrase?: string,
): Promise<Buffer> {
  const from = shownReference(reference);
  const opening = await readPassphrase(passphrase, what, say);
  const read = await contentOf(reference, what, from, warnIfReadableByOthers(say));
  const named = `${what} from ${from}`;
  const parsed =
    "text" in read
      ? material.parse(read.text, named, opening)
      : material.parseBytes(read.bytes, named, opening);
  if ("mistake" in parsed) throw new KeymgmtError("KeystoreUnavailable", parsed.mistake);
  return parsed.material;
}

/** The passphrase of material, where its reference is given. */
export async function readPassphrase(
  reference: string | undefined,
  what: string,
  say: Say,
): Promise<string | undefined> {
  return reference === undefined ? undefined : readSecret(reference, `the passphrase of ${what}`, say);
}

/** Reads a secret text, and warns of a file that others than its owner can read. Throws KeystoreUnavailable. */
export function readSecret(
  reference: string,
  what: string,
  say: Say,
  from = shownReference(reference),
): Promise<string> {
  return readText(reference, what, from, warnIfReadableByOthers(say));
}

/** The bits of a file's mode by which its group or others may read it. Windows has no such bits; Node invents them there. */
const READABLE_BY_OTHERS = process.platform === "win32" ? 0 : 0o044;

function warnIfReadableByOthers(say: Say): CheckMode {
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
  look: CheckMode = () => {},
): Promise<string> {
  return textOf(await contentOf(reference, what, from, look));
}

/** Reads a key whose identity is known. Any other key is refused. */
export async function readKnownKey(
  type: KeyType,
  known: Identity,
  reference: string,
  what: string,
  say: Say,
  passphrase?: string,
): Promise<Buffer> {
  const key = await readKey(type, reference, what, say, passphrase);
  const came = type.identityOf(key);
  if (isSame(known, came)) return key;
  key.fill(0);
  throw new KeymgmtError(
    "KeystoreUnavailable",
    `Expected ${what} from ${shownReference(reference)}, with key check value ${known.kcv}; what came ${differenceOf(came, known)}. Put the right one there; nothing was changed.`,
  );
}

async function contentOf(reference: string, what: string, from: string, look: CheckMode): Promise<Content> {
  const read = await contentAt(reference, look);
  if (!("missing" in read)) return read;
  throw new KeymgmtError("KeystoreUnavailable", `Expected ${what} from ${from}; ${read.missing}.`);
}
