import { isKeymgmtError, KeymgmtError, type KeymgmtErrorCode, type KeymgmtErrorContext } from "../../errors";
import { type Explanation, explanationOfError } from "./explanations";
import { asSdkError, failureOf, isThrottled, isTlsRefusal, neverConnected, type SdkError } from "./failures";
import { sanitized, sanitizedError } from "./sanitize";
import { type Denial, denialInText, saysNothingToRotate, stateInText } from "./texts";

/** A call to AWS that failed, as its error describes it. */
export interface AwsCall {
  service: "kms" | "sts" | "servicequotas" | "iam";
  operation: string;
  region: string;
  /** Undefined for AWS's own endpoint of the Region. */
  endpoint?: string;
  /** See credentials.ts. */
  credentialSource?: string;
  /** False where every request has an effect. A lost response then leaves the outcome unknown. */
  repeatable: boolean;
  afterLostAnswer?: boolean;
  key?: string;
  version?: number;
  keyId?: string;
}

/** Any failure of a call to AWS as a KeymgmtError. A KeymgmtError is returned as it is. */
export function awsError(thrown: unknown, call: AwsCall): KeymgmtError {
  if (isKeymgmtError(thrown)) return thrown;
  const error = asSdkError(thrown);
  // Only a final refusal can be an effect of the earlier attempt.
  const afterLostAnswer = call.afterLostAnswer && failureOf(error) === "final" ? true : undefined;
  const denial = denialOf(error, call);
  const { code, advice } = denial ?? explanationOf(error, call);
  const context: KeymgmtErrorContext = {
    operation: call.operation,
    key: call.key,
    version: call.version,
    region: call.region,
    keyId: call.keyId,
    requestId: error.$metadata?.requestId,
    awsName: nameOf(error),
    silentEndpoint: isSilent(code, error) ? endpointOf(call) : undefined,
    permission: denial?.permission,
    explicitDeny: denial?.isExplicit || undefined,
    keyState: code === "InvalidState" ? stateInText(error.message) : undefined,
    nothingToRotate: (code === "InvalidState" && saysNothingToRotate(error.message)) || undefined,
    afterLostAnswer,
  };
  const repeated = afterLostAnswer
    ? " An earlier attempt of this call got no response and may have succeeded."
    : "";
  return new KeymgmtError(code, `${whatFailed(call)}: ${whatCame(error)}${repeated} ${advice}`, context, {
    cause: sanitizedError(error),
  });
}

function whatFailed({ service, operation, region, key, version }: AwsCall): string {
  const what =
    key === undefined ? "" : ` for key "${key}"${version === undefined ? "" : ` version ${version}`}`;
  return `${service}:${operation} in ${region}${what} failed`;
}

function whatCame(error: SdkError): string {
  const { requestId, httpStatusCode } = error.$metadata ?? {};
  const said = sanitized(error.message);
  const from = httpStatusCode === undefined ? nameOf(error) : `AWS answered ${nameOf(error)}`;
  return `${from}${said && `, "${said}"`}${requestId ? ` (request ${requestId})` : ""}.`;
}

/** The SDK names connection resets "TimeoutError" too, so Node's code is preferred. */
function nameOf(error: SdkError): string {
  return error.$metadata?.httpStatusCode === undefined ? (error.code ?? error.name) : error.name;
}

function denialOf(
  error: SdkError,
  call: AwsCall,
): (Explanation & Denial & { permission: string }) | undefined {
  if (error.name !== "AccessDeniedException" && error.name !== "AccessDenied") return undefined;
  const said = denialInText(error.message);
  const { permission = `${call.service}:${call.operation}`, principal = "the principal", isExplicit } = said;
  const source = call.credentialSource ? ` (credentials from: ${call.credentialSource})` : "";
  const advice = isExplicit
    ? `Remove the explicit deny of ${permission} that applies to ${principal}${source}.`
    : `Grant ${permission} to ${principal}${source}, in ${whereGranted(permission)}.`;
  return { code: "AccessDenied", permission, isExplicit, advice };
}

function whereGranted(permission: string): string {
  if (permission === "sts:AssumeRole") return "its IAM policy and the role's trust policy";
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
  if (permission === "sts:TagSession")
    return "its IAM policy and the role's trust policy: session tags need it, including those that the calling session passes on (EKS Pod Identity sets some)";
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
  if (permission === "sts:SetSourceIdentity")
    return "its IAM policy and the role's trust policy: `sourceIdentity` needs it, including one that the calling session has";
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
  if (permission === "sts:AssumeRoleWithWebIdentity")
    return "the role's trust policy: the token's issuer is the principal there, its audience and subject (`sub`) are conditions";
  return "its IAM policy or the KMS key's policy";
}

function explanationOf(error: SdkError, call: AwsCall): Explanation {
  if (isThrottled(error)) {
    if (call.service !== "kms")
      return { code: "Throttled", advice: "The account makes too many of these calls. Run again later." };
    return {
      code: "Throttled",
      advice:
        "It was delayed and repeated for minutes. Other callers use the account's quota, or it is lower than AWS's default: " +
        `lower \`quotas.${call.operation}\`, or run again later.`,
    };
  }
  if (neverConnected(error) || isTlsRefusal(error)) {
    return {
      code: "EndpointUnreachable",
      advice: `Nothing was sent. ${checkEndpoint(call)}`,
    };
  }
  if (failureOf(error) === "lost") return explanationOfLost(error, call);
  const { code, advice } = explanationOfError(error, call.service);
  const from = code === "InvalidCredentials" && call.credentialSource;
  return { code, advice: from ? `${advice} The credentials came from: ${from}.` : advice };
}

/** The last attempt got no response that shows whether AWS did it. */
function explanationOfLost(error: SdkError, call: AwsCall): Explanation {
  if (!call.repeatable) {
    return {
      code: "OutcomeUnknown",
      advice:
        "The outcome is unknown. The call is not repeated, because that could create a second one. " +
        "Run again: the update first looks for what AWS may have created.",
    };
  }
  // The SDK names connection resets "TimeoutError" too. These keep Node's code.
  if (error.name === "TimeoutError" && (error.code ?? "ETIMEDOUT") === "ETIMEDOUT")
    return { code: "Timeout", advice: `No answer came in time. ${checkEndpoint(call)}` };
  const answered = error.$metadata?.httpStatusCode !== undefined;
  const advice = answered
    ? `Retries did not help. Check ${endpointOf(call)}, or run again later.`
    : `No answer came. ${checkEndpoint(call)}`;
  return { code: answered ? "ServiceUnavailable" : "EndpointUnreachable", advice };
}

/** A server with a wrong certificate has answered. */
const isSilent = (code: KeymgmtErrorCode, error: SdkError) =>
  ["EndpointUnreachable", "Timeout"].includes(code) && !isTlsRefusal(error);

const checkEndpoint = (call: AwsCall) =>
  `Check that ${endpointOf(call)} is right and can be reached from here.`;

function endpointOf({ endpoint, service, region }: AwsCall): string {
  return endpoint === undefined ? `AWS's ${service} endpoint of ${region}` : `the endpoint ${endpoint}`;
}
