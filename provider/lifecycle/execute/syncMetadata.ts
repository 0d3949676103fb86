/** Updates tags, policy and description of existing KMS keys. */
import { isPendingDeletion } from "../../kms/keyState";
import { type KmsKeyMetadata, putKeyPolicy } from "../../kms/kmsKeys";
import { CLAIM, PENDING_CLAIM, syncTags } from "../../kms/taggedKeys";
import type { KmsKeyRecord } from "../../state/types";
import { isTakenOver } from "../claims/ownership";
import { isNoLongerOurs } from "../claims/ownershipCheck";
import { observeKmsKey } from "../drift/observe";
import { changedTexts, type TextName } from "../metadata/aspects";
import { withoutIgnored } from "../metadata/ignoreChanges";
import type { RegionalDistribution } from "../regionalDistribution";

/**
 * Sets the desired metadata of one version's KMS key. An adopted KMS key keeps its own.
 *
 * @returns its claim; undefined if the KMS key was left as it is
 */
export async function syncMetadata(
  regional: RegionalDistribution,
  version: number,
  { keyId, state, adopted, recovered, untagged, claim: known }: KmsKeyRecord,
  primary?: KmsKeyRecord,
): Promise<string | undefined> {
  if (adopted || state === "Deleted" || isPendingDeletion(state)) return undefined;
  const { kms } = regional;
  const before = recovered ? undefined : regional.metadataBefore(version, known);
  const isToBeSeen = before === undefined || regional.repair;
  const now =
    regional.knownMetadata.get(version) ??
    (isToBeSeen ? await seen(regional, version, keyId, known, before) : before);
  if (
    now === "taken over" ||
    (!isToBeSeen && (await isNoLongerOurs(regional, { keyId, adopted, claim: known })))
  )
    return undefined;
  // A KMS key of release 0.1.0 gets a claim after a refresh has shown that it has none. The claim of a former distribution is replaced.
  const lacksClaim = untagged || now.tags[CLAIM] !== undefined;
  const claim = known ?? primary?.claim ?? (lacksClaim ? await regional.newClaim(version) : undefined);
  const all = regional.metadata(version, claim);
  const desired = withoutIgnored(all, regional.inputs);
  const kept = Object.entries(now.tags).filter(([name]) => name in all.tags);
  await syncTags(kms, keyId, now.tags, { ...Object.fromEntries(kept), ...desired.tags });
  for (const name of changedTexts(desired, now)) await SEND[name](regional, version, keyId, desired[name]!);
  return claim;
}

const SEND: Record<
  TextName,
  (regional: RegionalDistribution, version: number, keyId: string, text: string) => Promise<unknown>
> = {
  policy: (regional, version, keyId, policy) =>
    putKeyPolicy(regional.kms, keyId, policy, regional.context(version)),
  description: (regional, version, KeyId, Description) =>
    regional.kms.call("UpdateKeyDescription", { KeyId, Description }, regional.context(version)),
};

/**
 * The metadata of a KMS key, with only those tags that may be changed. Values that cannot be read are taken from `before`. A KMS key that
 * was in no state has no former values, so all its metadata is sent.
 */
async function seen(
  regional: RegionalDistribution,
  version: number,
  keyId: string,
  claim: string | undefined,
  before: KmsKeyMetadata | undefined,
): Promise<KmsKeyMetadata | "taken over"> {
  const { tags: desired, policy } = regional.metadata(version, claim);
  const ours = regional.last ? regional.metadataBefore(version).tags : {};
  const found = await observeKmsKey(regional.kms, regional.owner, version, keyId, policy !== undefined);
  if (before && isTakenOver(found?.tags, regional.owner, claim)) return "taken over";
  const known = Object.entries(found?.tags ?? before?.tags ?? {}).filter(
    ([key]) => key in desired || key in ours || [CLAIM, PENDING_CLAIM].includes(key),
  );
  return {
    tags: Object.fromEntries(known),
    policy: found?.policy ?? before?.policy,
    description: found?.description ?? before?.description,
  };
}
