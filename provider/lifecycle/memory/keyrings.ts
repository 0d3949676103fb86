/**
 * The keyrings of one run, by distribution. `check` removes the keyring from the inputs that it returns, so that only the state of the
 * ManagedKey has it; `create` and `update` find it here. The engine calls `check` before each of them, in the same process
 * (pulumi v3.259, pkg/resource/deploy/step_generator.go).
 */
import { KeymgmtError } from "../../errors";
import { known } from "../../schema/unknowns";
import type { KeyRef, KmsRef } from "../../state/types";
import type { Owner } from "../owner";

/** The keyring, which is from the state, and the inputs about it, which are from the program: nobody else can write them. */
export interface ProvidedKeyring {
  keyring: string;
  /** Type of the key. */
  type: string;
  /** The `keystore` input. */
  keystore?: string;
  /** The `material` input. */
  material?: string;
  /** The `materialPassphrase` input. */
  materialPassphrase?: string;
}

export class Keyrings {
  readonly #provided = new Map<string, ProvidedKeyring>();
  readonly #ofKeys = new Map<string, ProvidedKeyring>();

  /** Keeps the keyring that is in the `key` input of a distribution or replica. Returns the key without it. */
  take(key: unknown, distribution: { name?: unknown; kms?: unknown }): unknown {
    if (typeof key !== "object" || key === null || Array.isArray(key)) return key;
    const { keyring, keystore, material, materialPassphrase, ...rest } = key as Partial<
      KeyRef & ProvidedKeyring
    >;
    const kms = known(distribution.kms) as Partial<KmsRef> | undefined;
    if (typeof keyring === "string")
      this.#provided.set(nameOf(rest.id, distribution.name, kms), {
        keyring,
        type: String(rest.type),
        keystore,
        material,
        materialPassphrase,
      });
    return rest;
  }

  /** Keeps the keyring of a ManagedKey, from its own state. */
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

  /** The keyring of a ManagedKey that this run has seen. A removed distribution has no inputs, so it is found here. */
  ofKey(id: string): ProvidedKeyring | undefined {
    return this.#ofKeys.get(id);
  }

  /** The keyring that was in the distribution's inputs. */
  of({ distribution, kms, key }: Owner): ProvidedKeyring {
    const provided = this.#provided.get(nameOf(key.id, distribution, kms));
    if (provided !== undefined) return provided;
    throw new KeymgmtError(
      "InvalidState",
      `Expected the keyring of key "${key.name}" to be in the program's inputs of ${distribution} in this update; it is not. Nothing was changed. Run \`pulumi up\` again; if \`ignoreChanges\` names \`key\` or \`distribution\`, name only the property to ignore, for example \`key.keyVersion\`.`,
      { key: key.name },
    );
  }
}

/** The id of the key is not enough: two ManagedKeys that were restored from one backup have the same id, and may have different later versions. */
function nameOf(
  key: unknown,
  distribution: unknown,
  { accountId, keyCollection }: Partial<KmsRef> = {},
): string {
  return JSON.stringify([key, accountId, keyCollection, distribution]);
}
