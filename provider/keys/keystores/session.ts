/** What keystores keep while a run lasts. */
import { generateKeyPair, type KeyPairKeyObjectResult } from "node:crypto";
import { promisify } from "node:util";
import type { Kms } from "../../kms/client/client";
import type { KmsConnection } from "../../kms/endpoints/connection";
import type { Say } from "../../say";

/** What one run knows of its keystores, and how it reaches KMS for them. A run makes one and hands it down. */
export class KeystoreSession {
  /** PINs that a token has refused, by the token and where they come from: another attempt may lock it. */
  readonly refusedPins = new Set<string>();
  /** Claim secrets in base64url, by the JWE that seals each: a run asks for the root key once for all KMS keys that it makes. */
  readonly claimSecrets = new Map<string, string>();
  #nobodysKey: Promise<KeyPairKeyObjectResult> | undefined;

  constructor(
    readonly openKms: (connection: KmsConnection) => Kms,
    readonly say: Say,
  ) {}

  /** A key to try an HSM's wrapping with. It takes a processor a while to make, so a run makes one, when it first needs it. */
  nobodysKey(): Promise<KeyPairKeyObjectResult> {
    this.#nobodysKey ??= promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    return this.#nobodysKey;
  }
}
