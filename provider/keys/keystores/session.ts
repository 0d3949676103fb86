/** What keystores remember during one run. */
import { generateKeyPair, type KeyPairKeyObjectResult } from "node:crypto";
import { promisify } from "node:util";
import type { Kms } from "../../kms/client/client";
import type { KmsConnection } from "../../kms/endpoints/connection";
import type { Say } from "../../say";

/** What one run knows of its keystores, and how it reaches KMS for them. A run creates one and hands it down. */
export class KeystoreSession {
  /** PINs that a token has refused, by the token and where they come from: another attempt may lock it. */
  readonly refusedPins = new Set<string>();
  /** Claim secrets in base64url, by the JWE that seals each: a run asks for the root key once for all KMS keys that it makes. */
  readonly claimSecrets = new Map<string, string>();
  #probeKeyPair: Promise<KeyPairKeyObjectResult> | undefined;
  #lastAtHsm: Promise<unknown> = Promise.resolve();

  constructor(
    readonly openKms: (connection: KmsConnection) => Kms,
    readonly say: Say,
  ) {}

  /** A key pair to try an HSM's wrapping with. Generating one takes a while, so a run generates one, when it first needs it. */
  probeKeyPair(): Promise<KeyPairKeyObjectResult> {
    this.#probeKeyPair ??= promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    return this.#probeKeyPair;
  }

  /** Works with HSMs one piece of work after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastAtHsm.then(work);
    this.#lastAtHsm = done.catch(() => undefined);
    return done;
  }
}
