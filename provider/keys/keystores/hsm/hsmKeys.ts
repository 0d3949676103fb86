/** Keys of one type in a token. Source: PKCS#11 2.40, base and mechanisms. */
import type { ShownIdentity } from "../../keyCheckValue";
import type { Handle, TokenSession } from "./cryptoki";
import type { HsmObject } from "./uri";
import type { HsmWrapping } from "./wrapping";

export interface HsmKeys {
  /** What the object of a version is, for messages. */
  kind: "secret key" | "private key";
  /** Keys without a mistake, for messages. */
  required: string;
  /** Generates a key inside the token, outside of the event loop where that takes long. */
  generate(session: TokenSession, label: string, id: Buffer): Promise<void> | void;
  /** Creates a key with the owner's material. */
  create(session: TokenSession, label: string, id: Buffer, material: Buffer): void;
  /** The keys that an object's URI names: at most two, because more than one is a mistake. */
  find(session: TokenSession, object: HsmObject): Handle[];
  /** The reason why a key cannot be a version, or undefined. */
  mistake(session: TokenSession, key: Handle): string | undefined;
  /** Of a key without a mistake. */
  identityOf(session: TokenSession, key: Handle): ShownIdentity;
  /** A private key of the session alone, to see what the token puts behind one. Undefined where it cannot make it. */
  temporary?(session: TokenSession): Promise<Handle | undefined>;
  /** How a token may wrap these keys for AWS, the best first. */
  wrappings: readonly HsmWrapping[];
  /** Why AWS's China Regions do not take these keys from an HSM, if they take them otherwise. */
  notInChina?: string;
}

/** Of a private key, whose public half is then not known. */
export const SEVERAL_BESIDE = "is not identified: several public keys have its CKA_ID";

/** A key that is not extractable cannot be wrapped. */
export const NOT_EXTRACTABLE = "is not extractable (CKA_EXTRACTABLE)";
