import type { SdkError } from "./failures";

const LONGEST = 600;

/** What the SDK says in terms of its own options, for who runs an update. */
const REPLACED_MESSAGES: [said: string, shown: string][] = [
  ["is not valid JSON", "what came is not valid JSON"],
  ["Command failed: ", "its credential_process failed; run that by hand to see why"],
  [
    "Metadata v1 fallback has been blocked",
    "no session token of IMDSv2 came; in a container on EC2 that takes a hop limit of 2",
  ],
  [
    "requires multi-factor authentication",
    "it needs an MFA code, which cannot be asked for here; take a session first, as by `aws configure export-credentials --format env`",
  ],
];

/**
 * What AWS or its SDK said, fit to be shown: one line, and nothing secret in it. A wrong signature's text may go on with
 * the canonical request, session token included; a validation error repeats the value; a JSON parser quotes what it
 * could not read, which from a credential endpoint are credentials; a program that failed is quoted with its arguments; Node repeats the path
 * of a file that cannot be read, which may be a token in the wrong place.
 */
export function sanitized(message: string): string {
  const [, shown] = REPLACED_MESSAGES.find(([said]) => message.includes(said)) ?? [];
  if (shown !== undefined) return shown;
  const line = message
    .replaceAll(/\b(E[A-Z\d]+: [^']*, \w+) '.*'/gs, "$1 '...'")
    .replaceAll(/(value) '.*?' at '([\w.]+)'/gis, "$1 '...' at '$2'")
    .split(/\n|The Canonical String/)[0]!
    .replaceAll(/\s+/g, " ")
    .trim()
    .replace(/[.,:]+$/, "");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line;
}

/**
 * The error, for `cause`: its name, its text made fit to be shown, and its stack. The SDK's own also holds the request
 * and the answer ($response), with headers and bodies, which must not be dumped.
 */
export function sanitizedError(error: SdkError): Error {
  const safe = new Error(sanitized(error.message));
  Object.defineProperty(safe, "name", { value: error.name, enumerable: false });
  const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  safe.stack = [`${error.name}: ${safe.message}`, ...frames].join("\n");
  return safe;
}
