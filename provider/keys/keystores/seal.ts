/** A version's JWK, encrypted as a JWE (RFC 7516) under a root key. */
import { KeymgmtError } from "../../errors";
import type { SealedVersion, VersionJwk } from "../keyring";
import type { RootKeystore } from "./keystore";
import { newKey, openingKey, type SealHeader, type VersionId } from "./rootKey";
import type { KeystoreSession } from "./session";

/**
 * Seals one version. Its key's name and its number are in the protected header, which the encryption authenticates, so that
 * no version can be put in another's place. The version before it, where there is one, tells which root key it must be.
 */
export async function seal(
  session: KeystoreSession,
  keystore: RootKeystore,
  of: VersionId,
  jwk: VersionJwk,
  kcv: string,
  before: SealedVersion | undefined,
): Promise<SealedVersion> {
  const { CompactEncrypt } = await import("jose");
  const sealedBy = before && (await headerOf(before.jwe, { ...of, version: of.version - 1 })).kid;
  const { key, header } = await newKey(session, keystore, of, sealedBy);
  const plaintext = Buffer.from(JSON.stringify(jwk));
  try {
    const jwe = await new CompactEncrypt(plaintext).setProtectedHeader({ ...header }).encrypt(key);
    return { kid: jwk.kid, iat: jwk.iat, kcv, jwe };
  } finally {
    plaintext.fill(0);
    key.fill(0);
  }
}

/** The material of a sealed version; the caller zeroes it. Throws KeystoreUnavailable. */
export async function unseal(
  session: KeystoreSession,
  keystore: RootKeystore,
  of: VersionId,
  { jwe }: SealedVersion,
): Promise<Buffer> {
  const { compactDecrypt } = await import("jose");
  const header = await headerOf(jwe, of);
  const key = await openingKey(session, keystore, of, header);
  let plaintext: Uint8Array | undefined;
  try {
    ({ plaintext } = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [header.alg],
      contentEncryptionAlgorithms: ["A256GCM"],
    }));
    const { k } = JSON.parse(new TextDecoder().decode(plaintext)) as VersionJwk;
    return Buffer.from(k, "base64url");
  } catch {
    throw notSealedFor(of, "it does not open");
  } finally {
    plaintext?.fill(0);
    key.fill(0);
  }
}

async function headerOf(jwe: string, of: VersionId): Promise<SealHeader> {
  const { decodeProtectedHeader } = await import("jose");
  let header: SealHeader;
  try {
    header = decodeProtectedHeader(jwe) as unknown as SealHeader;
  } catch {
    throw notSealedFor(of, "it is no JWE");
  }
  const { key, version } = header.keymgmt ?? {};
  if (key === of.key && version === of.version) return header;
  throw notSealedFor(of, `it is of version ${version} of key "${key}"`);
}

function notSealedFor(of: VersionId, came: string): KeymgmtError {
  return new KeymgmtError(
    "KeystoreUnavailable",
    `Expected the sealed version ${of.version} of key "${of.key}" in the state; ${came}. Restore the stack's state from a backup; nothing was changed.`,
    { ...of },
  );
}
