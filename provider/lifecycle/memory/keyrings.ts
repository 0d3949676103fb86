/**
 * The keyrings of one run, by distribution. `check` takes the keyring out of the inputs that it returns, so that no state but the
 * ManagedKey's holds it; `create` and `update` find it here. The engine calls `check` before each of them, in the same process
 * (pulumi v3.259, pkg/resource/deploy/step_generator.go).
 */
import { KeymgmtError } from "../../errors";
import { known } from "../../schema/unknowns";
import type { KeyRef, KmsRef } from "../../state/types";
import type { Owner } from "../owner";

/** The keyring, from the state, and what the program says of it, which others cannot write. */
export interface ProvidedKeyring {
  keyring: string;
  /** Type of the key. */
  type: string;
  /** The `keystore` input. */
  keystore?: string;
  /** The `material` input. */
  material?: string;
}

export class Keyrings {
  readonly #handed = new Map<string, ProvidedKeyring>();
  readonly #ofKeys = new Map<string, ProvidedKeyring>();

  /** Keeps the keyring that came with the key which a distribution or its replica was handed; returns the key without it. */
  take(key: unknown, distribution: { name?: unknown; kms?: unknown }): unknown {
    if (typeof key !== "object" || key === null || Array.isArray(key)) return key;
    const { keyring, keystore, material, ...rest } = key as Partial<KeyRef & ProvidedKeyring>;
    const kms = known(distribution.kms) as Partial<KmsRef> | undefined;
    if (typeof keyring === "string")
      this.#handed.set(nameOf(rest.id, distribution.name, kms), {
        keyring,
        type: String(rest.type),
        keystore,
        material,
      });
    return rest;
  }

  /** A ManagedKey has this keyring, as its own state says. */
  key(
    id: string,
    { keyring, type, keystore }: { keyring?: unknown; type?: unknown; keystore?: unknown },
  ): void {
    if (typeof keyring === "string")
      this.#ofKeys.set(id, {
        keyring,
        type: String(type),
        keystore: keystore === undefined ? undefined : String(keystore),
      });
  }

  /** The keyring of a ManagedKey that this run has seen: a distribution that goes is not handed it. */
  ofKey(id: string): ProvidedKeyring | undefined {
    return this.#ofKeys.get(id);
  }

  /** The keyring that the distribution's key came with. */
  of({ distribution, kms, key }: Owner): ProvidedKeyring {
    const handed = this.#handed.get(nameOf(key.id, distribution, kms));
    if (handed !== undefined) return handed;
    throw new KeymgmtError(
      "InvalidState",
      `Expected the keyring of key "${key.name}" to come with the program's inputs of ${distribution} in this update; it did not. Nothing was changed. Run \`pulumi up\` again; if \`ignoreChanges\` names \`key\` or \`distribution\`, name what is to be ignored more closely, for example \`key.keyVersion\`.`,
      { key: key.name },
    );
  }
}

/** Two ManagedKeys that were restored from one backup have one id, and may have been rotated apart: so the id is not enough. */
function nameOf(
  key: unknown,
  distribution: unknown,
  { accountId, keyCollection }: Partial<KmsRef> = {},
): string {
  return JSON.stringify([key, accountId, keyCollection, distribution]);
}
