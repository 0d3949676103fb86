/** Keys that seal versions: one AES-256 key of the user, or a data key of AWS KMS for each version. */

import { isKeymgmtError, KeymgmtError } from "../../errors";
import type { CallContext } from "../../kms/client/client";
import { parseIdentity } from "../keyCheckValue";
import { AES_256 } from "../keyTypes";
import { readKey, readKnownKey } from "../readReference";
import type { RootKeystore } from "./keystore";
import type { KeystoreSession } from "./session";

/** Which version of which key. */
export interface VersionId {
  key: string;
  version: number;
}

/** What a sealed text holds: a version or the claim secret, of which key, in which keystore. */
export type SealedId = (VersionId | { key: string; purpose: "claim" }) & {
  /** Id of the ManagedKey. */
  id: string;
  /** As the `keystore` input has it. */
  keystore: string;
  /** Name of the key's type. */
  type: string;
};

/** The protected header of what is sealed (RFC 7516 section 4). */
export interface SealHeader {
  /** A256KW: the user's root key wraps a new key for this JWE alone, so no nonce can repeat. dir: a data key encrypts. */
  alg: "A256KW" | "dir";
  enc: "A256GCM";
  /** A version is sealed as a JWK, a claim secret as its bytes. */
  cty: "jwk+json" | "octet-stream";
  /** What opens it: the root key's CMAC (release 0.1.0: its key check value), or the KMS key's ARN. */
  kid: string;
  keymgmt: SealedId & {
    /** The data key as AWS KMS encrypted it, in base64url. */
    dataKey?: string;
  };
}

/**
 * A key to seal with; the caller zeroes it. One root key of the user seals all versions: `sealedBy` is its `kid`, and another root key
 * is refused, because it would not open the other versions.
 */
export async function newSealingKey(
  session: KeystoreSession,
  keystore: RootKeystore,
  of: SealedId,
  sealedBy: string | undefined,
): Promise<{ key: Uint8Array; header: SealHeader }> {
  if (keystore.kind === "rootKey") {
    const key =
      sealedBy === undefined
        ? await readKey(AES_256, keystore.reference, "the root key", session.say)
        : await rootKeyOf(session, sealedBy, keystore.reference, of);
    return { key, header: headerFor(of, "A256KW", AES_256.identityOf(key).cmac) };
  }
  const { keyId, connection } = keystore;
  const input = { KeyId: keyId, KeySpec: "AES_256", EncryptionContext: encryptionContext(of) } as const;
  const made = await fromKms(keyId, of, () =>
    session.openKms(connection).call("GenerateDataKey", input, contextOf(of)),
  );
  const dataKey = Buffer.from(made.CiphertextBlob!).toString("base64url");
  return { key: made.Plaintext!, header: headerFor({ ...of, dataKey }, "dir", made.KeyId!) };
}

/** The key that opens what is sealed; the caller zeroes it. */
export async function openingKey(
  session: KeystoreSession,
  keystore: RootKeystore,
  of: SealedId,
  header: SealHeader,
): Promise<Uint8Array> {
  if (keystore.kind === "rootKey") return rootKeyOf(session, header.kid, keystore.reference, of);
  const CiphertextBlob = Buffer.from(String(header.keymgmt.dataKey), "base64url");
  const { keyId, connection } = keystore;
  // The program names the KMS key. The `kid` comes from the state: with it AWS would decrypt what any KMS key has encrypted.
  const input = { KeyId: keyId, CiphertextBlob, EncryptionContext: encryptionContext(of) };
  const ask = () => session.openKms(connection).call("Decrypt", input, contextOf(of));
  return (await fromKms(keyId, of, ask)).Plaintext!;
}

function rootKeyOf(
  session: KeystoreSession,
  kid: string,
  reference: string,
  { key }: SealedId,
): Promise<Buffer> {
  const what = `the root key that sealed key "${key}"`;
  return readKnownKey(AES_256, parseIdentity(kid), reference, what, session.say);
}

/** An error of AWS KMS about a root key must not look like one about a KMS key that gets material. */
async function fromKms<T>(keyId: string, of: SealedId, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isKeymgmtError(error)) throw error;
    throw new KeymgmtError(
      "KeystoreUnavailable",
      `Expected the root key ${keyId} to seal or open ${named(of)}. ${error.message} The keyring is as it was.`,
      error.context,
      { cause: error },
    );
  }
}

function headerFor(of: SealedId & { dataKey?: string }, alg: SealHeader["alg"], kid: string): SealHeader {
  const cty = "version" in of ? "jwk+json" : "octet-stream";
  return { alg, enc: "A256GCM", cty, kid, keymgmt: of };
}

/** AWS authenticates it, key policies and IAM policies can require it, and CloudTrail shows it. */
function encryptionContext(of: SealedId): Record<string, string> {
  return {
    "keymgmt:key": of.key,
    ...("version" in of ? { "keymgmt:version": String(of.version) } : { "keymgmt:purpose": of.purpose }),
  };
}

/** "version 2 of key "orders"". */
export function named(of: VersionId | { key: string }): string {
  return `${"version" in of ? `version ${of.version}` : "the claim secret"} of key "${of.key}"`;
}

/** Context of an error about it. */
export function contextOf(of: VersionId | { key: string }): CallContext {
  return "version" in of ? { key: of.key, version: of.version } : { key: of.key };
}
