import { isKeymgmtError } from "../../provider/errors.js";
import { aliasesOf } from "../../provider/kms/aliases.js";
import { describeKmsKey } from "../../provider/kms/kmsKeys.js";
import type { FoundKey } from "./find.js";

export interface Deletion {
  key: FoundKey;
  /** ISO 8601 UTC; undefined for a primary that waits for its replicas. */
  deletionDate?: string;
  /** Why it was not scheduled. */
  failure?: string;
}

/**
 * Calls ScheduleKeyDeletion for each key, in this order. Each is described once more before: a key that changed while the user read
 * the list is left alone, and so is its primary.
 */
export async function scheduleAll(keys: FoundKey[], days: number): Promise<Deletion[]> {
  const done: Deletion[] = [];
  for (const key of keys) {
    const stayed = done.find(({ key: other, failure }) => failure !== undefined && other.keyId === key.keyId);
    done.push(
      stayed
        ? { key, failure: `its replica in ${stayed.key.region} was left alone` }
        : await schedule(key, days),
    );
  }
  return done;
}

async function schedule(key: FoundKey, days: number): Promise<Deletion> {
  const { kms } = key.place;
  try {
    const now = await describeKmsKey(kms, key.keyId);
    if (now.state !== key.state) return { key, failure: `is ${now.state} now, and was ${key.state}` };
    const aliases = await aliasesOf(kms, key.keyId);
    if (aliases.length > 0) return { key, failure: `has the alias ${aliases.join(", ")} now` };
    const { DeletionDate } = await kms.call("ScheduleKeyDeletion", {
      KeyId: key.keyId,
      PendingWindowInDays: days,
    });
    return { key, deletionDate: DeletionDate?.toISOString() };
  } catch (error) {
    if (!isKeymgmtError(error)) throw error;
    return { key, failure: error.message };
  }
}
