import { applied } from "../plan/apply";
import type { Desired, Known } from "../plan/known";
import { MOST_STEPS, next } from "../plan/plan";
import type { Step } from "../plan/steps";
import type { RegionalDistribution } from "../regionalDistribution";
import { perform } from "./perform";

/**
 * Does the next steps of the plan until there are none. After each step the plan is made again from what is known then. So an unexpected
 * answer (another state, a missing alias, other material) leads to other steps.
 *
 * @param record receives what is known after each step, even if a later step fails
 * @returns what is known at the end
 */
export async function execute(
  regional: RegionalDistribution,
  desired: Desired,
  known: Known,
  record: (known: Known) => void = () => {},
): Promise<Known> {
  let now = known;
  /** The next step in the Region of the last one. Other Regions continue independently, so a failure in one does not stop the others. */
  const nextThere = (last: Step): Step | undefined => {
    const region = "region" in last ? last.region : desired.region;
    if (region === desired.region) return undefined;
    return next(desired, now).find((step) => "region" in step && step.region === region);
  };
  const work = async (step: Step) => {
    const outcome = await perform(regional, desired, now, step);
    now = applied(desired, now, step, outcome);
    record(now);
  };
  for (let count = 0; count < MOST_STEPS; count += 1) {
    const steps = next(desired, now);
    if (steps.length === 0) return now;
    await together(steps, async (step) => {
      for (let one: Step | undefined = step; one; one = nextThere(one)) await work(one);
    });
  }
  throw new Error(`the plan does not end: ${JSON.stringify(next(desired, now))}`);
}

/** Does steps in several Regions at the same time. If one fails, it waits for the others, so that the state has their results. */
async function together(steps: Step[], work: (step: Step) => Promise<void>): Promise<void> {
  const ended = await Promise.allSettled(steps.map(work));
  const failed = ended.find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined;
  if (failed) throw failed.reason;
}
