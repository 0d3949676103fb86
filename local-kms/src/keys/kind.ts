import type { OriginType } from "@aws-sdk/client-kms";
import { type KmsError, unsupported } from "../api/errors.js";
import { keyArn } from "./arn.js";
import type { KeyRecord } from "./record.js";

/** Refuses a key of another origin. AWS looks at a key's state before it looks at its kind. */
export function requireOrigin(key: KeyRecord, origin: OriginType): void {
  if (key.origin === origin) return;
  throw unsupported(`${keyArn(key)} origin is ${key.origin} which is not valid for this operation.`);
}

export const notPrimary = (key: KeyRecord): KmsError =>
  unsupported(`${keyArn(key)} is not a multi-region primary key.`);
