import { serialization, validation } from "./errors.js";
import type { Shape, Structure } from "./shapes.js";

/**
 * Turns a JSON body into an operation's input: blobs become bytes, timestamps Dates, unknown members are dropped.
 * A wrong JSON type is a SerializationException; every broken constraint goes into one ValidationException, worded as
 * AWS words it ("2 validation errors detected: Value 'x' at 'keySpec' failed to satisfy constraint: ...; Value ...").
 */
export function readInput(shape: Structure, body: unknown): Record<string, unknown> {
  const broken: string[] = [];
  const input = readStructure(shape, body, "", broken);
  if (broken.length === 0) return input;
  const count = broken.length === 1 ? "1 validation error" : `${broken.length} validation errors`;
  throw validation(`${count} detected: ${broken.join("; ")}`);
}

function readStructure(shape: Structure, value: unknown, path: string, broken: string[]) {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrongType(value, "Structure");
  const members = value as Record<string, unknown>;
  const input: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(shape.members)) {
    const at = `${path}${name[0]!.toLowerCase()}${name.slice(1)}`;
    const given = Object.hasOwn(members, name) ? members[name] : undefined;
    if (given !== undefined && given !== null) input[name] = read(member, given, at, broken);
    else if (shape.required.includes(name)) broken.push(constraint("null", at, "Member must not be null"));
  }
  return input;
}

function read(shape: Shape, value: unknown, at: string, broken: string[]): unknown {
  switch (shape.kind) {
    case "structure":
      return readStructure(shape, value, `${at}.`, broken);
    case "list":
      if (!Array.isArray(value)) throw wrongType(value, "List");
      checkLength(shape, value.length, `'${JSON.stringify(value).slice(0, 100)}'`, at, broken);
      return value.map((member, i) => read(shape.member, member, `${at}.${i + 1}.member`, broken));
    case "map":
      return readMap(value);
    case "boolean":
      if (typeof value !== "boolean") throw wrongType(value, "Boolean");
      return value;
    case "integer":
      if (typeof value !== "number" || !Number.isInteger(value)) throw wrongType(value, "Integer");
      checkRange(shape, value, at, broken);
      return value;
    case "timestamp":
      if (typeof value !== "number" || Number.isNaN(new Date(value * 1000).getTime()))
        throw wrongType(value, "Timestamp");
      return new Date(value * 1000);
    case "blob":
      return readBlob(shape, value, at, broken);
    case "string":
      if (typeof value !== "string") throw wrongType(value, "String");
      checkString(shape, value, at, broken);
      return value;
  }
}

function readMap(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongType(value, "Map");
  for (const member of Object.values(value))
    if (typeof member !== "string") throw wrongType(member, "String");
  return { ...value } as Record<string, string>;
}

function readBlob(shape: Shape & { kind: "blob" }, value: unknown, at: string, broken: string[]): Buffer {
  if (typeof value !== "string") throw wrongType(value, "Blob");
  const bytes = Buffer.from(value, "base64");
  if (bytes.toString("base64").replace(/=+$/, "") !== value.replace(/=+$/, "")) {
    throw serialization("A blob is not valid base64");
  }
  // The bytes may be plaintext: AWS does not show them either.
  checkLength(
    shape,
    bytes.length,
    `'java.nio.HeapByteBuffer[pos=0 lim=${bytes.length} cap=${bytes.length}]'`,
    at,
    broken,
  );
  return bytes;
}

function checkString(shape: Shape & { kind: "string" }, value: string, at: string, broken: string[]): void {
  const shown = `'${value}'`;
  if (shape.values && !shape.values.includes(value)) {
    broken.push(constraint(shown, at, `Member must satisfy enum value set: [${shape.values.join(", ")}]`));
  }
  checkLength(shape, value.length, shown, at, broken);
  if (shape.pattern && !new RegExp(`^(?:${shape.pattern.source})$`).test(value)) {
    broken.push(
      constraint(shown, at, `Member must satisfy regular expression pattern: ${shape.pattern.source}`),
    );
  }
}

function checkLength(
  limits: { min?: number; max?: number },
  length: number,
  shown: string,
  at: string,
  broken: string[],
) {
  const { min, max } = limits;
  if (min !== undefined && length < min) {
    broken.push(constraint(shown, at, `Member must have length greater than or equal to ${min}`));
  }
  if (max !== undefined && length > max) {
    broken.push(constraint(shown, at, `Member must have length less than or equal to ${max}`));
  }
}

function checkRange(shape: { min: number; max: number }, value: number, at: string, broken: string[]): void {
  if (value < shape.min) {
    broken.push(constraint(`'${value}'`, at, `Member must have value greater than or equal to ${shape.min}`));
  }
  if (value > shape.max) {
    broken.push(constraint(`'${value}'`, at, `Member must have value less than or equal to ${shape.max}`));
  }
}

const constraint = (shown: string, at: string, rule: string) =>
  `Value ${shown} at '${at}' failed to satisfy constraint: ${rule}`;

function wrongType(value: unknown, wanted: string) {
  const got = Array.isArray(value)
    ? "START_ARRAY"
    : value === null
      ? "NULL_VALUE"
      : `${typeof value}_VALUE`.toUpperCase();
  return serialization(`${got.replace("OBJECT_VALUE", "START_OBJECT")} can not be converted to a ${wanted}`);
}
