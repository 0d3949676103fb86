/** Whether the outputs of a ManagedKey show the public keys of its keyring: verifiers trust what is published from them. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { type Keyring, type KeyVersion, publicKeyIn } from "./keyring";
import { fingerprintOf } from "./privateKeys/publicKeys";

interface Shown {
  versions: readonly Pick<KeyVersion, "enabled" | "publicKey" | "fingerprint">[];
  jwks?: string;
}

/** The keys are compared, and not their texts: another release may write those in another form. */
export function showsPublicKeysOf(keyring: Keyring, { versions, jwks }: Shown): boolean {
  if (!keyring.type.publicKeyOf) return true;
  const held = keyring.keys.map((_, index) => fingerprintOf(publicKeyIn(keyring, index + 1)!));
  const enabled = held.filter((_, index) => versions[index]?.enabled);
  try {
    const inVersions = versions.map(({ publicKey }) => fingerprintOf(createPublicKey(String(publicKey))));
    const inSet = (JSON.parse(jwks ?? '{"keys":[]}').keys as object[]).map((jwk) =>
      fingerprintOf(keyOf(jwk)),
    );
    return (
      [inVersions, versions.map(({ fingerprint }) => fingerprint)].every(isEqual(held)) &&
      isEqual(enabled)(inSet)
    );
  } catch {
    return false; // no public key, or no JSON
  }
}

const isEqual = (expected: string[]) => (came: unknown[]) => came.join() === expected.join();

function keyOf(jwk: object): KeyObject {
  return createPublicKey({ key: jwk as never, format: "jwk" });
}
