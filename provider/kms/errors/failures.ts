import {
  isClockSkewCorrectedError,
  isClockSkewError,
  isThrottlingError,
  isTransientError,
} from "@smithy/service-error-classification";
import { isKeymgmtError } from "../../errors";
import { saysNoConnection } from "./texts";

/**
 * What a failed call says of the request:
 * - `throttled`: AWS refused it for its rate; it had no effect.
 * - `no-effect`: it never left this machine, or was refused for a clock that has been set right since.
 * - `lost`: it may or may not have had its effect: no answer, one that cannot be read, or a fault on AWS's side.
 * - `final`: AWS said no (or nothing can be sent at all), and would again.
 */
export type Failure = "throttled" | "no-effect" | "lost" | "final";

/** The parts of an error of the AWS SDK or of Node that this layer looks at. */
export type SdkError = Parameters<typeof isTransientError>[0] & {
  code?: string;
  syscall?: string;
  errors?: SdkError[];
};

export function failureOf(thrown: unknown): Failure {
  if (isKeymgmtError(thrown)) return "final";
  const error = asSdkError(thrown);
  if (isThrottled(error)) return "throttled";
  if (neverConnected(error)) return "no-effect";
  // KMS documents both as "you can retry the request", not as undone. Servers differ in the status they send.
  if (error.name === "KMSInternalException" || error.name === "DependencyTimeoutException") return "lost";
  const status = error.$metadata?.httpStatusCode;
  if (status !== undefined && status >= 300 && status <= 499) {
    // The SDK has noted the server's time, so that the next signature is right. It sets the mark on any error at all.
    return isClockSkewError(error) && isClockSkewCorrectedError(error) ? "no-effect" : "final";
  }
  if (status !== undefined || isTransientError(error) || isBrokenConnection(error)) return "lost";
  return "final";
}

/**
 * Whether AWS throttled the call. The SDK counts LimitExceededException among the throttling errors; KMS means a
 * resource quota by it (100,000 keys, 50 aliases of a key), which no waiting changes.
 */
export function isThrottled(error: SdkError): boolean {
  return error.name !== "LimitExceededException" && isThrottlingError(error);
}

/** Whether no connection came about, so that nothing was sent. */
export function neverConnected(error: SdkError): boolean {
  if (error.syscall === "connect" || error.syscall === "getaddrinfo") return true;
  // One error for an address each, where the host has several.
  if (error.errors?.length) return error.errors.every(neverConnected);
  return saysNoConnection(error.message);
}

/** Whether nobody answered, or nobody that was in a state to: no connection, no answer in time, a fault on the server's side. */
export function isUnanswered(error: SdkError): boolean {
  return neverConnected(error) || isTransientError(error);
}

/** Whether the server is not who it should be, or does not speak TLS. */
export function isTlsRefusal(error: SdkError): boolean {
  return /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$)/.test(error.code ?? "");
}

/** Anything thrown, as an error whose parts can be looked at. */
export function asSdkError(thrown: unknown): SdkError {
  return (thrown instanceof Error ? thrown : new Error(String(thrown))) as SdkError;
}

/** Node's system errors and those of its HTTP parser and streams. */
function isBrokenConnection(error: SdkError): boolean {
  return !isTlsRefusal(error) && /^(E[A-Z]+$|HPE_|ERR_STREAM_|ERR_HTTP_)/.test(error.code ?? "");
}
