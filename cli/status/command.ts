import { utcDate } from "../../provider/keys/period.js";
import { visibleIn } from "../../provider/secrecy/visible.js";
import { Aws, type AwsOptions } from "../aws.js";
import { EXIT, UsageError } from "../exitCodes.js";
import { print, printJson } from "../print.js";
import { loadStates, type StateOptions } from "../state/load.js";
import { recordedArns } from "../state/regions.js";
import type { StackState } from "../state/stack.js";
import { accountReport, accountText } from "./account.js";
import { type Observations, observe } from "./observe.js";
import { reportOf } from "./report.js";
import { RegionListings, reachesOf, type Scheduled, scheduledBy } from "./scheduled.js";
import { statusText } from "./text.js";

export interface StatusOptions extends StateOptions, AwsOptions {
  account?: boolean;
  region?: string[];
  offline?: boolean;
  json?: boolean;
}

/** `keymgmt status`. Returns the exit code. */
export function status(options: StatusOptions): Promise<number> {
  return options.account ? statusOfAccount(options) : statusOfStacks(options);
}

async function statusOfStacks(options: StatusOptions): Promise<number> {
  const states = await loadStates(options);
  const more = options.region ?? [];
  const observations: Observations = new Map();
  const scheduled = new Map<StackState, Scheduled>();
  if (!options.offline) {
    const aws = new Aws(options, states, { isReading: true });
    const listings = new RegionListings(aws);
    const regions = states.flatMap((state) => state.regions);
    await Promise.all([
      ...regions.map(async (region) => observations.set(region, await observe(aws, region))),
      ...states.flatMap((state) => reachesOf(state, more)).map((reach) => listings.of(reach)),
    ]);
    const arns = recordedArns(states);
    for (const state of states)
      scheduled.set(state, await scheduledBy(state, more, observations, listings, arns));
  }
  const report = reportOf(states, observations, scheduled, utcDate(new Date()));
  if (options.json) printJson(report);
  else print(statusText(visibleIn(report), options.offline ?? false));
  if (report.unseen > 0) return EXIT.error;
  return report.drift + report.failed > 0 ? EXIT.found : EXIT.fine;
}

async function statusOfAccount(options: StatusOptions): Promise<number> {
  const { state, stack, cwd, offline, region = [] } = options;
  if (state || stack || cwd || offline)
    throw new UsageError(
      "Expected --account without --state, --stack, --cwd and --offline: it asks AWS alone.",
    );
  const [first] = region;
  if (first === undefined) throw new UsageError("Expected at least one --region with --account.");
  const aws = new Aws(options);
  const connection = aws.connection({ keyCollection: first }, first);
  const accountId = await aws.accountOf(connection);
  const report = await accountReport(
    accountId,
    region.map((name) => aws.open(connection, name)),
  );
  if (options.json) printJson(report);
  else print(accountText(visibleIn(report)));
  return EXIT.fine;
}
