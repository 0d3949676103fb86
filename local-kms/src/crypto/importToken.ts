import { seal, unseal } from "./sealed.js";
import type { WrappingAlgorithm } from "./unwrap.js";

/**
 * An import token carries its own private key, sealed by a key that only the server has. So any number of sets is
 * valid at once, one survives a restart, and nothing is stored for a set that is never used.
 */
export interface ImportSet {
  /** ARN of the one KMS key that the set is for: related keys in other Regions have other ARNs. */
  readonly keyArn: string;
  readonly wrappingAlgorithm: WrappingAlgorithm;
  readonly validTo: number;
  /** PKCS#8 DER. */
  readonly privateKey: Buffer;
}

const NOTHING = Buffer.alloc(0);

export function sealImportToken(serverKey: Uint8Array, set: ImportSet): Buffer {
  const { privateKey, ...claims } = set;
  const json = Buffer.from(JSON.stringify(claims));
  const length = Buffer.alloc(2);
  length.writeUInt16BE(json.length);
  return seal(serverKey, Buffer.concat([length, json, privateKey]), NOTHING);
}

/** Undefined where this server did not issue the token. */
export function openImportToken(serverKey: Uint8Array, token: Uint8Array): ImportSet | undefined {
  const plain = unseal(serverKey, token, NOTHING);
  if (!plain) return undefined;
  const end = 2 + plain.readUInt16BE(0);
  return { ...JSON.parse(plain.toString("utf8", 2, end)), privateKey: plain.subarray(end) };
}
