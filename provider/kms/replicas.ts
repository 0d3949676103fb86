import { isKeymgmtError } from "../errors";
import { sayingIfItFails } from "../say";
import type { CallContext, Kms } from "./client/client";
import { eventually, SETTLING_SECONDS } from "./eventually";
import {
  describeKmsKey,
  isCreatingError,
  isPendingImportError,
  type KmsKeyMetadata,
  metadataInput,
  type SeenKmsKey,
} from "./kmsKeys";
import { oncePrincipalsAreKnown } from "./principals";

/**
 * Has a replica of a multi-Region key in `kms`'s Region and waits out its state Creating. AWS does not copy imported
 * material: the replica is PendingImport until its own import. ReplicateKey is called in the primary's Region, and the
 * primary must be Enabled. There is one replica a Region, so a call repeated after a lost answer finds the first one's.
 *
 * @param home where the primary is, unless somebody has moved it (UpdatePrimaryRegion); AWS then refuses, and shows where it is
 * @param at KMS in another Region
 * @param importedAt of the primary: an import of long ago is not waited for, its material is gone
 * @returns what AWS shows of the replica, and whether this call made it: one that was there before keeps its metadata
 */
export async function ensureReplicaKey(
  home: Kms,
  at: (region: string) => Kms,
  kms: Kms,
  keyId: string,
  metadata: KmsKeyMetadata,
  context: CallContext,
  importedAt?: string,
): Promise<SeenKmsKey & { made: boolean }> {
  const isSettled = importedAt !== undefined && Date.now() - Date.parse(importedAt) > SETTLING_SECONDS * 1000;
  const input = { KeyId: keyId, ReplicaRegion: kms.region, ...metadataInput(metadata) };
  const replicateFrom = (primary: Kms) =>
    oncePrincipalsAreKnown(kms, context, () =>
      eventually(
        `KMS key ${keyId} to be Enabled in ${primary.region}, so that it can be replicated`,
        () => primary.call("ReplicateKey", input, context),
        {
          error: (error) =>
            (isPendingImportError(error) && !isSettled) ||
            isCreatingError(error) ||
            isKeymgmtError(error, "OutcomeUnknown") ||
            isKeymgmtError(error, "NotFound"),
        },
      ),
    );
  let made = true;
  try {
    await replicateFrom(home).catch(async (error) => {
      if (!isKeymgmtError(error, "Unsupported")) throw error; // "… is not a multi-region primary key."
      const { primaryRegion } = await describeKmsKey(home, keyId, context);
      if (primaryRegion === undefined) throw error;
      if (primaryRegion === kms.region) made = false;
      else await replicateFrom(at(primaryRegion));
    });
  } catch (error) {
    if (!isKeymgmtError(error, "AlreadyExists")) throw error;
    made = false;
  }
  const seen = await namingReplica(kms, keyId, () => waitForReplica(kms, keyId, context));
  return { ...seen, made };
}

/** Does what remains to be done for a replica that is there while no state knows of it; names it where that fails. */
export function namingReplica<T>({ region, say }: Kms, keyId: string, work: () => Promise<T>): Promise<T> {
  const command = `aws kms schedule-key-deletion --region ${region} --key-id ${keyId}`;
  return sayingIfItFails(
    say,
    `the replica of KMS key ${keyId} in ${region} is there, and not yet ready; the next update goes on with it. To give it up instead (the primary cannot be deleted before it): ${command}`,
    work,
  );
}

async function waitForReplica(kms: Kms, keyId: string, context: CallContext): Promise<SeenKmsKey> {
  return eventually(
    `the replica of ${keyId} to be made in ${kms.region}`,
    () => describeKmsKey(kms, keyId, context),
    { result: ({ state }) => state === "Creating" || state === "Deleted" },
    REPLICA_SECONDS,
  );
}

/** Users report that a replica may stay Creating for ten minutes (terraform-provider-aws#49915). */
const REPLICA_SECONDS = 20 * 60;
