import type { Kms } from "../awskms/client";
import { createKmsKey } from "../awskms/kmsKeys";
import { findCommand } from "../awskms/taggedKeys";
import { isKeymgmtError, KeymgmtError } from "../errors";
import { kcvOf, parseKeyring } from "../keys/keyring";
import { comeBack } from "./comeBack";
import type { MadeKmsKey } from "./converge";
import { madeByEarlierRun, madeByLostAnswer, takenUp } from "./madeBefore";
import { isMadeInThisRun } from "./thisRun";
import { contextOf, type MetadataInputs, metadataFor, type Owner } from "./wire";

/**
 * The KMS key of one version in the primary Region: the one that an earlier, interrupted run made; else the one that
 * this key had before its distribution was removed; else a new one. Nothing is looked for where the version's material
 * was made in this run, since no KMS key can have had it.
 */
export async function ensureKmsKey(
  kms: Kms,
  owner: Owner,
  version: number,
  inputs: MetadataInputs,
): Promise<MadeKmsKey> {
  const kcv = kcvOf(parseKeyring(owner.key.keyring), version);
  if (!isMadeInThisRun(owner.key.id, version)) {
    const earlier = (await madeByEarlierRun(kms, owner.distribution)).get(version);
    if (earlier) return { record: await takenUp(kms, owner, version, earlier, kcv), has: "to be seen" };
    const back = await comeBack(kms, owner, version, kcv);
    if (back) return { record: back, has: "to be seen" };
  }
  const multiRegion = owner.key.replicaRegions.length > 0;
  try {
    const made = await createKmsKey(
      kms,
      metadataFor(owner, version, inputs),
      multiRegion,
      contextOf(owner, version),
    );
    return { record: { ...made, state: "PendingImport", kcv }, has: "as asked" };
  } catch (error) {
    if (!isKeymgmtError(error, "OutcomeUnknown")) throw error;
    const lost = await madeByLostAnswer(kms, owner.distribution, version);
    if (!lost) throw notShown(kms, owner, error);
    return { record: await takenUp(kms, owner, version, lost, kcv), has: "to be seen" };
  }
}

/** AWS shows no such KMS key: none was made, or it does not show yet. Whoever does not run again can look for it. */
function notShown({ region }: Kms, { distribution }: Owner, lost: KeymgmtError): KeymgmtError {
  const message = `${lost.message} To look for it yourself: ${findCommand(region, distribution)}`;
  return new KeymgmtError(lost.code, message, lost.context, { cause: lost });
}
