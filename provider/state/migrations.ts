/**
 * Brings states of earlier releases to the form of this one. Each migration changes only what has the older form, so all of them can run
 * on any state. No other file of the provider or the command knows an older form, with one exception: the keyring is a text with its own
 * form (keys/keyring.ts).
 */
import { isUnknown } from "../schema/unknowns";
import type { ResourceName } from "./types";

/** Stored inputs or outputs of any release. Inputs may hold unknown values. */
export type Stored = Record<string, unknown>;

/** The form that this release writes. Release 0.1.0 wrote 1. */
export const STATE_VERSION = 2;

type Migration = Partial<Record<ResourceName, (stored: Stored) => Stored>>;

/** By the version that they produce. */
const MIGRATIONS: Readonly<Record<number, Migration>> = {
  2: {
    KeyDistribution: (stored) => changed(stored, "key", keyTo2),
    KeyReplica: (stored) =>
      changed(stored, "distribution", (distribution) => changed(distribution, "key", keyTo2)),
    /** Version 1 recorded no former names of the stack. The next update records the current one. */
    ManagedKey: (stored) => ({ formerStacks: [], ...stored }),
  },
};

/** A state of any release in the current form. */
export function migrated(resource: ResourceName, stored: Stored): Stored {
  return Object.values(MIGRATIONS).reduce((now, { [resource]: migrate }) => migrate?.(now) ?? now, stored);
}

/** In version 1 the inputs held the keyring, which is now only in the outputs of the ManagedKey, and no `deletionAllowed`. */
function keyTo2({ keyring: _, ...key }: Stored): Stored {
  return { deletionAllowed: false, ...key };
}

/** Changes the object under `name`. An unknown or missing object stays as it is. */
function changed(stored: Stored, name: string, change: (value: Stored) => Stored): Stored {
  const value = stored[name];
  if (typeof value !== "object" || value === null || Array.isArray(value) || isUnknown(value)) return stored;
  return { ...stored, [name]: change(value as Stored) };
}
