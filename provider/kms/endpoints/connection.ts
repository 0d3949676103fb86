import { createHash } from "node:crypto";
import type * as schema from "../../schema/types";

/** How to reach KMS in one AWS account. A KmsProvider passes it to every resource that uses it. */
export type KmsConnection = Omit<schema.KmsConnection, "aliasPrefix" | "wrappingKeySpec" | "tags">;

/**
 * Whether `unreachableRegions` leaves a Region out of every call. If it names the primary Region, all Regions are left out, because
 * primaries and credentials come from there.
 */
export function isLeftOut(
  { keyCollection, unreachableRegions = [] }: Pick<KmsConnection, "keyCollection" | "unreachableRegions">,
  region: string = keyCollection,
): boolean {
  return unreachableRegions.includes(region) || unreachableRegions.includes(keyCollection);
}

/** The Region in `unreachableRegions` because of which `region` is left out: `region` itself, or the primary Region. */
export function listedRegionFor(
  { keyCollection, unreachableRegions = [] }: Pick<KmsConnection, "keyCollection" | "unreachableRegions">,
  region: string,
): string {
  return unreachableRegions.includes(region) ? region : keyCollection;
}

/** The roles that a connection assumes, in order. */
export function rolesOf({ assumeRole = [] }: Pick<KmsConnection, "assumeRole">): schema.AssumeRole[] {
  return [assumeRole].flat();
}

/** An identifier of the connection: a SHA-256 in hex. Equal connections have the same one, and it shows no secret. */
export function connectionIdentity({ unreachableRegions: _, ...connection }: KmsConnection): string {
  return createHash("sha256").update(canonical(connection)).digest("hex");
}

/** JSON with sorted members, so that equal values give equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
