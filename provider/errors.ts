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
  /** The endpoint that no answer came from, in words. */
  silentEndpoint?: string;
  /** IAM action that was denied, e.g. "kms:CreateKey". */
  permission?: string;
  /** A policy denies that action explicitly. No other policy can allow it then. */
  explicitDeny?: true;
  /** With InvalidState: the KeyState of the KMS key, where AWS's text names it. */
  keyState?: string;
  /** With InvalidState: AWS sees no new material that a rotation could make current. */
  nothingToRotate?: true;
  /**
   * An earlier attempt of the call got no answer. That attempt may have caused the state that makes this one fail
   * (AlreadyExists, NotFound, InvalidState).
   */
  afterLostAnswer?: true;
}

const marker = Symbol.for("pulumi-keymgmt.error");

/**
 * The only error this package throws on purpose. The message says what was expected, what came and what to do next.
 * It never holds material or credentials. `cause` is not enumerable, so stack traces show it and JSON does not.
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
 * Whether `value` is a KeymgmtError, of `code` where that is set. The error may come from another loaded copy of the package, so
 * `instanceof` is not enough.
 */
export function isKeymgmtError(value: unknown, code?: KeymgmtErrorCode): value is KeymgmtError {
  if (typeof value !== "object" || value === null) return false;
  if ((value as Record<symbol, unknown>)[marker] !== true) return false;
  return code === undefined || (value as KeymgmtError).code === code;
}

function defined(context: KeymgmtErrorContext): KeymgmtErrorContext {
  return Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined));
}
