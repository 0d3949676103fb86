import { isDeepStrictEqual } from "node:util";
import { type PropertySpec, referredType, resourceSpec } from "./definition";
import { hasUnknown } from "./unknowns";

type Values = Record<string, unknown>;

/** The differences between two sets of inputs. */
export interface Difference {
  /** Names of the top-level properties that differ. An unknown value differs from every known one. */
  changed: string[];
  /** Those of them whose change replaces the resource. An unknown value never replaces it. */
  replaces: string[];
}

/**
 * Compares the old state with new inputs, for each property in schema.json.
 *
 * @param ignore paths that the resource compares itself, for example "key.keyring"
 * @param isSame comparison of texts that mean the same in several forms, by property
 */
export function difference(
  resource: string,
  olds: Values,
  news: Values,
  ignore: string[] = [],
  isSame: Record<string, (old: string, now: string) => boolean> = {},
): Difference {
  const result: Difference = { changed: [], replaces: [] };
  for (const [name, property] of Object.entries(resourceSpec(resource).inputProperties)) {
    const [old, now] = [olds[name], news[name]];
    if (typeof old === "string" && typeof now === "string" && isSame[name]?.(old, now)) continue;
    const { changed, replaces } = compare(property, olds[name], news[name], name, ignore);
    if (changed) result.changed.push(name);
    if (replaces) result.replaces.push(name);
  }
  return result;
}

function compare(
  property: PropertySpec,
  old: unknown,
  now: unknown,
  path: string,
  ignore: string[],
): { changed: boolean; replaces: boolean } {
  if (ignore.includes(path) || isDeepStrictEqual(old ?? undefined, now ?? undefined)) {
    return { changed: false, replaces: false };
  }
  const referred = referredType(property);
  if (referred && "properties" in referred && isObject(old) && isObject(now)) {
    const inner = Object.entries(referred.properties).map(([name, spec]) =>
      compare(spec, old[name], now[name], `${path}.${name}`, ignore),
    );
    return { changed: inner.some((c) => c.changed), replaces: inner.some((c) => c.replaces) };
  }
  return { changed: true, replaces: (property.willReplaceOnChanges ?? false) && !hasUnknown(now) };
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
