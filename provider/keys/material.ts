import type { JWK } from "jose";

/** How material of one type of keys is generated, parsed, checked and stored. Whoever gets material zeroes it after use. */
export interface Material {
  /** New material from the system's CSPRNG. */
  generate(): Buffer;
  /** Reads a text that the owner gives. `what` names it in the sentence. */
  parse(text: string, what?: string): ParsedMaterial;
  /** The same of what a file holds or a command prints. `bytes` become the material, or are zeroed. */
  parseBytes(bytes: Buffer, what: string): ParsedMaterial;
  /** A command that makes some. */
  recipe: string;
  toJwk(material: Buffer): JWK & { kty: string };
  /** Undefined where the JWK holds no material of this type. */
  fromJwk(jwk: JWK): Buffer | undefined;
}

/** Material, or what is wrong with what came. A mistake never shows what came. */
export type ParsedMaterial = { material: Buffer } | { mistake: string };
