/**
 * Everything there is: AWS, each stack's side, and what is remembered to judge them by. A value.
 *
 * It is not the scene of test/world, since that cannot be walked: a local KMS and its network have no value that is kept, compared and
 * gone back to, and a run there costs a hundred times as much. What the program declares, and how the SDK connects it, is the same.
 */
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { versionOf } from "./aws/materials";
import { type Aws, emptyAws, type KmsKey, keyIn, stateOf } from "./aws/model";
import { FIRST, HOME } from "./stack/program";
import type { ResourceState, Side } from "./stack/side";

/** How much may still happen on a path. */
export interface Left {
  readonly edits: number;
  readonly faults: number;
  /** Changes that others make in AWS. */
  readonly outside: number;
  /** Commands and edits of the second stack. */
  readonly second: number;
  /** Times that all windows of scheduled deletions pass. */
  readonly windows: number;
}

export interface World {
  readonly aws: Aws;
  readonly sides: readonly Side[];
  /** Index of the side that made it, by `Region/id`; for aliases by `Region/alias/…`. AWS does not know it. */
  readonly owners: Readonly<Record<string, number>>;
  /** Ids of KMS keys that applications have encrypted with, through an alias. What they hold has one ciphertext each. */
  readonly used: readonly string[];
  /** Others have changed something since the last refresh. */
  readonly isDisturbed: boolean;
  /** The second in which the stacks are made is over. */
  readonly isLater: boolean;
  readonly left: Left;
  /** Operations that the stacks may call; by default all. */
  readonly permitted?: ReadonlySet<string>;
}

export interface Beginning {
  regions: readonly string[];
  strategy: "manual" | "on-demand";
  /** A second stack of the same program: the same project and key names, made in the same second. */
  second: boolean;
  /** The stacks' own material is the same. */
  own: boolean;
  left: Left;
  permitted?: ReadonlySet<string>;
}

export function begin({ regions, strategy, second, own, left, permitted }: Beginning): World {
  const side = (stack: string): Side => ({
    ...{ stack, program: FIRST, strategy, states: {}, isBegun: false },
    ...{ replicaRegions: regions.filter((region) => region !== HOME), ...(own && { own: "own" }) },
  });
  const sides = [side("organization/shop/dev"), ...(second ? [side("organization/shop/test")] : [])];
  return {
    aws: emptyAws(regions),
    sides,
    owners: {},
    used: [],
    isDisturbed: false,
    isLater: false,
    left,
    permitted,
  };
}

/** What the state of a side says of a Region. */
export function recordsIn({ states }: Side, region: string): KmsKeyRecords {
  return (resourceIn(states, region)?.outputs.versions ?? {}) as KmsKeyRecords;
}

export function resourceIn(states: Side["states"], region: string): ResourceState | undefined {
  return Object.values(states).findLast(({ type, inputs, isReplaced }) =>
    isReplaced
      ? false
      : region === HOME
        ? type === "keyDistribution"
        : type === "keyReplica" && inputs.region === region,
  );
}

/** KMS keys of a side in a Region. */
export function keysOf({ aws, owners }: Pick<World, "aws" | "owners">, of: number, region: string): KmsKey[] {
  return Object.values(aws.regions[region]!.keys).filter(({ id }) => owners[`${region}/${id}`] === of);
}

/** The latest version that a KMS key holds. */
export function versionIn({ materials }: KmsKey): number {
  return Math.max(0, ...materials.filter((one) => one.isPermanent).map(({ bytes }) => versionOf(bytes)));
}

/** What is encrypted under the KMS key can be decrypted in the Region. */
export function decrypts(aws: Aws, region: string, id: string): boolean {
  const key = keyIn(aws, region, id);
  return key !== undefined && stateOf(key) === "Enabled";
}

/** Remembers what applications can have used by now. */
export function withUse(used: readonly string[], aws: Aws, owners: World["owners"]): readonly string[] {
  const now = Object.entries(aws.regions).flatMap(([region, { aliases }]) =>
    Object.entries(aliases)
      .filter(([name, id]) => owners[`${region}/${name}`] !== undefined && decrypts(aws, region, id))
      .map(([, id]) => id),
  );
  const more = now.filter((id) => !used.includes(id));
  return more.length === 0 ? used : [...new Set([...used, ...more])].sort();
}
