/**
 * Protects against a deletion by mistake. With `deletionAllowed: false` no KMS key is scheduled for deletion and no alias deleted,
 * unless the program of this run still declares the ManagedKey with that id. So AWS and the state stay as they are in a destroy, in an
 * update that targets the resource alone, in an update of an empty program, and after a rename without aliases.
 */
import { KeymgmtError } from "../errors";
import type { Run } from "../run";
import type { KeyRef } from "../state/types";
import { ADVICE, OLD_NAME } from "./advice";

/** Throws DeletionNotAllowed before anything is changed. @param what the resource: `KeyReplica eu-west-1/orders-1700000000` */
export function refuseDeletion(run: Run, what: string, { id, name, deletionAllowed }: Partial<KeyRef>): void {
  if (deletionAllowed === true || (id !== undefined && run.declared.hasKey(id))) return;
  throw deletionNotAllowed(what, String(name));
}

export function deletionNotAllowed(what: string, key: string): KeymgmtError {
  return new KeymgmtError(
    "DeletionNotAllowed",
    `Expected \`deletionAllowed: true\` in the state of key "${key}" before ${what} is deleted; it is false, so nothing was deleted, in AWS or in the state: to delete it, set \`deletionAllowed: true\` on the ManagedKey, run \`pulumi up\`, then remove it; to keep its KMS keys without managing them, first run \`pulumi up\` with \`retainOnDelete: true\` on its resources; if it was renamed, give it ${OLD_NAME}.`,
    { key },
  );
}

/** Throws where this update makes another distribution of the key that did not take over the KMS keys, or will not. */
export function refuseNotTakenOver(
  run: Run,
  removed: Parameters<Run["created"]["withOtherKmsKeys"]>[0] & { key: KeyRef },
): void {
  if (removed.key.deletionAllowed === true) return;
  const made = run.created.withOtherKmsKeys(removed) ?? run.created.chosenBeside(removed);
  if (!made) return;
  const arns = Object.values(removed.versions).map(({ keyArn }) => keyArn);
  throw new KeymgmtError(
    "Conflict",
    `Expected ${made.name}, which this update makes for key "${removed.key.name}", to have the KMS keys of ${removed.name}, ${arns.join(", ")}; it has others, which cannot decrypt what was encrypted under those. So ${removed.name} was not deleted, in AWS or in the state. ${ADVICE.resourceRenamed}`,
    { key: removed.key.name, region: removed.kms.keyCollection },
  );
}
