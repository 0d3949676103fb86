/** What AWS lists in a Region. A listing takes long, so each is requested once in a run. */
import { listAliases, type SeenAlias } from "../../kms/aliases";
import type { Kms } from "../../kms/client/client";
import { undefinedIfDenied } from "../../kms/optional";
import { listPartlyTaggedKeys, type TaggedKey } from "../../kms/taggedKeys";

export class Listings {
  readonly #tagged = new Map<Kms, Promise<TaggedKey[]>>();
  readonly #aliases = new Map<Kms, Promise<SeenAlias[]>>();

  /** Every KMS key that has one or more of this project's tags. Throws AccessDenied. */
  taggedKeys(kms: Kms): Promise<TaggedKey[]> {
    return once(this.#tagged, kms, () => listPartlyTaggedKeys(kms));
  }

  /** Every alias of the account in the Region. Throws AccessDenied. */
  aliases(kms: Kms): Promise<SeenAlias[]> {
    return once(this.#aliases, kms, () => listAliases(kms));
  }

  /** Id of the KMS key that an alias points to; undefined if there is no such alias, or listing is not permitted. */
  async aliasTarget(kms: Kms, aliasName: string): Promise<string | undefined> {
    const aliases = await undefinedIfDenied(() => this.aliases(kms));
    return aliases?.find(({ name }) => name === aliasName)?.keyId;
  }

  /** A KMS key or an alias was created, so the listings are out of date. */
  forget(kms: Kms): void {
    this.#tagged.delete(kms);
    this.#aliases.delete(kms);
  }
}

function once<T>(known: Map<Kms, Promise<T>>, kms: Kms, ask: () => Promise<T>): Promise<T> {
  const asked = known.get(kms) ?? ask();
  known.set(kms, asked);
  return asked;
}
