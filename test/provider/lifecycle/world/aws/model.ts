/**
 * AWS KMS as one value: what an account holds, and the rules by which AWS changes it. Pure, and knows nothing of the provider.
 * Sources: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html and the API reference of each operation.
 */

export type State = "Enabled" | "Disabled" | "PendingImport" | "PendingDeletion" | "PendingReplicaDeletion";

/** A KMS key in one Region, of Origin EXTERNAL. Those of a multi-Region key have one id. */
export interface KmsKey {
  readonly id: string;
  readonly keySpec: string;
  readonly role?: "PRIMARY" | "REPLICA";
  readonly primaryRegion: string;
  readonly enabled: boolean;
  /** `isWaiting`: for the last replica to be gone. */
  readonly deletion?: { readonly isWaiting: boolean };
  /** Every material that it has had or awaits, oldest first. */
  readonly materials: readonly Material[];
  readonly tags: Readonly<Record<string, string>>;
  readonly policy?: string;
  readonly description: string;
}

export interface Material {
  /** The bytes, in base64. */
  readonly bytes: string;
  readonly isPresent: boolean;
  /** It is, or was, the current one; before that it waits for its rotation. */
  readonly isPermanent: boolean;
}

export interface Region {
  readonly keys: Readonly<Record<string, KmsKey>>;
  /** Id of the KMS key by name. */
  readonly aliases: Readonly<Record<string, string>>;
}

export interface Aws {
  readonly regions: Readonly<Record<string, Region>>;
  /** KMS keys ever made. */
  readonly made: number;
}

export function emptyAws(regions: readonly string[]): Aws {
  return {
    made: 0,
    regions: Object.fromEntries(regions.map((region) => [region, { keys: {}, aliases: {} }])),
  };
}

/** Deletion outranks everything, a missing material outranks Enabled and Disabled. */
export function stateOf({ deletion, materials, enabled }: KmsKey): State {
  if (deletion) return deletion.isWaiting ? "PendingReplicaDeletion" : "PendingDeletion";
  const bound = materials.filter(({ isPermanent }) => isPermanent);
  if (bound.length === 0 || bound.some(({ isPresent }) => !isPresent)) return "PendingImport";
  return enabled ? "Enabled" : "Disabled";
}

/** What it encrypts with, and what it decrypts with besides. */
export const currentOf = ({ materials }: KmsKey) => materials.findLast(({ isPermanent }) => isPermanent);

export function keyIn(aws: Aws, region: string, id: string): KmsKey | undefined {
  return aws.regions[region]!.keys[id];
}

/** Regions that hold it, or a replica of it. */
export function regionsOf(aws: Aws, id: string): string[] {
  return Object.keys(aws.regions).filter((region) => keyIn(aws, region, id) !== undefined);
}

export function withKey(aws: Aws, region: string, key: KmsKey): Aws {
  const { keys, aliases } = aws.regions[region]!;
  return {
    ...aws,
    regions: { ...aws.regions, [region]: { keys: { ...keys, [key.id]: key }, aliases } },
  };
}

export function withAlias(aws: Aws, region: string, name: string, id: string | undefined): Aws {
  const { keys, aliases } = aws.regions[region]!;
  const { [name]: _, ...others } = aliases;
  const now = id === undefined ? others : { ...others, [name]: id };
  return { ...aws, regions: { ...aws.regions, [region]: { keys, aliases: now } } };
}

/** UpdatePrimaryRegion, once both have left the state Updating. Both must be Enabled. */
export function withPrimaryIn(aws: Aws, id: string, region: string): Aws {
  let now = aws;
  for (const one of regionsOf(aws, id)) {
    const role = one === region ? ("PRIMARY" as const) : ("REPLICA" as const);
    now = withKey(now, one, { ...keyIn(now, one, id)!, role, primaryRegion: region });
  }
  return now;
}

/** The windows of all deletions have passed: AWS forgets the KMS keys, and their aliases with them. */
export function withoutDeleted(aws: Aws): Aws {
  const goes = (key: KmsKey) => key.deletion !== undefined && !key.deletion.isWaiting;
  const regions = Object.entries(aws.regions).map(([name, { keys, aliases }]) => {
    const left = Object.fromEntries(Object.entries(keys).filter(([, key]) => !goes(key)));
    const pointing = Object.entries(aliases).filter(([, id]) => left[id]);
    return [name, { keys: left, aliases: Object.fromEntries(pointing) }] as const;
  });
  let now: Aws = { ...aws, regions: Object.fromEntries(regions) };
  for (const [region, { keys }] of regions)
    for (const key of Object.values(keys))
      if (key.deletion?.isWaiting && regionsOf(now, key.id).length === 1)
        now = withKey(now, region, { ...key, deletion: { isWaiting: false } });
  return now;
}
