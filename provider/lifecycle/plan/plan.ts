/**
 * What is to be done next, from what is wanted and what is known. Pure. The order loses nothing at any moment: a version is
 * usable in every Region before the alias moves to it, and older ones are disabled only after that.
 */
import { applied } from "./apply";
import { expected } from "./expect";
import type { Known, Wanted } from "./known";
import { manualRules } from "./manual";
import { notBelow, onDemandRules } from "./onDemand";
import { removalRules } from "./removal";
import { adopted, aliased, found, proved, type Rule } from "./rules";
import type { Step } from "./steps";

/** The next steps, which may go at the same time; none where all is as wanted. */
export function next(wanted: Wanted, known: Known): Step[] {
  for (const rule of rulesFor(wanted)) {
    const steps = rule(wanted, known);
    if (steps.length > 0) return steps;
  }
  return [];
}

function rulesFor({ removal, strategy }: Wanted): Rule[] {
  if (removal) return removalRules;
  const brought = [adopted, found, proved];
  return strategy === "on-demand"
    ? [adopted, found, notBelow, proved, ...onDemandRules, aliased]
    : [...brought, ...manualRules.before, aliased, ...manualRules.after];
}

/** All steps, where each ends as is to be expected: what a preview says, and whether an update has anything to do. */
export function plan(wanted: Wanted, known: Known): Step[] {
  const steps: Step[] = [];
  let now = known;
  for (let some = next(wanted, now); some.length > 0; some = next(wanted, now)) {
    for (const step of some) {
      steps.push(step);
      if (step.do === "refuse") return steps;
      now = applied(wanted, now, step, expected(wanted, now, step));
    }
    if (steps.length > MOST_STEPS) throw new Error(`a plan does not end: ${JSON.stringify(steps.slice(-4))}`);
  }
  return steps;
}

/** More than any plan has: 500 versions in ten Regions. */
export const MOST_STEPS = 20_000;
