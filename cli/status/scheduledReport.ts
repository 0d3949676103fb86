/** KMS keys that are scheduled for deletion, in the form that `status --json` prints. */
import { TAG } from "../../provider/kms/taggedKeys.js";
import type { StackState } from "../state/stack.js";
import { howToCancelDeletion, versionInTags } from "./cancelDeletion.js";
import type { Scheduled, ScheduledKey } from "./scheduled.js";

export interface ScheduledReport {
  key: string | null;
  distribution: string;
  version: number | null;
  accountId: string;
  region: string;
  keyId: string;
  keyArn: string;
  state: string;
  /** ISO 8601 UTC; null for a primary that waits for the deletion of its replicas. */
  deletionDate: string | null;
  /** How its deletion can be cancelled until then. */
  takeBack: string;
}

export function scheduledReports(state: StackState, { keys }: Scheduled): ScheduledReport[] {
  const order = ({ accountId, distribution, version, region }: ScheduledReport) =>
    JSON.stringify([accountId, distribution, String(version).padStart(9), region]);
  return keys.map((key) => reportOf(key, keys, state)).sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

function reportOf(key: ScheduledKey, all: ScheduledKey[], state: StackState): ScheduledReport {
  const { tags, accountId, region, keyId, keyArn, deletionDate } = key;
  return {
    key: tags[TAG.key] ?? null,
    distribution: tags[TAG.distribution]!,
    version: versionInTags(tags) ?? null,
    accountId,
    region,
    keyId,
    keyArn,
    state: key.state,
    deletionDate: deletionDate ?? null,
    takeBack: howToCancelDeletion(key, all, state),
  };
}
