/**
 * Extra aliases that others have, looked for before an update: it would be refused, in a replica's Region when the primary's is done. One
 * ListAliases a Region and run, and only where the program has an alias that the state does not show as the distribution's. Where
 * AWS does not answer it, nothing is said: the update asks again.
 */
import { isKeymgmtError } from "../errors";
import type { SeenAlias } from "../kms/aliases";
import type { Kms } from "../kms/client/client";
import type { KmsConnection } from "../kms/endpoints/connection";
import type { Run } from "../run";
import type { RegionalOutputs } from "../state/types";
import { holderAt } from "./execute/aliases";
import { aliasTaken } from "./execute/refusals";
import type { Step } from "./plan/steps";
import { RegionalDistribution } from "./regionalDistribution";
import type { Target } from "./target";

/** Throws where a plan makes an extra alias that exists and points to no KMS key of the state's. */
export async function refuseTaken(
  run: Run,
  target: Target,
  steps: Step[],
  { versions, extraAliasTargets = {} }: RegionalOutputs,
): Promise<void> {
  const { owner, region, movedAlias, primaries = {} } = target;
  const isMoved = (name: string) => name === movedAlias && !extraAliasTargets[name]; // as `converge` moves it
  const looked = steps.flatMap((step) => (step.do === "lookAtAlias" ? [step.name] : []));
  const names = looked.filter((name) => !isMoved(name));
  const recorded = [...Object.values(versions), ...Object.values(primaries)].map(({ keyId }) => keyId);
  const ours = [...recorded, ...run.declared.replacedKmsKeys];
  // An update shares its listing with what it does next.
  const open = () => (run.isPreview ? run.openForReading(owner.kms, region) : run.openKms(owner.kms, region));
  for (const { name, keyId } of await seen(run, open, names)) {
    if (keyId === undefined || ours.includes(keyId)) continue;
    // A KMS key that the state has lost may be the one.
    if (steps.some((step) => step.do === "findOrphans")) sayTaken(run, region, { name, keyId });
    else {
      const holder = await undefinedIfFailed(() => holderAt(open(), owner, keyId));
      throw aliasTaken(new RegionalDistribution(run, target), name, holder);
    }
  }
}

/** The same of a distribution that is new in the Region. Its former KMS keys are not known yet, so this says what the update decides. */
export async function sayTakenOfNew(
  run: Run,
  connection: KmsConnection,
  region: string,
  names: string[],
): Promise<void> {
  for (const alias of await seen(run, () => run.openForReading(connection, region), names))
    if (!run.declared.replacedKmsKeys.includes(`${alias.keyId}`)) sayTaken(run, region, alias);
}

function sayTaken(run: Run, region: string, { name, keyId }: SeenAlias): void {
  run.say(
    `${name} in ${region} exists, and points to KMS key ${keyId}. If that is not a former KMS key of the same key, the update is refused there. To see which it is: aws kms describe-key --region ${region} --key-id ${name}. To move it, name it in \`adopt\``,
  );
}

/** Those of the names that exist. */
async function seen(run: Run, open: () => Kms, names: string[]): Promise<SeenAlias[]> {
  if (names.length === 0) return [];
  const aliases = await undefinedIfFailed(() => run.listings.aliases(open()));
  return (aliases ?? []).filter(({ name }) => names.includes(name));
}

async function undefinedIfFailed<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isKeymgmtError(error)) return undefined;
    throw error;
  }
}
