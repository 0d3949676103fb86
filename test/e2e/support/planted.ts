import assert from "node:assert/strict";

/** Every form in which a secret may stand in a text. */
function forms(secret: Buffer): string[] {
  const utf8 = secret.toString("utf8");
  const printable = /^[\x20-\x7e]+$/.test(utf8) ? [utf8, JSON.stringify(utf8).slice(1, -1)] : [];
  const unpadded = secret.toString("base64").replace(/=+$/, "");
  return [
    ...printable,
    unpadded,
    secret.toString("base64url"),
    secret.toString("hex"),
    secret.toString("hex").toUpperCase(),
  ];
}

/** Fails where a text holds any of the secrets in any form; says where, not what. */
export function assertNoSecret(where: string, text: string, secrets: Record<string, Buffer>): void {
  for (const [name, secret] of Object.entries(secrets)) {
    for (const form of forms(secret)) {
      const at = text.indexOf(form);
      assert.ok(
        at < 0,
        `${where} holds ${name} at character ${at}: …${text.slice(Math.max(0, at - 120), at)}`,
      );
    }
  }
}
