/** The planned values of a KeyDistribution, derived from its inputs in `check` and `diff`, and the mistakes in the inputs. Pure. */

import { KeymgmtError } from "../errors";
import { planExpiry } from "../keys/expiry";
import { parseKmsArn } from "../kms/arn";
import { MOST_ON_DEMAND_ROTATIONS } from "../kms/rotation";
import { promoteBack } from "../lifecycle/drift/drift";
import { disabledOnDemand } from "../lifecycle/execute/refusals";
import { adoptsOneHeld } from "../lifecycle/plan/adoptRules";
import type { Run } from "../run";
import type { Say } from "../say";
import { hasUnknown, isUnknown, known, UNKNOWN } from "../schema/unknowns";
import { versionsOf } from "../state/records";
import type { KeyRef, KmsKeyRecords, KmsRef } from "../state/types";
import { defaultPurpose } from "./keyTypeRules";
import type { Values } from "./resource";

/** Adds the values that follow from the inputs, so that they are known in a preview. */
export function planned(olds: Values | undefined, inputs: Values, now: Date, isPreview?: boolean): Values {
  const key = known(inputs.key) as Partial<KeyRef> | undefined;
  const kms = known(inputs.kms) as Partial<KmsRef> | undefined;
  const purpose = inputs.purpose ?? defaultPurpose(key?.type);
  return {
    ...inputs,
    purpose: sorted(purpose),
    ...withSortedAliases(inputs),
    ...(key && { key: withoutUnknownStacks(key) }),
    ...(key && { keyVersion: key.keyVersion, multiRegion: isMultiRegion(key.replicaRegions) }),
    ...(kms && { primaryRegion: kms.keyCollection }),
    ...planExpiry(olds, inputs, now, isPreview),
    onRemoval: onRemoval(inputs, kms?.keyCollection),
  };
}

/** The order of a list without an order must not look like a change. */
const sorted = (list: unknown) => (Array.isArray(list) ? [...list].sort() : list);

/** The extra aliases of a distribution. An empty list is the same as none. */
export function withSortedAliases({ extraAliases }: Values): Values {
  if (extraAliases === undefined) return {};
  const isEmpty = Array.isArray(extraAliases) && extraAliases.length === 0;
  return { extraAliases: isEmpty ? undefined : sorted(extraAliases) };
}

/** An alias points to one KMS key. @param distribution its name, its own alias and the extra ones */
export function sharedAliasMistakes(
  run: Run,
  kms: Partial<KmsRef> | undefined,
  region: unknown,
  distribution: Values,
): string[] {
  const { name, aliasName, extraAliases } = distribution;
  const place = [kms?.accountId, known(region)];
  if (hasUnknown([place, name]) || place.includes(undefined)) return [];
  const names = [aliasName, ...(Array.isArray(extraAliases) ? extraAliases : [])].filter(
    (one) => !isUnknown(one),
  );
  return run.declared
    .recordAliases(place, run.names.actualOf(String(name)), names)
    .map(
      (alias) =>
        `Expected ${alias} in ${region} to be an alias of one KeyDistribution, got two that have it. Remove it from the \`extraAliases\` of one of them.`,
    );
}

/** A removal, for a preview of it: of a removed resource the engine shows the inputs and calls no provider. Short, as every state has it. */
export function onRemoval({ deletionWindowDays, adopt, extraAliases }: Values, region: unknown): string {
  const days = known(deletionWindowDays);
  if (days === undefined || known(region) === undefined) return UNKNOWN;
  const kmsKeys = `the KMS keys in ${region}${adopt === undefined ? "" : " that are not adopted"}`;
  return `deletes the ${extraAliases === undefined ? "alias" : "aliases"}, and in ${days} days ${kmsKeys}: nothing decrypts their data then`;
}

/** The state of release 0.1.0 has no `formerStacks`, so they are unknown in the next preview. */
export function withoutUnknownStacks({ formerStacks, ...key }: Partial<KeyRef>): Partial<KeyRef> {
  return hasUnknown(formerStacks) || !formerStacks?.length ? key : { ...key, formerStacks };
}

function isMultiRegion(replicaRegions: string[] | undefined): boolean | string {
  return isUnknown(replicaRegions) ? UNKNOWN : (replicaRegions?.length ?? 0) > 0;
}

/** How many rotations AWS still allows for the KMS key: each of its versions after the first has used one. */
export function rotationsLeft(records: KmsKeyRecords): number {
  return MOST_ON_DEMAND_ROTATIONS - Math.max(versionsOf(records).length - 1, 0);
}

/**
 * Says in a preview how many rotations will be left, and refuses what one KMS key cannot do. It depends on the versions that the KMS
 * key holds. `check` does not know them: a distribution may have reclaimed a KMS key that was rotated before.
 */
export function planOnDemand(say: Say, records: KmsKeyRecords, key: Partial<KeyRef>): void {
  const [first] = versionsOf(records);
  if (first === undefined) return;
  const lowest = known(key.minEnabledVersion);
  if (lowest !== undefined && lowest > first)
    throw disabledOnDemand({ key: key.name }, first, { latest: key.keyVersion!, minEnabled: lowest });
  const version = known(key.keyVersion);
  if (version === undefined || records[version]) return;
  const { keyId, primaryRegion, keyArn } = records[first]!;
  if (primaryRegion !== undefined)
    say(
      `the rotation of KMS key ${keyArn} will be refused while its primary is in ${primaryRegion}: AWS rotates only the primary on demand. To promote it back: ${promoteBack(primaryRegion, keyId, parseKmsArn(keyArn).region)}`,
    );
  const left = rotationsLeft(records) - 1;
  if (left < 0)
    throw new KeymgmtError(
      "LimitExceeded",
      `Expected at most ${MOST_ON_DEMAND_ROTATIONS} rotations of one KMS key, which is AWS's limit for \`rotationStrategy\` "on-demand"; key "${key.name}" has used them all. Declare a second KeyDistribution, and remove this one when nothing needs it.`,
      { key: key.name },
    );
  say(
    `key "${key.name}" has ${left} of AWS's ${MOST_ON_DEMAND_ROTATIONS} on-demand rotations of its KMS key left after this update`,
  );
}

export function onDemandMistakes({ rotationStrategy, adopt }: Values): string[] {
  if (rotationStrategy !== "on-demand" || adopt === undefined || adoptsOneHeld(adopt)) return [];
  return [
    'Expected `rotationStrategy` "manual" with `adopt`: a rotation moves the alias from an adopted KMS key to a new KMS key of this stack. An adopted KMS key is rotated on demand only if the key holds its material of every version (`adopt.versions` and `adopt.kcvs`, as `keymgmt import` writes them).',
  ];
}

export function primaryMistakes(
  key: Partial<KeyRef> | undefined,
  kms: Partial<KmsRef> | undefined,
): string[] {
  const region = known(kms?.keyCollection);
  const replicaRegions = known(key?.replicaRegions);
  if (region === undefined || !Array.isArray(replicaRegions) || !replicaRegions.includes(region)) return [];
  return [
    `Expected \`replicaRegions\` of key "${key?.name}" without "${region}": it is the primary Region (\`keyCollection\` of the KmsProvider), which cannot hold a replica too.`,
  ];
}
