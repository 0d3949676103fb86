import type { Kms } from "../awskms/client";
import { describeKmsKey } from "../awskms/kmsKeys";
import { ifPermitted } from "../awskms/optional";
import { findCommand, listTaggedKeys, TAG, type TaggedKey } from "../awskms/taggedKeys";
import { KeymgmtError } from "../errors";
import { listings } from "./thisRun";
import { contextOf, type KmsKeyRecord, type Owner } from "./wire";

/**
 * KMS keys of this distribution that AWS has and state does not: an earlier run made them and was killed before it could
 * say so. CreateKey has no idempotency token, so they are looked for by their tags before another is made. A Region is
 * listed once a run.
 *
 * @returns KMS keys by version; empty where listing is not permitted
 */
export async function madeByEarlierRun(kms: Kms, distribution: string): Promise<Map<number, TaggedKey>> {
  return byVersion(await taggedKeys(kms), distribution);
}

/** A KMS key that had a version of this key, for this stack, under another distribution. */
export interface HadKey extends TaggedKey {
  /** Name of that distribution. */
  former: string;
  /** An earlier run of this distribution was killed while AWS was to prove whether its material is this version's. */
  isOnTrial: boolean;
}

export async function hadByOtherDistributions(kms: Kms, owner: Owner, version: number): Promise<HadKey[]> {
  return (await taggedKeys(kms)).flatMap((found) => {
    const { [TAG.distribution]: distribution = "", [TAG.version]: tag = "", ...tags } = found.tags;
    const [number, former = distribution] = tag.split(ON_TRIAL);
    if (tags[TAG.key] !== owner.key.name || tags[TAG.stack] !== owner.stack) return [];
    if (number !== String(version) || former === owner.distribution) return [];
    return [{ ...found, former, isOnTrial: distribution === owner.distribution }];
  });
}

const ON_TRIAL = " of ";

/** Tags of a KMS key that is this distribution's if AWS takes its material, and else still that of the one it had before. */
export const onTrial = (owner: Owner, version: number, { former }: HadKey) => ({
  [TAG.distribution]: owner.distribution,
  [TAG.version]: `${version}${ON_TRIAL}${former}`,
});

async function taggedKeys(kms: Kms): Promise<TaggedKey[]> {
  let listing = listings.get(kms);
  if (!listing) {
    listing = ifPermitted(
      "KMS keys that this key had before (an update was killed, a distribution removed) are not found again",
      () => listTaggedKeys(kms),
    );
    listings.set(kms, listing);
  }
  return (await listing) ?? [];
}

/** The KMS key of a CreateKey whose answer was lost, if it was made; needs kms:ListKeys and kms:ListResourceTags. */
export async function madeByLostAnswer(
  kms: Kms,
  distribution: string,
  version: number,
): Promise<TaggedKey | undefined> {
  listings.delete(kms);
  const listed = await ifPermitted("the outcome of CreateKey cannot be found out", () => listTaggedKeys(kms));
  if (listed) return byVersion(listed, distribution).get(version);
  throw new KeymgmtError(
    "OutcomeUnknown",
    `The answer to CreateKey was lost in ${kms.region}, and listing KMS keys is not permitted, so whether version ${version} has a KMS key is not known. Nothing more was made. Find it with: ${findCommand(kms.region, distribution)} — then grant kms:ListKeys and kms:ListResourceTags and run the update again, which takes that key up.`,
    { operation: "CreateKey", region: kms.region, version },
  );
}

/**
 * The record of a KMS key that an earlier run made for a version. Importing into it again is harmless: AWS takes the same
 * material a second time and refuses any other.
 */
export async function takenUp(
  kms: Kms,
  owner: Owner,
  version: number,
  { keyId, keyArn }: TaggedKey,
  kcv: string,
): Promise<KmsKeyRecord> {
  const seen = await ifPermitted("a KMS key of an earlier run is imported into again", () =>
    describeKmsKey(kms, keyId, contextOf(owner, version)),
  );
  return { keyId, keyArn, state: seen?.state ?? "PendingImport", kcv };
}

function byVersion(keys: TaggedKey[], distribution: string): Map<number, TaggedKey> {
  return new Map(
    keys
      .filter(({ tags }) => tags[TAG.distribution] === distribution)
      .map((key) => [Number(key.tags[TAG.version]), key]),
  );
}
