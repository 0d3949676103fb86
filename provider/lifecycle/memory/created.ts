/** What this run has created. A new key or KmsProvider cannot have KMS keys in AWS that are not in the state. */
import type { KeyRef, KmsKeyRecords, KmsRef } from "../../state/types";

/** An account and its primary Region. */
export type KmsLocation = Pick<KmsRef, "accountId" | "keyCollection">;

export const locationOf = ({ accountId, keyCollection }: KmsLocation) => `${accountId}/${keyCollection}`;

/** The part of a distribution's outputs that says whose KMS keys it has. */
export interface CreatedDistribution {
  name: string;
  key: Pick<KeyRef, "id">;
  kms: KmsLocation;
  versions: KmsKeyRecords;
}

export class Created {
  readonly #keys = new Set<string>();
  readonly #material = new Set<string>();
  readonly #kmsProviders = new Set<string>();
  readonly #distributions: CreatedDistribution[] = [];
  readonly #chosen: Omit<CreatedDistribution, "versions">[] = [];

  /** @param id of a ManagedKey */
  recordKey(id: string): void {
    this.#keys.add(id);
  }

  hasKey(id: string): boolean {
    return this.#keys.has(id);
  }

  /** The material of a version was generated: no earlier run can have made a KMS key for it. */
  recordMaterial(keyId: string, version: number): void {
    this.#material.add(`${keyId} ${version}`);
  }

  hasMaterial(keyId: string, version: number): boolean {
    return this.#material.has(`${keyId} ${version}`);
  }

  /** The stack had no KmsProvider of this account and Region before. */
  recordKmsProvider(kms: KmsLocation): void {
    this.#kmsProviders.add(locationOf(kms));
  }

  hasKmsProvider(kms: KmsLocation): boolean {
    return this.#kmsProviders.has(locationOf(kms));
  }

  /** @param distribution its `versions` grow while it is created */
  recordDistribution(distribution: CreatedDistribution): void {
    this.#distributions.push(distribution);
  }

  /** A distribution has been given its name, and is created next. */
  recordChosen(distribution: Omit<CreatedDistribution, "versions">): void {
    this.#chosen.push(distribution);
  }

  /** One of the same key, account and Region that was given another name: with `deleteBeforeReplace` it is created after the deletion. */
  chosenBeside({ name, key, kms }: CreatedDistribution): Omit<CreatedDistribution, "versions"> | undefined {
    const same = this.#chosen.filter(
      (chosen) => chosen.key.id === key.id && locationOf(chosen.kms) === locationOf(kms),
    );
    return same.some((chosen) => chosen.name === name) ? undefined : same[0];
  }

  /**
   * A created distribution of the same key, account and Region that has another KMS key for a version than the removed one. It should have
   * taken over the KMS key of the removed one, and has not.
   */
  withOtherKmsKeys({ key, kms, versions = {} }: CreatedDistribution): CreatedDistribution | undefined {
    return this.#distributions.find(
      (created) =>
        created.key.id === key.id &&
        locationOf(created.kms) === locationOf(kms) &&
        Object.entries(versions).some(
          ([version, { keyId }]) => (created.versions[version]?.keyId ?? keyId) !== keyId,
        ),
    );
  }
}
