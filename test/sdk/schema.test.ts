import assert from "node:assert/strict";
import type { EnumSpec, ObjectSpec, PropertySpec, ResourceSpec } from "../../provider/schema/definition";
import schema from "../../schema.json";
import {
  classOutputs,
  commentOf,
  ENUMS,
  interfaceMembers,
  interfacesOf,
  listOf,
  sourceOf,
} from "./declarations";

/**
 * Where the SDK is not what schema.json says, and why. Everything else is held equal, and an exception that is none any
 * more fails too.
 */
const EXCEPTIONS = {
  /** Inputs that the SDK computes or that `check` plans; programs do not give them. */
  wireOnly: {
    KmsProvider: ["secretInputs"], // of the marks in the program, as those below
    ManagedKey: ["stack", "formerStacks", "keyVersion", "rotatedOn", "rotateAfter"], // of the program; planned by check
    KeyDistribution: [
      "name", // of its DistributionAlias, as are the next three
      "aliasName",
      "aliasArn",
      "distributionTime",
      "stack", // of the running program
      "secretInputs",
      "ignored",
      "keyVersion", // planned by check, as are the next four
      "multiRegion",
      "primaryRegion",
      "importedOn",
      "renewAfter",
    ],
    KeyReplica: [
      "aliasName",
      "aliasArn",
      "keyVersion",
      "importedOn",
      "renewAfter",
      "secretInputs",
      "ignored",
    ], // of its distribution; planned by check
  },
  /** Inputs that are optional in the SDK, which fills them in, and required on the wire. */
  filledIn: { KmsProvider: [], ManagedKey: ["name"], KeyDistribution: [], KeyReplica: [] },
  /** Inputs that are resources in the SDK; what they hand over is described by a type of schema.json. */
  resources: {
    KmsProvider: {},
    ManagedKey: {},
    KeyDistribution: { kms: ["KmsProvider", "KmsConnection"], key: ["ManagedKey", "KeyVersions"] },
    KeyReplica: { distribution: ["KeyDistribution", "DistributionRef"] },
  },
  /** Inputs that must be known when the program runs: plain values, no Inputs. */
  plain: {
    KmsProvider: ["unreachableRegions"], // what a preview says hangs on it
    ManagedKey: ["replicaRegions", "deletionAllowed"], // replicate() loops over one, protect is set by the other
    KeyDistribution: [],
    KeyReplica: [],
  },
  /** Strings in schema.json of which `check` takes one value and says why; the SDK's type has only that one. */
  oneValue: {
    KmsProvider: { provider: '"awskms"' },
    ManagedKey: {},
    KeyDistribution: { protection: '"hsm"' },
    KeyReplica: {},
  },
  /** Outputs in state that the SDK does not show: what was handed over from another resource, and what is in no output. */
  notShown: {
    KmsProvider: ["secretInputs"],
    ManagedKey: [],
    KeyDistribution: [
      "kms",
      "key",
      "stack",
      "requestedName",
      "nextStack",
      "isHalfGiven",
      "applied",
      "secretInputs",
      "ignored",
    ],
    KeyReplica: ["distribution", "nextStack", "isHalfGiven", "applied", "secretInputs", "ignored"],
  },
  /** Outputs that are any string in the SDK: a value more in schema.json must not break programs that read them. */
  wider: { KmsProvider: [], ManagedKey: [], KeyDistribution: ["rotationStrategy"], KeyReplica: [] },
  /** Outputs that every finished create has, and state lacks only after one that failed half-way. */
  onceFinished: {
    KmsProvider: [],
    ManagedKey: [],
    KeyDistribution: ["aliasArn", "distributionTime", "keyId", "keyArn", "aliasTarget"],
    KeyReplica: ["aliasArn", "keyId", "keyArn", "aliasTarget"],
  },
} satisfies Record<string, Record<string, string[] | Record<string, string | string[]>>>;

const RESOURCES = ["KmsProvider", "ManagedKey", "KeyDistribution", "KeyReplica"] as const;

const specs = schema.resources as unknown as Record<string, ResourceSpec>;
const types = schema.types as unknown as Record<string, ObjectSpec | EnumSpec>;
const spec = (resource: string) => specs[`keymgmt:index:${resource}`]!;

