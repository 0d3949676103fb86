import { setTimeout as sleep } from "node:timers/promises";
import type { Drop, InterceptedRequest, Interception } from "../../../local-kms/src/index";
import { end, ended, type Process, withDescendants } from "../support/processes";

/** Who is stopped: by SIGKILL, or pulumi by one or two SIGINTs, as by Ctrl-C. */
export type Victim = "all" | "provider" | "pulumi alone" | "Ctrl-C" | "Ctrl-C twice";

/** When: at the nth KMS request, of all that fit, which takes effect or, where it is "before", does not. */
export interface Point {
  victim: Victim;
  operation?: string;
  region?: string;
  nth?: number;
  before?: boolean;
}

/** Nobody is stopped at the nth KMS request, of whichever operation; its answer does not come. */
interface LostAnswer {
  nth: number;
  drop: Drop;
}

/** Stops a pulumi at a point: its `intercept` is the local KMS's, its `started` is told pulumi's process. */
export class Stop {
  private armed: Point | LostAnswer | undefined;
  private left = 0;
  private pulumi = 0;
  /** pulumi and its plugins as they were at the point: those of a dead pulumi are nobody's any more. */
  private tree: Process[] = [];
  private requests = 0;

  arm(point: Point | LostAnswer): void {
    this.armed = point;
    this.left = point.nth ?? 1;
  }

  /** Whether it has stopped something. It does no more. */
  disarm(): boolean {
    const fired = this.armed === undefined;
    this.armed = undefined;
    return fired;
  }

  readonly started = (pid: number): void => {
    this.pulumi = pid;
  };

  readonly intercept = ({ operation, region }: InterceptedRequest): Interception | undefined => {
    this.requests += 1;
    const point = this.armed;
    if (!point || !fits(point, operation, region)) return undefined;
    this.left -= 1;
    if (this.left > 0) return undefined;
    this.armed = undefined;
    if ("drop" in point) return { when: "after", drop: point.drop };
    this.tree = withDescendants(this.pulumi);
    return this.strike(point);
  };

  private strike({ victim, before }: Point): Interception | undefined {
    const unanswered: Interception = { when: before ? "before" : "after", drop: "hang" };
    switch (victim) {
      case "all":
        end(this.tree);
        return unanswered;
      case "provider":
        end(this.tree.filter(isProvider));
        return unanswered;
      case "pulumi alone":
        end([{ pid: this.pulumi }]);
        return undefined;
      case "Ctrl-C":
        process.kill(this.pulumi, "SIGINT");
        return { delayMillis: 500 };
      case "Ctrl-C twice":
        process.kill(this.pulumi, "SIGINT");
        setTimeout(() => process.kill(this.pulumi, "SIGINT"), 500);
        return unanswered;
    }
  }

  /** Waits until no request comes any more, then ends what is left. The provider of a pulumi that was killed alone must not be. */
  async settle({ victim }: Point): Promise<void> {
    for (let before = -1; before !== this.requests; ) {
      before = this.requests;
      await sleep(500);
    }
    if (victim === "pulumi alone") await ended(this.tree.filter(isProvider));
    end(this.tree);
  }
}

const fits = (point: Point | LostAnswer, operation: string, region: string) =>
  "drop" in point || ((point.operation ?? operation) === operation && (point.region ?? region) === region);

const isProvider = ({ command }: Process) => command.includes("dynamic-provider");
