/** Whether a KMS key of the state is still this stack's, by its tags: another stack may have taken it over, or somebody written them. */

import { KeymgmtError } from "../../errors";
import { permitted } from "../../kms/optional";
import { CLAIM, TAG, tagsOf } from "../../kms/taggedKeys";
import type { KmsKeyRecord } from "../../state/types";
import type { RegionalDistribution } from "../regionalDistribution";
import { WAYS_ON } from "../waysOn";
import { isTakenOver } from "./ownership";

type Recorded = Pick<KmsKeyRecord, "keyId" | "adopted" | "claim">;

/** A KMS key's tags; undefined, without a warning, where the permission to read them is missing. */
export function tagsIfPermitted(
  regional: RegionalDistribution,
  keyId: string,
): Promise<Record<string, string> | undefined> {
  return permitted(() => tagsOf(regional.kms, keyId));
}

/** Asks once for each KMS key. The tags of an adopted one are not this stack's. */
export async function isNoLongerOurs(
  regional: RegionalDistribution,
  { keyId, adopted, claim }: Recorded,
): Promise<boolean> {
  if (adopted || regional.verified.has(keyId)) return false;
  if (isTakenOver(await tagsIfPermitted(regional, keyId), regional.owner, claim)) return true;
  regional.verified.add(keyId);
  return false;
}

/** Throws before the KMS key is touched where it is not this stack's any more. */
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
    `Expected KMS key ${keyArn} (${regional.named(version)}) to have the tags that the state knows; another stack's name or another claim is written on it, so whose it is cannot be told. It was left alone. If another stack has taken it over, take the key out of this one (\`pulumi state delete\`). ${WAYS_ON.tagAsOurs(regional.region, keyId, tags)}`,
    { ...regional.context(version), region: regional.region, keyId: keyArn },
  );
}
