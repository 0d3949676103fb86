/** What holds also while an `up` is half done. */
import assert from "node:assert/strict";
import type { Observer } from "./observer";

/** Something that an application has encrypted under a version, and keeps for ever. */
export interface Secret {
  version: number;
  keyId: string;
  text: string;
  ciphertext: string;
}

/** What applications use of a stack. */
interface Used {
  readonly secrets: Secret[];
  readonly observers: Record<string, Observer>;
  readonly aliasName: string;
}

/** What holds also when an `up` has failed half-way, in Regions and of versions that were in use before and still are to be. */
export async function checkInUse(used: Used, regions: string[], minimum: number): Promise<void> {
  await everythingDecrypts(used, regions, minimum);
  for (const from of regions) {
    const ciphertext = await used.observers[from]!.encrypt(used.aliasName, from);
    for (const to of regions)
      assert.equal(await used.observers[to]!.decrypt(ciphertext).catch(String), from, `${from} to ${to}`);
  }
}

/** Whatever was encrypted under a version that is not disabled, in every Region. */
export async function everythingDecrypts(used: Used, regions: string[], minimum: number): Promise<void> {
  for (const { text, ciphertext, version } of used.secrets) {
    if (version < minimum) continue;
    for (const region of regions) {
      const decrypted = await used.observers[region]!.decrypt(ciphertext).catch(String);
      assert.equal(decrypted, text, `decrypted in ${region}`);
    }
  }
}
