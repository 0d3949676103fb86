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
  const forms = (property.oneOf ?? [property]).map(formOf);
  const form = forms.find(({ type }) => hasType(value, type));
  if (!form) return [{ kind: "type", path, property, expected: forms.map(({ type }) => type!), value }];
  const allowed = allowedTexts(form);
  if (allowed && !allowed.includes(value as string))
    return [{ kind: "value", path, property: form.property, expected: allowed, value }];
  if (form.referred?.type === "object") return mistakesIn(value as object, form.referred, isOpen, path);
  const { items, additionalProperties } = form.property;
  const inner = form.type === "array" ? items : additionalProperties;
  if (!inner) return [];
  return Object.entries(value as object).flatMap(([name, each]) =>
    inValue(each, inner, isOpen, [...path, name]),
  );
}

/** A property without `oneOf`, or one form of it. `type` is the JSON type of its values; undefined if any is allowed. */
interface Form {
  property: PropertySpec;
  referred: ReturnType<typeof referredType>;
  type: string | undefined;
}

function formOf(property: PropertySpec): Form {
  const referred = referredType(property);
  return { property, referred, type: referred?.type ?? property.type };
}

function allowedTexts({ property, referred }: Form): string[] | undefined {
  if (property.const !== undefined) return [property.const];
  return referred && "enum" in referred ? referred.enum.map(({ value }) => value) : undefined;
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
