import type { Observer, Sealed } from "../world/observer";

/** Who works with one stack's alias, in the Regions where it worked from the start. */
interface Use {
  owner: string;
  alias: string;
  regions: string[];
  sealed: (Sealed & { regions: string[] })[];
}

/** Applications that encrypt through an alias all the time, in every Region, and keep what they got. */
export class Applications {
  private uses: Use[] = [];

  constructor(private readonly observers: Record<string, Observer>) {}

  /** From now on an owner's alias is used. */
  use(owner: string, alias: string, regions: string[]): void {
    this.uses.push({ owner, alias, regions, sealed: [] });
  }

  /** What was encrypted for an owner is of no use to anybody any more. */
  leave(owner: string): void {
    this.uses = this.uses.filter((use) => use.owner !== owner);
  }

  /** Encrypts once in each Region where the alias works at the moment, and notes where that decrypts. */
  async work(when: string): Promise<void> {
    for (const { owner, alias, regions, sealed } of this.uses)
      for (const region of regions) {
        const text = `of ${owner}, ${when}, in ${region}`;
        const made = await this.seal(region, alias, text);
        if (typeof made === "string") continue;
        const found = await Promise.all(regions.map((each) => this.decrypts(each, made)));
        sealed.push({ ...made, regions: regions.filter((_, index) => found[index] === true) });
      }
  }

  /** What does not work as it did: aliases where they were, ciphertexts where they decrypted. */
  async lost(): Promise<string[]> {
    const lost: string[] = [];
    for (const { owner, alias, regions, sealed } of this.uses) {
      for (const region of regions) {
        const found = await this.seal(region, alias, "now");
        if (typeof found === "string") lost.push(`alias: ${alias} of ${owner} in ${region}: ${found}`);
      }
      // One line for all that AWS refuses for the same reason.
      const refused = new Map<string, string[]>();
      for (const each of sealed)
        for (const region of each.regions) {
          const found = await this.decrypts(region, each);
          const reason = `in ${region}: ${found}`;
          if (found !== true) refused.set(reason, [...(refused.get(reason) ?? []), each.text]);
        }
      for (const [reason, texts] of refused)
        lost.push(
          `ciphertext: ${texts.length} lost, from that ${texts[0]} to that ${texts.at(-1)}; ${reason}`,
        );
    }
    return lost;
  }

  private seal(region: string, alias: string, text: string): Promise<Sealed | string> {
    return this.observers[region]!.seal(alias, text).catch(String);
  }

  private decrypts(region: string, sealed: Sealed): Promise<boolean | string> {
    return this.observers[region]!.check(sealed).catch(String);
  }
}
