import assert from "node:assert/strict";
import { ACCOUNT } from "../../support.js";
import type { Action, Of, Place } from "./actions.js";
import { audit, auditKey } from "./audit.js";
import { Materials } from "./materials.js";
import { arnOf, type Requests } from "./requests.js";
import * as rules from "./rules.js";
import { Verdict } from "./verdict.js";
import {
  aliasIn,
  DAY,
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

/** A few keys, so that there is much to do with each. */
const MAX_KEYS = 3;

/** Carries out actions, holds each answer against the rules, and makes the world what it then is by AWS's documents. */
export class Run {
  private readonly materials: Materials;

  constructor(
    private readonly world: World,
    private readonly requests: Requests,
    private readonly restart: () => Promise<void>,
  ) {
    this.materials = new Materials(world, requests);
  }

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
    const { KeyMetadata } = await this.requests.attempt(new Verdict(), "CreateKey", region, input);
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
    const attempt = async (verdict: Verdict, input: object = {}) =>
      (await this.requests.attempt(verdict, action.do, region, { KeyId, ...input })) !== undefined;

    switch (action.do) {
      case "ImportKeyMaterial":
        return this.materials.import(action, key, region);
      case "DeleteImportedKeyMaterial":
        return this.materials.delete(action, key, region);
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
