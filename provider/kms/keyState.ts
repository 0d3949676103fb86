/** Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
const AWS_STATES = [
  "Creating",
  "Enabled",
  "Disabled",
  "PendingImport",
  "PendingDeletion",
  "PendingReplicaDeletion",
  "Unavailable",
  "Updating",
] as const;

declare const UNKNOWN_STATE: unique symbol;

/** A state that this release does not know. Messages name it, and the KMS key is not changed. */
export type UnknownKeyState = string & { readonly [UNKNOWN_STATE]: true };

/** AWS's KeyState, or "Deleted" where AWS does not know the KMS key. */
export type KeyState = (typeof AWS_STATES)[number] | "Deleted" | UnknownKeyState;

const KNOWN: readonly string[] = [...AWS_STATES, "Deleted"];

/** A state as AWS or a stack's state names it. AWS may add states, so every name is accepted. */
export function keyStateOf(name: string): KeyState {
  return name as KeyState;
}

/** Whether this release knows the state. */
export function isKnownState(state: KeyState): state is Exclude<KeyState, UnknownKeyState> {
  return KNOWN.includes(state);
}

/** Whether AWS will delete the KMS key after its waiting period, unless the deletion is cancelled. */
export function isPendingDeletion(state: KeyState | undefined): boolean {
  return state === "PendingDeletion" || state === "PendingReplicaDeletion";
}
