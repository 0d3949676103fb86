/** `keystore` of a ManagedKey: where its material is kept, in the URL form of Pulumi's own secrets providers. */

import { KeymgmtError } from "../../errors";
import type { KmsConnection } from "../../kms/endpoints/connection";
import { endpointMistakes } from "../../kms/endpoints/endpoint";
import { isRegion } from "../../kms/endpoints/regions";
import { referenceMistakes } from "../reference";
import { type HsmKeystore, isHsmUri, parseHsmKeystore } from "./hsm/uri";

export type Keystore =
  /** In the stack's state, as a Pulumi secret. */
  | { kind: "state" }
  /** Not held: each version is read from where its owner keeps it. */
  | { kind: "none" }
  /** In the stack's state, sealed by a 256-bit key that `reference` names. */
  | { kind: "rootKey"; reference: string }
  /** In the stack's state, sealed by data keys of a KMS key. */
  | { kind: "awskms"; keyId: string; connection: KmsConnection }
  /** In an HSM, which generates and wraps it. */
  | HsmKeystore;

/** The program's inputs about a key's keystore. They do not come from the state, because others may write it. */
export interface KeystoreInputs {
  /** Name of the key. */
  key: string;
  /** The `keystore` input. */
  keystore: string;
  /** The `material` input, where it is a reference. */
  reference?: string;
  /** The `materialPassphrase` input. */
  passphrase?: string;
}

const FORMS =
  '"state", "none", "env://NAME", "file:///path" (absolute), "awskms://alias/NAME?region=us-east-1" or "pkcs11:token=NAME?…"';

/** Reads a keystore's URL, or says what is wrong with it. A text of no known form is not repeated: it may be a root key. */
export function parseKeystore(url: string): Keystore | { mistake: string } {
  const wrong = (came: string) => ({ mistake: `Expected \`keystore\` to be ${FORMS}${came}.` });
  if (url === "state" || url === "none") return { kind: url };
  if (url.startsWith("awskms:"))
    return awskms(url) ?? wrong("; what came begins with awskms: and is not of that form");
  if (/^(env|file):/.test(url) && !url.includes("{") && referenceMistakes(url, "").length === 0)
    return { kind: "rootKey", reference: url };
  return isHsmUri(url)
    ? parseHsmKeystore(url)
    : wrong("; what came is none of them, and is not shown here in case it holds a key");
}

/** The keystore that a keyring names. Throws InvalidInput. */
export function keystoreOf(url = "state"): Keystore {
  const keystore = parseKeystore(url);
  if ("mistake" in keystore) throw new KeymgmtError("InvalidInput", keystore.mistake);
  return keystore;
}

/** A keystore whose versions a root key seals. */
export type RootKeystore = Extract<Keystore, { kind: "rootKey" | "awskms" }>;

export function isSealed(keystore: Keystore): keystore is RootKeystore {
  return keystore.kind === "rootKey" || keystore.kind === "awskms";
}

/** `awskms://alias/NAME`, `awskms://KEY-ID` and `awskms:///ARN`, with `region`, and where wanted `profile` and `endpoint`. */
function awskms(text: string): Keystore | { mistake: string } | undefined {
  if (!URL.canParse(text)) return undefined;
  const { host, pathname, searchParams, hash, username, port } = new URL(text);
  const keyId = host ? `${host}${pathname}` : pathname.slice(1);
  const [, arnRegion] = /^arn:[\w-]+:kms:([\w-]+):\d{12}:(?:key|alias)\/[\w/-]+$/.exec(keyId) ?? [];
  const isLocal = /^(alias\/[\w/-]+|[\w-]+)$/.test(keyId);
  const { region = arnRegion, profile, endpoint, ...others } = Object.fromEntries(searchParams);
  if ((!arnRegion && !isLocal) || !region || !isRegion(region)) return undefined;
  if (arnRegion && region !== arnRegion) return undefined; // AWS knows an ARN in its own Region only
  if (hash || username || port || Object.keys(others).length > 0) return undefined;
  const [mistake] = endpoint === undefined ? [] : endpointMistakes(endpoint);
  if (mistake) return { mistake: `In \`keystore\`: ${mistake}` };
  return { kind: "awskms", keyId, connection: { keyCollection: region, profile, endpoint } };
}
