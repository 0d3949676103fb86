import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import sinon from "sinon";
import { symmetricMaterial } from "../../../provider/keys/symmetricMaterial";
import { material, plantedBytes } from "../resources/goodInputs";

const RECIPE = "Make some with: openssl rand -base64 32";

describe("symmetric material", () => {
  const aes = symmetricMaterial({ fewest: 32, most: 32 }, "A256GCM");

  afterEach(() => sinon.restore());

  it("that is made has 32 bytes and is never the same twice", async () => {
    const many = await Promise.all(Array.from({ length: 50 }, () => aes.generate()));
    for (const bytes of many) assert.equal(bytes.length, 32);
    assert.equal(new Set(many.map((bytes) => bytes.toString("hex"))).size, 50);
  });

  it("of a user's own is 32 bytes in base64 or base64url, with or without padding, and white space around it", () => {
    const bytes = Buffer.from(plantedBytes);
    bytes.set([0xfb, 0xff, 0xfe]); // + and / in base64, - and _ in base64url
    const [base64, base64url] = [bytes.toString("base64"), bytes.toString("base64url")];
    assert.ok(/[+/]/.test(base64) && /[-_]/.test(base64url));
    for (const text of [base64, base64.replace("=", ""), `  ${base64}\r\n`, base64url, `${base64url}=`]) {
      assert.deepEqual(aes.parse(text), { material: bytes });
    }
  });

  it("may be in hex or a symmetric JWK", () => {
    const hex = plantedBytes.toString("hex");
    const jwk = { kty: "oct", k: plantedBytes.toString("base64url"), alg: "A256GCM" };
    for (const text of [hex, hex.toUpperCase(), `${hex}\n`, JSON.stringify(jwk)])
      assert.deepEqual(aes.parse(text), { material: plantedBytes });
  });

  for (const [what, text] of [
    ["JSON that is no JWK", `{"k":${JSON.stringify(material)}`],
    ["a JWK of another kind", JSON.stringify({ kty: "RSA", k: material.replace("=", "") })],
    ["a JWK whose key is not base64url", JSON.stringify({ kty: "oct", k: "a b" })],
    ["nothing", ""],
    ["a passphrase", "correct horse battery staple"],
    ["base64 and base64url at once", `${material.slice(0, 10)}-/${material.slice(12)}`],
    ["PEM", `-----BEGIN KEY-----\n${material}\n-----END KEY-----`],
    ["base64 with padding in its middle", `${material}${material}`],
    ["base64 in lines with padding in its middle", `${material}\n${material}`],
    [
      "words whose letters are as many as those of a key in base64",
      "correct horse battery staple orders seventy walrus",
    ],
    ["such words, one a line", "correct\nhorse\nbattery\nstaple\norders\nseventy\nwalrus"],
  ] as const) {
    it(`is refused where it is ${what}, and not shown`, () => {
      assert.deepEqual(aes.parse(text), {
        mistake: "Expected `material` to be 32 bytes in base64, hex or a JWK; what came is none of them.",
      });
    });
  }

  it("in base64 and hex may stand in lines, and hex in pairs, as tools print it", () => {
    const bytes = Buffer.from(plantedBytes);
    bytes.set([0xfb, 0xff, 0xfe]);
    const [hex, base64, base64url] = (["hex", "base64", "base64url"] as const).map((form) =>
      bytes.toString(form),
    ) as [string, string, string];
    const inLines = (text: string, width: number, end: string) =>
      text.replace(new RegExp(`.{${width}}(?=.)`, "g"), `$&${end}`);
    for (const text of [
      `${inLines(hex, 60, "\n")}\n`, // xxd -p
      `${inLines(hex.toUpperCase(), 60, "\r\n")}\r\n`,
      inLines(hex, 16, "\n"), // xxd -p -c 8
      inLines(hex, 60, " "), // echo $(xxd -p)
      ` ${inLines(inLines(hex, 32, "\n"), 2, " ").replaceAll("\n ", "\n")}\n`, // od -An -tx1
      `${inLines(hex, 2, " ")} \n`, // hexdump -ve '1/1 "%02x "'
      ...[base64, base64url].flatMap((text) => [
        `${inLines(text, 20, "\n")}\n`,
        inLines(text, 7, "\r\n\t"),
        `${text.slice(0, 9)} ${text.slice(9)}`,
      ]),
    ])
      assert.deepEqual(aes.parse(text), { material: bytes }, JSON.stringify(text));
  });

  it("in hex is refused where it stands in words of several bytes, which most machines print in another order", () => {
    for (const width of [4, 8, 16]) {
      const words = plantedBytes.toString("hex").match(new RegExp(`.{${width}}`, "g"))!;
      const half = words.length / 2;
      for (const text of [
        ` ${words.slice(0, half).join(" ")}\n ${words.slice(half).join(" ")}\n`, // od -An -x
        ` ${words.join("\n ")}\n`, // od -An -w8 -tx8
      ])
        assert.deepEqual(aes.parse(text), {
          mistake:
            "Expected `material` to be 32 bytes in base64, hex or a JWK; what came is hex in words of several bytes, whose order depends on the machine. Use xxd -p or od -An -v -tx1.",
        });
    }
  });

  describe("in a file or a command's output", () => {
    const bytes = createHash("sha256").update(plantedBytes).digest();
    const parse = (content: Buffer) => {
      const copy = Buffer.concat([content]);
      return { copy, parsed: aes.parseBytes(copy, "`material`") };
    };
    const expected = "Expected `material` to be 32 bytes, raw or in base64, hex or a JWK";
    const raw = "Make some with: openssl rand -out FILE 32";

    it("may be its 32 bytes as they are, white space at their ends too, and never becomes a string", () => {
      const asString = sinon.spy(Buffer.prototype, "toString");
      for (const [first, last] of [
        [0x0a, 0x20],
        [0x20, 0x0a],
        [0x7b, 0x00],
        [0xef, 0xff],
      ]) {
        const key = Buffer.concat([Buffer.from([first!]), bytes.subarray(1, 31), Buffer.from([last!])]);
        const { copy, parsed } = parse(key);
        assert.deepEqual(parsed, { material: key });
        assert.equal("material" in parsed && parsed.material, copy);
      }
      parse(Buffer.concat([bytes, bytes]));
      sinon.assert.notCalled(asString);
    });

    it("may be text in the forms of `material`, of which nothing else is kept", () => {
      const jwk = JSON.stringify({ kty: "oct", k: plantedBytes.toString("base64url"), kid: "schlüssel" });
      for (const text of [`${material}\r\n`, `\ufeff${plantedBytes.toString("hex")}\n`, jwk]) {
        const { copy, parsed } = parse(Buffer.from(text));
        assert.deepEqual(parsed, { material: plantedBytes });
        assert.ok(copy.every((byte) => byte === 0));
      }
    });

    for (const [what, content, came] of [
      [
        "no text of 31 bytes",
        bytes.subarray(1),
        `${expected}; what came is 31 bytes that are not text. ${raw}`,
      ],
      [
        "an end of line behind the bytes",
        Buffer.concat([bytes, Buffer.from("\n")]),
        `${expected}; what came is 33 bytes that are not text, an end of line among them: write the bytes without it. ${raw}`,
      ],
      [
        "an end of line of Windows behind the bytes",
        Buffer.concat([bytes, Buffer.from("\r\n")]),
        `${expected}; what came is 34 bytes that are not text, an end of line among them: write the bytes without it. ${raw}`,
      ],
      ["nothing", Buffer.alloc(0), `${expected}; what came is none of them.`],
      [
        "a password of 32 characters",
        Buffer.from("correct horse battery staple, 32"),
        `${expected}; what came is none of them.`,
      ],
      [
        "a password of 32 bytes in another script",
        Buffer.from("пароль для ключа\r\n"),
        `${expected}; what came is none of them.`,
      ],
      [
        "a password in UTF-16",
        Buffer.from("\ufeffcorrect horse b", "utf16le"),
        `Expected \`material\` to be random; 15 of its bytes are zero. ${raw}`,
      ],
      [
        "a password that was filled up with zeros",
        Buffer.concat([Buffer.from("correct horse battery st")], 32),
        `Expected \`material\` to be random; 8 of its bytes are zero. ${raw}`,
      ],
      [
        "equal bytes",
        Buffer.alloc(32, 0xff),
        `Expected \`material\` to be random; all its bytes are equal. ${raw}`,
      ],
    ] as const)
      it(`is refused where it is ${what}, and is zeroed`, () => {
        const { copy, parsed } = parse(content);
        assert.deepEqual(parsed, { mistake: came });
        assert.ok(copy.every((byte) => byte === 0));
      });
  });

  for (const length of [16, 24, 31, 33, 64]) {
    it(`is refused where it has ${length} bytes, and not shown`, () => {
      const text = Buffer.concat([plantedBytes, plantedBytes]).subarray(0, length).toString("base64");
      assert.deepEqual(aes.parse(text), {
        mistake: `Expected \`material\` to be 32 bytes in base64, hex or a JWK; what came decodes to ${length} bytes. ${RECIPE}`,
      });
    });
  }

  it("is refused where all its bytes are equal", () => {
    for (const byte of [0, 0x41, 0xff]) {
      assert.deepEqual(aes.parse(Buffer.alloc(32, byte).toString("base64")), {
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
      assert.deepEqual(aes.parse(Buffer.from(text).toString("base64")), {
        mistake: `Expected \`material\` to be random; its bytes are all ASCII text, which was not decoded. ${RECIPE}`,
      });
    }
  });

  it("is taken where a single byte of it is none of a text's", () => {
    for (const byte of [0x1f, 0x7f, 0x08, 0x0b, 0xff]) {
      const bytes = Buffer.concat([Buffer.from([byte]), Buffer.from("correct horse battery staple, 3")]);
      assert.deepEqual(aes.parse(bytes.toString("base64")), { material: bytes });
    }
  });

  it("is called what it is in the sentence", () => {
    const parsed = aes.parse("", "the root key from env://ROOT");
    assert.match(
      "mistake" in parsed ? parsed.mistake : "",
      /^Expected the root key from env:\/\/ROOT to be 32/,
    );
  });

  it("of the wrong length is zeroed", () => {
    const from = sinon.spy(Buffer, "from");
    aes.parse(plantedBytes.subarray(1).toString("base64"));
    const decoded = from.returnValues.filter((buffer) => buffer.length === 31);
    assert.equal(decoded.length, 1);
    assert.ok(decoded.every((buffer) => buffer.every((byte) => byte === 0)));
  });
});

describe("symmetric material of a range of lengths", () => {
  const hmac = symmetricMaterial({ fewest: 28, most: 128 });
  const bytesOf = (length: number) =>
    Buffer.concat(["a", "b"].map((text) => createHash("sha512").update(text).digest())).subarray(0, length);
  const expected = "Expected `material` to be 28 to 128 bytes in base64, hex or a JWK";
  const recipe = "Make some with: openssl rand -base64 28";

  it("is generated with the fewest bytes", async () => {
    assert.equal((await hmac.generate()).length, 28);
    assert.equal(hmac.recipe, "openssl rand -base64 28");
  });

  for (const length of [28, 29, 32, 48, 64, 127, 128])
    it(`may have ${length} bytes, in base64, hex, a JWK or raw, and is stored`, () => {
      const bytes = bytesOf(length);
      const jwk = { kty: "oct", k: bytes.toString("base64url") };
      for (const text of [bytes.toString("base64"), jwk.k, bytes.toString("hex"), JSON.stringify(jwk)])
        assert.deepEqual(hmac.parse(text), { material: bytes });
      assert.deepEqual(hmac.parseBytes(Buffer.concat([bytes]), "it"), { material: bytes });
      assert.deepEqual(hmac.toJwk(bytes), jwk);
      assert.deepEqual(hmac.fromJwk(jwk), bytes);
    });

  for (const length of [27, 129])
    it(`may not have ${length} bytes`, () => {
      const bytes = Buffer.alloc(length, bytesOf(128));
      for (const form of ["base64", "hex"] as const)
        assert.deepEqual(hmac.parse(bytes.toString(form)), {
          mistake: `${expected}; what came decodes to ${length} bytes. ${recipe}`,
        });
      assert.deepEqual(hmac.parseBytes(Buffer.concat([bytes]), "`material`"), {
        mistake: `Expected \`material\` to be 28 to 128 bytes, raw or in base64, hex or a JWK; what came is ${length} bytes that are not text. Make some with: openssl rand -out FILE 28`,
      });
      assert.equal(hmac.fromJwk({ kty: "oct", k: bytes.toString("base64url") }), undefined);
    });

  it("is hex where all of it is hex digits, though base64 would fit too", () => {
    const hex = bytesOf(32).toString("hex");
    assert.equal(Buffer.from(hex, "base64").length, 48);
    assert.deepEqual(hmac.parse(hex), { material: bytesOf(32) });
    const short = hex.slice(0, 40);
    assert.equal(Buffer.from(short, "base64").length, 30);
    assert.deepEqual(hmac.parse(short), {
      mistake: `${expected}; what came decodes to 20 bytes. ${recipe}`,
    });
    assert.deepEqual(hmac.parse(hex.slice(1)), { mistake: `${expected}; what came is none of them.` });
  });

  it("in raw bytes may not have an end of line behind the usual length, which would become a part of it", () => {
    for (const end of ["\n", "\r\n"]) {
      const content = Buffer.concat([bytesOf(28), Buffer.from(end)]);
      const parsed = hmac.parseBytes(content, "`material`");
      assert.match(
        "mistake" in parsed ? parsed.mistake : "",
        /an end of line among them: write the bytes without/,
      );
      assert.ok(content.every((byte) => byte === 0));
      assert.ok("material" in hmac.parse(Buffer.concat([bytesOf(28), Buffer.from(end)]).toString("base64")));
    }
  });

  it("in base64 that lost its end, and a password, are refused where no bytes are written so", () => {
    const mistake =
      "Expected `material` to be 28 to 128 bytes in base64, hex or a JWK; what came is none of them.";
    const text = `${Buffer.alloc(64, 0xb5).toString("base64")}`;
    for (const lost of [
      text.slice(0, -1),
      text.slice(0, 53),
      text.slice(0, 54),
      "Pass".repeat(13).concat("word1"),
    ])
      assert.deepEqual(hmac.parse(lost), { mistake }, lost);
  });

  it("has the algorithm of RFC 7518 where there is one", () => {
    const jwk = symmetricMaterial({ fewest: 32, most: 128 }, "HS256").toJwk(bytesOf(40));
    assert.deepEqual(jwk, { kty: "oct", alg: "HS256", k: bytesOf(40).toString("base64url") });
  });
});
