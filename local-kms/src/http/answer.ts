import { KmsError } from "../api/errors.js";

/** What goes back over the wire. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** AWS's name of the error, on refusals. */
  readonly errorType?: string;
}

const JSON_1_1 = "application/x-amz-json-1.1";

/** AWS JSON 1.1: timestamps are seconds, blobs base64, absent members left out; an operation without output has no body. */
export function jsonAnswer(output: unknown): Answer {
  return { status: 200, type: JSON_1_1, body: output === undefined ? "" : JSON.stringify(wire(output)) };
}

function wire(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(wire);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, wire(member)]));
}

/** An error that is no KmsError is a fault of this server: it is not shown to the caller. */
export function errorAnswer(error: unknown): Answer {
  const { code, message, status } = asKmsError(error);
  const body = JSON.stringify({ __type: code, ...(message && { [messageMember(code)]: message }) });
  return { status, type: JSON_1_1, body, errorType: code };
}

/** What AWS's authorization refuses comes in another form than what AWS KMS refuses. */
const messageMember = (code: string) => (code === "AccessDeniedException" ? "Message" : "message");

export function asKmsError(error: unknown): KmsError {
  return error instanceof KmsError
    ? error
    : new KmsError("KMSInternalException", "The local KMS failed; see its log");
}
