/** The materials of the world: 32 bytes each, known by whose they are and which version they are. */
import { createHash } from "node:crypto";

const VERSIONS = new Map<string, number>();

/** The nth material of `whose`; stands in for the CSPRNG, and is what own material is taken from. */
export function materialOf(whose: string, n: number): Buffer {
  const bytes = createHash("sha256").update(`${whose} ${n}`).digest();
  VERSIONS.set(bytes.toString("base64"), n);
  return bytes;
}

/** Which version of its key a material is. */
export function versionOf(bytes: string): number {
  return VERSIONS.get(bytes)!;
}
