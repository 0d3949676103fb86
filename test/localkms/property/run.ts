import assert from "node:assert/strict";
import { ACCOUNT } from "../support.js";
import type { Action, Place } from "./actions.js";
import { audit, auditKey } from "./audit.js";
import { type Requests, wrapped } from "./requests.js";
import * as rules from "./rules.js";
import {
  aliasIn,
  DAY,
  HOUR,
  isComplete,
  type Key,
  type Material,
  MINUTE,
  other,
  passTime,
  REGIONS,
  type Region,
  type RegionalKey,
  TRANSIENT,
  type World,
} from "./world.js";

interface ImportSet {
  publicKey: string;
  token: string;
  validTo: number;
}

/** A few keys, so that there is much to do with each. */
const MAX_KEYS = 3;

type Of<Name extends Action["do"]> = Extract<Action, { do: Name }>;

/** Carries out actions, holds each answer against the rules, and makes the world what it then is by AWS's documents. */
export class Run {
  /** One set of parameters a key and Region while it is valid: AWS does not limit an import token to one import. */
  private readonly sets = new WeakMap<RegionalKey, ImportSet>();

  constructor(
    readonly world: World,
    private readonly requests: Requests,
    private readonly restart: () => Promise<void>,
  ) {}

  async carryOut(actions: readonly Action[]): Promise<void> {
    for (const [at, action] of actions.entries()) {
      try {
        await this.step(action);
      } catch (error) {
        throw new Error(`Action ${at}, ${JSON.stringify(action)}: ${(error as Error).message}`, {
          cause: error,
        });
      }
    }
    await audit(this.world, this.requests);
  }

  private async step(action: Action): Promise<void> {
    const { world } = this;
    switch (action.do) {
      case "CreateKey":
        return this.create(action);
      case "wait":
        passTime(world, action.minutes * MINUTE);
        return this.look(world.keys);
      case "restart":
        await this.restart();
        return audit(world, this.requests);
      case "Decrypt":
        return this.decrypt(action);
    }
    const key = world.keys[action.key % world.keys.length];
    if (!key) return;
    await this.onKey(action, key, placeOf(key, action.at));
    return this.look([key]);
  }

  private async create({ external, multiRegion, region }: Of<"CreateKey">): Promise<void> {
    if (this.world.keys.length === MAX_KEYS) return;
    const Tags = [{ TagKey: "one", TagValue: "of its creation" }];
    const input = { Origin: external ? "EXTERNAL" : "AWS_KMS", MultiRegion: multiRegion, Tags };
    const { KeyMetadata } = await this.requests.attempt(new rules.Verdict(), "CreateKey", region, input);
    const key: Key = {
      id: KeyMetadata.KeyId,
      external,
      multiRegion,
      primary: region,
      materials: external ? [] : [this.made()],
      discarded: new Set(),
      materialIds: new Map(),
      rotations: 0,
      regions: new Map([[region, { ...newRegional(0), tags: new Map([["one", "of its creation"]]) }]]),
    };
    assert.equal(key.id.startsWith("mrk-"), multiRegion);
    assert(this.world.keys.every(({ id }) => id !== key.id));
    this.world.keys.push(key);
    return this.look([key]);
  }

  private async look(keys: readonly Key[]): Promise<void> {
    for (const key of keys)
      for (const region of REGIONS) await auditKey(this.world, this.requests, key, region);
  }

  /** A material that KMS makes itself. */
  private made(): Material {
    this.world.made += 1;
    return -this.world.made;
  }

