/**
 * States of earlier releases, brought to the form of this one. Each migration takes what its release wrote and leaves alone what
 * has the later form already, so that all of them can be run on any state. Nothing else in the provider or the command knows an
 * older form. (The keyring is a text with a form of its own: keys/keyring.ts.)
 */
import { isUnknown } from "../schema/unknowns";
import type { ResourceName } from "./types";

/** Inputs or outputs as they are stored, of any release; inputs may hold values that are not known yet. */
export type Stored = Record<string, unknown>;

/** The form that this release writes. Release 0.1.0 wrote 1. */
export const STATE_VERSION = 2;

type Migration = Partial<Record<ResourceName, (stored: Stored) => Stored>>;

/** By the version that they lead to. */
const MIGRATIONS: Readonly<Record<number, Migration>> = {
  2: {
    KeyDistribution: (stored) => changed(stored, "key", keyTo2),
    KeyReplica: (stored) =>
      changed(stored, "distribution", (distribution) => changed(distribution, "key", keyTo2)),
    /** Before, a stack had no former names; its own is recorded by the next update. */
    ManagedKey: (stored) => ({ formerStacks: [], ...stored }),
  },
};

/** The current form of what any release wrote. */
export function migrated(resource: ResourceName, stored: Stored): Stored {
  return Object.values(MIGRATIONS).reduce((now, { [resource]: migrate }) => migrate?.(now) ?? now, stored);
}

/** The inputs had the keyring, which the outputs of the ManagedKey have alone now. `deletionAllowed` did not reach a distribution. */
function keyTo2({ keyring: _, ...key }: Stored): Stored {
  return { deletionAllowed: false, ...key };
}

/** With the object that stands there changed; one that is not known yet, or not there, stays as it is. */
function changed(stored: Stored, name: string, change: (value: Stored) => Stored): Stored {
  const value = stored[name];
  if (typeof value !== "object" || value === null || Array.isArray(value) || isUnknown(value)) return stored;
  return { ...stored, [name]: change(value as Stored) };
}
