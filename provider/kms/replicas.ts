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
 * Ensures a replica of a multi-Region key in `kms`'s Region, and waits while it is Creating. AWS does not copy imported material, so
 * the replica is PendingImport until its own import. ReplicateKey is called in the primary's Region, and the primary must be Enabled.
 * A key has at most one replica in a Region, so a call that is repeated after a lost response finds the replica of the first call.
 *
 * @param home KMS in the primary's expected Region. If UpdatePrimaryRegion moved the primary, AWS refuses the call, and DescribeKey
 *   shows the new Region
 * @param at KMS in another Region
 * @param importedAt time of the primary's import. If it is long ago and the primary is PendingImport, its material is lost, so there is
 *   no wait for it
 * @returns what AWS shows of the replica, and whether this call created it. An existing replica keeps its metadata
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

/** Finishes a replica that the state does not hold yet. If that fails, the user is told which replica it is. */
export function namingReplica<T>({ region, say }: Kms, keyId: string, work: () => Promise<T>): Promise<T> {
  const command = `aws kms schedule-key-deletion --region ${region} --key-id ${keyId}`;
  return sayingIfItFails(
    say,
    `the replica of KMS key ${keyId} in ${region} exists and is not yet ready; the next update continues with it. To delete it instead (the primary cannot be deleted before it): ${command}`,
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