  private async onKey(
    action: Exclude<Action, Of<"CreateKey" | "wait" | "restart" | "Decrypt">>,
    key: Key,
    region: Region,
  ): Promise<void> {
    const { world } = this;
    const KeyId = key.id;
    const regional = key.regions.get(region);
    const attempt = async (verdict: rules.Verdict, input: object = {}) =>
      (await this.requests.attempt(verdict, action.do, region, { KeyId, ...input })) !== undefined;

    switch (action.do) {
      case "ImportKeyMaterial":
        return this.import(action, key, region);
      case "DeleteImportedKeyMaterial":
        return this.deleteMaterial(action, key, region);
      case "Encrypt":
        return this.encrypt(action, key, region);
      case "CreateAlias":
      case "UpdateAlias":
      case "DeleteAlias":
        return this.changeAlias(action, key, region);
      case "EnableKey":
      case "DisableKey":
        if (await attempt(rules.enabling(world, key, region))) regional!.enabled = action.do === "EnableKey";
        return;
      case "ScheduleKeyDeletion":
        if (await attempt(rules.scheduling(world, key, region), { PendingWindowInDays: action.days }))
          regional!.deletion =
            region === key.primary && key.regions.size > 1
              ? { windowDays: action.days }
              : { at: world.now + action.days * DAY };
        return;
      case "CancelKeyDeletion":
        // What comes of a key whose creation was still in progress when its deletion was scheduled, AWS does not say.
        if (regional && world.now < regional.creatingUntil) return;
        if (!(await attempt(rules.cancelling(world, key, region)))) return;
        delete regional!.deletion;
        regional!.enabled = false;
        return;
      case "ReplicateKey": {
        const to = placeOf(key, action.to);
        if (await attempt(rules.replicating(world, key, region, to), { ReplicaRegion: to }))
          key.regions.set(to, newRegional(world.now + TRANSIENT));
        return;
      }
      case "UpdatePrimaryRegion": {
        const to = placeOf(key, action.to);
        if (!(await attempt(rules.updatingPrimary(world, key, region, to), { PrimaryRegion: to }))) return;
        key.primary = to;
        for (const related of key.regions.values()) related.updatingUntil = world.now + TRANSIENT;
        return;
      }
      case "RotateKeyOnDemand":
        if (!(await attempt(rules.rotating(world, key, region)))) return;
        key.rotations += 1;
        key.materials.push(key.external ? key.pending! : this.made());
        delete key.pending;
        for (const { imports } of key.regions.values())
          for (const known of imports.values()) delete known.doubtful;
        return;
      case "TagResource": {
        const tag = { TagKey: action.tag, TagValue: action.value };
        if (await attempt(rules.tagging(world, key, region), { Tags: [tag] }))
          regional!.tags.set(action.tag, action.value);
        return;
      }
      case "UntagResource":
        if (await attempt(rules.tagging(world, key, region), { TagKeys: [action.tag] }))
          regional!.tags.delete(action.tag);
        return;
      case "PutKeyPolicy": {
        const policy = policyOf(action.sid);
        if (await attempt(rules.puttingPolicy(world, key, region), { Policy: policy }))
          regional!.policy = policy;
        return;
      }
    }
  }

  private async import(action: Of<"ImportKeyMaterial">, key: Key, region: Region): Promise<void> {
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
        EncryptedKeyMaterial: flaw === "damaged" ? `${blob.slice(0, -8)}AAAAAAA=` : blob,
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

  private async deleteMaterial(
    action: Of<"DeleteImportedKeyMaterial">,
    key: Key,
    region: Region,
  ): Promise<void> {
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

  private async changeAlias(
    action: Of<"CreateAlias" | "UpdateAlias" | "DeleteAlias">,
    key: Key,
    region: Region,
  ): Promise<void> {
    const { world } = this;
    const { alias } = action;
    const verdicts = {
      CreateAlias: () => rules.creatingAlias(world, key, region, alias),
      UpdateAlias: () => rules.updatingAlias(world, key, region, alias),
      DeleteAlias: () => rules.deletingAlias(world, region, alias),
    };
    const input = { AliasName: alias, TargetKeyId: action.do === "DeleteAlias" ? undefined : key.id };
    const done = await this.requests.attempt(verdicts[action.do](), action.do, region, input);
    if (!done) return;
    if (action.do === "DeleteAlias") world.aliases.delete(aliasIn(region, alias));
    else world.aliases.set(aliasIn(region, alias), key);
  }

  private async encrypt({ alias }: Of<"Encrypt">, named: Key, region: Region): Promise<void> {
    const { world } = this;
    const key = alias === undefined ? named : world.aliases.get(aliasIn(region, alias));
    const plaintext = `plaintext ${world.ciphertexts.length}`;
    const done = await this.requests.attempt(rules.encrypting(world, key, region), "Encrypt", region, {
      KeyId: alias ?? named.id,
      Plaintext: Buffer.from(plaintext).toString("base64"),
    });
    if (!done) return;
    assert.equal(done.KeyId, arnOf(key!, region));
    world.ciphertexts.push({
      key: key!,
      material: key!.materials.at(-1)!,
      blob: done.CiphertextBlob,
      plaintext,
    });
  }

  private async decrypt({ ciphertext, at, key }: Of<"Decrypt">): Promise<void> {
    const { world } = this;
    const known = world.ciphertexts[ciphertext % world.ciphertexts.length];
    if (!known) return;
    const region = placeOf(known.key, at);
    const asked = key === undefined ? undefined : world.keys[key % world.keys.length];
    await this.requests.attempt(rules.decrypting(world, known, region, asked), "Decrypt", region, {
      CiphertextBlob: known.blob,
      KeyId: asked?.id,
    });
  }
}

export const arnOf = ({ id }: Key, region: Region) => `arn:aws:kms:${region}:${ACCOUNT}:key/${id}`;

function placeOf({ primary, multiRegion }: Key, place: Place): Region {
  return place === "elsewhere" || (place === "replica" && multiRegion) ? other(primary) : primary;
}

const newRegional = (creatingUntil: number): RegionalKey => ({
  enabled: true,
  imports: new Map(),
  tags: new Map(),
  creatingUntil,
  updatingUntil: 0,
});

const policyOf = (Sid: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid,
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
        Action: "kms:*",
        Resource: "*",
      },
    ],
  });
