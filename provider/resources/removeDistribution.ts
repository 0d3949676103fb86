import { deleteAlias } from "../awskms/aliases";
import { openKms } from "../awskms/client";
import { scheduleDeletion } from "../awskms/kmsKeys";
import { say } from "../awskms/say";
import { observeAlias } from "./observe";
import type { DistributionOutputs } from "./reconcileDistribution";
import { isDistributedByAnother, isHeldByAnother } from "./thisRun";
import { type KmsKeyRecord, kmsKeysOf } from "./wire";

/**
 * The alias, then every version's KMS key. Replicas are KeyReplica's, but for those that none has taken up. What was
 * adopted stays: it was there before, and without its material no deletion could ever be made good. All stays where the
 * program distributes the same key there under another name: a resource that was renamed must not take its data along.
 */
export async function removeDistribution(state: DistributionOutputs): Promise<void> {
  if (isDistributedByAnother(state)) return sayRenamed(state);
  const { deletionWindowDays } = state;
  const kms = openKms(state.kms);
  const context = { key: state.key.name };
  const abandoned = await regionsAbandoned(state);
  if (!isAdopted(state, state.aliasTarget)) await deleteAlias(kms, state.aliasName, context);
  for (const { version, record } of kmsKeysOf(state.versions)) {
    const { keyId, adopted, replicas = [] } = record;
    if (isHeldByAnother(state.name, keyId)) continue;
    if (adopted) {
      sayLeft(record, state);
      continue;
    }
    for (const region of replicas.filter((replica) => abandoned.has(replica)))
      await scheduleDeletion(openKms(state.kms, region), keyId, deletionWindowDays, { ...context, version });
    await scheduleDeletion(kms, keyId, deletionWindowDays, { ...context, version });
  }
}

/**
 * Regions for which rotations have made replicas and in which the alias is gone. Its KeyReplica deletes the alias first, so
 * what is left there is nobody's; where the alias is, the KeyReplica was retained (`retainOnDelete`), and all that is its.
 */
async function regionsAbandoned({ kms, versions, aliasName }: DistributionOutputs): Promise<Set<string>> {
  const regions = new Set(Object.values(versions).flatMap(({ replicas }) => replicas ?? []));
  for (const region of regions) {
    const loses = "replicas that no KeyReplica has taken up are left to themselves";
    if ((await observeAlias(openKms(kms, region), aliasName, loses)) !== "") regions.delete(region);
  }
  return regions;
}

function isAdopted({ versions }: DistributionOutputs, keyId: string | undefined): boolean {
  return Object.values(versions).some((record) => record.adopted && record.keyId === keyId);
}

function sayLeft({ keyArn }: KmsKeyRecord, { name, deletionWindowDays }: DistributionOutputs): void {
  const command = `aws kms schedule-key-deletion --key-id ${keyArn} --pending-window-in-days ${deletionWindowDays}`;
  say(`${keyArn} was adopted by ${name} and is left as it is; to delete it as well: ${command}`);
}

function sayRenamed(state: DistributionOutputs): void {
  const keys = kmsKeysOf(state.versions).map(({ record }) => record.keyArn);
  say(
    `${state.name} was removed while the program distributes the same key there by another KeyDistribution (renamed, or replaced?). ` +
      `Its alias ${state.aliasName} and its KMS keys ${keys.join(", ")} are left as they are, in use and no longer managed. ` +
      'A rename needs `aliases: [{ name: "<old name>" }]` in the resource\'s options. Where nothing needs them: keymgmt sweep',
  );
}
