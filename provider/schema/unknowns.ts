/**
 * The text that the engine sends in `check` and `diff` for an unknown value of any type
 * (`rpc.unknownValue` of @pulumi/pulumi; pulumi/pulumi#6310).
 */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Unknown = typeof UNKNOWN;

/**
 * All texts that the engine reads as an unknown value, one for each type.
 * Source: sdk/go/common/resource/plugin/rpc.go of pulumi/pulumi (UnknownBoolValue and those after it).
 */
const SENTINELS: readonly string[] = [
  UNKNOWN,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];

/** Whether the engine would read a text as an unknown value. */
export function isSentinel(text: string): boolean {
  return SENTINELS.includes(text);
}

/** Whether the value itself is unknown. */
export function isUnknown(value: unknown): value is Unknown {
  return value === UNKNOWN;
}

/** Whether the value, or any value inside it, is unknown. */
export function hasUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isUnknown(value);
  return Object.values(value).some(hasUnknown);
}

/** The value if it is set and known, else undefined. */
export function known<T>(value: T | Unknown | undefined): T | undefined {
  return value === undefined || value === null || isUnknown(value) ? undefined : value;
}
