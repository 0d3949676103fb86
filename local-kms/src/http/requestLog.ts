/** One request, as the log shows it: never a body, so never material, plaintext or tokens. */
export interface RequestLogEntry {
  readonly time: string;
  readonly account: string;
  readonly region: string;
  readonly operation: string;
  /** As the caller gave it: id, ARN or alias. */
  readonly keyId: string;
  /** `ok`, the error's name, or how the connection ended: `close`, `reset`, `hang`, `half`, `kill`. */
  readonly outcome: string;
  /** As in the answer's x-amzn-RequestId. */
  readonly requestId: string;
  /** What made it fail, where the request did not: `fault` or `quota`. */
  readonly cause: string;
}

/** One line, columns separated by a space, `-` for what is not known. */
export function formatLogEntry(entry: RequestLogEntry): string {
  const { time, account, region, operation, keyId, outcome, requestId, cause } = entry;
  const fields = [time, account, region, operation, keyId, outcome, requestId, cause];
  return fields.map((field) => printable(field) || "-").join(" ");
}

/** Fields come from the caller: nothing in them may start another line or column. */
const printable = (field: string) => field.slice(0, 300).replace(/[^\x21-\x7e]/g, "?");

/** The key that a request names: most operations call it KeyId. */
export function keyIdOf(input: unknown): string {
  if (typeof input !== "object" || input === null) return "";
  const { KeyId, TargetKeyId, DestinationKeyId, AliasName } = input as Record<string, unknown>;
  const named = [KeyId, TargetKeyId, DestinationKeyId, AliasName].find((value) => typeof value === "string");
  return typeof named === "string" ? named : "";
}
