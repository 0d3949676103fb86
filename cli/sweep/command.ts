import { otherRegions } from "../../provider/kms/kmsKeys.js";
import { visibleIn } from "../../provider/secrecy/visible.js";
import { Aws, type AwsOptions } from "../aws.js";
import { EXIT, UsageError } from "../exitCodes.js";
import { print, printJson, printNote } from "../print.js";
import { loadStates, loadStatesIfAny, type StateOptions } from "../state/load.js";
import { count, date, wrapped } from "../text.js";
import { confirmed } from "./confirm.js";
import { type Deletion, scheduleAll } from "./delete.js";
import { type FoundKey, findKeys, placeId, placesOf } from "./find.js";
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
  const isNeeded = options.emptyStack === undefined;
  const states = await (isNeeded ? loadStates(options) : loadStatesIfAny(options, false));
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
  refuseUnknownStacks(options.emptyStack ?? [], keys);
  const sorted = sortKeys(keys, states, options.emptyStack ?? [], new Date());
  const report = sweepReport(places, leftOut, states, sorted);
  if (!options.json) print(`${sweepText(visibleIn(report))}\n`);
  const deletions = options.delete ? await remove(sorted, options) : undefined;
  const done = deletions?.map(({ key, ...rest }) => ({ ...keyReport(key), ...rest }));
  if (options.json) printJson({ ...report, deletions: done ?? [] });
  else print(conclusion(sorted, visibleIn(done), leftOut));
  return leftOut.length > 0 ? EXIT.error : exitCode(sorted, deletions);
}

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

function conclusion(sorted: Sorted, deletions: Done[] | undefined, leftOut: string[]): string {
  const { deletable, held } = sorted;
  if (deletions === undefined || deletions.length === 0)
    return wrapped([...unaccounted(deletable, held), ...openEnds(sorted, leftOut)].join(" ") || NOTHING);
  const lines = deletions.map(({ keyId, region, deletionDate, failure }) =>
    failure === undefined
      ? `${keyId} in ${region}: ${!deletionDate ? "deleted after its last replica" : `deleted on ${date(deletionDate)}`}\n` +
        `  keep it: aws kms cancel-key-deletion --region ${region}\n    --key-id ${keyId}\n`
      : wrapped(`${keyId} in ${region}: not scheduled: ${failure}`),
  );
  const left = held.length === 0 ? [] : [`${count(held.length, "KMS key")} left alone.`];
  return [...lines, ...[...left, ...openEnds(sorted, leftOut)].map((each) => wrapped(each))].join("");
}

const NOTHING = "Nothing is unaccounted for.";

function unaccounted(deletable: FoundKey[], held: Sorted["held"]): string[] {
  const advice = "`--delete` schedules the deletion of those that nobody can be using.";
  const all = deletable.length + held.length;
  if (all === 0) return [];
  return [
    `${count(all, "KMS key")} unaccounted for; nothing was changed.`,
    ...(deletable.length > 0 ? [advice] : []),
  ];
}

/** What keeps the answer from being "nothing", besides KMS keys that no state accounts for. */
function openEnds({ unfinished, foreign }: Sorted, leftOut: string[]): string[] {
  return [
    ...(unfinished.length === 0
      ? []
      : [`${count(unfinished.length, "KMS key")} left to the next \`pulumi up\`.`]),
    ...(foreign.length === 0
      ? []
      : [
          `Nothing is known of ${count(foreign.length, "KMS key")} whose stack no state names: give its state with --state, or --empty-stack NAME where it has no key any more.`,
        ]),
    ...(leftOut.length === 0 ? [] : [`Nothing is known of ${leftOut.join(", ")}, which was left out.`]),
  ];
}

function exitCode(
  { deletable, held, unfinished, foreign }: Sorted,
  deletions: Deletion[] | undefined,
): number {
  if (deletions?.some(({ failure }) => failure !== undefined)) return EXIT.error;
  const undone = deletions === undefined ? deletable : [];
  const left = [...held, ...unfinished, ...foreign, ...undone];
  return left.length > 0 ? EXIT.found : EXIT.fine;
}

/** A name with a typo would leave the KMS keys of the stack that was meant among those of other stacks. */
function refuseUnknownStacks(named: string[], keys: FoundKey[]): void {
  const tagged = [...new Set(keys.flatMap(({ stack }) => stack ?? []))].sort();
  const unknown = named.find((name) => !tagged.includes(name));
  if (unknown !== undefined)
    throw new UsageError(
      `Expected --empty-stack to name a stack as tags of KMS keys do; no KMS key that was found has ${JSON.stringify(unknown)}. They have: ${tagged.join(", ") || "none"}. Give another name, or --region for other Regions.`,
    );
}
