/** A version's JWK or a claim secret, encrypted as a JWE (RFC 7516) under a root key. */
import { KeymgmtError } from "../../errors";
import type { SealedVersion, VersionJwk } from "../keyring";
import type { RootKeystore } from "./keystore";
import {
  type ClaimSecretId,
  contextOf,
  named,
  newKey,
  openingKey,
  type SealedId,
  type SealHeader,
  type VersionId,
} from "./rootKey";
import type { KeystoreSession } from "./session";

/** What is sealed already and is to open by the same root key. */
export interface SealedBefore {
  of: SealedId;
  jwe: string;
}

/** Seals one version. The version before it, where there is one, tells which root key it must be. */
export async function seal(
  session: KeystoreSession,
  keystore: RootKeystore,
  of: VersionId,
  jwk: VersionJwk,
  kcv: string,
  before: SealedVersion | undefined,
): Promise<SealedVersion> {
  const sealedBefore = before && { of: { ...of, version: of.version - 1 }, jwe: before.jwe };
  const plaintext = Buffer.from(JSON.stringify(jwk));
  try {
    const jwe = await sealBytes(session, keystore, of, plaintext, sealedBefore);
    return { kid: jwk.kid, iat: jwk.iat, kcv, jwe };
  } finally {
    plaintext.fill(0);
  }
}

/** The material of a sealed version; the caller zeroes it. Throws KeystoreUnavailable. */
export async function unseal(
  session: KeystoreSession,
  keystore: RootKeystore,
  of: VersionId,
  { jwe }: SealedVersion,
): Promise<Buffer> {
  const plaintext = await openBytes(session, keystore, of, jwe);
  try {
    const { k } = JSON.parse(new TextDecoder().decode(plaintext)) as VersionJwk;
    return Buffer.from(k, "base64url");
  } catch {
    throw notSealedFor(of, "it does not open");
  } finally {
    plaintext.fill(0);
  }
}

/**
 * Seals what the caller zeroes. Whose it is stands in the protected header, which the encryption authenticates, so that nothing
 * can be put in another's place.
 */
export async function sealBytes(
  session: KeystoreSession,
  keystore: RootKeystore,
  of: SealedId,
  plaintext: Uint8Array,
  before: SealedBefore | undefined,
): Promise<string> {
  const { CompactEncrypt } = await import("jose");
  const sealedBy = before && (await headerOf(before.jwe, before.of)).kid;
  const { key, header } = await newKey(session, keystore, of, sealedBy);
  try {
    return await new CompactEncrypt(plaintext).setProtectedHeader({ ...header }).encrypt(key);
  } finally {
    key.fill(0);
  }
}

/** What was sealed; the caller zeroes it. Throws KeystoreUnavailable. */
export async function openBytes(
  session: KeystoreSession,
  keystore: RootKeystore,
  of: SealedId,
  jwe: string,
): Promise<Uint8Array> {
  const { compactDecrypt } = await import("jose");
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
  const { decodeProtectedHeader } = await import("jose");
  let header: SealHeader;
  try {
    header = decodeProtectedHeader(jwe) as unknown as SealHeader;
  } catch {
    throw notSealedFor(of, "it is no JWE");
  }
  const [came, expected] = [header.keymgmt ?? {}, of] as Partial<VersionId & ClaimSecretId>[];
  const isSame = (["key", "version", "purpose"] as const).every((name) => came![name] === expected![name]);
  if (isSame) return header;
  throw notSealedFor(of, `it is ${named(header.keymgmt)}`);
}

function notSealedFor(of: SealedId, came: string): KeymgmtError {
  return new KeymgmtError(
    "KeystoreUnavailable",
    `Expected ${named(of)}, sealed, in the state; ${came}. Restore the stack's state from a backup; nothing was changed.`,
    contextOf(of),
  );
}
