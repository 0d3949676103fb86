import type { isTransientError } from "@smithy/service-error-classification";
import { isKeymgmtError } from "../../errors";
import { errorClassification } from "../awsSdk";
import { saysNoConnection } from "./texts";

/**
 * What a failure says about the effect of the request:
 * - `throttled`: AWS refused it because of its rate. It had no effect.
 * - `no-effect`: it was never sent, or was refused because of a wrong clock that has been corrected since.
 * - `lost`: its effect is unknown: no response came, or one that cannot be read, or AWS had a fault.
 * - `final`: AWS refused it and would refuse it again, or nothing can be sent at all.
 */
export type Failure = "throttled" | "no-effect" | "lost" | "final";

/** The parts of an error of the AWS SDK or of Node that are read here. */
export type SdkError = Parameters<typeof isTransientError>[0] & {
  code?: string;
  syscall?: string;
  errors?: SdkError[];
};

export function failureOf(thrown: unknown): Failure {
  if (isKeymgmtError(thrown)) return "final";
  const { isClockSkewCorrectedError, isClockSkewError, isTransientError } = errorClassification();
  const error = asSdkError(thrown);
  if (isThrottled(error)) return "throttled";
  if (neverConnected(error)) return "no-effect";
  // KMS documents both as "you can retry the request". That does not say that the request had no effect. Servers differ in the status.
  if (error.name === "KMSInternalException" || error.name === "DependencyTimeoutException") return "lost";
  const status = error.$metadata?.httpStatusCode;
  if (status !== undefined && status >= 300 && status <= 499) {
    // The SDK now knows the server's time, so the next signature is right. It marks every kind of error as corrected, so both are asked.
    return isClockSkewError(error) && isClockSkewCorrectedError(error) ? "no-effect" : "final";
  }
  if (status !== undefined || isTransientError(error) || isBrokenConnection(error)) return "lost";
  return "final";
}

/**
 * Whether AWS throttled the call. The SDK treats LimitExceededException as throttling. In KMS it means a resource quota (100,000 keys,
 * 50 aliases of a key), and waiting does not help.
 */
export function isThrottled(error: SdkError): boolean {
  return error.name !== "LimitExceededException" && errorClassification().isThrottlingError(error);
}

/** Whether no connection was established, so that nothing was sent. */
export function neverConnected(error: SdkError): boolean {
  if (error.syscall === "connect" || error.syscall === "getaddrinfo") return true;
  // A host with several addresses gives one error for each.
  if (error.errors?.length) return error.errors.every(neverConnected);
  return saysNoConnection(error.message);
}

/** Whether no usable response came: no connection, no response in time, or a fault of the server. */
export function isUnanswered(error: SdkError): boolean {
  return neverConnected(error) || errorClassification().isTransientError(error);
}

/** Whether the server's certificate is not accepted, or the server does not speak TLS. */
export function isTlsRefusal(error: SdkError): boolean {
  return /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$)/.test(error.code ?? "");
}

/** Anything thrown, as an error whose parts can be read. */
export function asSdkError(thrown: unknown): SdkError {
  return (thrown instanceof Error ? thrown : new Error(String(thrown))) as SdkError;
}

/** Node's system errors and those of its HTTP parser and streams. */
function isBrokenConnection(error: SdkError): boolean {
  return !isTlsRefusal(error) && /^(E[A-Z]+$|HPE_|ERR_STREAM_|ERR_HTTP_)/.test(error.code ?? "");
}
