/** Owners' material of any key type, in the forms in which an owner gives it. */
import { createPrivateKey } from "node:crypto";
import type { KeyType } from "../../provider/keys/keyTypes";

export interface OwnMaterial {
  bytes: Buffer;
  /** As text: PEM of a private key, base64 of a symmetric key. */
  text: string;
  jwk: string;
  /** All in which somebody could read it: the private members of its JWK, and its bytes in base64, base64url and hex. */
  secrets: string[];
}

export async function ownMaterial({ material, publicKeyOf }: KeyType): Promise<OwnMaterial> {
  const bytes = await material.generate();
  const text = publicKeyOf
    ? createPrivateKey({ key: bytes, format: "der", type: "pkcs8" })
        .export({ type: "pkcs8", format: "pem" })
        .toString()
    : bytes.toString("base64");
  const jwk = material.toJwk(bytes);
  const members = (["d", "p", "q", "dp", "dq", "qi", "k"] as const).flatMap((member) => jwk[member] ?? []);
  const encoded = (["base64", "base64url", "hex"] as const).map((encoding) => bytes.toString(encoding));
  const secrets = [...members, ...encoded, text.split("\n").at(-3) ?? text];
  return { bytes, text, jwk: JSON.stringify(jwk), secrets };
}
