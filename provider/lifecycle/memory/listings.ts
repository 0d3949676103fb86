/** What AWS lists in a Region. It takes long, and once a run is enough. */
import { listAliases, type SeenAlias } from "../../kms/aliases";
import type { Kms } from "../../kms/client/client";
import { listTaggedInPart, type TaggedKey } from "../../kms/taggedKeys";

export class Listings {
  readonly #tagged = new Map<Kms, Promise<TaggedKey[]>>();
  readonly #aliases = new Map<Kms, Promise<SeenAlias[]>>();

  /** Every KMS key that has one of this project's tags, or more. Throws AccessDenied. */
  taggedKeys(kms: Kms): Promise<TaggedKey[]> {
    return once(this.#tagged, kms, () => listTaggedInPart(kms));
  }

  /** Every alias of the account in the Region. Throws AccessDenied. */
  aliases(kms: Kms): Promise<SeenAlias[]> {
    return once(this.#aliases, kms, () => listAliases(kms));
  }

  /** Something was made of which a listing of before says nothing. */
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
