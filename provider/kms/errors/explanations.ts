import type { KeymgmtErrorCode } from "../../errors";
import { isNoText, saysInvalidPrincipals } from "./texts";

/** How this package reports an error of AWS: its code, and what the user can do. */
export interface Explanation {
  code: KeymgmtErrorCode;
  advice: string;
}

const WRONG_CREDENTIALS: Explanation = {
  code: "InvalidCredentials",
  advice:
    "Check the access key, the secret key and the session token, that the key is active, and that the Region is enabled in the account.",
};
const EXPIRED: Explanation = {
  code: "InvalidCredentials",
  advice: "Get new temporary credentials and run again.",
};
const WRONG_SIGNATURE: Explanation = {
  code: "InvalidCredentials",
  advice: "Check the secret key, and that this machine's clock is right.",
};
const IMPORT_AGAIN: Explanation = {
  code: "InvalidImportToken",
  advice: "Get new import parameters and import again.",
};
const WRONG_INPUT: Explanation = { code: "InvalidInput", advice: "Correct the input that AWS names." };

/**
 * AWS's errors by their names in the KMS and STS API references and in
 * https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html. The ending "Exception" is left out, because the same error
 * has it in one service and not in the other.
 */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  UnrecognizedClient: WRONG_CREDENTIALS,
  InvalidClientTokenId: WRONG_CREDENTIALS,
  InvalidIdentityToken: {
    code: "InvalidCredentials",
    advice:
      "Issuer and audience of the web identity token must be those of the account's OIDC provider in IAM. The audience is set where the token is issued; of GitHub Actions' it is `webIdentity.audience`.",
  },
  IDPRejectedClaim: {
    code: "InvalidCredentials",
    advice: "Check the web identity token and the role's trust policy.",
  },
  MissingAuthenticationToken: WRONG_CREDENTIALS,
  NotAuthorized: WRONG_CREDENTIALS,
  OptInRequired: WRONG_CREDENTIALS,
  ExpiredToken: EXPIRED,
  RequestExpired: WRONG_SIGNATURE,
  IncompleteSignature: WRONG_SIGNATURE,
  InvalidSignature: WRONG_SIGNATURE,
  SignatureDoesNotMatch: WRONG_SIGNATURE,
  RegionDisabled: {
    code: "Unsupported",
    advice: "Activate STS for the Region in the account settings of IAM, or set AWS_ENDPOINT_URL_STS.",
  },
  NotFound: {
    code: "NotFound",
    advice: "It may have been deleted outside of Pulumi; run `pulumi refresh`.",
  },
  AlreadyExists: { code: "AlreadyExists", advice: "Choose another name, or remove what is there." },
  KMSInvalidState: {
    code: "InvalidState",
    advice:
      "If it was changed outside of Pulumi, run `pulumi up --refresh`, which finds that and repairs it; or bring the KMS key into a state that allows this, then run again.",
  },
  Disabled: {
    code: "Disabled",
    advice:
      "If it was disabled outside of Pulumi, run `pulumi up --refresh`, which finds that and enables it; or enable it, then run again.",
  },
  ExpiredImportToken: IMPORT_AGAIN,
  InvalidImportToken: IMPORT_AGAIN,
  InvalidCiphertext: {
    code: "InvalidCiphertext",
    advice:
      "It was not encrypted for this KMS key. Material is wrapped with the public key of its import parameters: get new ones and import again. A sealed version of a key opens only as it was: restore the stack's state from a backup.",
  },
  IncorrectKeyMaterial: {
    code: "IncorrectKeyMaterial",
    advice: "A KMS key accepts only its former material; import that, or use a new KMS key.",
  },
  IncorrectKey: {
    code: "InvalidInput",
    advice:
      "It was sealed by another KMS key than the one that `keystore` names. If the alias there was moved to another KMS key, move it back first. Then name the other KMS key in `keystore`, which seals the keyring again.",
  },
  InvalidKeyUsage: { code: "Unsupported", advice: "Name a symmetric KMS key for encryption." },
  KeyUnavailable: { code: "ServiceUnavailable", advice: "AWS cannot use the KMS key now; run again later." },
  LimitExceeded: {
    code: "LimitExceeded",
    advice: "Remove what is not needed, or have AWS raise the quota (Service Quotas, AWS KMS).",
  },
  MalformedPolicyDocument: {
    code: "MalformedPolicy",
    advice:
      "Correct the policy. The principal that sets it must be able to change it later: it needs kms:PutKeyPolicy from the policy itself " +
      "or, where the policy lets the account decide, from IAM.",
  },
  Conflict: {
    code: "Conflict",
    advice: "Another change of the KMS key is under way; run again in some minutes.",
  },
  UnsupportedOperation: {
    code: "Unsupported",
    advice: "AWS does not do this for this kind of KMS key or in this Region.",
  },
  Validation: WRONG_INPUT,
  ValidationError: WRONG_INPUT,
  InvalidAliasName: WRONG_INPUT,
  InvalidArn: WRONG_INPUT,
  InvalidMarker: WRONG_INPUT,
  Tag: WRONG_INPUT,
};

/** Errors that have another meaning when STS sends them, or that only STS sends. */
const STS_EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  MalformedPolicyDocument: {
    code: "MalformedPolicy",
    advice: "Correct the role's session policy: `policy` or `policyArns` of `assumeRole`.",
  },
  PackedPolicyTooLarge: {
    code: "InvalidInput",
    advice:
      "AWS packs `policy`, `policyArns` and `tags` of a role into one limit, with the tags that the calling session passes on: shorten them.",
  },
  InvalidParameterValue: WRONG_INPUT,
};

/** Any other error. */
const OTHER: Explanation = {
  code: "AwsError",
  advice: "If the cause is not clear, ask AWS support with the request id.",
};

const UNKNOWN_PRINCIPAL =
  "A user or role that the key policy names may not be there, or not be known to AWS KMS yet.";

/** Explains an error by its name and text. */
export function explanationOfError(
  { name, message }: { name: string; message: string },
  service: "kms" | "sts" | "servicequotas" | "iam",
): Explanation {
  const plain = name.replace(/Exception$/, "");
  if (service === "sts" && STS_EXPLANATIONS[plain]) return STS_EXPLANATIONS[plain];
  const meaning = EXPLANATIONS[plain] ?? OTHER;
  if (meaning.code !== "MalformedPolicy") return meaning;
  if (saysInvalidPrincipals(message)) return { code: "UnknownPrincipal", advice: UNKNOWN_PRINCIPAL };
  return isNoText(message)
    ? { code: "UnknownPrincipal", advice: `${meaning.advice} ${UNKNOWN_PRINCIPAL}` }
    : meaning;
}
