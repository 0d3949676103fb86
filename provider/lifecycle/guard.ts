/**
 * A deletion by mistake: with `deletionAllowed: false` nothing is scheduled for deletion, and no alias deleted, unless this run
 * has seen the program still declare the ManagedKey with that id. So a destroy, an update that targets the resource alone, one
 * from whose program everything is gone, and a rename without aliases leave AWS as it is, with the state to manage it by.
 */
import { KeymgmtError } from "../errors";
import type { Run } from "../run";
import type { KeyRef } from "./wire";

/** Throws DeletionNotAllowed before anything is touched. `what` names the resource, as in `KeyReplica eu-west-1/orders-1700000000`. */
export function refuseDeletion(run: Run, what: string, { id, name, deletionAllowed }: Partial<KeyRef>): void {
  if (deletionAllowed === true || (id !== undefined && run.declared.hasKey(id))) return;
  throw deletionNotAllowed(what, String(name));
}

export function deletionNotAllowed(what: string, key: string): KeymgmtError {
  return new KeymgmtError(
    "DeletionNotAllowed",
    `Expected \`deletionAllowed: true\` in the state of key "${key}" before ${what} is deleted; it is false, so nothing was deleted, in AWS or in the state: to delete it, set \`deletionAllowed: true\` on the ManagedKey, run \`pulumi up\`, then take it out; to keep its KMS keys and manage them no longer, run \`pulumi up\` with \`retainOnDelete: true\` on its resources first; where it was renamed, give it \`aliases: [{ name: "<old name>" }]\`.`,
    { key },
  );
}
