import { createHash } from "node:crypto";

/**
 * AWS's KeyMaterialId is 64 hexadecimal digits that depend on key id and material: the same for every Region of a
 * multi-Region key, different for the same bytes in another key. AWS does not say which hash; this is SHA-256.
 */
export function materialIdOf(keyId: string, material: Uint8Array): string {
  return createHash("sha256")
    .update("keymgmt local-kms key material\0")
    .update(`${keyId}\0`)
    .update(material)
    .digest("hex");
}
