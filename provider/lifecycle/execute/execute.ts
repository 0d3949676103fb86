import { applied } from "../plan/apply";
import type { Desired, Known } from "../plan/known";
import { MOST_STEPS, next } from "../plan/plan";
import type { Step } from "../plan/steps";
import type { RegionalDistribution } from "../regionalDistribution";
import { perform } from "./perform";

/**
 * Does what the plan says next, until it says nothing more. After each step the plan is made again from what is known then, so
 * an answer that was not expected (another state, a lost alias, other material) leads to other steps.
 *
 * @param record is told what is known after each step, also where a later one fails
 * @returns what is known at the end
 */
export async function execute(
  regional: RegionalDistribution,
  desired: Desired,
  known: Known,
  record: (known: Known) => void = () => {},
): Promise<Known> {
  let now = known;
  /** Each other Region goes on by itself: one that fails does not keep the others from being finished. */
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
  throw new Error(`a plan does not end: ${JSON.stringify(next(desired, now))}`);
}

/** Steps in several Regions go at once. Where one fails the others are waited for, so that the state knows what they have done. */
async function together(steps: Step[], work: (step: Step) => Promise<void>): Promise<void> {
  const ended = await Promise.allSettled(steps.map(work));
  const failed = ended.find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined;
  if (failed) throw failed.reason;
}
