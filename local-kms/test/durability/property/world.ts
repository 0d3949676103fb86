/**
 * What AWS's documents say that there is, as small as can be: KMS keys in two Regions, their materials, aliases and
 * ciphertexts, and what time does to them. The judge of the local KMS: it shares nothing with local-kms/src.
 */
export const REGIONS = ["us-east-1", "eu-west-1"] as const;
export type Region = (typeof REGIONS)[number];
export const other = (region: Region): Region => (region === REGIONS[0] ? REGIONS[1] : REGIONS[0]);

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** How long a replica is Creating and a primary Updating. No step of the clock is as short, and none ends with it. */
export const TRANSIENT = 30_000;

/** A material by its number. Two keys may get the same bytes; negative numbers are materials that KMS made itself. */
export type Material = number;

export interface Import {
  /** Milliseconds; undefined for material that does not expire. */
  validTo?: number;
  /** A material that waited for its rotation, which the primary has lost since: perhaps this one has too. */
  doubtful?: boolean;
}

/** One of the related multi-Region keys, or a single-Region key. */
export interface RegionalKey {
  /** "either" where AWS's documents say both: what DescribeKey shows next decides. */
  enabled: boolean | "either";
  imports: Map<Material, Import>;
  tags: Map<string, string>;
  /** The one that was put last, as JSON; undefined for the default. */
  policy?: string;
  creatingUntil: number;
  updatingUntil: number;
  deletion?: { at: number } | { windowDays: number };
}

export interface Key {
  id: string;
  external: boolean;
  multiRegion: boolean;
  primary: Region;
  /** The materials that belong to it for ever, in the order of its rotations: the last is the current one. */
  materials: Material[];
  /** The material that waits for its rotation. */
  pending?: Material;
  /** Waited for a rotation once, and were deleted or expired in the primary. */
  discarded: Set<Material>;
  /** The KeyMaterialId of each, once it was shown. */
  materialIds: Map<Material, string>;
  rotations: number;
  regions: Map<Region, RegionalKey>;
}

export interface Ciphertext {
  key: Key;
  material: Material;
  blob: string;
  plaintext: string;
}

export interface World {
  /** Whole minutes, so that nothing is due at the very moment that something is asked. */
  now: number;
  keys: Key[];
  /** By Region and name. */
  aliases: Map<string, Key>;
  ciphertexts: Ciphertext[];
  /** Counts what must be new: plaintexts, materials that KMS made. */
  made: number;
}

export const aliasIn = (region: Region, name: string) => `${region} ${name}`;

export type State =
  | "Creating"
  | "Updating"
  | "Enabled"
  | "Disabled"
  | "PendingImport"
  | "PendingDeletion"
  | "PendingReplicaDeletion";

export function statesOf(world: World, key: Key, regional: RegionalKey): State[] {
  const { deletion, creatingUntil, updatingUntil, enabled } = regional;
  if (deletion) return ["at" in deletion ? "PendingDeletion" : "PendingReplicaDeletion"];
  if (world.now < creatingUntil) return ["Creating"];
  if (world.now < updatingUntil) return ["Updating"];
  // "You will need to import all of the key materials associated with the KMS key to change its state to Enabled."
  if (!isComplete(key, regional)) return ["PendingImport"];
  if (enabled === "either") return ["Enabled", "Disabled"];
  return [enabled ? "Enabled" : "Disabled"];
}

export function isComplete({ external, materials }: Key, { imports }: RegionalKey): boolean {
  return !external || (materials.length > 0 && materials.every((material) => imports.has(material)));
}

/** "The earliest time at which any imported key material permanently associated with this KMS key expires." */
export function earliestExpiry({ materials }: Key, { imports }: RegionalKey): number | undefined {
  const times = materials.flatMap((material) => imports.get(material)?.validTo ?? []);
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** Whether material that waits for its rotation was imported in every Region that the key is in. */
export function isEverywhere({ regions }: Key, material: Material): boolean | "doubtful" {
  const imports = [...regions.values()].map((regional) => regional.imports.get(material));
  if (imports.some((known) => !known)) return false;
  return imports.some((known) => known?.doubtful) ? "doubtful" : true;
}

/** Moves the clock, and carries out what is due by then in its order. */
export function passTime(world: World, millis: number): void {
  world.now += millis;
  for (const key of world.keys) {
    for (const [region, regional] of key.regions) expire(world, key, region, regional);
    for (let due = nextDeletion(world, key); due; due = nextDeletion(world, key)) remove(world, key, due);
  }
}

function expire(world: World, key: Key, region: Region, { imports }: RegionalKey): void {
  for (const [material, { validTo = Infinity }] of imports) {
    if (validTo > world.now) continue;
    imports.delete(material);
    if (material === key.pending && region === key.primary) discard(key);
  }
}

/**
 * "When the key material expires, KMS deletes the key material": what waits for its rotation loses its place, as if it
 * was deleted. Then the replicas lose it too ("you'll also be deleting the key materials for the replica Region keys");
 * whether they do when it expires, AWS does not say.
 */
function discard(key: Key): void {
  const material = key.pending!;
  delete key.pending;
  key.discarded.add(material);
  for (const { imports } of key.regions.values()) {
    const known = imports.get(material);
    if (known) imports.set(material, { ...known, doubtful: true });
  }
}

interface Due {
  region: Region;
  at: number;
}

function nextDeletion({ now }: World, { regions }: Key): Due | undefined {
  const dates = [...regions].flatMap(([region, { deletion }]) =>
    deletion && "at" in deletion && deletion.at < now ? [{ region, at: deletion.at }] : [],
  );
  return dates.sort((one, another) => one.at - another.at)[0];
}

/** "KMS deletes the KMS key, its key material, and … all aliases that refer to it." */
function remove(world: World, key: Key, { region, at }: Due): void {
  key.regions.delete(region);
  for (const [alias, target] of world.aliases)
    if (target === key && alias.startsWith(`${region} `)) world.aliases.delete(alias);
  // "When the last of its replicas keys is deleted (not just scheduled), … its waiting period begins."
  const [last, ...others] = key.regions.values();
  if (last?.deletion && "windowDays" in last.deletion && others.length === 0)
    last.deletion = { at: at + last.deletion.windowDays * DAY };
}
