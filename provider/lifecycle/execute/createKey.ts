/** The KMS key of a version in the primary Region. */

import { isKeymgmtError, KeymgmtError } from "../../errors";
import { createKmsKey, describeKmsKey } from "../../kms/kmsKeys";
import { undefinedIfDenied, warnIfDenied } from "../../kms/optional";
import { CLAIM, findCommand } from "../../kms/taggedKeys";
import type { KmsKeyRecord } from "../../state/types";
import type { Desired, Known } from "../plan/known";
import type { StepOf } from "../plan/steps";
import type { RegionalDistribution } from "../regionalDistribution";

/** CreateKey has no idempotency token. If its response is lost, the KMS key is searched for by its claim before another is created. */
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
      `${regional.named(version)} gets a new KMS key in ${kms.region}; if the version had another one there before, the new one cannot decrypt what that one encrypted`,
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
    const seen = await undefinedIfDenied(() => describeKmsKey(kms, lost.keyId, regional.context(version)));
    return { ...lost, state: seen?.state ?? "PendingImport", kcv, claim, recovered: true };
  }
}

/** The one KMS key with the claim of this attempt. If several have it, somebody has copied it. Needs kms:ListKeys and kms:ListResourceTags. */
async function createdByLostResponse(
  regional: RegionalDistribution,
  version: number,
  claim: string,
): Promise<Pick<KmsKeyRecord, "keyId" | "keyArn"> | undefined> {
  const { kms, owner, run } = regional;
  const { distribution } = owner;
  const listed = await warnIfDenied(kms, "the result of CreateKey is not known", () =>
    run.listings.taggedKeys(kms),
  );
  if (!listed)
    throw new KeymgmtError(
      "OutcomeUnknown",
      `The response to CreateKey was lost in ${kms.region}, and listing KMS keys is not permitted, so it is not known whether version ${version} has a KMS key. Nothing more was made. Find the KMS key with: ${findCommand(kms.region, distribution)}. Then grant kms:ListKeys and kms:ListResourceTags and run the update again, which recovers it.`,
      { operation: "CreateKey", region: kms.region, version },
    );
  const [found, ...more] = listed.filter(({ tags }) => tags[CLAIM] === claim);
  return found && more.length === 0 ? { keyId: found.keyId, keyArn: found.keyArn } : undefined;
}

/** AWS shows no such KMS key: none was created, or it is not visible yet. The message says how the user can search for it. */
function notShown({ region, owner }: RegionalDistribution, lost: KeymgmtError): KeymgmtError {
  const message = `${lost.message} To look for it yourself: ${findCommand(region, owner.distribution)}`;
  return new KeymgmtError(lost.code, message, lost.context, { cause: lost });
}
