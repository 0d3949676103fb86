/** Whether a KMS key of the state is still this stack's by its tags. Another stack may have taken it over, or somebody has changed the tags. */

import { KeymgmtError } from "../../errors";
import { undefinedIfDenied } from "../../kms/optional";
import { CLAIM, TAG, tagsOf } from "../../kms/taggedKeys";
import type { KmsKeyRecord } from "../../state/types";
import { ADVICE } from "../advice";
import type { RegionalDistribution } from "../regionalDistribution";
import { isTakenOver } from "./ownership";

type Recorded = Pick<KmsKeyRecord, "keyId" | "adopted" | "claim">;

/** The tags of a KMS key; undefined, without a warning, if the permission to read them is missing. */
export function tagsIfPermitted(
  regional: RegionalDistribution,
  keyId: string,
): Promise<Record<string, string> | undefined> {
  return undefinedIfDenied(() => tagsOf(regional.kms, keyId));
}

/** Reads the tags of each KMS key once. An adopted KMS key is not asked: this stack does not tag it. */
export async function isNoLongerOurs(
  regional: RegionalDistribution,
  { keyId, adopted, claim }: Recorded,
): Promise<boolean> {
  if (adopted || regional.verified.has(keyId)) return false;
  if (isTakenOver(await tagsIfPermitted(regional, keyId), regional.owner, claim)) return true;
  regional.verified.add(keyId);
  return false;
}

/** Throws, before any change, if the KMS key is no longer this stack's. */
export async function unlessTakenOver<T>(
  regional: RegionalDistribution,
  version: number,
  record: KmsKeyRecord,
  work: () => Promise<T>,
): Promise<T> {
  if (!(await isNoLongerOurs(regional, record))) return work();
  const { keyId, keyArn, claim } = record;
  const { stack } = regional.owner;
  const tags = { [TAG.stack]: stack, ...(claim !== undefined && { [CLAIM]: claim }) };
  throw new KeymgmtError(
    "Conflict",
    `Expected KMS key ${keyArn} (${regional.named(version)}) to have the tags that the state knows; its tags have another stack's name or another claim, so its owner is not known. It was left alone. If another stack has taken it over, remove the key from this stack's state (\`pulumi state delete\`). ${ADVICE.tagAsOurs(regional.region, keyId, tags)}`,
    { ...regional.context(version), region: regional.region, keyId: keyArn },
  );
}
