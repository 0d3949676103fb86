/** The key in a token that a version of a keyring names. */
import { KeymgmtError } from "../../../errors";
import { shownReference } from "../../../secrecy/shownReference";
import { differenceOf, isSame, type ShownIdentity } from "../../keyCheckValue";
import { hsmKeysOf, type KeyType } from "../../keyTypes";
import { named, type VersionId } from "../rootKey";
import type { KeystoreSession } from "../session";
import type { TokenSession } from "./cryptoki";
import type { Token } from "./token";
import { type HsmKeystore, parseHsmObject } from "./uri";

/** An HSM, and the type of the key whose versions it holds. */
export interface Hsm {
  session: KeystoreSession;
  keystore: HsmKeystore;
  type: KeyType;
}

/** What the state holds of a version in an HSM. */
export interface HsmVersion extends ShownIdentity {
  /** URI of the key in the token (RFC 7512). */
  from: string;
}

/** A key that is to be found. Its identity is known where it was found before. */
export type Wanted = Pick<HsmVersion, "from"> & Partial<HsmVersion>;

/** The one key that a URI names: of the right type, extractable and, where its identity is known, with that identity. */
export function requireKey(
  { type }: Hsm,
  loggedIn: TokenSession,
  token: Token,
  of: VersionId,
  { from, kcv, cmac }: Wanted,
) {
  const refused = (came: string, next: string) =>
    new KeymgmtError(
      "KeystoreUnavailable",
      `Expected ${named(of)} at ${shownReference(from)} in the HSM's token "${token.name}"; ${came}. ${next} The keyring is as it was.`,
      { ...of },
    );
  const object = parseHsmObject(from);
  if ("mistake" in object) throw refused("this names no key", "Restore the stack's state from a backup.");
  const keys = hsmKeysOf(type);
  const [key, another] = keys.find(loggedIn, object);
  const restore = "Restore the HSM from its owner's backup, or name the token that holds it.";
  if (!key) throw refused(`it holds no such ${keys.kind}`, restore);
  if (another) throw refused(`several ${keys.kind}s match`, "Name it by its id.");
  const mistake = keys.mistake(loggedIn, key);
  if (mistake) throw refused(`the key there ${mistake}`, `AWS KMS takes ${keys.required}.`);
  const identity = keys.identityOf(loggedIn, key);
  const known = kcv === undefined ? identity : { kcv, cmac };
  if (!isSame(identity, known)) throw refused(`the key there ${differenceOf(identity, known)}`, restore);
  return { key, identity };
}
