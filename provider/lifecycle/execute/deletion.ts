/** Deletions of KMS keys: scheduled, cancelled, and scheduled again. */

import { isKeymgmtError } from "../../errors";
import type { Kms } from "../../kms/client/client";
import { eventually } from "../../kms/eventually";
import { isPendingDeletion, type KeyState } from "../../kms/keyState";
import {
  describeKmsKey,
  isPendingDeletionError,
  LONGEST_WINDOW_DAYS,
  scheduleDeletion,
  tagList,
} from "../../kms/kmsKeys";
import { undefinedIfDenied, warnIfDenied } from "../../kms/optional";
import { PENDING_CLAIM, TAG } from "../../kms/taggedKeys";
import { promoteBack } from "../drift/drift";
import { type Desired, type Known, recordFor } from "../plan/known";
import type { StepOf } from "../plan/steps";
import type { RegionalDistribution } from "../regionalDistribution";
import { refusalOf } from "./refusals";

/** CancelKeyDeletion. Returns the state after it: AWS leaves the key Disabled, or PendingImport if its material is gone. */
export async function cancelDeletion(
  regional: RegionalDistribution,
  kms: Kms,
  version: number,
  keyId: string,
): Promise<KeyState> {
  const context = regional.context(version);
  await kms.call("CancelKeyDeletion", { KeyId: keyId }, context).catch((error) => {
    // The deletion is already cancelled: by an earlier attempt whose response was lost, or by somebody else.
    if (!isKeymgmtError(error, "InvalidState")) throw error;
  });
  const seen = await warnIfDenied(kms, "the state after CancelKeyDeletion is assumed to be Disabled", () =>
    eventually(
      `the deletion of KMS key ${keyId} to be cancelled`,
      () => describeKmsKey(kms, keyId, context),
      {
        result: ({ state }) => isPendingDeletion(state),
      },
    ),
  );
  return seen?.state ?? "Disabled";
}

export async function schedule(
  regional: RegionalDistribution,
  { version, region, isCandidate, keyId }: StepOf<"scheduleDeletion">,
  known: Known,
  { removal }: Desired,
): Promise<undefined> {
  if (isCandidate) return rescheduleDeletion(regional, version, known);
  const days = removal ? regional.deletionWindowDays : LONGEST_WINDOW_DAYS;
  const id = keyId ?? recordFor(known, version).keyId;
  const { stack } = regional.run.declared;
  // After a rename of the stack the KMS key is tagged with the new name, by which a later reclaim finds it.
  if (removal && stack !== undefined && stack !== regional.owner.stack)
    await regional
      .at(region)
      .call("TagResource", { KeyId: id, Tags: tagList({ [TAG.stack]: stack }) }, regional.context(version))
      .catch((error) => {
        if (!isKeymgmtError(error, "NotFound") && !isPendingDeletionError(error)) throw error;
      });
  const state = await scheduleDeletion(regional.at(region), id, days, regional.context(version));
  const home = regional.owner.kms.keyCollection;
  if (removal && region !== home && state === "PendingReplicaDeletion") {
    const at = `--region ${region} --key-id ${id}`;
    regional.run.say(
      `KMS key ${id} in ${region} is the primary, moved there outside this stack: AWS deletes it only after all its replicas, and until then no further replica of it can be made. To keep the KMS key in ${home}, promote that one and schedule the deletion of this one again: aws kms cancel-key-deletion ${at} && aws kms enable-key ${at} && ${promoteBack(region, id, home)} && ${regional.deletionCommand({ keyId: id }, days, region)}`,
    );
  }
}

/** A candidate has other material. Its deletion is scheduled again, and its former tags are restored. */
async function rescheduleDeletion(
  regional: RegionalDistribution,
  version: number,
  known: Known,
): Promise<undefined> {
  const { record, isClaimPending, isNamed, former } = known.candidates[version]!;
  const { kms, owner } = regional;
  const context = regional.context(version);
  if (isClaimPending) {
    const tags = { [TAG.distribution]: former ?? owner.distribution, [TAG.version]: String(version) };
    await kms.call("TagResource", { KeyId: record.keyId, Tags: tagList(tags) }, context);
    await undefinedIfDenied(() =>
      kms.call("UntagResource", { KeyId: record.keyId, TagKeys: [PENDING_CLAIM] }, context),
    );
  }
  await scheduleDeletion(kms, record.keyId, LONGEST_WINDOW_DAYS, context);
  // It is tagged as this distribution's, so it belongs to a former key of the same name. No other KMS key is created in its place.
  const isItsOwn = former === undefined && owner.key.deletionAllowed !== true;
  if (isNamed || isItsOwn)
    throw refusalOf(regional, {} as Desired, known, {
      do: "refuse",
      why: "other material",
      version,
      region: regional.region,
    });
  regional.run.say(
    `KMS key ${record.keyId} in ${regional.region} is tagged as ${regional.named(version)} and has other material; its deletion is scheduled again, in ${LONGEST_WINDOW_DAYS} days. What was encrypted under it cannot be decrypted by another KMS key`,
  );
  return undefined;
}
