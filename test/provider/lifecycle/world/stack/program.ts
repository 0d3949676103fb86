/** What a stack's program declares: one key, its distribution in the home Region, and replicas. */
export const HOME = "us-west-1";

export interface Program {
  /** Counts the rotations that were asked for: the key's latest version. */
  readonly version: number;
  readonly minimum: number;
  /** The resource name's ending; undefined where the program does not have it. */
  readonly distribution?: string;
  /** Regions with a replica. */
  readonly replicas: readonly string[];
  readonly replica: string;
  /** Of a key that signs. */
  readonly publishBefore?: string;
}

export const PUBLISH_BEFORE = "24h";

export const FIRST: Program = { version: 1, minimum: 1, distribution: "", replicas: [], replica: "" };

/** Whether the program wants the key to be usable in a Region. */
export function declares({ distribution, replicas }: Program, region: string): boolean {
  return distribution !== undefined && (region === HOME || replicas.includes(region));
}

export interface Edit {
  name: string;
  program: Program;
}

/** Changes that a person may make to it. */
export function editsOf(
  program: Program,
  {
    versions,
    regions,
    renames,
    disables,
    rotates,
  }: { versions: number; regions: readonly string[]; renames: boolean; disables: boolean; rotates: boolean },
): Edit[] {
  const { version, minimum, distribution, replicas, replica } = program;
  const edits: Edit[] = [];
  const edit = (name: string, change: Partial<Program>) =>
    edits.push({ name, program: { ...program, ...change } });
  if (version < versions && rotates) edit(`rotate to version ${version + 1}`, { version: version + 1 });
  if (minimum < version && disables)
    edit(`raise minEnabledVersion to ${minimum + 1}`, { minimum: minimum + 1 });
  if (minimum > 1) edit(`lower minEnabledVersion to ${minimum - 1}`, { minimum: minimum - 1 });
  if (program.publishBefore === PUBLISH_BEFORE) edit("move the alias now", { publishBefore: "0" });
  if (distribution === undefined) {
    edit("put the distribution back", { distribution: "" });
    return edits;
  }
  edit("take the distribution out", { distribution: undefined, replicas: [] });
  for (const region of regions) {
    if (region === HOME) continue;
    if (replicas.includes(region))
      edit(`take the replica in ${region} out`, { replicas: replicas.filter((one) => one !== region) });
    else edit(`put a replica into ${region}`, { replicas: [...replicas, region].sort() });
  }
  const other = (label: string) => (label === "" ? "-renamed" : "");
  if (renames) {
    edit("rename the distribution without aliases", { distribution: other(distribution) });
    if (replicas.length) edit("rename the replicas without aliases", { replica: other(replica) });
  }
  return edits;
}
