/** The KMS key of a version in the primary Region. */

import { isKeymgmtError, KeymgmtError } from "../../errors";
import { createKmsKey, describeKmsKey } from "../../kms/kmsKeys";
import { ifPermitted, permitted } from "../../kms/optional";
import { CLAIM, findCommand } from "../../kms/taggedKeys";
import type { KmsKeyRecord } from "../../state/types";
import type { Desired, Known } from "../plan/known";
import type { StepOf } from "../plan/steps";
import type { RegionalDistribution } from "../regionalDistribution";

/** CreateKey has no idempotency token. Where its response is lost, the KMS key is looked for by its tags before another is made. */
export async function createKey(
  regional: RegionalDistribution,
  { version }: StepOf<"createKey">,
  _known: Known,
  { fresh }: Desired,
): Promise<KmsKeyRecord> {
  const { kms, run } = regional;
  const kcv = regional.kcv(version);
  if (!fresh.includes(version) && !run.created.hasKey(regional.owner.key.id))
    run.say(
      `${regional.named(version)} gets a new KMS key in ${kms.region}: what was encrypted under one that it may have had there before cannot be decrypted by it`,
    );
  const claim = await regional.newClaim(version);
  try {
    const kind = { ...regional.keySpecAndUsage, MultiRegion: regional.isMultiRegion };
    const made = await createKmsKey(kms, kind, regional.metadata(version, claim), regional.context(version));
    regional.verified.add(made.keyId);
    return { ...made, state: "PendingImport", kcv, claim };
  } catch (error) {
    if (!isKeymgmtError(error, "OutcomeUnknown")) throw error;
    run.listings.forget(kms);
    const lost = await createdByLostResponse(regional, version, claim);
    if (!lost) throw notShown(regional, error);
    regional.verified.add(lost.keyId);
    const seen = await permitted(() => describeKmsKey(kms, lost.keyId, regional.context(version)));
    return { ...lost, state: seen?.state ?? "PendingImport", kcv, claim, recovered: true };
  }
}

/** The one that has the claim of this attempt; two have it where somebody has copied it. Needs kms:ListKeys and kms:ListResourceTags. */
async function createdByLostResponse(
  regional: RegionalDistribution,
  version: number,
  claim: string,
): Promise<Pick<KmsKeyRecord, "keyId" | "keyArn"> | undefined> {
  const { kms, owner, run } = regional;
  const { distribution } = owner;
  const listed = await ifPermitted(kms, "the outcome of CreateKey cannot be found out", () =>
    run.listings.taggedKeys(kms),
  );
  if (!listed)
    throw new KeymgmtError(
      "OutcomeUnknown",
      `The answer to CreateKey was lost in ${kms.region}, and listing KMS keys is not permitted, so whether version ${version} has a KMS key is not known. Nothing more was made. Find it with: ${findCommand(kms.region, distribution)} — then grant kms:ListKeys and kms:ListResourceTags and run the update again, which recovers that key.`,
      { operation: "CreateKey", region: kms.region, version },
    );
  const [found, ...more] = listed.filter(({ tags }) => tags[CLAIM] === claim);
  return found && more.length === 0 ? { keyId: found.keyId, keyArn: found.keyArn } : undefined;
}

/** AWS shows no such KMS key: none was made, or it does not show yet. Whoever does not run again can look for it. */
function notShown({ region, owner }: RegionalDistribution, lost: KeymgmtError): KeymgmtError {
  const message = `${lost.message} To look for it yourself: ${findCommand(region, owner.distribution)}`;
  return new KeymgmtError(lost.code, message, lost.context, { cause: lost });
}
