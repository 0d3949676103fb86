/**
 * What the engine sends in `check` and `diff` for a value that is not known yet, whatever its type
 * (`rpc.unknownValue` of @pulumi/pulumi; pulumi/pulumi#6310).
 */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether the value itself is not known yet. */
export function isUnknown(value: unknown): boolean {
  return value === UNKNOWN;
}

/** Whether the value, or anything inside it, is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isUnknown(value);
  return Object.values(value).some(hasUnknown);
}

/** The value if it is there and known, else undefined. */
export function known<T>(value: T | undefined): T | undefined {
  return value === undefined || value === null || isUnknown(value) ? undefined : value;
}
