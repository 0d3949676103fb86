/** What could not be looked at, and why. One cause is said once, with all Regions that it concerns. */
import { providerRegionsOf } from "../state/regions.js";
import type { StackState } from "../state/stack.js";
import type { Observations } from "./observe.js";
import type { Scheduled } from "./scheduled.js";

/** One sentence for each cause. */
export function unseenNotes(state: StackState, observations: Observations, scheduled: Scheduled): string[] {
  if (providerRegionsOf(state).length === 0)
    return [
      "The state names no Region to look in: `keymgmt status --account --region REGION` shows what is scheduled for deletion.",
    ];
  const all = state.regions.flatMap((own) => {
    const observation = observations.get(own);
    return observation === undefined ? [] : [{ region: own.region, observation }];
  });
  const failed = all.flatMap(({ region, observation }) =>
    "unseen" in observation ? [{ region, ...observation }] : [],
  );
  const isSomeSeen = failed.length < all.length;
  const reasons = new Set([...failed.map(({ unseen }) => unseen), ...scheduled.unseen.keys()]);
  return [...reasons].flatMap((reason) => {
    const own = failed.filter(({ unseen }) => unseen === reason);
    const regions = [...new Set(own.map(({ region }) => region))].sort();
    const unlisted = (scheduled.unseen.get(reason) ?? []).filter((region) => !regions.includes(region));
    const what = reason.replace(/\.?$/, ".");
    const todo = own.some(({ isSilent }) => isSilent) ? ` ${adviceFor(regions, isSomeSeen)}` : "";
    return [
      ...(regions.length > 0 ? [`Not looked at in ${regions.join(", ")}: ${what}${todo}`] : []),
      ...(unlisted.length > 0
        ? [`What is scheduled for deletion is not shown in ${unlisted.join(", ")}: ${what}`]
        : []),
    ];
  });
}

/** `unreachableRegions` helps only where another Region answers. */
function adviceFor(regions: string[], isSomeSeen: boolean): string {
  if (!isSomeSeen) return "Check that it is right and can be reached from here.";
  const down = `${regions.join(", ")} ${regions.length === 1 ? "is" : "are"} down`;
  return `If ${down}: \`unreachableRegions: ${JSON.stringify(regions)}\` of the KmsProvider lets updates go on without.`;
}
