import { KmsError } from "../api/errors.js";
import { isKnown } from "../api/model.js";

const PREFIX = "TrentService.";

/** The operation that X-Amz-Target names. TrentService is AWS KMS's name inside the protocol. */
export function operationOf(target: string | string[] | undefined): string {
  const name = typeof target === "string" && target.startsWith(PREFIX) ? target.slice(PREFIX.length) : "";
  if (!isKnown(name)) {
    throw new KmsError(
      "UnknownOperationException",
      `${JSON.stringify(target ?? "")} is no operation of AWS KMS`,
    );
  }
  return name;
}
