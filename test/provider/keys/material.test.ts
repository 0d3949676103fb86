import assert from "node:assert/strict";
import sinon from "sinon";
import { generateMaterial, MATERIAL_BYTES, parseMaterial } from "../../../provider/keys/material";
import { material, plantedBytes } from "../resources/goodInputs";

const RECIPE = "Make some with: openssl rand -base64 32";

describe("material", () => {
  afterEach(() => sinon.restore());

  it("that is made has 32 bytes and is never the same twice", () => {
    const many = Array.from({ length: 50 }, () => generateMaterial());
    for (const bytes of many) assert.equal(bytes.length, MATERIAL_BYTES);
    assert.equal(new Set(many.map((bytes) => bytes.toString("hex"))).size, 50);
  });

  it("of a user's own is 32 bytes in base64 or base64url, with or without padding, and white space around it", () => {
    const bytes = Buffer.from(plantedBytes);
    bytes.set([0xfb, 0xff, 0xfe]); // + and / in base64, - and _ in base64url
    const [base64, base64url] = [bytes.toString("base64"), bytes.toString("base64url")];
    assert.ok(/[+/]/.test(base64) && /[-_]/.test(base64url));
    for (const text of [base64, base64.replace("=", ""), `  ${base64}\r\n`, base64url, `${base64url}=`]) {
      assert.deepEqual(parseMaterial(text), { material: bytes });
    }
  });

  it("may be in hex or a symmetric JWK", () => {
    const hex = plantedBytes.toString("hex");
    const jwk = { kty: "oct", k: plantedBytes.toString("base64url"), alg: "A256GCM" };
    for (const text of [hex, hex.toUpperCase(), `${hex}\n`, JSON.stringify(jwk)])
      assert.deepEqual(parseMaterial(text), { material: plantedBytes });
  });

  for (const [what, text] of [
    ["JSON that is no JWK", `{"k":${JSON.stringify(material)}`],
    ["a JWK of another kind", JSON.stringify({ kty: "RSA", k: material.replace("=", "") })],
    ["a JWK whose key is not base64url", JSON.stringify({ kty: "oct", k: "a b" })],
    ["nothing", ""],
    ["a passphrase", "correct horse battery staple"],
    ["base64 and base64url at once", `${material.slice(0, 10)}-/${material.slice(12)}`],
    ["PEM", `-----BEGIN KEY-----\n${material}\n-----END KEY-----`],
    ["base64 in two lines", `${material.slice(0, 20)}\n${material.slice(20)}`],
    ["base64 with padding in its middle", `${material}${material}`],
  ] as const) {
    it(`is refused where it is ${what}, and not shown`, () => {
      assert.deepEqual(parseMaterial(text), {
        mistake: "Expected `material` to be 32 bytes in base64, hex or a JWK; what came is none of them.",
      });
    });
  }

  for (const length of [16, 24, 31, 33, 64]) {
    it(`is refused where it has ${length} bytes, and not shown`, () => {
      const text = Buffer.concat([plantedBytes, plantedBytes]).subarray(0, length).toString("base64");
      assert.deepEqual(parseMaterial(text), {
        mistake: `Expected \`material\` to be 32 bytes in base64, hex or a JWK; what came decodes to ${length} bytes. ${RECIPE}`,
      });
    });
  }

  it("is refused where all its bytes are equal", () => {
    for (const byte of [0, 0x41, 0xff]) {
      assert.deepEqual(parseMaterial(Buffer.alloc(32, byte).toString("base64")), {
        mistake: `Expected \`material\` to be random; all its bytes are equal. ${RECIPE}`,
      });
    }
  });

  it("is refused where it is text that was not decoded", () => {
    const hex = plantedBytes.toString("hex");
    for (const text of [
      "correct horse battery staple, 32",
      "~~~~~ correct horse battery ~~~~",
      hex.slice(0, 32),
      `${hex.slice(0, 31)}\n`,
      `\t${hex.slice(0, 29)}\r\n`,
    ]) {
      assert.equal(text.length, 32);
      assert.deepEqual(parseMaterial(Buffer.from(text).toString("base64")), {
        mistake: `Expected \`material\` to be random; its bytes are all ASCII text, which was not decoded. ${RECIPE}`,
      });
    }
  });

  it("is taken where a single byte of it is none of a text's", () => {
    for (const byte of [0x1f, 0x7f, 0x08, 0x0b, 0xff]) {
      const bytes = Buffer.concat([Buffer.from([byte]), Buffer.from("correct horse battery staple, 3")]);
      assert.deepEqual(parseMaterial(bytes.toString("base64")), { material: bytes });
    }
  });

  it("is called what it is in the sentence", () => {
    const parsed = parseMaterial("", "the root key from env://ROOT");
    assert.match(
      "mistake" in parsed ? parsed.mistake : "",
      /^Expected the root key from env:\/\/ROOT to be 32/,
    );
  });

  it("of the wrong length is zeroed", () => {
    const from = sinon.spy(Buffer, "from");
    parseMaterial(plantedBytes.subarray(1).toString("base64"));
    const decoded = from.returnValues.filter((buffer) => buffer.length === 31);
    assert.equal(decoded.length, 1);
    assert.ok(decoded.every((buffer) => buffer.every((byte) => byte === 0)));
  });
});
