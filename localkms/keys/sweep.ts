import { type Change, putKey, removeAlias, removeKey } from "../store/change.js";
import type { Store } from "../store/store.js";
import { deletionDate, type KeyRecord } from "./record.js";

/**
 * Carries out what time alone does: deletes keys whose waiting period is over, with their aliases, and starts the
 * waiting period of a primary when its last replica is really gone. In order of time, so that a clock that jumps
 * ahead gives the same end as one that ticks. Returns the changes that are left to be acknowledged, if any.
 */
export function sweep(store: Store, now: number): Promise<void> | undefined {
  let committed: Promise<void> | undefined;
  for (;;) {
    const due = nextDue(store, now);
    if (!due) return committed;
    committed = store.commit(deleteKey(store, due, deletionDate(due)!));
  }
}

function nextDue(store: Store, now: number): KeyRecord | undefined {
  let next: KeyRecord | undefined;
  for (const key of store.pendingDeletion()) {
    const date = deletionDate(key);
    if (date !== undefined && date <= now && (!next || date < deletionDate(next)!)) next = key;
  }
  return next;
}

function deleteKey(store: Store, key: KeyRecord, date: number): Change[] {
  const aliases = store.aliasesOf(key).filter((alias) => alias.targetKeyId === key.id);
  const changes = [removeKey(key), ...aliases.map(removeAlias)];
  const left = store.relatedKeys(key).filter((related) => related.region !== key.region);
  const [primary] = left;
  if (
    left.length === 1 &&
    primary?.multiRegion === "PRIMARY" &&
    primary.deletion?.startedAt === undefined &&
    primary.deletion
  ) {
    changes.push(putKey({ ...primary, deletion: { ...primary.deletion, startedAt: date } }));
  }
  return changes;
}
