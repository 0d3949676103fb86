/**
 * The constraints that AWS's API model puts on input members: type, length, range, pattern, enum, required.
 * Data only; validate.ts applies it.
 */
export type Shape =
  | { kind: "string"; min?: number; max?: number; pattern?: RegExp; values?: readonly string[] }
  | { kind: "blob"; min: number; max: number }
  | { kind: "integer"; min: number; max: number }
  | { kind: "boolean" }
  | { kind: "timestamp" }
  | { kind: "list"; member: Shape; min?: number; max?: number }
  | { kind: "map" }
  | Structure;

export interface Structure {
  kind: "structure";
  members: Record<string, Shape>;
  required: readonly string[];
}

export const string = (min: number, max: number, pattern?: RegExp): Shape => ({
  kind: "string",
  min,
  max,
  pattern,
});
export const oneOf = (...values: string[]): Shape => ({ kind: "string", values });
export const blob = (min: number, max: number): Shape => ({ kind: "blob", min, max });
export const integer = (min: number, max: number): Shape => ({ kind: "integer", min, max });
export const boolean: Shape = { kind: "boolean" };
export const timestamp: Shape = { kind: "timestamp" };
/** A map of string to string: the only kind AWS KMS has (encryption contexts). */
export const stringMap: Shape = { kind: "map" };
export const list = (member: Shape, min?: number, max?: number): Shape => ({
  kind: "list",
  member,
  min,
  max,
});

/** A member whose name ends in `!` is required. */
export function structure(members: Record<string, Shape>): Structure {
  const names = Object.keys(members);
  return {
    kind: "structure",
    members: Object.fromEntries(names.map((name) => [name.replace("!", ""), members[name]!])),
    required: names.filter((name) => name.endsWith("!")).map((name) => name.slice(0, -1)),
  };
}
