import { createHash } from "node:crypto";
import type * as schema from "../../schema/types";

/** How to reach one AWS account's KMS: what a KmsProvider passes on to every resource that uses it. */
export type KmsConnection = Omit<schema.KmsConnection, "aliasPrefix" | "wrappingKeySpec" | "tags">;

/** Whether the program leaves a Region out of every call. With the primary one all are: primaries and credentials come from there. */
export function isLeftOut(
  { keyCollection, unreachableRegions = [] }: Pick<KmsConnection, "keyCollection" | "unreachableRegions">,
  region: string = keyCollection,
): boolean {
  return unreachableRegions.includes(region) || unreachableRegions.includes(keyCollection);
}

/** The Region on the list for which one is left out: itself, or the primary one. */
export function listedRegionFor(
  { keyCollection, unreachableRegions = [] }: Pick<KmsConnection, "keyCollection" | "unreachableRegions">,
  region: string,
): string {
  return unreachableRegions.includes(region) ? region : keyCollection;
}

/** The roles that a connection takes, in their order. */
export function rolesOf({ assumeRole = [] }: Pick<KmsConnection, "assumeRole">): schema.AssumeRole[] {
  return [assumeRole].flat();
}

/** A name for the connection that equal connections share and that shows no secret (a SHA-256, in hex). */
export function connectionIdentity({ unreachableRegions: _, ...connection }: KmsConnection): string {
  return createHash("sha256").update(canonical(connection)).digest("hex");
}

/** JSON with the members of each object in order: equal values give equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
