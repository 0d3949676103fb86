/** What holds also while an `up` is half done. */
import assert from "node:assert/strict";
import type { Sealed } from "../../world/observer";
import type { Scene } from "../../world/scene";
import type { Use } from "../../world/uses";

/** Something that an application has encrypted under a version, and keeps for ever. */
export interface Secret extends Sealed {
  version: number;
}

/** What applications use of a stack. */
interface Used {
  readonly secrets: readonly Secret[];
  readonly scene: Scene;
  readonly aliasName: string;
  readonly use: Use;
}

/** What holds also when an `up` has failed half-way, in Regions and of versions that were in use before and still are to be. */
export async function checkInUse(used: Used, regions: string[], minimum: number): Promise<void> {
  await everythingDecrypts(used, regions, minimum);
  for (const from of regions) {
    const sealed = await used.scene.at(from).seal(used.aliasName, `made in ${from}`, used.use);
    for (const to of regions) assert.deepEqual(await used.scene.at(to).lost([sealed]), []);
  }
}

/** Whatever was encrypted under a version that is not disabled, in every Region. */
export async function everythingDecrypts(
  { secrets, scene }: Used,
  regions: string[],
  minimum: number,
): Promise<void> {
  const readable = secrets.filter(({ version }) => version >= minimum);
  for (const region of regions) assert.deepEqual(await scene.at(region).lost(readable), []);
}