describe("the SDK's types and schema.json", () => {
  it("have the same resources", () => {
    const exported = [...sourceOf("index").matchAll(/export \{ (\w+), type/g)].map(([, name]) => name);
    const programs = Object.keys(specs).map((token) => token.replace("keymgmt:index:", ""));
    const alone = ["DistributionAlias"]; // made by KeyDistribution, never by a program
    assert.deepEqual(exported.sort(), programs.filter((name) => !alone.includes(name)).sort());
  });

  for (const resource of RESOURCES) {
    describe(resource, () => {
      const args = interfaceMembers(fileOf(resource), `${resource}Args`);
      const { inputProperties, requiredInputs = [] } = spec(resource);

      it("has the same arguments", () => {
        const wireOnly = EXCEPTIONS.wireOnly[resource] as string[];
        assert.deepEqual([...Object.keys(args), ...wireOnly].sort(), Object.keys(inputProperties).sort());
      });

      it("asks for the same of them", () => {
        const filledIn = EXCEPTIONS.filledIn[resource] as string[];
        for (const [name, { optional }] of Object.entries(args)) {
          assert.equal(!optional, requiredInputs.includes(name) && !filledIn.includes(name), name);
        }
        for (const name of filledIn) assert.ok(requiredInputs.includes(name) && args[name]?.optional, name);
      });

      it("gives them the same types", () => {
        const handed = EXCEPTIONS.resources[resource] as Record<string, [string, string]>;
        const oneValue = EXCEPTIONS.oneValue[resource] as Record<string, string>;
        for (const [name, { type }] of Object.entries(args)) {
          const property = inputProperties[name]!;
          if (handed[name]) {
            const [sdk, wire] = handed[name];
            assert.deepEqual([type, property.$ref], [sdk, `#/types/keymgmt:index:${wire}`], name);
          } else if (oneValue[name]) {
            assert.deepEqual([type, property.type], [oneValue[name], "string"], name);
          } else assert.equal(type, schemaType(property), name);
        }
      });

      it("takes outputs of other resources for all that need not be known when the program runs", () => {
        const plain = [
          ...(EXCEPTIONS.plain[resource] as string[]),
          ...Object.keys(EXCEPTIONS.resources[resource]),
        ];
        for (const [name, { input }] of Object.entries(args))
          assert.equal(input, !plain.includes(name), name);
      });

      it("documents each of them, with the default and whether a change replaces", () => {
        for (const [name, { documented }] of Object.entries(args)) {
          assert.ok(documented, name);
          const text = commentOf(fileOf(resource), `${resource}Args`, name);
          if (inputProperties[name]?.default !== undefined && name !== "deletionAllowed") {
            assert.ok(text.includes(String(inputProperties[name].default)), `${name}: ${text}`);
          }
          assert.equal(
            /A change replaces/.test(text),
            inputProperties[name]?.willReplaceOnChanges ?? false,
            name,
          );
        }
      });

      it("has the same outputs, of the same types", () => {
        const { properties, required = [] } = spec(resource);
        const notShown = EXCEPTIONS.notShown[resource] as string[];
        const wider = EXCEPTIONS.wider[resource] as string[];
        const onceFinished = EXCEPTIONS.onceFinished[resource] as string[];
        const outputs = classOutputs(fileOf(resource), resource);
        assert.deepEqual([...Object.keys(outputs), ...notShown].sort(), Object.keys(properties).sort());
        for (const [name, { type, optional }] of Object.entries(outputs)) {
          const expected = schemaType(properties[name]!);
          if (wider.includes(name)) assert.ok(type === "string" && type !== expected, name);
          else assert.equal(type, expected, name);
          assert.equal(!optional, required.includes(name) || onceFinished.includes(name), name);
        }
        for (const name of onceFinished) assert.ok(!required.includes(name), name);
      });
    });
  }

  it("have the same objects", () => {
    const shown = [
      "Adopt",
      "AssumeRole",
      "Credentials",
      "KeyVersion",
      "KmsKeyVersion",
      "Restore",
      "RestoredDistribution",
      "WebIdentity",
    ];
    assert.deepEqual(interfacesOf("types").sort(), shown);
    for (const name of shown) {
      const { properties, required = [] } = types[`keymgmt:index:${name}`] as ObjectSpec;
      const members = interfaceMembers("types", name);
      assert.deepEqual(Object.keys(members).sort(), Object.keys(properties).sort(), name);
      for (const [member, { type, optional }] of Object.entries(members)) {
        assert.equal(type, schemaType(properties[member]!), `${name}.${member}`);
        assert.equal(!optional, required.includes(member), `${name}.${member}`);
      }
    }
  });

  it("have the same enums", () => {
    for (const [token, type] of Object.entries(types)) {
      if (!("enum" in type)) continue;
      const name = token.replace("keymgmt:index:", "");
      const alias = ENUMS[name];
      // RotationStrategy is written out where it is used.
      if (alias === undefined) assert.ok(name === "RotationStrategy", name);
      else assert.equal(alias, enumType(type), name);
    }
  });
});

/** A property of schema.json in the notation of Member.type; enums are spelt out. */
function schemaType(property: PropertySpec): string {
  if (property.oneOf) return property.oneOf.map(schemaType).join("|");
  if (property.$ref) {
    const token = property.$ref.replace("#/types/", "");
    const type = types[token]!;
    return "enum" in type ? enumType(type) : token.replace("keymgmt:index:", "");
  }
  if (property.type === "array") return listOf(schemaType(property.items!));
  if (property.type === "object") return `Record<string,${schemaType(property.additionalProperties!)}>`;
  return property.type === "integer" ? "number" : property.type!;
}

function enumType({ enum: values }: EnumSpec): string {
  return values.map(({ value }) => JSON.stringify(value)).join("|");
}

function fileOf(resource: string): string {
  return resource.charAt(0).toLowerCase() + resource.slice(1);
}
