/** Where bytes are to be read from when they are needed: `env://NAME`, `file:///path`, `exec:command`; `pkcs11:` is an HSM's. */
import { execFile } from "node:child_process";
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Say } from "../awskms/say";
import { KeymgmtError } from "../errors";
import { cameInstead, type Identity, identityOf, isSame } from "./keyCheckValue";
import { parseMaterial, parseMaterialBytes } from "./material";
import { shownReference } from "./shownReference";

type Source =
  | { kind: "env"; name: string }
  | { kind: "file"; path: string }
  | { kind: "exec"; command: string; args: string[] };

/** Longest time that a command may take, and the most that it may print. */
const COMMAND_LIMIT_MS = 30_000;
const COMMAND_LIMIT_BYTES = 65_536;

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
  if (sourceOf(referenceTo(1, text))) return [];
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

/** Is shown the mode of a file that was opened, where a link to it leads. */
type Look = (path: string, mode: number) => void;

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
  const read = await contentOf(reference, what, from, look);
  const text = "text" in read ? read.text : read.bytes.toString("utf8");
  if ("bytes" in read) read.bytes.fill(0);
  return text.replace(/\r?\n$/, "");
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

function sourceOf(reference: string): Source | undefined {
  // What is 64 hex digits is a key in the place of a name.
  const [, name] = /^env:\/\/(?![\da-f]{64}$)([a-z_]\w*)$/i.exec(reference) ?? [];
  if (name !== undefined) return { kind: "env", name };
  if (/^file:\/\/\/./.test(reference)) {
    try {
      return { kind: "file", path: fileURLToPath(reference) };
    } catch {
      return undefined;
    }
  }
  const [, line = ""] = /^exec:(.*)$/.exec(reference) ?? [];
  const [command, ...args] = line.split(" ").filter((word) => word !== "");
  return command === undefined ? undefined : { kind: "exec", command, args };
}

/** An environment variable is text; a file and a command may give any bytes. */
type Content = { text: string } | { bytes: Buffer };

async function contentOf(reference: string, what: string, from: string, look: Look): Promise<Content> {
  const source = sourceOf(reference);
  const read = source ? await readSource(source, look) : { missing: "this is no reference" };
  if (!("missing" in read)) return read;
  throw new KeymgmtError("KeystoreUnavailable", `Expected ${what} from ${from}; ${read.missing}.`);
}

async function readSource(source: Source, look: Look): Promise<Content | { missing: string }> {
  switch (source.kind) {
    case "env": {
      const text = process.env[source.name];
      return text ? { text } : { missing: "the environment has no such variable" };
    }
    case "file":
      return readFile(source.path, look).then(
        (bytes) => ({ bytes }),
        (error: NodeJS.ErrnoException) => ({ missing: `the file cannot be read (${error.code})` }),
      );
    case "exec":
      return printed(source.command, source.args);
  }
}

async function readFile(path: string, look: Look): Promise<Buffer> {
  const file = await open(path);
  try {
    look(path, (await file.stat()).mode);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** What a command prints on stdout. It runs without a shell, and without Pulumi's variables, which hold secrets of Pulumi's. */
function printed(command: string, args: string[]): Promise<{ bytes: Buffer } | { missing: string }> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_")));
  const options = {
    env,
    timeout: COMMAND_LIMIT_MS,
    killSignal: "SIGKILL",
    maxBuffer: COMMAND_LIMIT_BYTES,
    encoding: "buffer",
  } as const;
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout) => {
      if (!error) return resolve({ bytes: stdout });
      // Its message holds the command's stderr, which may hold anything.
      const how = error.killed
        ? `was ended after ${COMMAND_LIMIT_MS / 1000} seconds`
        : `failed with ${error.code}`;
      resolve({ missing: `the command ${how}` });
    });
  });
}
