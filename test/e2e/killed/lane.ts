import type { Point } from "./stop";
import type { World } from "./world";

export type Step = "make" | "rotate" | "remove" | "bringBack";

export interface Case extends Point {
  step: Step;
  key: string;
}

const STEPS: Record<Step, string> = {
  make: "the making",
  rotate: "a rotation",
  remove: "the removal",
  bringBack: "the coming back",
};

const VICTIMS: Record<Point["victim"], string> = {
  all: "pulumi and its provider killed",
  provider: "the provider killed",
  "pulumi alone": "pulumi alone killed, with which its provider ends,",
  "Ctrl-C": "Ctrl-C",
  "Ctrl-C twice": "Ctrl-C twice",
};

const titleOf = ({ step, victim, before, nth = 1, operation, region }: Case) =>
  `${STEPS[step]}: ${VICTIMS[victim]} ${before ? "before" : "at"} ${operation}${region ? ` in ${region}` : ""}${nth > 1 ? `, number ${nth}` : ""}`;

/** A test for each case, one after the other on one stack. */
export function eachStopped(world: () => World, cases: Case[]): void {
  for (const each of cases) {
    it(titleOf(each), async () => {
      world()[each.step](each.key);
      await world().stoppedAndUpAgain(each);
    });
  }
}
