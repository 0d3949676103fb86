/** Tags, policy and description of KMS keys that were there before. */
import { type KmsKeyMetadata, putKeyPolicy } from "../../kms/kmsKeys";
import { CLAIM, LEAVING, PENDING_CLAIM, syncTags } from "../../kms/taggedKeys";
import type { KmsKeyRecord } from "../../state/types";
import { isTakenOver } from "../claims/ownership";
import { isNoLongerOurs } from "../claims/ownershipCheck";
import { observeKmsKey } from "../drift/observe";
import { changedTexts, type TextName } from "../metadata/aspects";
import { withoutIgnored } from "../metadata/ignoreChanges";
import type { Place } from "../regionalDistribution";

/**
 * Brings the metadata of one version's KMS key to what is desired. An adopted KMS key keeps what it has.
 *
 * @returns its claim; undefined where it was left as it is
 */
export async function syncMetadata(
  place: Place,
  version: number,
  { keyId, state, adopted, recovered, untagged, claim: known }: KmsKeyRecord,
  primary?: KmsKeyRecord,
): Promise<string | undefined> {
  if (adopted || state === "Deleted" || state.endsWith("Deletion")) return undefined;
  const { kms } = place;
  const before = recovered ? undefined : place.metadataBefore(version, known);
  const isToBeSeen = before === undefined || place.repair;
  const now =
    place.has.get(version) ?? (isToBeSeen ? await seen(place, version, keyId, known, before) : before);
  if (
    now === "taken over" ||
    (!isToBeSeen && (await isNoLongerOurs(place, { keyId, adopted, claim: known })))
  )
    return undefined;
  // What was made before there were claims gets one when a refresh has shown that it has none; another distribution's is made anew.
  const lacksClaim = untagged || now.tags[CLAIM] !== undefined;
  const claim = known ?? primary?.claim ?? (lacksClaim ? await place.newClaim(version) : undefined);
  const given = place.metadata(version, claim);
  const desired = withoutIgnored(given, place.inputs);
  const kept = Object.entries(now.tags).filter(([name]) => name in given.tags);
  await syncTags(kms, keyId, now.tags, { ...Object.fromEntries(kept), ...desired.tags });
  for (const name of changedTexts(desired, now)) await SEND[name](place, version, keyId, desired[name]!);
  return claim;
}

const SEND: Record<
  TextName,
  (place: Place, version: number, keyId: string, text: string) => Promise<unknown>
> = {
  policy: (place, version, keyId, policy) => putKeyPolicy(place.kms, keyId, policy, place.context(version)),
  description: (place, version, KeyId, Description) =>
    place.kms.call("UpdateKeyDescription", { KeyId, Description }, place.context(version)),
};

/**
 * What a KMS key has: of tags only those that may go. What may not be read is as before; of one that no state knows, where there is
 * no before, everything is put there again.
 */
async function seen(
  place: Place,
  version: number,
  keyId: string,
  claim: string | undefined,
  before: KmsKeyMetadata | undefined,
): Promise<KmsKeyMetadata | "taken over"> {
  const { tags: desired, policy: given } = place.metadata(version, claim);
  const ours = place.last ? place.metadataBefore(version).tags : {};
  const found = await observeKmsKey(place.kms, place.owner, version, keyId, given !== undefined);
  if (before && isTakenOver(found?.tags, place.owner, claim)) return "taken over";
  const known = Object.entries(found?.tags ?? before?.tags ?? {}).filter(
    ([key]) => key in desired || key in ours || [CLAIM, PENDING_CLAIM, LEAVING].includes(key),
  );
  return {
    tags: Object.fromEntries(known),
    policy: found?.policy ?? before?.policy,
    description: found?.description ?? before?.description,
  };
}
