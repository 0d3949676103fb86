/** What went wrong, in one word that a program can switch on. */
export type KeymgmtErrorCode =
  | "AccessDenied"
  | "InvalidCredentials"
  | "MissingCredentials"
  | "EndpointUnreachable"
  | "Throttled"
  | "OutcomeUnknown"
  | "NotFound"
  | "AlreadyExists"
  | "InvalidState"
  | "Disabled"
  | "InvalidImportToken"
  | "InvalidCiphertext"
  | "IncorrectKeyMaterial"
  | "KeystoreUnavailable"
  | "LimitExceeded"
  | "MalformedPolicy"
  | "UnknownPrincipal"
  | "AccountMismatch"
  | "DeletionNotAllowed"
  | "InvalidInput"
  | "Unsupported"
  | "Conflict"
  | "Timeout"
  | "ServiceUnavailable"
  | "AwsError";

/** Where it went wrong. Never holds material or credentials. */
export interface KeymgmtErrorContext {
  /** Name of the AWS operation, e.g. "CreateKey" or "AssumeRole". */
  operation?: string;
  /** Name of the managed key. */
  key?: string;
  /** Version of the managed key. */
  version?: number;
  region?: string;
  /** AWS's request id, to quote to AWS support. */
  requestId?: string;
  /** Id, ARN or alias of the KMS key that the call named. */
  keyId?: string;
  /** AWS's (or Node's) own name of the error, e.g. "KMSInvalidStateException" or "ECONNREFUSED". */
  awsName?: string;
  /** IAM action that was denied, e.g. "kms:CreateKey". */
  permission?: string;
  /** A policy denies that action, whatever others allow. */
  explicitDeny?: true;
  /** Of InvalidState: AWS's KeyState of the KMS key, where AWS says it. */
  keyState?: string;
  /** Of InvalidState: AWS sees no new material that a rotation could make the current one. */
  nothingToRotate?: true;
  /**
   * The call had been sent before without an answer, so the state that made it fail (AlreadyExists, NotFound,
   * InvalidState) may be its own doing.
   */
  afterLostAnswer?: true;
}

const marker = Symbol.for("pulumi-keymgmt.error");

/**
 * The one error this package throws on purpose. The message says what was expected, what came and what to do next,
 * and never holds material or credentials. `cause` is kept, but not enumerable, so that it is in stack traces and
 * not in JSON.
 */
export class KeymgmtError extends Error {
  readonly code: KeymgmtErrorCode;
  readonly context: KeymgmtErrorContext;

  constructor(
    code: KeymgmtErrorCode,
    message: string,
    context: KeymgmtErrorContext = {},
    options?: { cause?: unknown },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.context = defined(context);
  }
}
Object.defineProperty(KeymgmtError.prototype, "name", {
  value: "KeymgmtError",
  configurable: true,
  writable: true,
});
Object.defineProperty(KeymgmtError.prototype, marker, { value: true });

/**
 * Whether `value` is a KeymgmtError, of this or of another loaded copy of the package: the program and the provider
 * process may each hold one, so `instanceof` is not enough. With `code`, whether it is one of that code.
 */
export function isKeymgmtError(value: unknown, code?: KeymgmtErrorCode): value is KeymgmtError {
  if (typeof value !== "object" || value === null) return false;
  if ((value as Record<symbol, unknown>)[marker] !== true) return false;
  return code === undefined || (value as KeymgmtError).code === code;
}

function defined(context: KeymgmtErrorContext): KeymgmtErrorContext {
  return Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined));
}
