import { type Change, putKey, removeAlias, removeGrant, removeKey } from "../store/change.js";
import type { Store } from "../store/store.js";
import type { Due, KeyDue } from "./due.js";
import type { KeyRecord } from "./record.js";
import { nextRotation, waitingMaterial, withNewMaterial, withoutMaterial } from "./rotation.js";

/**
 * Carries out what time alone does: deletes keys whose waiting period is over, with their aliases and grants, starts the waiting
 * period of a primary when its last replica is really gone, rotates what is rotated automatically, and takes back
 * material that expired before its rotation. In order of time, so that a clock that jumps ahead gives the same end as
 * one that ticks. Returns the changes that are left to be acknowledged, if any.
 */
export function sweep(store: Store, now: number): Promise<unknown> | undefined {
  const commits: Promise<void>[] = [];
  for (;;) {
    const next = firstDue(store, now);
    if (!next) return commits.length > 0 ? Promise.all(commits) : undefined;
    commits.push(store.commit(WHEN_DUE[next.what](store, next.key, next.at)));
  }
}

function firstDue(store: Store, now: number): KeyDue | undefined {
  let first: KeyDue | undefined;
  for (const due of store.allDue()) if (due.at <= now && (!first || due.at < first.at)) first = due;
  return first;
}

const WHEN_DUE: Record<Due["what"], (store: Store, key: KeyRecord, at: number) => Change[]> = {
  deletion: deleteKey,
  "automatic rotation": rotateAutomatically,
  "expiry of the waiting material": takeBackMaterial,
};

function deleteKey(store: Store, key: KeyRecord, date: number): Change[] {
  const aliases = store.aliasesOf(key).filter((alias) => alias.targetKeyId === key.id);
  const changes = [removeKey(key), ...aliases.map(removeAlias), ...store.grantsOf(key).map(removeGrant)];
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

function rotateAutomatically(store: Store, key: KeyRecord, date: number): Change[] {
  const automaticRotation = nextRotation(key.automaticRotation!.periodDays, date);
  return withNewMaterial(store.relatedKeys(key), "AUTOMATIC", date, date).map((related) =>
    putKey(related.region === key.region ? { ...related, automaticRotation } : related),
  );
}

function takeBackMaterial(store: Store, key: KeyRecord): Change[] {
  return withoutMaterial(store.relatedKeys(key), waitingMaterial(key)!.id).map(putKey);
}
