/** Why a Region could not be looked at. */
import type { KeymgmtError } from "../../provider/errors.js";

export interface Unseen {
  unseen: string;
  /** Nothing answered. */
  isSilent: boolean;
}

/** Without what differs from call to call, where the cause is the same for all of them. */
export function unseenBy({ code, context, message }: KeymgmtError): Unseen {
  const { silentEndpoint, awsName, permission, operation } = context;
  if (silentEndpoint !== undefined)
    return { unseen: `no answer from ${silentEndpoint} (${awsName})`, isSilent: true };
  const unseen = code === "AccessDenied" ? `${permission ?? `kms:${operation}`} is not permitted` : message;
  return { unseen, isSilent: false };
}
