/** The owner of a KMS key, its alias and its replicas, and what they should have. */
import type { ExpiryInputs, ExpiryPlan } from "../keys/expiry";
import type { CallContext } from "../kms/client/client";
import type { KeyRef, KmsRef } from "../state/types";

/** The distribution, key and stack that a KMS key, its alias and its replicas belong to. */
export interface Owner {
  /** Name of the distribution in the tags of its KMS keys: the requested name, even if another stack had that alias. */
  distribution: string;
  stack: string;
  kms: KmsRef;
  key: KeyRef;
  /** Whether and when its material expires in AWS. */
  expiry: ExpiryInputs & ExpiryPlan;
}

/** The owner from the inputs or outputs of a distribution. Each resource plans for itself when its material expires. */
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

/** The key with all former names of the stack, including the name in the state if the stack was renamed since. */
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
