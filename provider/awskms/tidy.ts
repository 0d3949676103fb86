import type { SdkError } from "./failures";

const LONGEST = 600;

/**
 * What AWS or its SDK said, fit to be shown: one line, and nothing secret in it. A wrong signature's text may go on with
 * the canonical request, session token included; a validation error repeats the value; a JSON parser quotes what it
 * could not read, which from a credential endpoint are credentials; a program that failed is quoted with its arguments.
 */
export function tidy(message: string): string {
  if (message.includes("is not valid JSON")) return "what came is not valid JSON";
  if (message.startsWith("Command failed: "))
    return "its credential_process failed; run that by hand to see why";
  const line = message
    .split(/\n|The Canonical String/)[0]!
    .replaceAll(
      /value '[^']*' at '(\w*(?:token|material|secret|credential|password)\w*)'/gi,
      "value '...' at '$1'",
    )
    .replaceAll(/\s+/g, " ")
    .trim()
    .replace(/[.,:]+$/, "");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line;
}

/**
 * The error, for `cause`: its name, its text made fit to be shown, and its stack. The SDK's own also holds the request
 * and the answer ($response), with headers and bodies, which must not be dumped.
 */
export function withoutSecrets(error: SdkError): Error {
  const safe = new Error(tidy(error.message));
  Object.defineProperty(safe, "name", { value: error.name, enumerable: false });
  const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
  safe.stack = [`${error.name}: ${safe.message}`, ...frames].join("\n");
  return safe;
}
