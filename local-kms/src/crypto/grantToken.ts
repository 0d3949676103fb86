import { seal, unseal } from "./sealed.js";

/** What a grant token names. */
export interface GrantName {
  readonly account: string;
  readonly region: string;
  readonly keyId: string;
  readonly id: string;
}

const BOUND = Buffer.from("grant token");

/** Sealed, so that only this server makes one. Each is another, also of the same grant; all of a grant serve alike. */
export function sealGrantToken(serverKey: Uint8Array, { account, region, keyId, id }: GrantName): string {
  const text = JSON.stringify({ account, region, keyId, id });
  return seal(serverKey, Buffer.from(text), BOUND).toString("base64");
}

/** Undefined where this server did not issue the token. */
export function openGrantToken(serverKey: Uint8Array, token: string): GrantName | undefined {
  const text = unseal(serverKey, Buffer.from(token, "base64"), BOUND);
  return text && JSON.parse(text.toString());
}
