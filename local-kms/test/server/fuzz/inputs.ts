import fc from "fast-check";
import { API, type Shape, shapeOf } from "../../../src/api/model.js";

/** Names of things that are there, so that requests get further than to NotFoundException. */
export interface Known {
  readonly keys: readonly string[];
  readonly aliases: readonly string[];
}

/** Inputs of an operation: each member mostly as the API model allows it, at times just outside of it or not at all like it. */
export function inputsOf(operation: string, known: Known): fc.Arbitrary<unknown> {
  const { input } = API.operations[operation]!;
  return input ? member(input, known, 0) : fc.constantFrom({}, { Surplus: 1 });
}

const DEEPEST = 4;

function member(name: string, known: Known, depth: number): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 30, arbitrary: fitting(name, known, depth) }, { weight: 1, arbitrary: anyJson });
}

/** Any JSON, and numbers that JSON can write and a program hardly hold. */
const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(null, 0, -1, 1e308, -1e308, 2 ** 53, 0.1, "", "\0", "\ud800", [], {}, "__proto__", {
    __proto__: null,
  }),
  fc.integer({ min: 50, max: 300 }).map(nested),
);

/** Lists in lists: as deep as a parser takes them and a recursive function may not. */
export function nested(depth: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < depth; i += 1) value = [value];
  return value;
}

function fitting(name: string, known: Known, depth: number): fc.Arbitrary<unknown> {
  const shape = shapeOf(name);
  const { min = 0, max = 1000 } = shape;
  switch (shape.type) {
    case "structure":
      return structure(shape, known, depth);
    case "list":
      return fc.array(member(shape.member!, known, depth + 1), { maxLength: depth < DEEPEST ? 4 : 0 });
    case "map":
      return fc.dictionary(fc.string(), member(shape.value!, known, depth + 1), { maxKeys: 4 });
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min, max }) },
        fc.integer({ min: min - 1, max: max + 1 }),
      );
    case "timestamp":
      return fc.oneof(fc.integer(), fc.double(), fc.integer({ min: 0, max: 400 * 86_400 }).map(soon));
    case "blob":
      return fc
        .uint8Array({ minLength: min, maxLength: Math.min(max, 400) })
        .map((bytes) => Buffer.from(bytes).toString("base64"));
    case "string":
      return text(name, shape, known);
  }
}

const soon = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

function structure(shape: Shape, known: Known, depth: number): fc.Arbitrary<unknown> {
  const members = Object.entries(shape.members ?? {});
  const values = Object.fromEntries(members.map(([name, type]) => [name, member(type, known, depth + 1)]));
  const most = fc.record(values, { requiredKeys: [...(shape.required ?? [])] });
  return fc.oneof(
    { weight: 30, arbitrary: most },
    { weight: 1, arbitrary: fc.record(values, { requiredKeys: [] }) },
  );
}

/** RSA pairs of more than 2048 bits are the same code, and take seconds to make. */
const isSlow = (value: string) => /^RSA_[34]/.test(value);

function text(name: string, shape: Shape, known: Known): fc.Arbitrary<string> {
  const any = fc.string({ unit: "binary", maxLength: Math.min((shape.max ?? 300) + 1, 3000) });
  const right = shape.pattern
    ? fc.stringMatching(new RegExp(shape.pattern))
    : fc.string({ maxLength: Math.min(shape.max ?? 300, 300) });
  const free = fc.oneof({ weight: 8, arbitrary: right }, any);
  if (shape.enum) return fc.constantFrom(...shape.enum.filter((value) => !isSlow(value)));
  if (name === "KeyIdType")
    return fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...known.keys, ...known.aliases) }, free);
  if (name === "AliasNameType") {
    const fresh = fc.string({ maxLength: 20 }).map((rest) => `alias/${rest}`);
    return fc.oneof(fc.constantFrom(...known.aliases), fresh, free);
  }
  if (name === "PolicyNameType") return fc.oneof({ weight: 3, arbitrary: fc.constant("default") }, free);
  if (name === "PolicyType") return fc.oneof(policies, free);
  return free;
}

/** Policies that are nearly policies. */
const policies = fc
  .record(
    {
      Version: fc.constantFrom("2012-10-17", "2008-10-17", 1),
      Statement: fc.oneof(
        anyJson,
        fc.array(
          fc.record(
            {
              Sid: anyJson,
              Effect: fc.oneof(fc.constantFrom("Allow", "Deny"), anyJson),
              Principal: fc.oneof(
                fc.constantFrom("*", { AWS: "*" }, { AWS: ["arn:aws:iam::111122223333:root"] }),
                anyJson,
              ),
              Action: fc.oneof(fc.constantFrom("kms:*", ["kms:Put*"]), anyJson),
              Resource: fc.oneof(fc.constant("*"), anyJson),
              Condition: anyJson,
            },
            { requiredKeys: [] },
          ),
        ),
      ),
    },
    { requiredKeys: [] },
  )
  .map((policy) => JSON.stringify(policy));
