/** Lost KMS keys: AWS still has them, but the material of their key is no longer in the state. */
import { isLeftOut } from "../../kms/endpoints/connection";
import type { KeyState } from "../../kms/keyState";
import { isPendingDeletion } from "../../kms/keyState";
import { describeKmsKey, otherRegions } from "../../kms/kmsKeys";
import { undefinedIfDenied } from "../../kms/optional";
import { TAG, type TaggedKey } from "../../kms/taggedKeys";
import type { Run } from "../../run";
import type { KmsRef } from "../../state/types";

export interface LostKmsKey extends TaggedKey {
  /** AWS's KeyState; undefined without kms:DescribeKey. */
  state: KeyState | undefined;
  until: string | undefined;
  /** Commands that make it usable in each Region where its deletion is scheduled, or where it is disabled but not elsewhere. */
  reclaimCommands: string[];
  /** It has its material in every Region. After an interrupted rotation a Region may lack it. */
  isWhole: boolean;
}

/** The lost KMS keys that can decrypt, or could after a reclaim; the newest version first. */
export async function lookAtLost(run: Run, connection: KmsRef, keys: TaggedKey[]): Promise<LostKmsKey[]> {
  const home = connection.keyCollection;
  const look = (region: string, keyId: string) =>
    undefinedIfDenied(() => describeKmsKey(run.openKms(connection, region), keyId));
  const asked = keys.map(async (key): Promise<LostKmsKey> => {
    const seen = await look(home, key.keyId);
    const replicas = (seen ? otherRegions(seen, home) : [])
      .filter((region) => !isLeftOut(connection, region))
      .map(async (region) => ({
        region,
        seen: await look(region, key.keyId),
      }));
    const everywhere = [{ region: home, seen }, ...(await Promise.all(replicas))];
    const states = everywhere.map((one) => one.seen?.state);
    const isDisabled = states.every((state) => state === "Disabled");
    const reclaimCommands = everywhere.flatMap(({ region, seen: there }, index) => {
      if (there?.hasMaterial === false) return [];
      const at = `--region ${region} --key-id ${key.keyId}`;
      if (isPendingDeletion(states[index]))
        return [`aws kms cancel-key-deletion ${at}`, `aws kms enable-key ${at}`];
      return states[index] === "Disabled" && !isDisabled ? [`aws kms enable-key ${at}`] : [];
    });
    const isWhole = everywhere.every((one) => one.seen?.hasMaterial !== false);
    return { ...key, state: seen?.state, until: seen?.deletionDate, reclaimCommands, isWhole };
  });
  const version = ({ tags }: TaggedKey) => Number.parseInt(tags[TAG.version] ?? "0", 10);
  return (await Promise.all(asked))
    .filter(({ state }) => state !== "Deleted" && state !== "PendingImport")
    .sort((a, b) => version(b) - version(a));
}

/** The KMS key in use; else the newest that can decrypt in every Region. */
export function latestOf(keys: LostKmsKey[], target: string | undefined): LostKmsKey | undefined {
  return keys.find(({ keyId }) => keyId === target) ?? keys.find(({ isWhole }) => isWhole) ?? keys[0];
}

/** `arn:… (version 1, PendingDeletion until 2026-12-29), arn:… (version 2)` */
export function listed(keys: LostKmsKey[]): string {
  const words = keys.map(({ keyArn, tags, state, until }) => {
    const unusual = state === undefined || state === "Enabled" ? "" : `, ${state}`;
    return `${keyArn} (version ${tags[TAG.version]}${unusual}${until ? ` until ${until.slice(0, 10)}` : ""})`;
  });
  return words.join(", ");
}
