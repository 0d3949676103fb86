/** A key that a token is to hold from now on. It can go nowhere else any more, so what would be imported is tried first. */
import type { KeyPairKeyObjectResult } from "node:crypto";
import { hsmKeysOf, type KeyType } from "../../keyTypes";
import { bytesBehind } from "../../privateKeys/der";
import type { VersionId } from "../rootKey";
import type { TokenSession } from "./cryptoki";
import { type Hsm, type HsmVersion, requireKey } from "./heldKey";
import { quietly } from "./module";
import { destroyMade } from "./objects";
import { reachToken, type Token } from "./token";
import { type HsmWrapping, opened, triedWrapping } from "./wrapping";

/** A token that can wrap, and what showed that it can. */
export interface Trial {
  loggedIn: TokenSession;
  token: Token;
  wrapping: HsmWrapping;
  probe: KeyPairKeyObjectResult;
}

/** Logs in where the version before is, and tries the wrapping first: a key that comes there can go nowhere else any more. */
export async function forNewVersion<T>(
  hsm: Hsm,
  purpose: string,
  { key, version }: VersionId,
  before: HsmVersion | undefined,
  work: (trial: Trial) => T | Promise<T>,
): Promise<T> {
  const token = await reachToken(hsm.session, hsm.keystore);
  const probe = await hsm.session.probeKeyPair();
  return token.use(purpose, (loggedIn) => {
    if (before) requireKey(hsm, loggedIn, token, { key, version: version - 1 }, before);
    const wrapping = triedWrapping(loggedIn, hsmKeysOf(hsm.type).wrappings, probe);
    return work({ loggedIn, token, wrapping, probe });
  });
}

/** What has a new CKA_ID stays in the token only if all of the work succeeds. */
export async function wholeOrNone<T>(
  { loggedIn }: Trial,
  id: Buffer,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    quietly(() => destroyMade(loggedIn, id));
    throw error;
  }
}

/** Of keys whose material must not come here, a temporary one shows it. */
export async function sayIfPadded({ session, type }: Hsm, { loggedIn, token, wrapping, probe }: Trial) {
  const key = await hsmKeysOf(type).temporary?.(loggedIn);
  if (!key) return;
  const came = opened(loggedIn, wrapping, key, probe);
  const more = bytesBehind(came);
  came.fill(0);
  if (more > 0)
    session.say(
      `the HSM's token "${token.name}" puts more bytes behind private keys when it wraps them, and AWS does not document that AWS KMS takes these: try an import before you rely on it`,
    );
}

/** How what a token wraps differs from the material that was put there. */
export function differenceFrom(
  { material: form, inHsm }: KeyType,
  material: Buffer,
  came: Buffer,
): string | undefined {
  const more = inHsm?.kind === "private key" ? bytesBehind(came) : 0;
  if (more > 0)
    return `it puts ${more} more bytes behind the private key, and AWS does not document that AWS KMS takes these`;
  try {
    const again = form.fromJwk(form.toJwk(came)); // an HSM may leave out the public half
    const isSame = again?.equals(material);
    again?.fill(0);
    if (isSame) return undefined;
  } catch {
    // no key
  }
  return "what it wraps is another key";
}
