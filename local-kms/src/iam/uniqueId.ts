import { createHash } from "node:crypto";

/**
 * The unique id of a user or role, made up from its ARN. On AWS one that is made again under the same ARN has another.
 * Source of the form: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export function uniqueId(kind: "user" | "role", arn: string): string {
  const digits = BigInt(`0x${createHash("sha256").update(arn).digest("hex")}`).toString(32);
  return (kind === "user" ? "AIDA" : "AROA") + digits.slice(0, 17).toUpperCase();
}
