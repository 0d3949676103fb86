import type { Application } from "../world/application";

/** Who works with one stack's alias, in the Regions where it worked from the start. */
interface Use {
  owner: string;
  alias: string;
  regions: string[];
  ciphertexts: { blob: Uint8Array; text: string; regions: string[] }[];
}

/** Applications that encrypt through an alias all the time, in every Region, and keep what they got. */
export class Applications {
  private uses: Use[] = [];

  constructor(private readonly clients: Record<string, Application>) {}

  /** From now on an owner's alias is used. */
  use(owner: string, alias: string, regions: string[]): void {
    this.uses.push({ owner, alias, regions, ciphertexts: [] });
  }

  /** What was encrypted for an owner is of no use to anybody any more. */
  leave(owner: string): void {
    this.uses = this.uses.filter((use) => use.owner !== owner);
  }

  /** Encrypts once in each Region where the alias works at the moment, and notes where that decrypts. */
  async work(when: string): Promise<void> {
    for (const { owner, alias, regions, ciphertexts } of this.uses)
      for (const region of regions) {
        const text = `of ${owner}, ${when}, in ${region}`;
        const blob = await this.encrypted(alias, region, text);
        if (!(blob instanceof Uint8Array)) continue;
        const found = await Promise.all(regions.map((each) => this.decrypted(blob, each)));
        ciphertexts.push({ blob, text, regions: regions.filter((_, index) => found[index] === text) });
      }
  }

  /** What does not work as it did: aliases where they were, ciphertexts where they decrypted. */
  async lost(): Promise<string[]> {
    const lost: string[] = [];
    for (const { owner, alias, regions, ciphertexts } of this.uses) {
      for (const region of regions) {
        const found = await this.encrypted(alias, region, "now");
        if (!(found instanceof Uint8Array)) lost.push(`alias: ${alias} of ${owner} in ${region}: ${found}`);
      }
      // One line for all that AWS refuses for the same reason.
      const refused = new Map<string, string[]>();
      for (const { blob, text, regions: readable } of ciphertexts)
        for (const region of readable) {
          const found = await this.decrypted(blob, region);
          const reason = `in ${region}: ${found}`;
          if (found !== text) refused.set(reason, [...(refused.get(reason) ?? []), text]);
        }
      for (const [reason, texts] of refused)
        lost.push(
          `ciphertext: ${texts.length} lost, from that ${texts[0]} to that ${texts.at(-1)}; ${reason}`,
        );
    }
    return lost;
  }

  private encrypted(alias: string, region: string, text: string): Promise<Uint8Array | string> {
    return this.clients[region]!.encrypt(alias, text).catch(said);
  }

  private decrypted(blob: Uint8Array, region: string): Promise<string> {
    return this.clients[region]!.decrypt(blob).then(({ text }) => text, said);
  }
}

const said = (error: Error) => `${error.name} ${error.message}`;
