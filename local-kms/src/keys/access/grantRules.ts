import type { CreateGrantRequest, GrantOperation } from "@aws-sdk/client-kms";
import { invalidArn, validation } from "../../api/errors.js";
import { parsePrincipal } from "../../iam/policy/principal.js";
import type { Call } from "../../operations/call.js";
import type { KeyRecord } from "../record.js";

/** https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations: which a key can have, by usage. */
const ON_ANY_KEY: readonly GrantOperation[] = ["CreateGrant", "DescribeKey", "RetireGrant"];
const BY_USAGE: Readonly<Record<KeyRecord["usage"], readonly GrantOperation[]>> = {
  ENCRYPT_DECRYPT: ["Decrypt", "Encrypt", "GetPublicKey", "ReEncryptFrom", "ReEncryptTo"],
  SIGN_VERIFY: ["GetPublicKey", "Sign", "Verify"],
  GENERATE_VERIFY_MAC: ["GenerateMac", "VerifyMac"],
  KEY_AGREEMENT: ["DeriveSharedSecret", "GetPublicKey"],
  ENCAPSULATE_DECAPSULATE: ["Decapsulate", "Encapsulate", "GetPublicKey"],
};
const SYMMETRIC: readonly GrantOperation[] = [
  "Decrypt",
  "Encrypt",
  "GenerateDataKey",
  "GenerateDataKeyPair",
  "GenerateDataKeyPairWithoutPlaintext",
  "GenerateDataKeyWithoutPlaintext",
  "ReEncryptFrom",
  "ReEncryptTo",
];

/** Refuses what CreateGrant must not ask for: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html */
export function checkGrant(call: Call, key: KeyRecord, input: CreateGrantRequest): void {
  checkOne(input.GranteePrincipal, input.GranteeServicePrincipal, "Grantee", true);
  checkOne(input.RetiringPrincipal, input.RetiringServicePrincipal, "Retiring", false);
  if (input.GranteeServicePrincipal !== undefined) checkForService(input);
  for (const arn of [input.GranteePrincipal, input.RetiringPrincipal]) {
    if (arn !== undefined && !(parsePrincipal(arn) && call.kms.settings.iam.exists(arn)))
      throw invalidArn(`ARN does not refer to a valid principal: ${arn}`);
  }
  checkOperations(key, input.Operations!);
  checkConstraints(key, input);
}

function checkOne(principal: unknown, service: unknown, role: string, required: boolean): void {
  if (principal !== undefined && service !== undefined)
    throw validation(`You cannot specify both ${role}Principal and ${role}ServicePrincipal.`);
  if (required && principal === undefined && service === undefined)
    throw validation(`You must specify either ${role}Principal or ${role}ServicePrincipal.`);
}

function checkForService({
  Constraints,
  RetiringPrincipal,
  RetiringServicePrincipal,
}: CreateGrantRequest): void {
  if (Constraints?.SourceArn === undefined)
    throw validation("You must specify a SourceArn constraint with a GranteeServicePrincipal.");
  if (RetiringPrincipal === undefined && RetiringServicePrincipal === undefined)
    throw validation(
      "You must specify a RetiringPrincipal or a RetiringServicePrincipal with a GranteeServicePrincipal.",
    );
}

function checkOperations({ spec, usage }: KeyRecord, operations: readonly GrantOperation[]): void {
  if (operations.length === 0) throw validation("A grant must allow at least one operation.");
  const possible = [...ON_ANY_KEY, ...(spec === "SYMMETRIC_DEFAULT" ? SYMMETRIC : BY_USAGE[usage])];
  const other = operations.find((operation) => !possible.includes(operation));
  if (other !== undefined)
    throw validation(
      `The operation ${other} is not valid for a KMS key with key spec ${spec} and key usage ${usage}.`,
    );
}

const MOST_PAIRS = 8;
const MOST_CHARACTERS = 384;

/** "Up to 8 encryption context pairs. The encryption context value in each constraint cannot exceed 384 characters." */
function checkConstraints({ spec }: KeyRecord, { Constraints = {} }: CreateGrantRequest): void {
  const { EncryptionContextEquals, EncryptionContextSubset } = Constraints;
  for (const context of [EncryptionContextEquals, EncryptionContextSubset]) {
    if (context === undefined) continue;
    if (spec !== "SYMMETRIC_DEFAULT")
      throw validation(`Encryption context constraints are not valid for a KMS key with key spec ${spec}.`);
    const pairs = Object.entries(context);
    if (pairs.length > MOST_PAIRS)
      throw validation(`A grant constraint can have at most ${MOST_PAIRS} encryption context pairs.`);
    if (pairs.flat().join("").length > MOST_CHARACTERS)
      throw validation(
        `The encryption context of a grant constraint can have at most ${MOST_CHARACTERS} characters.`,
      );
  }
}
