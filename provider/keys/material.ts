import type { JWK } from "jose";

/** How material of one key type is generated, parsed, checked and stored. The receiver of material zeroes it after use. */
export interface Material {
  /** New material from the system's CSPRNG. It is generated outside of the event loop where that takes long. */
  generate(): Promise<Buffer>;
  /**
   * Reads the owner's text. `what` names it in messages. `passphrase` opens it where it is encrypted; forms that cannot be encrypted
   * ignore it.
   */
  parse(text: string, what?: string, passphrase?: string): ParsedMaterial;
  /** Reads the content of a file or the output of a command. `bytes` become the material, or are zeroed. */
  parseBytes(bytes: Buffer, what: string, passphrase?: string): ParsedMaterial;
  /** A command that generates material. */
  recipe: string;
  toJwk(material: Buffer): JWK & { kty: string };
  /** Undefined where the JWK holds no material of this type. */
  fromJwk(jwk: JWK): Buffer | undefined;
}

/** Material, or the mistake in the input. A mistake never quotes the input. */
export type ParsedMaterial = { material: Buffer } | { mistake: string };
