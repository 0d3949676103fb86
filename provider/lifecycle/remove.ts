/** Removes a distribution or replica from its Region. */
import { isKeymgmtError, KeymgmtError } from "../errors";
import { utcDate } from "../keys/period";
import type { Run } from "../run";
import { versionsOf } from "../state/records";
import type { RegionalOutputs } from "../state/types";
import { execute } from "./execute/execute";
import { type Known, knownFrom } from "./plan/known";
import { RegionalDistribution } from "./regionalDistribution";
import { desiredOf, type Target } from "./target";

export interface Removal extends Target {
  /** The stack's new name, which some of the KMS keys may already have. */
  nextStack?: string;
}

/**
 * Deletes the alias and schedules the deletion of each KMS key that belongs to this resource. The tags must have the stack's name from the
 * state: with a former name the KMS key belongs to another stack, which has taken it over.
 */
export async function remove(run: Run, target: Removal, outputs: RegionalOutputs): Promise<void> {
  const { owner, nextStack } = target;
  const formerStacks = nextStack === undefined ? [] : [nextStack];
  const keyring = run.keyrings.ofKey(owner.key.id);
  const regional = new RegionalDistribution(run, {
    ...target,
    keyring,
    owner: { ...owner, key: { ...owner.key, formerStacks } },
  });
  const { declared } = run;
  const ids = versionsOf(outputs.versions).map((version) => outputs.versions[version]!.keyId);
  const held = [...new Set(ids)].filter((keyId) =>
    declared.isHeldByAnother(target.owner.distribution, keyId),
  );
  const desired = desiredOf(run, target, false, { removal: { held } });
  let now = knownFrom(outputs.versions, outputs);
  try {
    await execute(regional, desired, now, (known) => {
      now = known;
    });
  } catch (error) {
    throw halfRemoved(regional, now, error);
  }
  run.say(sentenceOfRemoval(regional, now));
}

/** What the update has done. A preview cannot say it, because the engine calls no provider for a removed resource. */
function sentenceOfRemoval(regional: RegionalDistribution, known: Known): string {
  const { owner, region, deletionWindowDays, run, isMultiRegion } = regional;
  const until = utcDate(new Date(run.now().getTime() + deletionWindowDays * 86_400_000));
  const isPrimary = region === owner.kms.keyCollection;
  const counted = isMultiRegion && isPrimary ? " (later where AWS still has replicas)" : "";
  const scheduled = scheduledIn(known);
  const kmsKeys =
    scheduled.length === 0
      ? "no KMS key is scheduled for deletion"
      : `AWS deletes ${scheduled.join(", ")} after ${until}${counted}; until then \`keymgmt status\` shows how to cancel it`;
  return `${owner.distribution} is removed from ${region}: ${aliasAfter(regional.aliasName, known)}, and ${kmsKeys}`;
}

function aliasAfter(aliasName: string, { alias }: Known): string {
  if (alias.isDeleted) return `${aliasName} is deleted`;
  return `${aliasName} ${alias.target === "" ? "did not point to a KMS key of it" : "is left as it is"}`;
}

/** `id@Region` of the KMS keys whose deletion is scheduled. */
const scheduledIn = ({ settled, leftAlone }: Known) => settled.filter((one) => !leftAlone.includes(one));

/** After a failed deletion the engine keeps the old state, so only the message can say what is already done. */
function halfRemoved(regional: RegionalDistribution, known: Known, error: unknown): unknown {
  const { isDeleted } = known.alias;
  const scheduled = scheduledIn(known);
  if (!isKeymgmtError(error) || (!isDeleted && scheduled.length === 0)) return error;
  const { message, code, context } = error as KeymgmtError;
  return new KeymgmtError(
    code,
    `${message} ${regional.owner.distribution} was being removed in ${regional.region}: ${isDeleted ? "its alias is deleted, and " : ""}the deletion of ${scheduled.length} of its KMS keys is scheduled, in ${regional.deletionWindowDays} days. Run the same command again to finish. To keep it instead, declare it again and run \`pulumi up --refresh\` within that time: the state does not show the deletion.`,
    context,
    { cause: error },
  );
}
