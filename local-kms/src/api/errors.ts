/** An answer that refuses: AWS's error name, its HTTP status and, where AWS documents or shows one, its wording. */
export class KmsError extends Error {
  constructor(
    readonly code: string,
    message = "",
    readonly status = statusOf(code),
  ) {
    super(message);
    this.name = code;
  }
}

/** AWS KMS answers 400 to everything a caller can cause (also NotFound and AccessDenied) and 5xx to its own faults. */
function statusOf(code: string): number {
  if (code === "DependencyTimeoutException" || code === "ServiceUnavailableException") return 503;
  if (code === "KMSInternalException" || code === "InternalFailure") return 500;
  return 400;
}

export const notFound = (message: string) => new KmsError("NotFoundException", message);
export const keyNotFound = (arn: string) => notFound(`Key '${arn}' does not exist`);
export const aliasNotFound = (arn: string) => notFound(`Alias ${arn} is not found.`);
export const invalidArn = (message: string) => new KmsError("InvalidArnException", message);
export const validation = (message: string) => new KmsError("ValidationException", message);
export const serialization = (message: string) => new KmsError("SerializationException", message);
export const invalidState = (message: string) => new KmsError("KMSInvalidStateException", message);
export const unsupported = (message: string) => new KmsError("UnsupportedOperationException", message);
export const limitExceeded = (message: string) => new KmsError("LimitExceededException", message);
export const accessDenied = (message: string) => new KmsError("AccessDeniedException", message);
