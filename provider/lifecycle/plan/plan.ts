/**
 * The next steps, from what is desired and what is known. Pure. The order is safe at every moment: a version is usable in every Region
 * before the alias moves to it, and older versions are disabled only after that.
 */
import { applied } from "./apply";
import { expected } from "./expect";
import type { Desired, Known } from "./known";
import { manualRules } from "./manual";
import { onDemandRules, refuseDisabledVersions } from "./onDemand";
import { removalRules } from "./removal";
import {
  adoptNamed,
  checkExtraAliases,
  dropExtraAliases,
  findOrphans,
  pointAliases,
  proveCandidates,
  type Rule,
} from "./rules";
import type { Step } from "./steps";

/** The next steps, which may be done at the same time; none if everything is as desired. */
export function next(desired: Desired, known: Known): Step[] {
  for (const rule of rulesFor(desired)) {
    const steps = rule(desired, known);
    if (steps.length > 0) return steps;
  }
  return [];
}

function rulesFor({ removal, strategy }: Desired): Rule[] {
  if (removal) return removalRules;
  const look = [adoptNamed, findOrphans, checkExtraAliases];
  const point = [pointAliases, dropExtraAliases];
  return strategy === "on-demand"
    ? [...look, refuseDisabledVersions, proveCandidates, ...onDemandRules, ...point]
    : [...look, proveCandidates, ...manualRules.before, ...point, ...manualRules.after];
}

/** All steps, if each ends as expected. Previews describe them, and an update is needed if there are any. */
export function plan(desired: Desired, known: Known): Step[] {
  const steps: Step[] = [];
  let now = known;
  for (let some = next(desired, now); some.length > 0; some = next(desired, now)) {
    for (const step of some) {
      steps.push(step);
      if (step.do === "refuse") return steps;
      now = applied(desired, now, step, expected(desired, now, step));
    }
    if (steps.length > MOST_STEPS)
      throw new Error(`the plan does not end: ${JSON.stringify(steps.slice(-4))}`);
  }
  return steps;
}

/** More than any plan has: enough for 500 versions in ten Regions. */
export const MOST_STEPS = 20_000;
