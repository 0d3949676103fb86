/**
 * What this run has seen the program declare, and what it has made. In an update the engine shows every resource of the
 * program to `check` and `diff` before it deletes what the program no longer has; in a destroy it shows none (pulumi v3.259,
 * pkg/resource/deploy/step_generator.go). So the memory of one process is enough for a `delete` to know whether the program
 * still has the key, and whether another resource holds the same KMS keys: the new name after a rename, a replacement.
 * It needs no permission.
 */
import { createHash } from "node:crypto";
import { canonical } from "../../kms/endpoints/connection";
import type { Say } from "../../say";
import { isUnknown } from "../../schema/unknowns";
import { versionsOf } from "../../state/records";
import type { KeyRef, KmsKeyRecords, KmsRef } from "../../state/types";
import { type Adopt, makesNew } from "../plan/adoptRules";

export class Declared {
  readonly #resources = new Set<string>();
  readonly #checked = new Map<string, number>();
  readonly #keys = new Set<string>();
  readonly #newKeys = new Set<string>();
  readonly #replacedKeys = new Set<string>();
  readonly #material = new Set<string>();
  readonly #newPlaces = new Set<string>();
  readonly #leftOut = new Map<string, string[]>();
  readonly #names = new Set<string>();
  readonly #given = new Map<string, string>();
  readonly #distributions = new Map<string, KmsKeyRecords>();
  readonly #made: MadeDistribution[] = [];
  readonly #keysByName = new Map<string, { keyId: string; isNew: boolean }>();

  /** The program declares the resource whose id is, or is going to be, this one. */
  resource(type: string, id: string): void {
    this.#resources.add(`${type} ${id}`);
  }

  hasResource(type: string, id: string): boolean {
    return this.#resources.has(`${type} ${id}`);
  }

  /**
   * Whether a resource that is to be deleted has handed its KMS keys over to one that the program declares; says so. They are
   * then to be left alone: what is encrypted under them is in use.
   */
  isHandedOver(type: string, id: string, say: Say): boolean {
    if (!this.hasResource(type, id)) return false;
    say(`another ${type} of this program has the KMS keys and the alias of ${id}; they are left alone`);
    return true;
  }

  /** `check` of a resource that is in the state, with the inputs that it returned. */
  checked(type: string, inputs: object): void {
    const digest = digestOf(type, inputs);
    this.#checked.set(digest, (this.#checked.get(digest) ?? 0) + 1);
  }

  /**
   * `diff` of a resource: whether the program declares it. A `diff` alone proves nothing: a refresh calls it for every resource
   * in the state, so also in `destroy --refresh`. It does where `check` has returned these inputs before; each `check` counts
   * for one `diff`, since two resources may have the same inputs.
   */
  compared(type: string, inputs: object): boolean {
    const digest = digestOf(type, inputs);
    const checks = this.#checked.get(digest) ?? 0;
    if (checks > 0) this.#checked.set(digest, checks - 1);
    return checks > 0;
  }

  /** The program declares the ManagedKey with this id. */
  key(id: string): void {
    this.#keys.add(id);
  }

  /** Whether the program declares the ManagedKey with this id. An equal name is not enough: its material may be another. */
  hasKey(id: string): boolean {
    return this.#keys.has(id);
  }

  /** The stack's name, as the program says it. */
  stack: string | undefined;

  /** This run has made the ManagedKey with this id. */
  keyMade(id: string): void {
    this.#newKeys.add(id);
  }

  isKeyMade(id: string): boolean {
    return this.#newKeys.has(id);
  }

  /** A ManagedKey of this name is replaced, which its `deletionAllowed` allows: its successor begins anew. */
  keyReplaced(name: string): void {
    this.#replacedKeys.add(name);
  }

  isKeyReplaced(name: string): boolean {
    return this.#replacedKeys.has(name);
  }

  /** This run has made the material of a version, so that no earlier run can have made a KMS key for it. */
  materialMade(keyId: string, version: number): void {
    this.#material.add(`${keyId} ${version}`);
  }

  isMaterialMade(keyId: string, version: number): boolean {
    return this.#material.has(`${keyId} ${version}`);
  }

  /** A KmsProvider of this account and Region is made: the stack had none before. */
  placeMade(kms: Place): void {
    this.#newPlaces.add(placeOf(kms));
  }

