import { serialization, validation } from "./errors.js";
import { API, type Shape, shapeOf } from "./model.js";

/**
 * Turns a JSON body into an operation's input: blobs become bytes, timestamps Dates, unknown members are dropped.
 * A wrong JSON type is a SerializationException; every broken constraint goes into one ValidationException, worded as
 * AWS words it ("2 validation errors detected: Value 'x' at 'keySpec' failed to satisfy constraint: ...; Value ...").
 */
export function readInput(operation: string, body: unknown): Record<string, unknown> {
  const broken: string[] = [];
  const { input: shape } = API.operations[operation]!;
  const input = readStructure(shape ? shapeOf(shape) : NOTHING, body, "", broken);
  if (broken.length === 0) return input;
  const count = broken.length === 1 ? "1 validation error" : `${broken.length} validation errors`;
  throw validation(`${count} detected: ${broken.join("; ")}`);
}

const NOTHING: Shape = { type: "structure" };

function readStructure(shape: Shape, value: unknown, path: string, broken: string[]) {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrongType(value, "Structure");
  const given = value as Record<string, unknown>;
  const input: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(shape.members ?? {})) {
    const at = `${path}${name[0]!.toLowerCase()}${name.slice(1)}`;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value !== undefined && value !== null) input[name] = read(shapeOf(member), value, at, broken);
    else if (shape.required?.includes(name)) broken.push(constraint("null", at, "Member must not be null"));
  }
  return input;
}

function read(shape: Shape, value: unknown, at: string, broken: string[]): unknown {
  switch (shape.type) {
    case "structure":
      return readStructure(shape, value, `${at}.`, broken);
    case "list":
      if (!Array.isArray(value)) throw wrongType(value, "List");
      return readList(shape, value, at, broken);
    case "map":
      return readMap(shape, value, at, broken);
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

/**
 * Of a list of strings AWS names the list, shows it whole and gives every rule of its members, once:
 * "Value '[a, b]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length …]".
 */
function readList(shape: Shape, value: unknown[], at: string, broken: string[]): unknown[] {
  const member = shapeOf(shape.member!);
  if (member.type !== "string") {
    checkLength(shape, value.length, "", at, broken);
    return value.map((item, i) => read(member, item, `${at}.${i + 1}.member`, broken));
  }
  const inside: string[] = [];
  const items = value.map((item) => read(member, item, at, inside));
  const shown = member.sensitive ? "" : `'[${items.join(", ")}]'`;
  checkLength(shape, items.length, shown, at, broken);
  if (inside.length > 0)
    broken.push(constraint(shown, at, `Member must satisfy constraint: [${rulesOf(member).join(", ")}]`));
  return items;
}

/** All rules of a string, as AWS lists them. */
function rulesOf({ min, max, pattern, enum: names }: Shape): string[] {
  const rules: string[] = [];
  if (max !== undefined) rules.push(longest(max));
  if (min !== undefined) rules.push(shortest(min));
  if (pattern) rules.push(matching(pattern));
  if (names) rules.push(oneOf(names));
  return rules;
}

function readMap(shape: Shape, value: unknown, at: string, broken: string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongType(value, "Map");
  const members = Object.entries(value).map(([key, member]) => [
    read(shapeOf(shape.key!), key, `${at}.key`, broken),
    read(shapeOf(shape.value!), member, `${at}.${key}.member`, broken),
  ]);
  return Object.fromEntries(members);
}

function readBlob(shape: Shape, value: unknown, at: string, broken: string[]): Buffer {
  if (typeof value !== "string") throw wrongType(value, "Blob");
  const bytes = Buffer.from(value, "base64");
  if (bytes.toString("base64").replace(/=+$/, "") !== value.replace(/=+$/, "")) {
    // AWS sends no message with it.
    throw serialization("");
  }
  // Not the bytes: AWS does not show them either, and of what the model calls sensitive not even the length.
  const length = `'java.nio.HeapByteBuffer[pos=0 lim=${bytes.length} cap=${bytes.length}]'`;
  checkLength(shape, bytes.length, shape.sensitive ? "" : length, at, broken);
  return bytes;
}

function checkString(shape: Shape, value: string, at: string, broken: string[]): void {
  const shown = shape.sensitive ? "" : `'${value}'`;
  if (shape.enum && !shape.enum.includes(value)) {
    broken.push(constraint(shown, at, oneOf(shape.enum)));
  }
  checkLength(shape, value.length, shown, at, broken);
  if (shape.pattern && !patternOf(shape.pattern).test(value)) {
    broken.push(constraint(shown, at, matching(shape.pattern)));
  }
}

const patterns = new Map<string, RegExp>();

/** The whole value must match, as in AWS's own services. */
function patternOf(source: string): RegExp {
  const pattern = patterns.get(source) ?? new RegExp(`^(?:${source})$`);
  patterns.set(source, pattern);
  return pattern;
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
    broken.push(constraint(shown, at, shortest(min)));
  }
  if (max !== undefined && length > max) {
    broken.push(constraint(shown, at, longest(max)));
  }
}

function checkRange({ min, max }: Shape, value: number, at: string, broken: string[]): void {
  if (min !== undefined && value < min) {
    broken.push(constraint(`'${value}'`, at, `Member must have value greater than or equal to ${min}`));
  }
  if (max !== undefined && value > max) {
    broken.push(constraint(`'${value}'`, at, `Member must have value less than or equal to ${max}`));
  }
}

const shortest = (min: number) => `Member must have length greater than or equal to ${min}`;
const longest = (max: number) => `Member must have length less than or equal to ${max}`;
const matching = (pattern: string) => `Member must satisfy regular expression pattern: ${pattern}`;
const oneOf = (names: readonly string[]) => `Member must satisfy enum value set: [${names.join(", ")}]`;

const constraint = (shown: string, at: string, rule: string) =>
  `Value ${shown ? `${shown} ` : ""}at '${at}' failed to satisfy constraint: ${rule}`;

function wrongType(value: unknown, wanted: string) {
  const got = Array.isArray(value)
    ? "START_ARRAY"
    : value === null
      ? "NULL_VALUE"
      : `${typeof value}_VALUE`.toUpperCase();
  return serialization(`${got.replace("OBJECT_VALUE", "START_OBJECT")} can not be converted to a ${wanted}`);
}
