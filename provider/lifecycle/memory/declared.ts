/**
 * What the program has declared in this run. In an update the engine calls `check` and `diff` for every resource of the program before it
 * deletes what the program no longer has. In a destroy it calls neither (pulumi v3.259, pkg/resource/deploy/step_generator.go). So a
 * `delete` knows from the memory of one process whether the program still has the key, and whether another resource has the same KMS keys
 * (after a rename or a replacement). This needs no permission.
 */
import { createHash } from "node:crypto";
import { canonical } from "../../kms/endpoints/connection";
import type { Say } from "../../say";
import { isUnknown } from "../../schema/unknowns";
import { versionsOf } from "../../state/records";
import type { KeyRef, KmsKeyRecords, KmsRef } from "../../state/types";
import { type KmsLocation, locationOf } from "./created";
import type { DistributionNames } from "./names";

export class Declared {
  /** The stack's name, from the program. */
  stack: string | undefined;
  readonly #resources = new Set<string>();
  readonly #checks = new Map<string, number>();
  readonly #keys = new Set<string>();
  readonly #replacedKeys = new Set<string>();
  readonly #unreachable = new Map<string, string[]>();
  readonly #distributions = new Map<string, KmsKeyRecords>();
  readonly #replacedKmsKeys = new Set<string>();
  readonly #aliases = new Map<string, string>();
  readonly #keysByName = new Map<string, { keyId: string; isNew: boolean }>();
  readonly #names: DistributionNames;

  constructor(names: DistributionNames) {
    this.#names = names;
  }

  /** @param id that the resource has, or will have */
  recordResource(type: string, id: string): void {
    this.#resources.add(`${type} ${id}`);
  }

  hasResource(type: string, id: string): boolean {
    return this.#resources.has(`${type} ${id}`);
  }

  /**
   * Whether another resource that the program declares has taken over the KMS keys of a deleted resource; then says so. The KMS keys are
   * left alone, because they are in use.
   */
  isHandedOver(type: string, id: string, say: Say): boolean {
    if (!this.hasResource(type, id)) return false;
    say(`another ${type} of this program has the KMS keys and the alias of ${id}; they are left as they are`);
    return true;
  }

  /** `check` of a resource that is in the state, with the inputs that it returned. */
  recordCheck(type: string, inputs: object): void {
    const digest = digestOf(type, inputs);
    this.#checks.set(digest, (this.#checks.get(digest) ?? 0) + 1);
  }

  /**
   * Whether the program declares the resource that `diff` is called for. A `diff` alone proves nothing: a refresh (and so
   * `destroy --refresh`) calls it for every resource in the state. It is proved if `check` has returned the same inputs before. Each
   * `check` counts for one `diff`, because two resources may have the same inputs.
   */
  matchCheck(type: string, inputs: object): boolean {
    const digest = digestOf(type, inputs);
    const checks = this.#checks.get(digest) ?? 0;
    if (checks > 0) this.#checks.set(digest, checks - 1);
    return checks > 0;
  }

  /** @param id of a ManagedKey */
  recordKey(id: string): void {
    this.#keys.add(id);
  }

  /** Whether the program declares the ManagedKey with this id. An equal name is not enough: its material may be another. */
  hasKey(id: string): boolean {
    return this.#keys.has(id);
  }

  /** A ManagedKey of this name is replaced, as its `deletionAllowed` permits. Its successor has no former KMS keys. */
  recordReplacedKey(name: string): void {
    this.#replacedKeys.add(name);
  }

  isKeyReplaced(name: string): boolean {
    return this.#replacedKeys.has(name);
  }

  /** The program declares the KmsProvider of an account and Region, and which Regions are unreachable. */
  recordUnreachable(kms: KmsLocation, unreachableRegions: string[] = []): void {
    const others = this.#unreachable.get(locationOf(kms)) ?? [];
    this.#unreachable.set(locationOf(kms), [...others, ...unreachableRegions]);
  }

  /** A KmsProvider of the state with the Regions that the program calls unreachable now, where it declares that KmsProvider. */
  withUnreachable<K extends KmsRef>(kms: K): K {
    const unreachableRegions = this.#unreachable.get(locationOf(kms));
    return unreachableRegions ? { ...kms, unreachableRegions } : kms;
  }

  /** The KMS keys of a distribution that the program declares, as last known. */
  recordDistribution({ name }: { name: string }, records: KmsKeyRecords): void {
    this.#distributions.set(name, records);
  }

  /** Whether another distribution of the program has this KMS key. @param distribution its name, requested or actual */
  isHeldByAnother(distribution: string, keyId: string): boolean {
    return [...this.#distributions].some(
      ([name, records]) =>
        name !== distribution &&
        name !== this.#names.actualOf(distribution) &&
        Object.values(records).some((record) => record.keyId === keyId),
    );
  }

  /** Those that were recorded last. */
  recordsOf(distribution: string): KmsKeyRecords {
    return this.#distributions.get(distribution) ?? {};
  }

  /** The KMS keys of a distribution, or of a replica, that another one replaces. */
  recordReplaced(records: KmsKeyRecords): void {
    for (const { keyId } of Object.values(records)) this.#replacedKmsKeys.add(keyId);
  }

  get replacedKmsKeys(): string[] {
    return [...this.#replacedKmsKeys];
  }

  /**
   * Records the aliases of a distribution in a Region of an account.
   *
   * @param distribution its name
   * @returns those that another distribution of the program has there
   */
  recordAliases(place: unknown[], distribution: string, names: unknown[]): unknown[] {
    return names.filter((name) => {
      const alias = JSON.stringify([...place, name]);
      const first = this.#aliases.get(alias) ?? distribution;
      this.#aliases.set(alias, first);
      return first !== distribution;
    });
  }

  /** KMS keys, by version, that a rotation of the distribution has replicated to a Region. */
  replicasOfRotations(distribution: string, region: string): KmsKeyRecords {
    const records = this.recordsOf(distribution);
    const ready = versionsOf(records).filter((version) => records[version]!.replicas?.includes(region));
    return Object.fromEntries(ready.map((version) => [version, records[version]!]));
  }

  /** Warns where two keys of one name go to one Region of an account: their KMS keys are recognised by that name. */
  warnOfSharedName(
    { id: keyId, name: keyName }: Partial<KeyRef> = {},
    { accountId, keyCollection: region }: Partial<KmsRef> = {},
    isNew: boolean,
    say: Say,
  ): void {
    if ([keyName, keyId, accountId, region].some((one) => one === undefined || isUnknown(one))) return;
    const location = JSON.stringify([accountId, region, keyName]);
    const first = this.#keysByName.get(location);
    if (!first) this.#keysByName.set(location, { keyId: String(keyId), isNew });
    if (!first || first.keyId === keyId || !(first.isNew || isNew)) return;
    say(
      `two ManagedKeys of the name "${keyName}" are distributed in ${region} of account ${accountId}. Their KMS keys are recognised by that name: if one is removed or renamed and declared again, it may get the other's alias. Give one of the two another \`name\``,
    );
  }
}

/** A digest, because inputs may hold material. */
function digestOf(type: string, inputs: object): string {
  return createHash("sha256").update(type).update(canonical(inputs)).digest("hex");
}
