import { isDeepStrictEqual } from "node:util";
import { UNKNOWN } from "../../provider/schema/unknowns";

/**
 * The inputs for which the engine refuses an update under a plan: those that the plan knows and the update has otherwise.
 * Source: checkDiff in pulumi/pulumi's pkg/resource/deploy/plan.go.
 */
export function refusedByPlan(plan: object, update: object): string[] {
  const [planned, actual] = [plan, update] as Record<string, unknown>[];
  const names = [...new Set([...Object.keys(plan), ...Object.keys(update)])];
  return names.filter(
    (name) => planned![name] !== UNKNOWN && !isDeepStrictEqual(planned![name], actual![name]),
  );
}
