/** Whose a KMS key, its alias and its replicas are, and what they should have. */
import type { ExpiryInputs, ExpiryPlan } from "../keys/expiry";
import type { CallContext } from "../kms/client/client";
import type { KeyRef, KmsRef } from "../state/types";

/** What an alias, a KMS key and its replica share: whose they are. */
export interface Owner {
  /** Name of the distribution in the KMS keys' tags: the requested one, also where another stack had that alias. */
  distribution: string;
  stack: string;
  kms: KmsRef;
  key: KeyRef;
  /** Whether and when its material expires in AWS. */
  expiry: ExpiryInputs & ExpiryPlan;
}

/** The owner that a distribution's inputs or outputs name; when the material expires is planned by each resource. */
export function ownerOf(
  {
    name,
    requestedName = name,
    stack,
    kms,
    key,
    validFor,
    renewBefore,
  }: Omit<Owner, "distribution" | "expiry"> & ExpiryInputs & { name: string; requestedName?: string },
  { importedOn, renewAfter }: ExpiryPlan,
): Owner {
  return {
    distribution: requestedName,
    stack,
    kms,
    key,
    expiry: { validFor, renewBefore, importedOn, renewAfter },
  };
}

export function contextOf(owner: Owner, version?: number): CallContext {
  return { key: owner.key.name, version };
}

/** The key with the stack's former names: its own, and the one in the state where the stack has another now. */
export function withFormerStack(key: KeyRef, stack: string, formerStack?: string): KeyRef {
  const names = new Set([...(key.formerStacks ?? []), ...(formerStack ? [formerStack] : [])]);
  return { ...key, formerStacks: [...names].filter((name) => name !== stack) };
}

/** The state a version's KMS key should be in. */
export function desiredState(
  key: Pick<KeyRef, "minEnabledVersion">,
  version: number,
): "Enabled" | "Disabled" {
  return version >= key.minEnabledVersion ? "Enabled" : "Disabled";
}