  isPlaceMade(kms: Place): boolean {
    return this.#newPlaces.has(placeOf(kms));
  }

  /** The program declares the KmsProvider of a place, with Regions to leave out. */
  regionsLeftOut(kms: Place, unreachableRegions: string[] = []): void {
    const others = this.#leftOut.get(placeOf(kms)) ?? [];
    this.#leftOut.set(placeOf(kms), [...others, ...unreachableRegions]);
  }

  /** A KmsProvider of the state with the Regions that the program leaves out now, where it declares that. */
  asReached<K extends KmsRef>(kms: K): K {
    const unreachableRegions = this.#leftOut.get(placeOf(kms));
    return unreachableRegions ? { ...kms, unreachableRegions } : kms;
  }

  /** Takes a distribution's name; false where this run has given it to another. */
  takeName(name: string): boolean {
    if (this.#names.has(name)) return false;
    this.#names.add(name);
    return true;
  }

  /** A distribution has another name than was asked for: another stack had that alias. */
  nameGiven(requested: string, actual: string): void {
    this.#given.set(requested, actual);
    this.takeName(actual);
  }

  /** The name that a distribution really has. */
  actualName(requested: string): string {
    return this.#given.get(requested) ?? requested;
  }

  /** The KMS keys of a distribution that the program declares, as last known. */
  distribution({ name }: { name: string }, records: KmsKeyRecords): void {
    this.#distributions.set(name, records);
  }

  /** Says where two keys of one name go to one Region of an account: their KMS keys are known again by that name. */
  sayIfNameIsTwice(inputs: Record<string, unknown>, isNew: boolean, say: Say): void {
    const { keyName, keyId, accountId, region } = inputs;
    if ([keyName, keyId, accountId, region].some((one) => one === undefined || isUnknown(one))) return;
    const place = JSON.stringify([accountId, region, keyName]);
    const first = this.#keysByName.get(place);
    if (!first) this.#keysByName.set(place, { keyId: String(keyId), isNew });
    if (!first || first.keyId === keyId || !(first.isNew || isNew)) return;
    say(
      `two ManagedKeys of the name "${keyName}" are distributed in ${region} of account ${accountId}. Their KMS keys are known again by that name: one that is removed or renamed may return with the other's alias. Give one of the two another \`name\``,
    );
  }

  /** This run makes a distribution. Its records grow while it is made. */
  distributionMade(made: MadeDistribution): void {
    this.#made.push(made);
  }

  /**
   * A distribution of the same key in the same place that this run has made, and that has another KMS key for a version than the
   * one which goes: it was to take that over, and has not.
   */
  madeBeside({ key, kms, versions = {} }: MadeDistribution): MadeDistribution | undefined {
    return this.#made.find(
      (made) =>
        made.key.id === key.id &&
        placeOf(made.kms) === placeOf(kms) &&
        !(made.adopt && makesNew(made.adopt)) &&
        Object.entries(versions).some(
          ([version, { keyId }]) => (made.versions[version]?.keyId ?? keyId) !== keyId,
        ),
    );
  }

  /** Whether another distribution of the program has this KMS key. `distribution` is its name, given or asked for. */
  isHeldByAnother(distribution: string, keyId: string): boolean {
    return [...this.#distributions].some(
      ([name, records]) =>
        name !== distribution &&
        name !== this.actualName(distribution) &&
        Object.values(records).some((record) => record.keyId === keyId),
    );
  }

  /** KMS keys by version of which the distribution's rotations have made a replica in a Region. */
  replicasMadeReady(distribution: string, region: string): KmsKeyRecords {
    const records = this.#distributions.get(distribution) ?? {};
    const ready = versionsOf(records).filter((version) => records[version]!.replicas?.includes(region));
    return Object.fromEntries(ready.map((version) => [version, records[version]!]));
  }
}

interface MadeDistribution {
  name: string;
  key: Pick<KeyRef, "id">;
  kms: Place;
  versions: KmsKeyRecords;
  adopt?: Adopt;
}

type Place = Pick<KmsRef, "accountId" | "keyCollection">;

const placeOf = ({ accountId, keyCollection }: Place) => `${accountId}/${keyCollection}`;

/** A digest, because inputs may hold material. */
function digestOf(type: string, inputs: object): string {
  return createHash("sha256").update(type).update(canonical(inputs)).digest("hex");
}
