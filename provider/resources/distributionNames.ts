import { aliasArn as aliasArnOf } from "../kms/arn";
import { nameOf } from "../lifecycle/claims/distributionName";
import { takenOver } from "../lifecycle/claims/refusals";
import { locationOf } from "../lifecycle/memory/created";
import { makesNew } from "../lifecycle/plan/adoptRules";
import type { Run } from "../run";
import { hasUnknown, isUnknown, known, UNKNOWN } from "../schema/unknowns";
import type { KeyDistributionInputs, KmsRef } from "../state/types";
import type { Values } from "./resource";

/** Name, alias and time of a distribution. */
export type Names = Pick<KeyDistributionInputs, (typeof NAMES)[number]>;
export const NAMES = ["name", "aliasName", "aliasArn", "distributionTime"] as const;

/** Until the update has chosen them. */
export const UNNAMED = Object.fromEntries(NAMES.map((name) => [name, UNKNOWN])) as Record<
  keyof Names,
  string
>;

/**
 * The names of this run's distributions. `check` puts them into the inputs, because in a preview an updated resource has no outputs but its
 * inputs: so applications that use the alias do not look changed. A distribution keeps the names that it has in the state.
 */
export class DistributionNaming {
  /** By the place in the program: of what a diff replaces, which the engine checks once more, as new. */
  readonly #kept = new Map<string, Names>();
  /** Of each name in its account and Region: adopted aliases may have one name in several. */
  readonly #places = new Map<string, unknown>();

  constructor(private readonly run: Run) {}

  /**
   * Those that the distribution has.
   *
   * @param place the resource's parent and name in the program
   * @param isReplaced it gets other KMS keys, and with them another name
   */
  keep(olds: KeyDistributionInputs, inputs: Values, place: unknown, isReplaced: boolean): Names {
    const { name, aliasName, aliasArn, distributionTime } = olds;
    const names = { name, aliasName, aliasArn, distributionTime };
    const own = ownName(olds.kms, name);
    if ((this.#places.get(own) ?? place) !== place) throw takenOver(name, olds);
    this.#places.set(own, place);
    this.run.names.reserve(name);
    if (!isReplaced) this.#kept.set(placeOf(inputs, place), names);
    return names;
  }

  /** Those of a new distribution: unknown in a preview, because AWS may have a former one of the key. */
  async choose(inputs: Values, place: unknown, isPreview?: boolean): Promise<Names> {
    const kept = this.#kept.get(placeOf(inputs, place));
    if (kept) return kept;
    const names = await this.#chosen(inputs, isPreview);
    if (isUnknown(names.name)) return names;
    const { key, kms } = inputs as Pick<KeyDistributionInputs, "key" | "kms">;
    this.run.created.recordChosen({ name: names.name, key, kms });
    this.#places.set(ownName(kms, names.name), place);
    return names;
  }

  async #chosen(inputs: Values, isPreview?: boolean): Promise<Names> {
    const { kms, key, stack, adopt } = inputs as Partial<KeyDistributionInputs>;
    if (isPreview || hasUnknown([kms, key, stack, adopt])) return UNNAMED;
    if (adopt?.aliasName !== undefined) return adopted(this.run, inputs, adopt.aliasName);
    const name = await nameOf(this.run, {
      kms: kms!,
      stack: stack!,
      key: key!,
      adopts: adopt !== undefined,
      makesNew: adopt !== undefined && makesNew(adopt),
    });
    return named(this.run, inputs, name);
  }
}

const ownName = (kms: KmsRef, name: string) => `${locationOf(kms)} ${name}`;

function placeOf({ key, kms }: Values, place: unknown): string {
  const { id } = (known(key) ?? {}) as { id?: string };
  const { accountId, keyCollection, aliasPrefix } = (known(kms) ?? {}) as Partial<KmsRef>;
  return JSON.stringify([place, id, accountId, keyCollection, aliasPrefix]);
}

/** Takes name and time from an adopted alias. Vault's have the form `alias/hashicorp/<key>-<unix timestamp>`. */
function adopted(run: Run, inputs: Partial<KeyDistributionInputs>, aliasName: string): Names {
  const prefix = `alias/${inputs.kms!.aliasPrefix}/`;
  const name = aliasName.startsWith(prefix) ? aliasName.slice(prefix.length) : aliasName.split("/").at(-1)!;
  run.names.reserve(name);
  return named(run, inputs, name, aliasName);
}

function named(
  run: Run,
  { kms }: Partial<KeyDistributionInputs>,
  name: string,
  aliasName = `alias/${kms!.aliasPrefix}/${name}`,
): Names {
  const { keyCollection, accountId } = kms!;
  return {
    name,
    aliasName,
    aliasArn: aliasArnOf(keyCollection, accountId!, aliasName),
    distributionTime: timeOf(name) ?? secondOf(run.now()),
  };
}

/** The time in a name, ISO 8601 UTC. */
export function timeOf(name: string): string | undefined {
  const [, timestamp] = /-(\d{10})$/.exec(name) ?? [];
  return timestamp === undefined ? undefined : secondOf(new Date(Number(timestamp) * 1000));
}

const secondOf = (time: Date) => new Date(Math.floor(time.getTime() / 1000) * 1000).toISOString();
