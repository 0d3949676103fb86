import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import sinon from "sinon";
import { CURVES, type PrivateKeyForm } from "../../../../provider/keys/privateKeys/forms";
import {
  derOf,
  ED25519,
  FORMS,
  jwkOf,
  materialOf,
  mistakeIn,
  ON_CURVES,
  openssl,
  P_256,
  pemOf,
  RSA_2048,
  titleOf,
  version2,
} from "./keys";

describe("private keys as material", function () {
  this.timeout(60_000);
  afterEach(() => sinon.restore());

  for (const form of [...FORMS, { kty: "RSA", bits: 3072 }, { kty: "RSA", bits: 4096 }] as PrivateKeyForm[])
    it(`of ${titleOf(form)}: what is generated is sound to OpenSSL, and is what its owner may give`, async () => {
      const material = materialOf(form);
      const made = await material.generate();
      assert.match(openssl("pkey -inform DER -check -noout", made).toString(), /Key is valid|^$/);
      const text = openssl("pkey -inform DER -text -noout", made).toString();
      if (form.kty === "RSA") {
        assert.match(text, new RegExp(`Private-Key: \\(${form.bits} bit, 2 primes\\)`));
        assert.match(text, /publicExponent: 65537 /);
      }
      assert.deepEqual(material.parse(made.toString("base64")), { material: made });
      assert.deepEqual(material.fromJwk(material.toJwk(made)), made);
      assert.notDeepEqual(form.kty === "RSA" ? undefined : await material.generate(), made);
    });

  it("of RSA is generated while the event loop turns", async () => {
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    await materialOf(RSA_2048).generate();
    assert.ok(turned);
  });

  for (const form of FORMS)
    describe(`of ${titleOf(form)}, as openssl writes it, is read from`, () => {
      const material = materialOf(form);
      /** The same key by OpenSSL: PKCS#8 DER with its public half. */
      const expected = () => openssl("pkcs8 -topk8 -nocrypt -outform DER", pemOf(form));
      const isRead = (content: Buffer | string, passphrase?: string) => {
        const wanted = { material: expected() };
        const bytes = Buffer.from(content);
        assert.deepEqual(material.parseBytes(bytes, "`material`", passphrase), wanted);
        assert.ok(
          bytes.every((byte) => byte === 0),
          "what was read is zeroed",
        );
        const text = Buffer.from(content);
        const asText = text.includes("-----BEGIN") ? text.toString() : text.toString("base64");
        assert.deepEqual(material.parse(asText, undefined, passphrase), wanted);
      };

      it("PEM and DER in PKCS#8, in base64 of lines and of the URL alphabet too", () => {
        isRead(pemOf(form));
        isRead(`\ufeffBag Attributes\r\n${pemOf(form).replaceAll("\n", "\r\n")}\r\n`);
        isRead(expected());
        const base64 = expected().toString("base64");
        for (const text of [`${base64.replace(/.{64}/g, "$&\n")}\n`, expected().toString("base64url")])
          assert.deepEqual(material.parse(text), { material: expected() });
      });

      it("PEM and DER that are encrypted", () => {
        const pem = openssl("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:horse", pemOf(form)).toString();
        assert.match(pem, /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
        isRead(pem, "horse");
        isRead(
          openssl("pkcs8 -topk8 -v2 aes-256-cbc -passout pass:horse -outform DER", pemOf(form)),
          "horse",
        );
      });

      if (form.kty !== "OKP")
        it("traditional PEM and DER, encrypted or not", () => {
          const traditional = openssl("pkey -traditional", pemOf(form)).toString();
          assert.match(traditional, /^-----BEGIN (RSA|EC) PRIVATE KEY-----/);
          isRead(traditional);
          isRead(openssl("pkey -traditional -outform DER", pemOf(form)));
          const closed = openssl("pkey -traditional -aes128 -passout pass:horse", pemOf(form)).toString();
          assert.match(closed, /DEK-Info: AES-128-CBC/);
          isRead(closed, "horse");
          isRead(traditional, "a passphrase that is not needed");
        });

      if (form.kty === "EC")
        it("PEM without the public half, and behind the parameters of its curve", () => {
          isRead(openssl("ec -no_public", pemOf(form)));
          const parameters = openssl(`ecparam -name ${CURVES[form.crv]}`).toString();
          isRead(`${parameters}${openssl("ec", pemOf(form))}`);
        });

      it("a JWK, to the same bytes, and is written as one with the members of the RFCs alone", () => {
        const jwk = { ...jwkOf(form), kid: "schlüssel", use: "sig" };
        assert.deepEqual(material.parse(JSON.stringify(jwk)), { material: expected() });
        assert.deepEqual(material.fromJwk(jwk), expected());
        assert.deepEqual(
          Object.keys(material.toJwk(expected())).sort(),
          {
            RSA: ["d", "dp", "dq", "e", "kty", "n", "p", "q", "qi"],
            EC: ["crv", "d", "kty", "x", "y"],
            OKP: ["crv", "d", "kty", "x"],
          }[form.kty],
        );
        assert.equal(derOf(material.toJwk(expected())).equals(expected()), true);
      });
    });

  it("that are encrypted are refused without their passphrase, and with another", () => {
    const expected = "Expected the key to be an EC private key on P-256 in PEM, DER or a JWK";
    const material = materialOf(P_256);
    for (const line of [
      "pkcs8 -topk8 -v2 aes-256-cbc -passout pass:horse",
      "pkcs8 -topk8 -v2 aes-256-cbc -passout pass:horse -outform DER",
      "ec -aes128 -passout pass:horse",
    ]) {
      const closed = openssl(line, pemOf(P_256));
      const refusal = (passphrase?: string) =>
        mistakeIn(material.parseBytes(Buffer.from(closed), "the key", passphrase));
      assert.equal(
        refusal(),
        `${expected}; what came is encrypted, and no passphrase was given: \`materialPassphrase\` names where it is read.`,
      );
      for (const wrong of ["", "horses"])
        assert.equal(
          refusal(wrong),
          `${expected}; what came is encrypted, and the passphrase that was given does not open it.`,
        );
    }
  });

  it("may have a passphrase that is not ASCII", () => {
    const closed = createPrivateKey(pemOf(ED25519)).export({
      type: "pkcs8",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase: "schlüssel wort",
    });
    assert.ok("material" in materialOf(ED25519).parse(String(closed), undefined, "schlüssel wort"));
  });

  for (const form of [RSA_2048, ...ON_CURVES, ED25519])
    it(`of ${titleOf(form)} leave no buffer that holds them but the material`, () => {
      const secrets = ["d", "p", "q", "dp", "dq", "qi"].flatMap((member) => {
        const secret = jwkOf(form)[member as "d"];
        return secret === undefined ? [] : [Buffer.concat([Buffer.from(secret, "base64url")])];
      });
      const contents: Buffer[] = [pemOf(form), JSON.stringify(jwkOf(form))].map((text) => Buffer.from(text));
      contents.push(openssl("pkcs8 -topk8 -nocrypt -outform DER", pemOf(form)));
      const der = contents.at(-1)!.toString("base64");
      if (form.kty === "OKP") contents.push(version2(jwkOf(form)));
      const spies = [
        sinon.spy(Buffer, "from"),
        sinon.spy(Buffer, "concat"),
        sinon.spy(Object.getPrototypeOf(createPrivateKey(pemOf(form))), "export"),
      ];
      const material = materialOf(form);
      const parsed = [...contents.map((content) => material.parseBytes(content, "it")), material.parse(der)];
      const made = parsed.map((each) => ("material" in each ? each.material : Buffer.alloc(0)));
      const returned = spies
        .flatMap((spy) => spy.returnValues as unknown[])
        .filter((value) => Buffer.isBuffer(value));
      const holding = returned.filter((bytes) => secrets.some((secret) => bytes.includes(secret)));
      assert.equal(made.filter((bytes) => bytes.length > 0).length, contents.length + 1);
      assert.deepEqual(
        holding.filter((bytes) => !made.includes(bytes)).map((bytes) => bytes.length),
        [],
      );
    });
});
