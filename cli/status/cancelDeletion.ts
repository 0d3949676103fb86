/** How the deletion of a scheduled KMS key is cancelled, in words that follow "deletion can be cancelled until …:". Pure. */
import { TAG } from "../../provider/kms/taggedKeys.js";
import type { StackState } from "../state/stack.js";
import type { ScheduledKey } from "./scheduled.js";

/** @param all KMS keys that the stack has scheduled: a distribution is reclaimed with its replicas */
export function howToCancelDeletion(
  { tags, region }: ScheduledKey,
  all: ScheduledKey[],
  state: StackState,
): string {
  const { [TAG.distribution]: distribution, [TAG.key]: name } = tags;
  const own = state.regions.filter(({ owner, replaced }) => owner.distribution === distribution && !replaced);
  const here = own.find((one) => one.region === region);
  if (here?.versions.some(({ version }) => version === versionInTags(tags)))
    return "`aws kms cancel-key-deletion` (the state has another KMS key of this version)";
  if (here) return "run `pulumi up`";
  if (!state.keys.some((key) => key.name === name))
    return "restore its ManagedKey from a backup, declare the KeyDistribution again and run `pulumi up`; without a backup, `aws kms cancel-key-deletion` keeps the KMS key";
  const another = state.regions.find(
    (one) =>
      one.primary &&
      one.region === region &&
      one.owner.key.name === name &&
      one.owner.distribution !== distribution,
  );
  if (another)
    return `\`aws kms cancel-key-deletion\` (the key has ${another.owner.distribution} there, which does not reclaim it)`;
  if (own.some(({ primary }) => primary))
    return `declare the KeyReplica in ${region} again and run \`pulumi up\``;
  const hasReplicas = all.some((one) => one.tags[TAG.distribution] === distribution && one.primaryRegion);
  return hasReplicas
    ? "declare the KeyDistribution and its KeyReplicas again and run `pulumi up`"
    : "declare the KeyDistribution again and run `pulumi up`";
}

/** The version in the tags of a KMS key. */
export function versionInTags({ [TAG.version]: version }: Record<string, string>): number | undefined {
  return Number.isInteger(Number(version)) ? Number(version) : undefined;
}
