import { deepEqual, equal, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PropertySpec } from "../../provider/schema/definition";
import * as sdk from "../../sdk";
import { generatedFiles } from "../../tools/generate/main";
import { type ObjectType, programResources, resources, types } from "../../tools/generate/schema";
import { checkout } from "../../tools/toolchain";

describe("what is generated from schema.json", () => {
  const files = generatedFiles();

  for (const [path, text] of Object.entries(files)) {
    it(`is committed: ${path}`, () => {
      equal(readFileSync(join(checkout, path), "utf8"), text, "stale or edited: run make generate");
    });
  }

  it("is all that sdk/generated holds", () => {
    const committed = readdirSync(join(checkout, "sdk/generated")).map((name) => `sdk/generated/${name}`);
    const generated = Object.keys(files).filter((path) => path.startsWith("sdk/generated/"));
    deepEqual(committed.sort(), generated.sort());
  });

  it("has a class for each resource that a program declares, which the SDK exports", () => {
    deepEqual(Object.keys(sdk).sort(), programResources.map(([name]) => name).sort());
  });
});

describe("schema.json", () => {
  it("describes every type, resource and property in whole sentences", () => {
    const described: [string, { description?: string }][] = [
      ...Object.entries({ ...types, ...resources }),
      ...Object.entries(types).flatMap(([name, type]) =>
        "properties" in type ? inside(name, type.properties) : [],
      ),
      ...Object.entries(resources).flatMap(([name, one]) =>
        inside(name, { ...one.inputProperties, ...one.properties }),
      ),
    ];
    ok(described.length > 100);
    const others = described.filter(([, { description = "" }]) => !/^[A-Z`].*\.$/s.test(description));
    deepEqual(others, []);
  });

  it("says the same of an input and of the output of its name", () => {
    for (const { inputProperties, properties } of Object.values(resources)) {
      for (const [name, input] of Object.entries(inputProperties)) {
        if (name in properties) deepEqual(statement(properties[name]!), statement(input), name);
      }
    }
  });

  it("says the same of a KmsProvider and of what is passed on of it", () => {
    const { properties } = types.KmsConnection as ObjectType;
    const provider = resources.KmsProvider!.properties;
    for (const [name, { description, secret }] of Object.entries(properties)) {
      deepEqual(
        { description, secret },
        { description: provider[name]!.description, secret: provider[name]!.secret },
        name,
      );
    }
  });
});

function inside(name: string, properties: Record<string, PropertySpec>): [string, PropertySpec][] {
  return Object.entries(properties).map(([property, spec]) => [`${name}.${property}`, spec]);
}

/** What a reader is told of a property. */
function statement({ description, default: preset, secret, willReplaceOnChanges }: PropertySpec) {
  return { description, preset, secret, willReplaceOnChanges };
}
