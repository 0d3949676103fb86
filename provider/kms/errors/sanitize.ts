import type { SdkError } from "./failures";

const MAX_LENGTH = 600;

/** Messages of the SDK that name its own options or quote secrets, by a fragment, with the text that the user sees instead. */
const REPLACED_MESSAGES: [fragment: string, shown: string][] = [
  ["is not valid JSON", "what came is not valid JSON"],
  ["Command failed: ", "its credential_process failed; run that by hand to see why"],
  [
    "Metadata v1 fallback has been blocked",
    "no session token of IMDSv2 came; in a container on EC2 that needs a hop limit of 2",
  ],
  [
    "requires multi-factor authentication",
    "it needs an MFA code, which cannot be asked for here; create a session first, for example with `aws configure export-credentials --format env`",
  ],
];

/**
 * The message of AWS or its SDK as one line without secrets. Five kinds of message may contain some:
 * - a wrong signature: AWS may append the canonical request, with the session token;
 * - a validation error: AWS repeats the value;
 * - invalid JSON: the parser quotes the text, which from a credential endpoint holds credentials;
 * - a command that failed: Node quotes its arguments;
 * - a file that cannot be read: Node repeats the path, which may be a misplaced token.
 */
export function sanitized(message: string): string {
  const [, shown] = REPLACED_MESSAGES.find(([fragment]) => message.includes(fragment)) ?? [];
  if (shown !== undefined) return shown;
  const line = message
    .replaceAll(/\b(E[A-Z\d]+: [^']*, \w+) '.*'/gs, "$1 '...'")
    .replaceAll(/(value) '.*?' at '([\w.]+)'/gis, "$1 '...' at '$2'")
    .split(/\n|The Canonical String/)[0]!
    .replaceAll(/\s+/g, " ")
    .trim()
    .replace(/[.,:]+$/, "");
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}...` : line;
}

/**
 * A copy of the error for `cause`: its name, its sanitized message and its stack. The SDK's error also holds the request and the
 * response ($response) with headers and bodies, which must not be printed.
 */
export function sanitizedError(error: SdkError): Error {
  const safe = new Error(sanitized(error.message));
  Object.defineProperty(safe, "name", { value: error.name, enumerable: false });
  const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  safe.stack = [`${error.name}: ${safe.message}`, ...frames].join("\n");
  return safe;
}
