/** Removes a distribution or replica from its Region. */
import { isKeymgmtError, KeymgmtError } from "../errors";
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
    throw halfRemoved(regional, now, outputs, error);
  }
}

/** After a failed deletion the engine keeps the old state, so only the message can say what is already done. */
function halfRemoved(
  regional: RegionalDistribution,
  { alias, settled }: Known,
  outputs: RegionalOutputs,
  error: unknown,
): unknown {
  const isAliasGone = alias.target === "" && Boolean(outputs.aliasTarget);
  if (!isKeymgmtError(error) || (!isAliasGone && settled.length === 0)) return error;
  const { message, code, context } = error as KeymgmtError;
  return new KeymgmtError(
    code,
    `${message} ${regional.owner.distribution} was being removed in ${regional.region}: ${isAliasGone ? "its alias is deleted, and " : ""}the deletion of ${settled.length} of its KMS keys is scheduled, in ${regional.deletionWindowDays} days. Run the same command again to finish. To keep it instead, declare it again and run \`pulumi up --refresh\` within that time: the state does not show the deletion.`,
    context,
    { cause: error },
  );
}
