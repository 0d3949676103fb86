import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { assertNoSecret } from "./planted";

describe("the search for planted secrets", () => {
  const material = randomBytes(32);
  const words = 'correct "horse" battery\tstaple, and more';
  const around = (form: BufferEncoding) =>
    Buffer.concat([Buffer.from("{k:"), material, Buffer.from("}")]).toString(form);

  for (const [form, text] of Object.entries({
    "bytes read as UTF-8": `a ${material.toString("utf8")} b`,
    "bytes read one by one": `a ${material.toString("latin1")} b`,
    "JSON of bytes": JSON.stringify({ k: material.toString("latin1") }),
    hex: `0x${material.toString("hex")}`,
    "upper-case hex": material.toString("hex").toUpperCase(),
    base64: material.toString("base64"),
    "base64 in lines": material.toString("base64").replace(/.{10}/g, "$&\n"),
    base64url: material.toString("base64url"),
    "base64 of what holds it": around("base64"),
    "base64url of what holds it": around("base64url"),
    "an inspected Buffer": inspect({ material }),
    "a Buffer in JSON": JSON.stringify(material),
    "an inspected Uint8Array": inspect(new Uint8Array(material)),
  }))
    it(`finds material as ${form}`, () => {
      assert.throws(() => assertNoSecret("the text", text, { "the material": material }), {
        message: /^the text holds the material at character \d+/,
      });
      assert.doesNotThrow(() => assertNoSecret("the text", text, { other: randomBytes(32) }));
    });

  it("finds a text as it is, and in JSON", () => {
    const secrets = { "the passphrase": Buffer.from(words) };
    for (const text of [words, JSON.stringify({ words }), Buffer.from(`a${words}`).toString("base64")])
      assert.throws(() => assertNoSecret("the text", text, secrets), /holds the passphrase/);
  });
});
