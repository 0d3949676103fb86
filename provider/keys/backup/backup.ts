/** A backup: one file with a key, all its versions and its KMS keys in AWS, as a JWE (RFC 7516, compact). */
import { createHash } from "node:crypto";
import { KeymgmtError } from "../../errors";
import { type Keyring, kcvsOf, parseKeyring, storedKeyring } from "../keyring";
import { isHsmUri } from "../keystores/hsm/uri";
import type { BackupKey } from "./backupKeys";

export interface Backup {
  /** Shape of this document. */
  backup: typeof SHAPE;
  /** When it was made, ISO 8601 UTC. */
  madeAt: string;
  /** Stack whose state it was made from. */
  stack: string;
  key: { name: string; type: string; replicaRegions: string[]; minEnabledVersion: number };
  /** Every version: a JWK, or a reference where the keyring did not hold the material. */
  keyring: Keyring;
  /** Key check values from version 1 on. */
  kcvs: string[];
  distributions: BackedUpDistribution[];
}

/** What AWS holds of a key in one account and primary Region. */
export interface BackedUpDistribution {
  region: string;
  accountId: string;
  aliasName: string;
  /** ARN of the KMS key by version. */
  versions: Record<string, string>;
  /** Key check values of the versions whose material the keyring holds. It may not hold the material of an adopted KMS key. */
  kcvs: Record<string, string>;
  /** Regions with a KeyReplica. */
  replicas: string[];
}

const SHAPE = 1;
const TYPE = "keymgmt-backup+jwe";

/**
 * OWASP recommends 210 000 iterations of PBKDF2-HMAC-SHA512 for sign-in (Password Storage Cheat Sheet, 2023). A backup gets more: it is
 * opened rarely, and can be attacked offline. A backup that asks for more is refused, because anybody may have written the file.
 */
export const PBKDF2_ITERATIONS = 1_000_000;

/** Encrypts a backup. Its header shows the key's name and key check values, so that a user can find the right file. */
export async function sealBackup(backup: Backup, { alg, key, kid }: BackupKey): Promise<string> {
  const { CompactEncrypt } = await import("jose/jwe/compact/encrypt");
  const plaintext = Buffer.from(JSON.stringify({ ...backup, keyring: storedKeyring(backup.keyring) }));
  const { name } = backup.key;
  const header = {
    alg,
    enc: "A256GCM",
    typ: TYPE,
    cty: "json",
    kid,
    keymgmt: { key: name, kcvs: backup.kcvs },
  };
  const encryption = new CompactEncrypt(plaintext).setProtectedHeader(header);
  if (alg === "PBES2-HS512+A256KW") encryption.setKeyManagementParameters({ p2c: PBKDF2_ITERATIONS });
  try {
    return await encryption.encrypt(key);
  } finally {
    plaintext.fill(0);
  }
}

/**
 * The fingerprint of a backup: SHA-256 of its trimmed text, in hex. Anybody with the public key or the passphrase can make another backup
 * that opens, but none with this fingerprint. The text is ciphertext, so the fingerprint shows no secret.
 */
export function fingerprintOf(text: string): string {
  return createHash("sha256").update(text.trim()).digest("hex");
}

/** Opens a backup and verifies each version's key check value. `from` names it in errors. Throws KeystoreUnavailable. */
export async function openBackup(text: string, { alg, key, kid }: BackupKey, from: string): Promise<Backup> {
  const { compactDecrypt } = await import("jose/jwe/compact/decrypt");
  const { decodeProtectedHeader } = await import("jose/decode/protected_header");
  const jwe = text.trim();
  let header: { alg?: string; typ?: string; kid?: string };
  try {
    header = decodeProtectedHeader(jwe);
  } catch {
    throw unusable(from, "it is no JWE");
  }
  if (header.typ !== TYPE) throw unusable(from, "it is another JWE");
  if (header.kid !== kid || header.alg !== alg)
    throw unusable(from, `it opens with ${opens(header)}, got ${opens({ alg, kid })}`);
  let plaintext: Uint8Array;
  try {
    ({ plaintext } = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [alg],
      contentEncryptionAlgorithms: ["A256GCM"],
      maxPBES2Count: PBKDF2_ITERATIONS,
    }));
  } catch {
    throw unusable(from, "it does not open: the passphrase or private key is wrong, or the file is damaged");
  }
  try {
    return verified(JSON.parse(new TextDecoder().decode(plaintext)), from);
  } finally {
    plaintext.fill(0);
  }
}

function opens({ alg, kid }: { alg?: string; kid?: string }): string {
  return kid === undefined ? `a passphrase (${alg})` : `the private key with the thumbprint ${kid} (${alg})`;
}

function verified(backup: Backup, from: string): Backup {
  if (backup.backup !== SHAPE)
    throw unusable(from, "another release made it; install the newest pulumi-keymgmt");
  const keyring = parseKeyring(JSON.stringify(backup.keyring), backup.key.type);
  // `keymgmt export` writes no sealed keyring, and a backup must not choose the root key or KMS key that is used.
  if (keyring.keystore !== undefined && keyring.keystore !== "none" && !isHsmUri(keyring.keystore))
    throw unusable(from, "its keyring names a keystore that a backup never has");
  const kcvs = kcvsOf(keyring);
  if (kcvs.join() !== backup.kcvs.join())
    throw unusable(
      from,
      `its key check values are ${kcvs.join(", ")}, and should be ${backup.kcvs.join(", ")}`,
    );
  return { ...backup, keyring };
}

function unusable(from: string, came: string): KeymgmtError {
  return new KeymgmtError(
    "KeystoreUnavailable",
    `Expected a backup that \`keymgmt export\` made in ${from}; ${came}. Nothing was changed.`,
  );
}
