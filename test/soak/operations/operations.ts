import type { Drop } from "../../../local-kms/src/index";
import { Random } from "./random";

/** Types of a stack's resources, as the last part of their Pulumi type. */
export type ResourceType = "KmsProvider" | "ManagedKey" | "KeyDistribution" | "KeyReplica";

/** Which of the KMS keys that are there, and where. */
interface Somewhere {
  region: "home" | "abroad";
  version: "first" | "latest";
}

export type Edit =
  | { edit: "rotate" | "raise" | "lower" | "remove distribution" | "remove replicas" | "put back" }
  | { edit: "rename distribution" | "rename component"; aliases: boolean }
  /** `name` keeps the key's own name, which is by default the resource's. */
  | { edit: "rename key"; aliases: boolean; name: boolean };

export type Command =
  | { run: "up" | "destroy"; preview: boolean; refresh: boolean }
  | { run: "refresh" | "rename stack" }
  /** `pattern`: all resources of the type, those that the program would make too; else the one in the state. */
  | { run: "target"; type: ResourceType; pattern: boolean; dependents: boolean }
  | { run: "replace"; type: ResourceType }
  | { run: "state delete"; type: ResourceType; force: boolean }
  | { run: "unprotect" }
  /** An update (or a destroy) that ends at its nth KMS request, which takes effect or not. */
  | { run: "kill"; nth: number; effect: boolean; during: "up" | "destroy" }
  /** An update whose nth KMS request takes effect, and whose answer does not come. */
  | { run: "lost answer"; nth: number; drop: Drop };

export type Hand =
  | ({
      hand: "DisableKey" | "ScheduleKeyDeletion" | "DeleteImportedKeyMaterial" | "PutKeyPolicy";
    } & Somewhere)
  | { hand: "DeleteAlias"; region: Somewhere["region"] }
  | ({ hand: "TagResource" | "UntagResource"; tag: string } & Somewhere);

export type Operation =
  | Edit
  | Command
  | Hand
  /** The same program in a second stack, which has its own material. */
  | { other: "up" | "destroy" }
  | { clock: number };

/** What begins before the operations: how the program is built. */
export interface Sequence {
  seed: number;
  /** Whether the KmsProvider is in the component, and renamed with it. */
  providerInside: boolean;
  operations: Operation[];
  /** How the program is brought up when the mistake is taken back. */
  ending: { preview: boolean; refresh: boolean };
}

export const TAGS = ["keymgmt:key", "keymgmt:version", "keymgmt:distribution", "keymgmt:stack"];

/** AWS deletes what is scheduled after 30 days: nothing in a sequence is so old when the mistake is taken back. */
const MOST_DAYS = 20;

export function sequenceOf(seed: number): Sequence {
  const random = new Random(seed);
  const providerInside = random.chance(0.5);
  const operations: Operation[] = [];
  const length = random.between(5, 9);
  while (operations.length < length) operations.push(next(random, operations));
  const ending = { preview: random.chance(0.5), refresh: random.chance(0.7) };
  return { seed, providerInside, operations, ending };
}

function next(random: Random, before: Operation[]): Operation {
  // An edit shows only in the command after it.
  const isEdited = "edit" in (before.at(-1) ?? {});
  const daysLeft = MOST_DAYS - before.reduce((sum, each) => sum + ("clock" in each ? each.clock : 0), 0);
  return random.weighted<() => Operation>([
    [isEdited ? 10 : 35, () => edit(random, before)],
    [isEdited ? 75 : 30, () => command(random, isEdited)],
    [12, () => hand(random)],
    [
      7,
      () => ({
        other: random.weighted([[3, "up"] as const, [hadOther(before) ? 3 : 0, "destroy"] as const]),
      }),
    ],
    [daysLeft > 0 ? 4 : 0, () => ({ clock: random.between(1, daysLeft) })],
  ])();
}

const hadOther = (before: Operation[]) => before.some((each) => "other" in each);

const edits = (before: Operation[], what: Edit["edit"]) =>
  before.filter((each) => "edit" in each && each.edit === what).length;

/** What would change nothing is left out: there is something to put back, and a version to disable. */
function edit(random: Random, before: Operation[]): Edit {
  const aliases = random.chance(0.4);
  const isOut =
    edits(before, "remove distribution") + edits(before, "remove replicas") > edits(before, "put back");
  const isRaised = edits(before, "raise") > edits(before, "lower");
  return random.weighted<Edit>([
    [5, { edit: "rotate" }],
    [edits(before, "rotate") > 0 ? 4 : 0, { edit: "raise" }],
    [isRaised ? 8 : 0, { edit: "lower" }],
    [2, { edit: "remove distribution" }],
    [2, { edit: "remove replicas" }],
    [isOut ? 6 : 0, { edit: "put back" }],
    [2, { edit: "rename key", aliases, name: random.chance(0.5) }],
    [2, { edit: "rename distribution", aliases }],
    [2, { edit: "rename component", aliases }],
  ]);
}

/** `worthwhile`: there is an edit to carry out, so that a kill or a lost answer hits something. */
function command(random: Random, worthwhile: boolean): Operation {
  const [preview, refresh] = [random.chance(0.5), random.chance(0.25)];
  const given: ResourceType = random.pick(["KeyDistribution", "KeyReplica"]);
  const any: ResourceType = random.weighted([
    [3, given],
    [1, "ManagedKey"],
    [0.3, "KmsProvider"],
  ]);
  return random.weighted<Operation>([
    [worthwhile ? 10 : 3, { run: "up", preview, refresh }],
    [1, { run: "refresh" }],
    [2, { run: "destroy", preview: random.chance(0.3), refresh }],
    [2, { run: "target", type: any, pattern: random.chance(0.5), dependents: random.chance(0.3) }],
    [2, { run: "replace", type: any }],
    [2, { run: "state delete", type: any, force: random.chance(0.7) }],
    [1, { run: "unprotect" }],
    [1, { run: "rename stack" }],
    [worthwhile ? 6 : 2, killed(random)],
    [
      worthwhile ? 4 : 1,
      { run: "lost answer", nth: random.between(1, 12), drop: random.pick(["close", "reset", "half"]) },
    ],
  ]);
}

function killed(random: Random): Operation {
  const during = random.chance(0.9) ? "up" : "destroy";
  return { run: "kill", nth: random.between(1, 14), effect: random.chance(0.5), during };
}

function hand(random: Random): Operation {
  const region = random.pick(["home", "abroad"] as const);
  const somewhere = { region, version: random.pick(["first", "latest"] as const) };
  const tag = random.pick(TAGS);
  return random.weighted<Operation>([
    [2, { hand: "DisableKey", ...somewhere }],
    [2, { hand: "ScheduleKeyDeletion", ...somewhere }],
    [2, { hand: "DeleteAlias", region }],
    [2, { hand: "DeleteImportedKeyMaterial", ...somewhere }],
    [1, { hand: "PutKeyPolicy", ...somewhere }],
    [1, { hand: "TagResource", tag, ...somewhere }],
    [2, { hand: "UntagResource", tag, ...somewhere }],
  ]);
}
