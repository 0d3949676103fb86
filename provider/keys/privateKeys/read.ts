/** Finds out in which encoding a private key came, and reads it. */
import { KeyObject } from "node:crypto";
import { isUtf8Text } from "../bytes";
import type { Came } from "./came";
import { readDer } from "./readDer";
import { type KeyWithJwk, readJwkText } from "./readJwk";
import { readPem } from "./readPem";

export function readText(text: string, passphrase: string | undefined): KeyWithJwk | Came {
  const trimmed = text.trim();
  if (/^[[{]/.test(trimmed)) return readJwkText(trimmed);
  const pem = readPem(trimmed, passphrase);
  if (pem) return withJwk(pem);
  const joined = trimmed.replace(/\s+/g, "");
  if (/^[0-9a-f]+$/i.test(joined) && joined.length % 2 === 0)
    return { came: `${joined.length / 2} bytes in hex, as a symmetric key is written` };
  if (!/^([A-Za-z0-9+/]+|[\w-]+)={0,2}$/.test(joined)) return { came: "none of them" };
  const bytes = Buffer.from(joined, "base64");
  try {
    return readRaw(bytes, passphrase);
  } finally {
    bytes.fill(0);
  }
}

export function readBytes(bytes: Buffer, passphrase: string | undefined): KeyWithJwk | Came {
  return isUtf8Text(bytes) ? readText(bytes.toString("utf8"), passphrase) : readRaw(bytes, passphrase);
}

function readRaw(bytes: Buffer, passphrase: string | undefined): KeyWithJwk | Came {
  const read = readDer(bytes, passphrase);
  return read
    ? withJwk(read)
    : { came: `${bytes.length} bytes that are not one DER structure, such as a symmetric key` };
}

function withJwk(read: KeyObject | Came): KeyWithJwk | Came {
  if (!(read instanceof KeyObject)) return read;
  try {
    return { key: read, jwk: read.export({ format: "jwk" }) as KeyWithJwk["jwk"] };
  } catch {
    return { key: read, jwk: {} }; // of a type or curve that has no JWK
  }
}
