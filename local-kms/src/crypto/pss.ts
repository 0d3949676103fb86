import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * EMSA-PSS of RFC 8017, 9.1, of a digest that was made elsewhere (node:crypto hashes the message itself). The salt is as long as
 * the digest and the mask generation function uses the same hash, as AWS KMS has it:
 * https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html#key-spec-rsa-sign
 * Moduli are whole bytes, so an encoded message is as long as one and its first bit is zero.
 */
export function encodePss(hash: string, digest: Uint8Array, modulusBytes: number): Buffer {
  const salt = randomBytes(digest.length);
  const h = hashWithSalt(hash, digest, salt);
  const db = Buffer.alloc(modulusBytes - digest.length - 1);
  db[db.length - salt.length - 1] = 0x01;
  salt.copy(db, db.length - salt.length);
  return Buffer.concat([masked(hash, db, h), h, TRAILER]);
}

export function verifyPss(hash: string, digest: Uint8Array, encoded: Buffer): boolean {
  const end = encoded.length - digest.length - 1;
  const h = encoded.subarray(end, -1);
  if (!encoded.subarray(-1).equals(TRAILER) || encoded[0]! & 0x80) return false;
  const db = masked(hash, encoded.subarray(0, end), h);
  const saltStart = db.length - digest.length;
  const padding = Buffer.alloc(saltStart);
  padding[saltStart - 1] = 0x01;
  if (!db.subarray(0, saltStart).equals(padding)) return false;
  return timingSafeEqual(h, hashWithSalt(hash, digest, db.subarray(saltStart)));
}

const TRAILER = Buffer.from([0xbc]);

function hashWithSalt(hash: string, digest: Uint8Array, salt: Uint8Array): Buffer {
  return createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
}

/** Masking twice gives the block back, but for its first bit, which is always zero. */
function masked(hash: string, block: Buffer, seed: Buffer): Buffer {
  const mask = generateMask(hash, seed, block.length);
  const result = Buffer.from(block.map((byte, i) => byte ^ mask[i]!));
  result[0]! &= 0x7f;
  return result;
}

/** MGF1: RFC 8017, B.2.1. */
function generateMask(hash: string, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let made = 0; made < length; made += blocks[0]!.length) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(blocks.length);
    blocks.push(createHash(hash).update(seed).update(counter).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}
