/** Messages of updates that cannot continue: the reason, and what the user can do. */
import { KeymgmtError, type KeymgmtErrorContext } from "../../errors";
import { relatedKeyArn } from "../../kms/arn";
import { isKnownState } from "../../kms/keyState";
import { kmsKeysOf } from "../../state/records";
import type { KeyRef } from "../../state/types";
import { lostMaterialAdvice } from "../claims/refusals";
import { promoteBack } from "../drift/drift";
import { type Desired, type Known, sharedOf } from "../plan/known";
import type { StepOf } from "../plan/steps";
import type { RegionalDistribution } from "../regionalDistribution";

/**
 * @param inUse id of the KMS key that the alias points to, if the message names it
 * @param holder what `holderOf` says of it
 */
export function refusalOf(
  regional: RegionalDistribution,
  desired: Desired,
  known: Known,
  { why, version, region, name }: StepOf<"refuse">,
  inUse?: string,
  holder?: string,
): KeymgmtError {
  const { owner } = regional;
  const record = known.records[version] ?? known.candidates[version]?.record;
  const context = { ...regional.context(version), region, keyId: record?.keyId };
  const expected = `Expected ${regional.named(version)}`;
  switch (why) {
    case "gone":
      return new KeymgmtError(
        "NotFound",
        `${expected} at KMS key ${record!.keyArn}; AWS no longer knows it. What was encrypted under it cannot be decrypted by another KMS key, so none was made in its place. Raise \`minEnabledVersion\` above ${version}, rotating first if it is the latest.`,
        context,
      );
    case "not usable": {
      const state = known.remote[region]?.[version] ?? record!.state;
      const keyArn = region === regional.region ? record!.keyArn : relatedKeyArn(record!.keyArn, region);
      const next = isKnownState(state)
        ? "Wait a few minutes and run the update again."
        : "This release does not know that state. Look it up in AWS's documentation, and install a newer release if one knows it; then run the update again.";
      return new KeymgmtError(
        "InvalidState",
        `Expected KMS key ${keyArn} (${regional.named(version)}) to be usable, got state ${state}. ${next}`,
        context,
      );
    }
    case "alias taken":
      return aliasTaken(regional, name, holder, version, known.isListingDenied);
    case "other material":
      return otherMaterial(regional, known, version, inUse);
    case "still signing":
      return stillSigning(context, version, owner.key);
    case "adopted, without a replica":
      return new KeymgmtError(
        "Unsupported",
        `Expected a replica of KMS key ${desired.primaries[version]!.keyArn} in ${region}: it was adopted as ${regional.named(version)}, and without its material no replica can be made. Rotate the key and raise \`minEnabledVersion\` above ${version}, then replicate.`,
        context,
      );
    case "adopted, without its material":
      return new KeymgmtError(
        "IncorrectKeyMaterial",
        `Expected KMS key ${record!.keyArn} to have its key material: it was adopted as ${regional.named(version)}, and the keyring does not hold that material. Import it from where it is kept, then refresh; or rotate the key and raise \`minEnabledVersion\` above ${version}.`,
        context,
      );
    case "primary elsewhere": {
      const { keyId, keyArn } = sharedOf(known.records);
      return new KeymgmtError(
        "Unsupported",
        `Expected KMS key ${keyArn}, which is to be rotated to ${regional.named(version)}, to be the primary of its replicas; the primary is in ${region}, where it was moved outside this stack. AWS rotates only the primary on demand. Nothing was changed. Promote it back and run the update again: ${promoteBack(region, keyId, regional.region)}`,
        { ...context, keyId },
      );
    }
    case "replica left out":
      return new KeymgmtError(
        "Unsupported",
        `${expected} to go into the replica of KMS key ${sharedOf(known.records).keyArn} in ${region} as well, before AWS rotates the KMS key on demand; \`unreachableRegions\` of the KmsProvider names ${region}. Nothing was changed. Wait until ${region} answers, or distribute the key through a second KmsProvider with \`rotationStrategy: "manual"\`: new KMS keys and a new alias, which cannot decrypt what was encrypted under these.`,
        context,
      );
    case "disabled on demand":
      return disabledOnDemand({ ...context, key: owner.key.name }, version, desired);
    case "several KMS keys": {
      const found = kmsKeysOf(recordsOf(known)).map(
        ({ record: { keyArn }, versions }) => `${keyArn} (version ${versions[0]})`,
      );
      return new KeymgmtError(
        "InvalidInput",
        `Expected one KMS key of key "${owner.key.name}" in ${region}, because \`rotationStrategy\` is "on-demand"; AWS has ${found.join(", ")}. Nothing was changed. Declare the distribution with "manual", as it was before; or name the right KMS key in \`adopt\`.`,
        context,
      );
    }
  }
}

