import assert from "node:assert/strict";
import type { LocalKms } from "../../../local-kms/src/index";
import { Observer, type Sealed } from "../../world/observer";
import { type Copy, OWNERS, openssl } from "./openssl";
import { ABROAD, FAR, type Held, HOME, LIVES, type Life, regionsOf } from "./stack";

/**
 * What AWS KMS makes by a KMS key, its owner verifies, decrypts or makes too, by OpenSSL with an own copy of the key; and the other way
 * round. What was made once holds ever after, in every Region.
 */
export class OwnerChecks {
  private readonly observers: Record<string, Observer>;
  /** All that AWS KMS has made, by the key's name. */
  private readonly made: Record<string, Sealed[]> = Object.fromEntries(LIVES.map(({ name }) => [name, []]));

  /** @param copies of a key's versions, from version 1 on, by the key's name */
  constructor(
    local: LocalKms,
    private readonly copies: Record<string, Copy[]>,
  ) {
    this.observers = Object.fromEntries(
      [HOME, ABROAD, FAR].map((region) => [region, new Observer(local, region, undefined, true)]),
    );
  }

  /** Checks the enabled versions of all keys in all their Regions. The newest is used by its alias, as applications do. */
  async check(when: string, held: Record<string, Held>, minEnabledVersion = 1): Promise<void> {
    await Promise.all(LIVES.map((life) => this.checkLife(life, when, held[life.name]!, minEnabledVersion)));
  }

  /** The KeyStates of a key's versions: one list for all keys and Regions that have the same. There are no other KMS keys. */
  async states(held: Record<string, Held>): Promise<string[][]> {
    const found = new Set<string>();
    for (const [region, observer] of Object.entries(this.observers)) {
      const states = new Map((await observer.keys()).map(({ KeyId, KeyState }) => [KeyId, KeyState]));
      for (const life of LIVES.filter((each) => regionsOf(each).includes(region))) {
        const { keyIds } = held[life.name]!;
        found.add(keyIds.map((id) => states.get(id)).join());
        for (const id of keyIds) states.delete(id);
      }
      assert.deepEqual([...states], [], region);
    }
    return [...found].map((states) => states.split(","));
  }

  /** All aliases of this project. */
  async aliases(): Promise<string[]> {
    const found = await Promise.all(Object.values(this.observers).map((observer) => observer.aliases()));
    return found.flatMap((aliases) => Object.keys(aliases));
  }

  private async checkLife(life: Life, when: string, held: Held, minEnabledVersion: number): Promise<void> {
    const { name, use } = life;
    const copies = this.copies[name]!;
    assert.deepEqual(held.publicKeys, await Promise.all(copies.map((copy) => publicKeyOf(life, copy))));
    assert.equal(held.keyIds.length, copies.length);
    const usable = held.keyIds.slice(minEnabledVersion - 1);
    for (const keyId of usable)
      for (const region of regionsOf(life)) {
        const version = held.keyIds.indexOf(keyId) + 1;
        const text = `version ${version} of ${name} in ${region}, ${when}`;
        const target = version === copies.length ? held.aliasName : keyId;
        const sealed = await this.observers[region]!.seal(target, text, use);
        assert.equal(sealed.keyId, keyId, text);
        this.made[name]!.push(sealed);
        await this.checkVersion(life, region, sealed, version);
      }
    const made = this.made[name]!.filter(({ keyId }) => usable.includes(keyId));
    for (const region of regionsOf(life))
      assert.deepEqual(await this.observers[region]!.lost(made), [], when);
  }

  private async checkVersion(
    { name, usage, use }: Life,
    region: string,
    sealed: Sealed,
    version: number,
  ): Promise<void> {
    const { text, made } = sealed;
    const copies = this.copies[name]!;
    const owner = OWNERS[usage.keyUsage]!;
    const how = use.make("").input;
    const holds = copies.map((copy) => owner.holds(copy, text, Buffer.from(made, "base64"), how));
    const expected = copies.map((_, index) => index + 1 === version);
    assert.deepEqual(await Promise.all(holds), expected, text);
    const ours = await owner.make(copies[version - 1]!, text, how);
    const isTaken = await this.observers[region]!.check({ ...sealed, made: ours.toString("base64") });
    assert.ok(isTaken, text);
  }
}

/** In PEM. */
async function publicKeyOf({ type }: Life, key: Copy): Promise<string | undefined> {
  return type.publicKeyOf && (await openssl(["pkey", "-in", "key", "-pubout"], { key })).toString();
}
