import type { KeyUsageType } from "@aws-sdk/client-kms";
import { KmsError } from "../api/errors.js";
import type { Call } from "../operations/call.js";
import { keyArn } from "./arn.js";
import type { KeyRecord } from "./record.js";
import { algorithmsOf } from "./specs.js";

/** Refuses a key that was created for something else: https://docs.aws.amazon.com/kms/latest/developerguide/create-keys.html#key-usage */
export function requireUsage(call: Call, key: KeyRecord, usage: KeyUsageType): void {
  if (key.usage === usage) return;
  throw invalidUsage(`${keyArn(key)} key usage is ${key.usage} which is not valid for ${call.operation}.`);
}

/** Refuses an algorithm that DescribeKey does not list for the key. */
export function requireAlgorithm(key: KeyRecord, algorithm: string): void {
  if (algorithmsOf(key).includes(algorithm)) return;
  throw invalidUsage(`Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`);
}

export const invalidUsage = (message: string) => new KmsError("InvalidKeyUsageException", message);
