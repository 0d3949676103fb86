/** Tags, policy and description of KMS keys that were there before. */

import { putKeyPolicy } from "../awskms/kmsKeys";
import { CLAIM, LEAVING, PENDING_CLAIM, syncTags } from "../awskms/taggedKeys";
import { samePolicy } from "./keyPolicy";
import { observeKmsKey } from "./observe";
import { isTakenOver } from "./ownership";
import type { Place } from "./place";
import { isLost } from "./taken";
import type { KmsKeyRecord, Metadata } from "./wire";

/**
 * Brings the metadata of one version's KMS key to what is wanted. An adopted KMS key keeps what it has.
 *
 * @returns its claim; undefined where it was left as it is
 */
export async function syncMetadata(
  place: Place,
  version: number,
  { keyId, state, adopted, recovered, claim: known }: KmsKeyRecord,
  primary?: KmsKeyRecord,
): Promise<string | undefined> {
  if (adopted || state === "Deleted" || state.endsWith("Deletion")) return undefined;
  const { kms } = place;
  const isToBeSeen = recovered || place.repair;
  const now =
    place.has.get(version) ??
    (isToBeSeen ? await seen(place, version, keyId, known, recovered) : place.metadataBefore(version, known));
  if (now === "taken over" || (!isToBeSeen && (await isLost(place, { keyId, adopted, claim: known }))))
    return undefined;
  // What was made before there were claims gets one when a refresh has shown that it has none; another distribution's is made anew.
  const lacksClaim = place.repair || now.tags[CLAIM] !== undefined;
  const claim = known ?? primary?.claim ?? (lacksClaim ? await place.newClaim(version) : undefined);
  const wanted = place.metadata(version, claim);
  await syncTags(kms, keyId, now.tags, wanted.tags);
  if (wanted.policy !== undefined && !samePolicy(wanted.policy, now.policy ?? "")) {
    await putKeyPolicy(kms, keyId, wanted.policy, place.context(version));
  }
  if ((wanted.description ?? "") !== (now.description ?? "")) {
    const description = { KeyId: keyId, Description: wanted.description ?? "" };
    await kms.call("UpdateKeyDescription", description, place.context(version));
  }
  return claim;
}

/** What a KMS key has: of tags only those that may go. Where something may not be read, everything is put there again. */
async function seen(
  place: Place,
  version: number,
  keyId: string,
  claim: string | undefined,
  recovered = false,
): Promise<Metadata | "taken over"> {
  const { tags: wanted, policy: given } = place.metadata(version, claim);
  const ours = place.last ? place.metadataBefore(version).tags : {};
  const found = await observeKmsKey(place.kms, place.owner, version, keyId, given !== undefined);
  if (!recovered && isTakenOver(found?.tags, place.owner, claim)) return "taken over";
  const known = Object.entries(found?.tags ?? {}).filter(
    ([key]) => key in wanted || key in ours || [CLAIM, PENDING_CLAIM, LEAVING].includes(key),
  );
  return { tags: Object.fromEntries(known), policy: found?.policy, description: found?.description };
}
