import assert from "node:assert/strict";
import type { Of } from "./actions.js";
import { type Requests, wrapped } from "./requests.js";
import * as rules from "./rules.js";
import {
  DAY,
  HOUR,
  isComplete,
  type Key,
  type Material,
  type Region,
  type RegionalKey,
  type World,
} from "./world.js";

interface ImportSet {
  publicKey: string;
  token: string;
  validTo: number;
}

/** Imports and deletes material. */
export class Materials {
  /** One set of parameters a key and Region while it is valid: AWS does not limit an import token to one import. */
  private readonly sets = new WeakMap<RegionalKey, ImportSet>();

  constructor(
    private readonly world: World,
    private readonly requests: Requests,
  ) {}

  async import(action: Of<"ImportKeyMaterial">, key: Key, region: Region): Promise<void> {
    const { world } = this;
    const set = await this.importSet(key, region, action.stale);
    if (!set) return;
    const { material, type, hours, flaw } = action;
    const validTo = hours === undefined ? undefined : world.now + hours * HOUR;
    const foreign = world.keys.flatMap((one) => {
      const known = one === key ? undefined : this.sets.get(one.regions.get(region) as RegionalKey);
      return known && known.validTo > world.now ? [known] : [];
    })[0];
    if (flaw === "another key's token" && !foreign) return;
    const { publicKey, token, validTo: setValidTo } = flaw === "another key's token" ? foreign! : set;
    const blob = wrapped(publicKey, material);
    const request = { material, type, validTo, flaw, tokenIsExpired: setValidTo <= world.now };
    const done = await this.requests.attempt(
      rules.importing(world, key, region, request),
      "ImportKeyMaterial",
      region,
      {
        KeyId: key.id,
        ImportToken: token,
        EncryptedKeyMaterial: flaw === "damaged" ? `${blob.slice(0, -8)}AAAAAA==` : blob,
        ImportType: type,
        ExpirationModel: validTo === undefined ? "KEY_MATERIAL_DOES_NOT_EXPIRE" : "KEY_MATERIAL_EXPIRES",
        ValidTo: validTo === undefined ? undefined : validTo / 1000,
      },
    );
    if (done) this.imported(key, region, request, done.KeyMaterialId);
  }

  private imported(key: Key, region: Region, { material, validTo }: rules.ImportRequest, id: string): void {
    const regional = key.regions.get(region)!;
    const wasComplete = isComplete(key, regional);
    const wasDisabled = !regional.enabled;
    if (!key.materials.includes(material)) this.addMaterial(key, material);
    regional.imports.set(material, { validTo });
    // The API reference: "the state of the KMS key changes to Enabled". The table of key states has imports into Disabled keys.
    if (wasDisabled && (!wasComplete || isComplete(key, regional))) regional.enabled = "either";
    assert.equal(
      id,
      key.materialIds.get(material) ?? id,
      "the same material has the same id in every Region",
    );
    key.materialIds.set(material, id);
    const sharers = this.world.keys.flatMap(({ materialIds }) =>
      [...materialIds.values()].filter((one) => one === id),
    );
    assert.equal(sharers.length, 1, "an id belongs to one key and one material");
  }

  private addMaterial(key: Key, material: Material): void {
    if (key.materials.length === 0) {
      key.materials.push(material);
    } else if (key.pending !== material) {
      key.pending = material;
      // What waited before is gone with its place; whether in every Region, AWS does not say.
      for (const { imports } of key.regions.values())
        for (const known of imports.keys())
          if (!key.materials.includes(known) && known !== material) imports.delete(known);
    }
    key.discarded.delete(material);
  }

  /** The set that the key has in the Region; undefined where it gets none. */
  private async importSet(key: Key, region: Region, mayBeStale: boolean): Promise<ImportSet | undefined> {
    const regional = key.regions.get(region);
    const known = regional && this.sets.get(regional);
    if (known && (mayBeStale || known.validTo > this.world.now)) return known;
    const output = await this.requests.attempt(
      rules.gettingParameters(this.world, key, region),
      "GetParametersForImport",
      region,
      { KeyId: key.id, WrappingAlgorithm: "RSAES_OAEP_SHA_256", WrappingKeySpec: "RSA_2048" },
    );
    if (!output) return undefined;
    const set = {
      publicKey: output.PublicKey,
      token: output.ImportToken,
      validTo: Math.round(output.ParametersValidTo * 1000),
    };
    assert.equal(set.validTo, this.world.now + DAY, "a set is valid for 24 hours");
    this.sets.set(regional!, set);
    return set;
  }

  /** Without a material the current one. */
  async delete(action: Of<"DeleteImportedKeyMaterial">, key: Key, region: Region): Promise<void> {
    const material = action.material === "pending" ? key.pending : action.material;
    if (action.material === "pending" && material === undefined) return;
    const id = material === undefined ? undefined : key.materialIds.get(material);
    if (material !== undefined && id === undefined) return;
    const done = await this.requests.attempt(
      rules.deletingMaterial(this.world, key, region, material),
      "DeleteImportedKeyMaterial",
      region,
      { KeyId: key.id, KeyMaterialId: id },
    );
    if (!done) return;
    const deleted = material ?? key.materials.at(-1);
    if (deleted === undefined) return;
    const isWaiting = deleted === key.pending && region === key.primary;
    // "You'll also be deleting the key materials for the replica Region keys."
    for (const [where, { imports }] of key.regions)
      if (isWaiting || where === region) imports.delete(deleted);
    if (!isWaiting) return;
    delete key.pending;
    key.discarded.add(deleted);
  }
}
