import type { Caller } from "./caller.js";
import { decideForAccount } from "./decide.js";

/** What the simulator says of an action on a resource. */
export interface Simulated {
  readonly decision: "allowed" | "explicitDeny" | "implicitDeny";
  /** Condition keys that the policies ask for, and the request does not have. */
  readonly missing: readonly string[];
}

/** @param context values of condition keys, whose names are in small letters */
export function simulate(
  source: Caller,
  action: string,
  resource: string,
  context: ReadonlyMap<string, readonly string[]>,
): Simulated {
  const missing = new Set<string>();
  const lookup = (key: string) => {
    const values = context.get(key.toLowerCase());
    if (values === undefined) missing.add(key);
    return values;
  };
  const { refused } = decideForAccount(source, { action, resource, lookup });
  const decision = refused === undefined ? "allowed" : refused.explicit ? "explicitDeny" : "implicitDeny";
  return { decision, missing: [...missing] };
}
