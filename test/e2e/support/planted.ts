import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Every form in which a secret may stand in a text. */
function formsOf(secret: Buffer): string[] {
  const texts = [secret.toString("utf8"), secret.toString("latin1")];
  const hex = secret.toString("hex");
  return [
    ...texts,
    ...texts.map((text) => JSON.stringify(text).slice(1, -1)),
    ...[0, 1, 2].flatMap((offset) => inBase64(secret, offset)),
    hex,
    hex.toUpperCase(),
    [...secret].join(","),
  ];
}

/** In base64 of something longer that begins `offset` bytes before: without the digits that hold other bytes too. */
function inBase64(secret: Buffer, offset: number): string[] {
  const longer = Buffer.concat([Buffer.alloc(offset), secret]);
  const [from, to] = [Math.ceil((offset * 8) / 6), Math.floor((longer.length * 8) / 6)];
  return (["base64", "base64url"] as const).map((form) => longer.toString(form).slice(from, to));
}

/** Fails where a text holds any of the secrets in any form, wrapped and spaced as it likes; says where, not what. */
export function assertNoSecret(where: string, text: string, secrets: Record<string, Buffer>): void {
  for (const searched of [text, text.replaceAll(/\s+/g, "")])
    for (const [name, secret] of Object.entries(secrets))
      for (const form of formsOf(secret)) {
        const at = searched.indexOf(form);
        const before = searched.slice(Math.max(0, at - 120), at);
        assert.ok(at < 0, `${where} holds ${name} at character ${at}: …${before}`);
      }
}

/** The same of every file in a folder. */
export async function assertNoSecretIn(folder: string, secrets: Record<string, Buffer>): Promise<void> {
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    assertNoSecret(path, await readFile(path, "latin1"), secrets);
  }
}
