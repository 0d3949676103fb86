/** The public halves of an asymmetric key, from its outputs in a state. They are no secret, so nothing is opened. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { writeFile } from "node:fs/promises";
import type { JWK } from "jose";
import { formatJwks } from "../../provider/keys/keyring.js";
import { keyTypeOf } from "../../provider/keys/keyTypes.js";
import { fingerprintOf, publicJwk, publicPem } from "../../provider/keys/privateKeys/publicKeys.js";
import { EXIT, UsageError } from "../exitCodes.js";
import { print, printNote } from "../print.js";
import { type ExportedState, exportedStates, type StateOptions } from "../state/load.js";
import { visibleIn } from "../state/stack.js";
import { count } from "../text.js";
import { managedKeyIn } from "./keyring.js";

/** A JWK set (RFC 7517), or SubjectPublicKeyInfo in PEM, one block for each version. */
export type PublicFormat = "jwks" | "pem";

export interface PublicOptions extends StateOptions {
  key: string;
  /** The standard output where it is "-" or left out. */
  out?: string;
  format?: PublicFormat;
  force?: boolean;
}

/** `keymgmt export --public`. Returns the exit code. */
export async function exportPublicHalves(options: PublicOptions): Promise<number> {
  const { key, out = "-", format = "jwks", force = false } = options;
  const [state] = (await exportedStates(options)) as [ExportedState];
  const halves = publicHalvesIn(state, key);
  const text = format === "pem" ? halves.map(publicPem).join("") : `${formatJwks(halves)}\n`;
  if (out === "-") {
    print(text);
    return EXIT.fine;
  }
  await writeFile(out, text, { flag: force ? "w" : "wx" }).catch(({ code }: NodeJS.ErrnoException) => {
    throw new Error(
      `Expected --out to name a new file in a folder where you can write, or an existing one with --force; ${out} cannot be written (${code}).`,
    );
  });
  printNote(`Written to ${out}: ${count(halves.length, "public key")} of "${key}", and no secret.\n`);
  return EXIT.fine;
}

/** Of the enabled versions, in their order. Throws where the state does not show them with their fingerprints. */
function publicHalvesIn({ text, source }: ExportedState, name: string): KeyObject[] {
  const resource = managedKeyIn(text, source, name);
  const { type, versions } = visibleIn("ManagedKey", resource, ["type", "versions"], source);
  const { readPublicJwk } = keyTypeOf(type);
  if (!readPublicJwk)
    throw new UsageError(
      `Expected --public with an asymmetric key; "${name}" is of type ${type}, and a symmetric key has no public half. For a backup with its material give --passphrase or --recipient in place of --public.`,
    );
  return versions
    .filter(({ enabled }) => enabled)
    .map(({ version, publicKey = "", fingerprint }) => {
      const half = readPublicJwk(jwkOfPem(publicKey));
      if (half && fingerprintOf(half) === fingerprint) return half;
      throw new Error(
        `Expected version ${version} of "${name}" in ${source} to have a public key of type ${type} and its fingerprint; it has others. Restore the stack's state from a backup. Nothing was written.`,
      );
    });
}

function jwkOfPem(pem: string): JWK | undefined {
  try {
    return publicJwk(createPublicKey(pem));
  } catch {
    return undefined; // the parser's own message says nothing that a user can do
  }
}
