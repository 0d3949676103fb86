import { known } from "../../schema/unknowns";
import type { DistributionRef, KmsKeyRecords } from "../../state/types";
import type { DistributionNames } from "./names";

/**
 * The KMS keys of the primaries in one run. `check` takes them out of the inputs: in a preview of a rotation they are unknown, and would be
 * shown as removed. `create` and `update` find them here, as they find the keyring (keyrings.ts).
 */
export class Primaries {
  readonly #versions = new Map<string, KmsKeyRecords>();

  constructor(private readonly names: DistributionNames) {}

  /** Returns the distribution without them. */
  take({ versions, ...distribution }: Partial<DistributionRef>): Partial<DistributionRef> {
    if (versions !== undefined) this.#versions.set(this.#nameOf(distribution), versions);
    return distribution;
  }

  /** Undefined in a refresh, which calls no `check`. The inputs of earlier releases have them. */
  of(distribution: DistributionRef): KmsKeyRecords | undefined {
    return distribution.versions ?? this.#versions.get(this.#nameOf(distribution));
  }

  #nameOf({ name, kms }: Partial<DistributionRef>): string {
    const { accountId, keyCollection } = known(kms) ?? {};
    return JSON.stringify([accountId, keyCollection, this.names.actualOf(String(name))]);
  }
}
