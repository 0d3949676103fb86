import { deletionDate, type KeyRecord } from "./record.js";
import { waitingMaterial } from "./rotation.js";

/** What time alone does to a key. */
export interface Due {
  readonly what: "deletion" | "automatic rotation" | "expiry of the waiting material";
  readonly at: number;
}

export interface KeyDue extends Due {
  readonly key: KeyRecord;
}

/** What is due next of a key; undefined while nothing is. */
export function nextDue(key: KeyRecord): KeyDue | undefined {
  const dues = [deletion(key), automaticRotation(key), expiry(key)].filter((due) => due !== undefined);
  const [first] = dues.sort((a, b) => a.at - b.at);
  return first && { ...first, key };
}

function deletion(key: KeyRecord): Due | undefined {
  const at = deletionDate(key);
  return at === undefined ? undefined : { what: "deletion", at };
}

/** A key that is disabled or pending deletion is not rotated: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html */
function automaticRotation(key: KeyRecord): Due | undefined {
  if (!key.automaticRotation || !key.enabled || key.deletion) return undefined;
  return { what: "automatic rotation", at: key.automaticRotation.nextAt };
}

/**
 * Of the key that the material was imported into as new; a related key only loses its own copy. Material that the key
 * is bound to expires without anybody's doing (state.ts).
 */
function expiry(key: KeyRecord): Due | undefined {
  const at = key.multiRegion === "REPLICA" ? undefined : waitingMaterial(key)?.validTo;
  return at === undefined ? undefined : { what: "expiry of the waiting material", at };
}
