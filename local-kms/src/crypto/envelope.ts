import { seal, unseal } from "./sealed.js";

/**
 * The ciphertext of Encrypt and GenerateDataKey: it names its key and material, as AWS's does, so that Decrypt finds
 * both without being told, and is bound to them and to the encryption context. The Region is not part of it, so
 * that any key of a multi-Region set decrypts it, given the same material.
 *
 * Format: magic (4) | length of key id (1) | key id | material id (32) | nonce (12) | ciphertext | tag (16).
 */
const MAGIC = Buffer.from("KML\x01", "latin1");
const MATERIAL_ID = 32;

export interface Envelope {
  readonly keyId: string;
  readonly materialId: string;
  readonly header: Buffer;
  readonly sealed: Buffer;
}

export type EncryptionContext = Readonly<Record<string, string>>;

export function encryptEnvelope(
  key: { id: string; materialId: string; material: Uint8Array },
  plaintext: Uint8Array,
  context: EncryptionContext = {},
): Buffer {
  const id = Buffer.from(key.id);
  const header = Buffer.concat([MAGIC, Buffer.from([id.length]), id, Buffer.from(key.materialId, "hex")]);
  return Buffer.concat([header, seal(key.material, plaintext, boundData(header, context))]);
}

/** Undefined where the bytes are no ciphertext of this KMS. */
export function parseEnvelope(ciphertext: Buffer): Envelope | undefined {
  if (ciphertext.length < MAGIC.length + 1 || !ciphertext.subarray(0, MAGIC.length).equals(MAGIC))
    return undefined;
  const idStart = MAGIC.length + 1;
  const idEnd = idStart + ciphertext[MAGIC.length]!;
  const headerEnd = idEnd + MATERIAL_ID;
  if (ciphertext.length <= headerEnd) return undefined;
  return {
    keyId: ciphertext.toString("utf8", idStart, idEnd),
    materialId: ciphertext.toString("hex", idEnd, headerEnd),
    header: ciphertext.subarray(0, headerEnd),
    sealed: ciphertext.subarray(headerEnd),
  };
}

/** Undefined where material or context differ, or the ciphertext was changed. */
export function decryptEnvelope(envelope: Envelope, material: Uint8Array, context: EncryptionContext = {}) {
  return unseal(material, envelope.sealed, boundData(envelope.header, context));
}

/** Header and context in one order: the order of the pairs in the request does not matter. */
function boundData(header: Buffer, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat([header, Buffer.from(JSON.stringify(pairs))]);
}
