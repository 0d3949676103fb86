/** Reads the contents that references name: `env://NAME`, `file:///path`, `exec:command argument …`. */
import { execFile } from "node:child_process";
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";

type Source =
  | { kind: "env"; name: string }
  | { kind: "file"; path: string }
  | { kind: "exec"; command: string; args: string[] };

/** An environment variable holds text. A file or a command may contain any bytes. */
export type Content = { text: string } | { bytes: Buffer };

/** The reason why nothing could be read. It never quotes the content. */
export interface Missing {
  missing: string;
}

/** Called with the mode of each file that is opened. Links are followed: the mode is that of the file itself. */
export type CheckMode = (path: string, mode: number) => void;

/** Limits of a command's running time and of its output. */
const COMMAND_LIMIT_MS = 30_000;
const COMMAND_LIMIT_BYTES = 65_536;

/** Whether a text is a well-formed reference. The file, variable or command may still not exist. */
export function isReadable(reference: string): boolean {
  return sourceOf(reference) !== undefined;
}

/** The content that a reference names. Throws nothing. */
export async function contentAt(reference: string, look: CheckMode = () => {}): Promise<Content | Missing> {
  const source = sourceOf(reference);
  switch (source?.kind) {
    case "env": {
      const text = process.env[source.name];
      return text ? { text } : { missing: "the environment has no such variable" };
    }
    case "file":
      return contentOfFile(source.path, look);
    case "exec":
      return printed(source.command, source.args);
    default:
      return { missing: "this is no reference" };
  }
}

/** The bytes of a file. Throws nothing. Node's messages are not used: they repeat the path, which may be a misplaced secret. */
export function contentOfFile(path: string, look: CheckMode = () => {}): Promise<Content | Missing> {
  return readFile(path, look).then(
    (bytes) => ({ bytes }),
    (error: NodeJS.ErrnoException) => ({ missing: `the file cannot be read (${error.code})` }),
  );
}

/** Content as text, without the end of its last line. The bytes are zeroed. */
export function textOf(content: Content): string {
  const text = "text" in content ? content.text : content.bytes.toString("utf8");
  if ("bytes" in content) content.bytes.fill(0);
  return text.replace(/\r?\n$/, "");
}

function sourceOf(reference: string): Source | undefined {
  // 64 hex digits are a 256-bit key in the place of a name.
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

async function readFile(path: string, look: CheckMode): Promise<Buffer> {
  const file = await open(path);
  try {
    look(path, (await file.stat()).mode);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** A command's stdout. The command gets no shell and none of Pulumi's variables, because these hold Pulumi's secrets. */
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
      // Node's message quotes the command's stderr, which may hold a secret.
      const how = error.killed
        ? `was ended after ${COMMAND_LIMIT_MS / 1000} seconds`
        : `failed with ${error.code}`;
      resolve({ missing: `the command ${how}` });
    });
  });
}
