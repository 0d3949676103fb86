import type { Drop, InterceptedRequest, Interception } from "../../localkms/index";
import { end, withDescendants } from "../e2e/support/processes";

type Blow = { nth: number } & ({ kill: true; effect: boolean } | { drop: Drop });

/** Strikes an update at its nth KMS request: `intercept` is the local KMS's, `started` is told pulumi's process. */
export class Strike {
  private armed: Blow | undefined;
  private pulumi = 0;
  private left = 0;

  readonly started = (pid: number): void => {
    this.pulumi = pid;
  };

  arm(blow: Blow): void {
    this.armed = blow;
    this.left = blow.nth;
  }

  /** Whether it has struck. It does no more. */
  disarm(): boolean {
    const struck = this.armed === undefined;
    this.armed = undefined;
    return struck;
  }

  readonly intercept = (_: InterceptedRequest): Interception | undefined => {
    const blow = this.armed;
    if (!blow) return undefined;
    this.left -= 1;
    if (this.left > 0) return undefined;
    this.armed = undefined;
    if ("drop" in blow) return { when: "after", drop: blow.drop };
    end(withDescendants(this.pulumi));
    return { when: blow.effect ? "after" : "before", drop: "hang" };
  };
}
