import { type PropertySpec, referredType } from "./definition";

/** One way in which a value is not as schema.json describes it. */
export type Mistake = { path: string[] } & (
  | { kind: "missing"; property: PropertySpec }
  /** schema.json has no property of this name. */
  | { kind: "unexpected" }
  /** `expected` has JSON types. */
  | { kind: "type"; property: PropertySpec; expected: string[]; value: unknown }
  /** A text that is not allowed. `expected` has the texts that are. */
  | { kind: "value"; property: PropertySpec; expected: string[]; value: unknown }
);

interface Shape {
  properties: Record<string, PropertySpec>;
  required?: readonly string[];
}

/** All mistakes in an object. A property that is undefined is missing. With `isOpen`, other properties are allowed too. */
export function mistakesIn(values: object, shape: Shape, isOpen = false, path: string[] = []): Mistake[] {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  const names = present.map(([name]) => name);
  const described = (name: string) => Object.hasOwn(shape.properties, name);
  const missing = (shape.required ?? []).filter((name) => !names.includes(name));
  const unexpected = isOpen ? [] : names.filter((name) => !described(name));
  return [
    ...missing.map((name) => ({
      kind: "missing" as const,
      path: [...path, name],
      property: shape.properties[name]!,
    })),
    ...unexpected.map((name) => ({ kind: "unexpected" as const, path: [...path, name] })),
    ...present
      .filter(([name]) => described(name))
      .flatMap(([name, value]) => inValue(value, shape.properties[name]!, isOpen, [...path, name])),
  ];
}

function inValue(value: unknown, property: PropertySpec, isOpen: boolean, path: string[]): Mistake[] {
  const forms = property.oneOf ?? [property];
  const form = forms.find((each) => hasType(value, typeOf(each)));
  if (!form) return [{ kind: "type", path, property, expected: forms.map((each) => typeOf(each)!), value }];
  const allowed = allowedTexts(form);
  if (allowed && !allowed.includes(value as string))
    return [{ kind: "value", path, property: form, expected: allowed, value }];
  const { items, additionalProperties } = form;
  const referred = referredType(form);
  if (referred?.type === "object") return mistakesIn(value as object, referred, isOpen, path);
  const inner = typeOf(form) === "array" ? items : additionalProperties;
  if (!inner) return [];
  return Object.entries(value as object).flatMap(([name, each]) =>
    inValue(each, inner, isOpen, [...path, name]),
  );
}

function allowedTexts({ const: only, ...property }: PropertySpec): string[] | undefined {
  if (only !== undefined) return [only];
  const referred = referredType(property);
  return referred && "enum" in referred ? referred.enum.map(({ value }) => value) : undefined;
}

/** JSON type of a property's values; undefined if any is allowed. */
function typeOf(property: PropertySpec): string | undefined {
  return referredType(property)?.type ?? property.type;
}

function hasType(value: unknown, type: string | undefined): boolean {
  switch (type) {
    case undefined:
      return true;
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "number":
      return Number.isFinite(value);
    default:
      return typeof value === type;
  }
}
