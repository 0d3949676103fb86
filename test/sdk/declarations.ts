/** Reads the SDK's types out of its source, by the TypeScript compiler's parser. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const parsed = new Map<string, ts.SourceFile>();

export interface Member {
  /** The type in one notation for both sides, for example `string[]` or `"encrypt"|"decrypt"`. */
  type: string;
  optional: boolean;
  documented: boolean;
  /** Whether an Output may be given for it. */
  input: boolean;
}
export type Members = Record<string, Member>;

/** The enums of types.ts by name, in the notation of Member.type. */
export const ENUMS: Record<string, string> = Object.fromEntries(
  statements("types")
    .filter(ts.isTypeAliasDeclaration)
    .map(({ name, type }) => [
      name.text,
      ts.isUnionTypeNode(type) ? type.types.map((one) => one.getText()).join("|") : type.getText(),
    ]),
);

export function sourceOf(file: string): string {
  return readFileSync(join(__dirname, "../../sdk", `${file}.ts`), "utf8");
}

function statements(file: string): readonly ts.Statement[] {
  const tree = parsed.get(file) ?? ts.createSourceFile(file, sourceOf(file), ts.ScriptTarget.ES2022, true);
  parsed.set(file, tree);
  return tree.statements;
}

export function interfacesOf(file: string): string[] {
  return statements(file)
    .filter(ts.isInterfaceDeclaration)
    .map(({ name }) => name.text);
}

export function interfaceMembers(file: string, name: string): Members {
  const found = statements(file)
    .filter(ts.isInterfaceDeclaration)
    .find((one) => one.name.text === name);
  assert.ok(found, `${file} has an interface ${name}`);
  return membersOf(found.members.filter(ts.isPropertySignature));
}

/** The outputs that a class declares, and those that it holds as plain values. */
export function classOutputs(file: string, name: string): Members {
  const found = statements(file)
    .filter(ts.isClassDeclaration)
    .find((one) => one.name?.text === name);
  assert.ok(found, `${file} has a class ${name}`);
  const shown = found.members
    .filter(ts.isPropertyDeclaration)
    .filter((one) => !ts.isPrivateIdentifier(one.name));
  return membersOf(shown);
}

function membersOf(nodes: readonly (ts.PropertySignature | ts.PropertyDeclaration)[]): Members {
  return Object.fromEntries(
    nodes.map((node) => {
      const text = node.type!.getText();
      const member: Member = {
        type: sdkType(node.type!),
        optional: node.questionToken !== undefined || /\| undefined>?$/.test(text),
        documented: ts.getJSDocCommentsAndTags(node).length > 0,
        input: text.startsWith("pulumi.Input<"),
      };
      return [node.name.getText(), member];
    }),
  );
}

/** The doc comment of a member of an interface, in one line. */
export function commentOf(file: string, container: string, member: string): string {
  const found = statements(file)
    .filter(ts.isInterfaceDeclaration)
    .find((one) => one.name.text === container);
  const node = found?.members.find((one) => one.name?.getText() === member);
  return ts
    .getJSDocCommentsAndTags(node!)
    .map((comment) => comment.getText().replace(/\s*\n\s*\*\s?/g, " "))
    .join();
}

/** A type node of the SDK in the same notation: without Input and Output, names of types.ts that are enums spelt out. */
function sdkType(node: ts.TypeNode): string {
  if (ts.isTypeReferenceNode(node)) {
    const name = node.typeName.getText();
    const [first, second] = node.typeArguments ?? [];
    if (name === "pulumi.Input" || name === "pulumi.Output") return sdkType(first!);
    if (name === "Record") return `Record<${sdkType(first!)},${sdkType(second!)}>`;
    return ENUMS[name] ?? name;
  }
  if (ts.isArrayTypeNode(node)) return listOf(sdkType(node.elementType));
  if (ts.isUnionTypeNode(node)) {
    return node.types
      .map(sdkType)
      .filter((type) => type !== "undefined")
      .join("|");
  }
  return node.getText();
}

export function listOf(item: string): string {
  return item.includes("|") ? `(${item})[]` : `${item}[]`;
}
