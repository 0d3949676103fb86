/**
 * Everything there is: AWS, each stack's side, and what is remembered to judge them by. A value.
 *
 * It is not the scene of test/world, since that cannot be walked: a local KMS and its network have no value that is kept, compared and
 * gone back to, and a run there costs a hundred times as much. What the program declares, and how the SDK connects it, is the same.
 */

import { AES_256 } from "../../../../provider/keys/keyTypes";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { SIGNS, versionOf } from "./aws/materials";
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
  /** Days that go by while a version waits (`publishBefore`). */
  readonly days: number;
}

/** What is known of `publishBefore`. */
export interface Published {
  /** That have gone by. */
  readonly days: number;
  /** By id of a KMS key, the day on which the state first had it. */
  readonly recorded: Readonly<Record<string, number>>;
  /** The version that the alias at home was on last. Undefined where the stack has no distribution. */
  readonly signing?: number;
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
  readonly published: Published;
  readonly left: Left;
  /** Operations that the stacks may call; by default all. */
  readonly permitted?: ReadonlySet<string>;
}

export interface Beginning {
  regions: readonly string[];
  strategy: "manual" | "on-demand";
  /** `publishBefore` of a key that signs; by default the key encrypts. */
  publishBefore?: string;
  /** A second stack of the same program: the same project and key names, made in the same second. */
  second: boolean;
  /** The stacks' own material is the same. */
  own: boolean;
  left: Left;
  permitted?: ReadonlySet<string>;
}

export function begin(beginning: Beginning): World {
  const { regions, strategy, publishBefore, second, own, left, permitted } = beginning;
  const type = publishBefore === undefined ? AES_256 : SIGNS;
  const side = (stack: string): Side => ({
    ...{ stack, program: { ...FIRST, publishBefore }, type: type.name, strategy, states: {}, isBegun: false },
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
    published: { days: 0, recorded: {} },
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