function recordsOf({ candidates }: Known) {
  return Object.fromEntries(Object.entries(candidates).map(([version, { record }]) => [version, record]));
}

/**
 * @param name of the extra alias; undefined for the distribution's own
 * @param holder what `holderOf` says of it
 */
export function aliasTaken(
  regional: RegionalDistribution,
  name: string | undefined,
  holder: string | undefined,
  version?: number,
  isListingDenied?: boolean,
): KeymgmtError {
  const { owner, region, aliasName } = regional;
  const alias = name ?? aliasName;
  const left = `Expected ${alias} in ${region} to be free or to point to a KMS key of ${owner.distribution}; it points to another KMS key, ${holder === undefined ? "" : `${holder}, `}and was left alone.${isListingDenied ? UNSEEN : ""} To see which: aws kms describe-key --region ${region} --key-id ${alias}.`;
  const move =
    name === undefined
      ? ""
      : ` To move it to this stack's KMS key, name it: \`adopt: { aliasName: "${name}" }\` of the KeyDistribution.`;
  const next =
    holder === undefined
      ? `${move} If nobody needs the alias, delete it and run the update again: aws kms delete-alias --region ${region} --alias-name ${alias}`
      : ` That distribution's applications use the alias. Give this one another, for example with the stack's name in it; docs/aliases.md says how an alias is handed over.`;
  return new KeymgmtError("AlreadyExists", `${left}${next}`, {
    ...regional.context(version),
    region,
    keyId: alias,
  });
}

/** @param signing the version that the alias points to before the update */
export function stillSigning(
  context: KeymgmtErrorContext,
  signing: number,
  { keyVersion, minEnabledVersion }: Pick<KeyRef, "keyVersion" | "minEnabledVersion">,
): KeymgmtError {
  return new KeymgmtError(
    "InvalidInput",
    `Expected \`minEnabledVersion\` of key "${context.key}" to be at most ${signing}, got ${minEnabledVersion}: with \`publishBefore\` version ${signing} signs in ${context.region} until an update has moved the alias to version ${keyVersion}. Lower it, and raise it in an update after that one. To move the alias now: \`publishBefore: "0"\`.`,
    context,
  );
}

/**
 * With `rotationStrategy` "on-demand" one KMS key holds every version, and is enabled or disabled as a whole.
 *
 * @param first the lowest version that the KMS key holds
 */
export function disabledOnDemand(
  context: KeymgmtErrorContext,
  first: number,
  { latest, minEnabled }: Pick<Desired, "latest" | "minEnabled">,
): KeymgmtError {
  return new KeymgmtError(
    "InvalidInput",
    `Expected \`minEnabledVersion\` of key "${context.key}" to be at most ${first} with \`rotationStrategy\` "on-demand", got ${minEnabled}: one KMS key holds versions ${first} to ${latest}, and AWS cannot disable only one of its key materials. Lower it, or distribute the key with "manual".`,
    context,
  );
}

function otherMaterial(
  regional: RegionalDistribution,
  known: Known,
  version: number,
  inUse = known.candidates[version]!.record.keyId,
): KeymgmtError {
  const { record, isNamed, wasPendingDeletion } = known.candidates[version]!;
  const context = { ...regional.context(version), region: regional.region, keyId: record.keyId };
  const expected = `Expected KMS key ${record.keyArn} to have the material of ${regional.named(version)} (key check value ${record.kcv}); AWS says that it has another.`;
  const adopt = { aliasName: regional.aliasName, versions: { [regional.owner.key.keyVersion]: inUse } };
  const stays = wasPendingDeletion ? "Its deletion is scheduled again" : "It is in use and was left alone";
  return new KeymgmtError(
    "IncorrectKeyMaterial",
    isNamed
      ? `${expected} Nothing was changed. Check that \`adopt\` is from this key's latest backup.`
      : `${expected} ${stays}; no other was made in its place. ${lostMaterialAdvice(regional.owner.key.name, adopt, [])}`,
    context,
  );
}

const UNSEEN =
  " A killed update may have made that KMS key. To see that needs kms:ListKeys and kms:ListResourceTags: grant them, and run the update again.";
