import { KmsError, limitExceeded } from "../../api/errors.js";
import { couldPutPolicy } from "../../iam/authorize.js";
import { readKeyPolicy } from "../../iam/keyPolicy.js";
import { accountArn } from "../../iam/policy/principal.js";
import { invalidPrincipals, PolicyError } from "../../iam/policy/readPolicy.js";
import type { Call } from "../../operations/call.js";
import { type Place, partitionOf } from "../arn.js";
import type { KeyRecord } from "../record.js";
import { shownPolicy } from "./policyForm.js";

const MOST_BYTES = 32 * 1024;

/** The key policy of a key that is created without one: the account may do everything. */
export function defaultPolicy(place: Place): string {
  const statement = {
    Sid: "Enable IAM User Permissions",
    Effect: "Allow",
    Principal: { AWS: accountArn(partitionOf(place.region), place.account) },
    Action: "kms:*",
    Resource: "*",
  };
  const policy = { Version: "2012-10-17", Id: "key-default-1", Statement: [statement] };
  return JSON.stringify(policy);
}

/** The key policy as GetKeyPolicy shows it. */
export const policyOf = ({ kms }: Call, { policy, region }: KeyRecord): string =>
  shownPolicy(policy, partitionOf(region), kms.settings.iam);

/**
 * Refuses a key policy that is too long, is no policy document, names principals that do not exist, or would keep the
 * caller from changing it again.
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html#KMS-PutKeyPolicy-request-Policy
 */
export function checkPolicy(call: Call, key: KeyRecord, policy: string, bypassLockoutCheck = false): void {
  if (Buffer.byteLength(policy) > MOST_BYTES) throw limitExceeded("The policy is longer than 32 KB");
  try {
    for (const { principals } of readKeyPolicy(policy).statements) {
      if (!principals!.list.every((principal) => exists(call, key, principal))) throw invalidPrincipals();
    }
  } catch (error) {
    if (error instanceof PolicyError) throw malformed(error.message);
    throw error;
  }
  if (!bypassLockoutCheck && !couldPutPolicy(call, key, policy))
    throw malformed("The new key policy will not allow you to update the key policy in the future.");
}

/** A user or role must be known where its account is, and an ARN must be of the key's own partition. */
function exists({ kms }: Call, { region }: KeyRecord, principal: string): boolean {
  const arn = principal.replace(/^AWS:/, "");
  if (!arn.startsWith("arn:")) return true;
  return arn.startsWith(`arn:${partitionOf(region)}:`) && kms.settings.iam.exists(arn);
}

const malformed = (message: string) => new KmsError("MalformedPolicyDocumentException", message);
