import { otherRegions } from "../../provider/kms/kmsKeys.js";
import { visibleIn } from "../../provider/secrecy/visible.js";
import { Aws, type AwsOptions } from "../aws.js";
import { EXIT, UsageError } from "../exitCodes.js";
import { print, printJson, printNote } from "../print.js";
import { loadStates, type StateOptions } from "../state/load.js";
import { count, date, wrapped } from "../text.js";
import { confirmed } from "./confirm.js";
import { type Deletion, scheduleAll } from "./delete.js";
import { findKeys, placeId, placesOf } from "./find.js";
import { type KeyReport, keyReport, sweepReport } from "./report.js";
import { type Sorted, sortKeys } from "./sort.js";
import { sweepText } from "./text.js";

export interface SweepOptions extends StateOptions, AwsOptions {
  region?: string[];
  emptyStack?: string[];
  delete?: boolean;
  /** Days until AWS deletes. */
  days: number;
  yes?: boolean;
  json?: boolean;
}

/** `keymgmt sweep`. Returns the exit code. */
export async function sweep(options: SweepOptions): Promise<number> {
  if (options.yes && !options.delete) throw new UsageError("Expected --yes together with --delete.");
  const asks = options.delete && !options.yes;
  if (asks && options.json) throw new UsageError("Expected --yes with --delete --json: nobody can be asked.");
  if (asks && options.state?.includes("-"))
    throw new UsageError("Expected --yes with --delete --state -: the standard input is the state.");
  const states = options.emptyStack && !namesState(options) ? [] : await loadStates(options);
  const aws = new Aws(options, states);
  let { places, leftOut } = await placesOf(aws, states, options.region ?? []);
  let keys = await findKeys(places);
  // A killed update leaves replicas in Regions that no state names.
  const looked = new Set(places.map(({ kms }) => kms.region));
  const more = [...new Set(keys.flatMap((key) => otherRegions(key, key.region)))].filter(
    (region) => !looked.has(region),
  );
  if (more.length > 0) {
    const known = new Set(places.map(placeId));
    ({ places, leftOut } = await placesOf(aws, states, [...(options.region ?? []), ...more]));
    keys = [...keys, ...(await findKeys(places.filter((place) => !known.has(placeId(place)))))];
  }
  const sorted = sortKeys(keys, states, options.emptyStack ?? [], new Date());
  const report = sweepReport(places, leftOut, states, sorted);
  if (!options.json) print(`${sweepText(visibleIn(report))}\n`);
  const deletions = options.delete ? await remove(sorted, options) : undefined;
  const done = deletions?.map(({ key, ...rest }) => ({ ...keyReport(key), ...rest }));
  if (options.json) printJson({ ...report, deletions: done ?? [] });
  else print(conclusion(sorted, visibleIn(done)));
  return leftOut.length > 0 ? EXIT.error : exitCode(sorted, deletions);
}

/** With only --empty-stack there is no state to read. */
const namesState = ({ state, stack, cwd }: StateOptions) => Boolean(state || stack || cwd);

/** Undefined where the user did not confirm. */
async function remove({ deletable }: Sorted, { yes, days }: SweepOptions): Promise<Deletion[] | undefined> {
  if (deletable.length === 0) return [];
  if (!yes) {
    printNote(
      wrapped(
        `AWS deletes ${count(deletable.length, "KMS key")} ${days} days from now. What was encrypted under ${deletable.length === 1 ? "it" : "them"} can then never be decrypted again.`,
      ),
    );
    if (!(await confirmed(`delete ${deletable.length}`))) return undefined;
  }
  return scheduleAll(deletable, days);
}

type Done = KeyReport & { failure?: string };

function conclusion({ deletable, held }: Sorted, deletions: Done[] | undefined): string {
  if (deletions === undefined || deletions.length === 0) {
    const unaccounted = deletable.length + held.length;
    const advice =
      deletable.length > 0 ? " `--delete` schedules the deletion of those that nobody can be using." : "";
    return unaccounted === 0
      ? "Nothing is unaccounted for.\n"
      : wrapped(`${count(unaccounted, "KMS key")} unaccounted for; nothing was changed.${advice}`);
  }
  return deletions
    .map(({ keyId, region, deletionDate, failure }) =>
      failure === undefined
        ? `${keyId} in ${region}: ${!deletionDate ? "deleted after its last replica" : `deleted on ${date(deletionDate)}`}\n` +
          `  keep it: aws kms cancel-key-deletion --region ${region}\n    --key-id ${keyId}\n`
        : wrapped(`${keyId} in ${region}: not scheduled: ${failure}`),
    )
    .join("");
}

function exitCode({ deletable, held, unfinished }: Sorted, deletions: Deletion[] | undefined): number {
  if (deletions?.some(({ failure }) => failure !== undefined)) return EXIT.error;
  const left = held.length + unfinished.length + (deletions === undefined ? deletable.length : 0);
  return left > 0 ? EXIT.found : EXIT.fine;
}
