/** `pkcs11:` URIs (RFC 7512): of a token, in the `keystore` input, and of a key in a token. */
import { isReference, referenceMistakes } from "../../reference";

/** A token, the module that connects to it, and the place of its PIN. */
export interface HsmKeystore {
  kind: "pkcs11";
  token?: string;
  serial?: string;
  modulePath: string;
  /** A reference: `env://NAME`, `file:///path` or `exec:command`. */
  pinSource: string;
}

/** The attributes that identify one key in a token. */
export interface HsmObject {
  /** CKA_LABEL. */
  object?: string;
  /** CKA_ID. */
  id?: Buffer;
}

const SCHEME = "pkcs11:";
const ATTRIBUTES = ["token", "serial", "module-path", "pin-source"];
const EXAMPLE = "pkcs11:token=keymgmt?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=env://HSM_PIN";

export function isHsmUri(text: unknown): text is string {
  return typeof text === "string" && text.startsWith(SCHEME);
}

/** Reads the URI of a token, or says what is wrong with it. No value of it is repeated, because it may be a PIN. */
export function parseHsmKeystore(uri: string): HsmKeystore | { mistake: string } {
  const wrong = (what: string) => ({
    mistake: `Expected \`keystore\` to be like "${EXAMPLE}" (RFC 7512); ${what}.`,
  });
  const [path = "", query = "", ...more] = uri.slice(SCHEME.length).split("?");
  const attributes = [...attributesOf(path, ";"), ...attributesOf(query, "&")];
  const names = attributes.map(([name]) => name);
  if (names.includes("pin-value"))
    return wrong("`pin-value` is refused, because Pulumi stores inputs in the state, and so the PIN");
  if (names.some((name) => !ATTRIBUTES.includes(name)))
    return wrong(`it has another attribute than ${ATTRIBUTES.map((name) => `\`${name}\``).join(", ")}`);
  if (more.length > 0 || new Set(names).size < names.length) return wrong("an attribute occurs twice");
  const decoded = attributes.map(([name, value]) => [name, textOf(value)] as const);
  const broken = decoded.find(([, value]) => !value);
  if (broken) return wrong(`\`${broken[0]}\` has no value, or one that is not percent-encoded UTF-8`);

  const { token, serial, "module-path": modulePath, "pin-source": source } = Object.fromEntries(decoded);
  if (!token && !serial) return wrong("it has neither `token` nor `serial`");
  if (!modulePath?.startsWith("/"))
    return wrong("`module-path` is not the absolute path of a PKCS#11 module");
  // RFC 7512 uses file:/path; RFC 8089 allows file:/path and file:///path.
  const pinSource = source?.replace(/^file:\/(?!\/)/, "file:///");
  if (!isReference(pinSource) || referenceMistakes(pinSource, "").length > 0)
    return wrong(
      "`pin-source` is not env://NAME, file:///path or exec:command, the place from which the PIN is read",
    );
  return { kind: "pkcs11", token, serial, modulePath, pinSource };
}

/** Reads the URI of a key in a token, or says what is wrong with it, without repeating it. It may have no attribute of the token. */
export function parseHsmObject(uri: string): HsmObject | { mistake: string } {
  const attributes = attributesOf(uri.slice(SCHEME.length), ";");
  const { object, id, ...others } = Object.fromEntries(attributes);
  const label = object === undefined ? undefined : textOf(object);
  const isOther = uri.includes("?") || Object.keys(others).length > 0;
  const fits = !isOther && (object === undefined || label) && (label || id);
  if (!fits)
    return {
      mistake: `Expected the key in the HSM to be "pkcs11:object=LABEL", "pkcs11:id=%01%02" or both with ";" between (RFC 7512); what came is neither.`,
    };
  return { object: label, id: id === undefined ? undefined : bytesOf(id) };
}

/** The URI of the key that has this CKA_ID. */
export function hsmObjectUri(id: Buffer): string {
  return `${SCHEME}id=${id.toString("hex").replaceAll(/../g, "%$&")}`;
}

function attributesOf(text: string, separator: string): [name: string, value: string][] {
  return text
    .split(separator)
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
    });
}

function textOf(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

function bytesOf(value: string): Buffer {
  const bytes = value.replaceAll(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1");
}
