/**
 * Protects against a deletion by mistake. With `deletionAllowed: false` no KMS key is scheduled for deletion and no alias deleted,
 * unless the program of this run still declares the ManagedKey with that id. So AWS and the state stay as they are in a destroy, in an
 * update that targets the resource alone, in an update of an empty program, and after a rename without aliases.
 */
import { KeymgmtError } from "../errors";
import type { Run } from "../run";
import type { KeyRef } from "../state/types";
import { OLD_NAME, WAYS_ON } from "./waysOn";

/** Throws DeletionNotAllowed before anything is changed. `what` names the resource, as in `KeyReplica eu-west-1/orders-1700000000`. */
export function refuseDeletion(run: Run, what: string, { id, name, deletionAllowed }: Partial<KeyRef>): void {
  if (deletionAllowed === true || (id !== undefined && run.declared.hasKey(id))) return;
  throw deletionNotAllowed(what, String(name));
}

export function deletionNotAllowed(what: string, key: string): KeymgmtError {
  return new KeymgmtError(
    "DeletionNotAllowed",
    `Expected \`deletionAllowed: true\` in the state of key "${key}" before ${what} is deleted; it is false, so nothing was deleted, in AWS or in the state: to delete it, set \`deletionAllowed: true\` on the ManagedKey, run \`pulumi up\`, then take it out; to keep its KMS keys and manage them no longer, run \`pulumi up\` with \`retainOnDelete: true\` on its resources first; where it was renamed, give it ${OLD_NAME}.`,
    { key },
  );
}

/** Throws where this update has created another distribution of the key that did not take over the KMS keys. */
export function refuseNotTakenOver(
  run: Run,
  going: Parameters<Run["created"]["insteadOf"]>[0] & { key: KeyRef },
): void {
  const made = going.key.deletionAllowed === true ? undefined : run.created.insteadOf(going);
  if (!made) return;
  const arns = Object.values(going.versions).map(({ keyArn }) => keyArn);
  throw new KeymgmtError(
    "Conflict",
    `Expected ${made.name}, which this update has made for key "${going.key.name}", to have the KMS keys of ${going.name}, ${arns.join(", ")}; it has others, which cannot decrypt what was encrypted under those. So ${going.name} was not deleted, in AWS or in the state. ${WAYS_ON.resourceRenamed}`,
    { key: going.key.name, region: going.kms.keyCollection },
  );
}
