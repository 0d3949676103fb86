/** A version's JWK or a claim secret, encrypted as a JWE (RFC 7516) under a root key. */

import { isDeepStrictEqual } from "node:util";
import { KeymgmtError } from "../../errors";
import { type Keyring, keyIdOf, type SealedVersion, type VersionJwk } from "../keyring";
import { type KeyType, keyTypeOf } from "../keyTypes";
import type { RootKeystore } from "./keystore";
import {
  contextOf,
  named,
  newSealingKey,
  openingKey,
  type SealedId,
  type SealHeader,
  type VersionId,
} from "./rootKey";
import type { KeystoreSession } from "./session";

/** What was sealed before, by the same root key. */
export interface EarlierSeal {
  of: SealedId;
  jwe: string;
}

/** What the header of a sealed version or claim secret says of its key. */
export function sealedKey(keyring: Keyring, key: string) {
  const { type, keystore } = keyring;
  return { key, id: keyIdOf(keyring, key), keystore: String(keystore), type: type.name };
}

/** Seals one version. The version before it, where there is one, names the root key that must seal this one too. */
export async function seal(
  session: KeystoreSession,
  keystore: RootKeystore,
  of: SealedId & VersionId,
  jwk: VersionJwk,
  before: string | undefined,
): Promise<string> {
  const sealedBefore =
    before === undefined ? undefined : { of: { ...of, version: of.version - 1 }, jwe: before };
  const plaintext = Buffer.from(JSON.stringify(jwk));
  try {
    return await sealBytes(session, keystore, of, plaintext, sealedBefore);
  } finally {
    plaintext.fill(0);
  }
}

/** The material of a sealed version; the caller zeroes it. Throws KeystoreUnavailable. */
export async function unseal(
  session: KeystoreSession,
  keystore: RootKeystore,
  of: SealedId & VersionId,
  { jwe }: SealedVersion,
): Promise<Buffer> {
  const plaintext = await openBytes(session, keystore, of, jwe);
  try {
    const material = materialIn(plaintext, keyTypeOf(of.type));
    if (material) return material;
  } finally {
    plaintext.fill(0);
  }
  throw notSealedFor(of, "it does not open");
}

function materialIn(plaintext: Uint8Array, { material }: KeyType): Buffer | undefined {
  try {
    return material.fromJwk(JSON.parse(new TextDecoder().decode(plaintext)));
  } catch {
    return undefined; // the parser's own message would quote the text
  }
}

/**
 * Seals bytes, which the caller zeroes. The protected header says of which key and keystore they are. The encryption authenticates the
 * header, so that no sealed text can take the place of another one.
 */
export async function sealBytes(
  session: KeystoreSession,
  keystore: RootKeystore,
  of: SealedId,
  plaintext: Uint8Array,
  before: EarlierSeal | undefined,
): Promise<string> {
  const { CompactEncrypt } = await import("jose/jwe/compact/encrypt");
  const sealedBy = before && (await headerOf(before.jwe, before.of)).kid;
  const { key, header } = await newSealingKey(session, keystore, of, sealedBy);
  try {
    return await new CompactEncrypt(plaintext).setProtectedHeader({ ...header }).encrypt(key);
  } finally {
    key.fill(0);
  }
}

/** The bytes that were sealed; the caller zeroes them. Throws KeystoreUnavailable. */
export async function openBytes(
  session: KeystoreSession,
  keystore: RootKeystore,
  of: SealedId,
  jwe: string,
): Promise<Uint8Array> {
  const { compactDecrypt } = await import("jose/jwe/compact/decrypt");
  const header = await headerOf(jwe, of);
  const key = await openingKey(session, keystore, of, header);
  try {
    const { plaintext } = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [header.alg],
      contentEncryptionAlgorithms: ["A256GCM"],
    });
    return plaintext;
  } catch {
    throw notSealedFor(of, "it does not open");
  } finally {
    key.fill(0);
  }
}

async function headerOf(jwe: string, of: SealedId): Promise<SealHeader> {
  const { decodeProtectedHeader } = await import("jose/decode/protected_header");
  let header: SealHeader;
  try {
    header = decodeProtectedHeader(jwe) as unknown as SealHeader;
  } catch {
    throw notSealedFor(of, "it is no JWE");
  }
  const { dataKey: _, ...came } = header.keymgmt ?? {};
  if (isDeepStrictEqual(came, of) || isOfFirstRelease(came, of)) return header;
  const [is, expected] = [named(came), named(of)];
  throw notSealedFor(of, is === expected ? "it is of another key or keystore" : `it is ${is}`);
}

/** Release 0.1.0 wrote only name and number into the header. */
function isOfFirstRelease(came: object, { key, ...of }: SealedId): boolean {
  return "version" in of && isDeepStrictEqual(came, { key, version: of.version });
}

function notSealedFor(of: SealedId, came: string): KeymgmtError {
  return new KeymgmtError(
    "KeystoreUnavailable",
    `Expected ${named(of)}, sealed, in the state; ${came}. Restore the stack's state from a backup; nothing was changed.`,
    contextOf(of),
  );
}
