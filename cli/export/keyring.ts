/** A ManagedKey and its keyring, from an export with decrypted secrets. */

import type { Backup } from "../../provider/keys/backup/backup.js";
import { claimSecretOf, withClaimSecret } from "../../provider/keys/claimSecret.js";
import {
  type Keyring,
  type KeyringVersion,
  kcvsOf,
  parseKeyring,
  versionJwk,
} from "../../provider/keys/keyring.js";
import { isSealed, parseKeystore } from "../../provider/keys/keystores/keystore.js";
import { materialOf } from "../../provider/keys/keystores/readVersion.js";
import type { KeystoreSession } from "../../provider/keys/keystores/session.js";
import { type Exported, parseExport, SIGNATURE, TYPE } from "../state/stack.js";

export interface ExportedKey {
  key: Backup["key"];
  keyring: Keyring;
}

/** Finds the one ManagedKey of this name. Throws where there is none, where its keyring is encrypted, or where its check values differ. */
export function exportedKey(text: string, source: string, name: string): ExportedKey {
  const { outputs = {} } = managedKeyIn(text, source, name);
  const { type, replicaRegions, minEnabledVersion, versions } = outputs as unknown as Backup["key"] & {
    versions: { kcv: string }[];
  };
  const keyring = parseKeyring(inTheClear(outputs.keyring, source), type);
  const said = versions.map(({ kcv }) => kcv).join(", ");
  const held = kcvsOf(keyring).join(", ");
  if (said !== held)
    throw new Error(
      `Expected the keyring of "${name}" in ${source} to have the key check values ${said}; it has ${held}. Nothing was written.`,
    );
  return { key: { name, type, replicaRegions, minEnabledVersion }, keyring };
}

/** Throws where there is no such ManagedKey, or more than one. */
export function managedKeyIn(text: string, source: string, name: string): Exported {
  const keys = parseExport(text, source).resources.filter(
    ({ type, delete: replaced }) => TYPE.exec(type)?.[1] === "ManagedKey" && !replaced,
  );
  const found = keys.filter(({ outputs }) => outputs?.name === name);
  const [resource] = found;
  if (resource && found.length === 1) return resource;
  const names = keys.flatMap(({ outputs }) => (typeof outputs?.name === "string" ? [outputs.name] : []));
  const there = found.length > 0 ? `there are ${found.length}` : `it has ${names.join(", ") || "none"}`;
  throw new Error(`Expected one ManagedKey "${name}" in ${source}; ${there}.`);
}

function inTheClear(keyring: unknown, source: string): string {
  if (typeof keyring === "string") return keyring;
  const secret = (keyring ?? {}) as { [SIGNATURE]?: string; plaintext?: string };
  if (typeof secret.plaintext === "string") return JSON.parse(secret.plaintext);
  throw new Error(
    `Expected ${source} to hold its secrets in plain text; they are encrypted. Make it with: pulumi stack export --show-secrets`,
  );
}

/**
 * The keyring for a backup: every version in the state is unsealed, and its key check value verified. A version whose material is
 * outside of the state stays a reference. Throws KeystoreUnavailable, for example where a root key is missing.
 */
export async function unsealed(session: KeystoreSession, keyring: Keyring, name: string): Promise<Keyring> {
  const keys: KeyringVersion[] = [];
  for (const entry of keyring.keys) {
    if ("from" in entry) {
      keys.push(entry);
      continue;
    }
    const version = Number(entry.kid);
    const material = await materialOf(session, keyring, { key: name }, version);
    keys.push(versionJwk(keyring.type, version, material, new Date(entry.iat * 1000)));
    material.fill(0);
  }
  const keystore = parseKeystore(keyring.keystore ?? "state");
  const holdsItself = "kind" in keystore && (keystore.kind === "state" || isSealed(keystore));
  const unsealed = { type: keyring.type, ...(!holdsItself && { keystore: keyring.keystore }), keys };
  const secret = await claimSecretOf(session, keyring, name);
  return secret ? withClaimSecret(session, unsealed, name, secret) : unsealed;
}
