import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { skip } from "../../../compat/support";
import { temporaryFolder } from "../../../temporaryFolders";
import {
  derOf,
  ED25519,
  FORMS,
  jwkOf,
  materialOf,
  mistakeIn,
  openssl,
  otherJwk,
  P_256,
  pemOf,
  RECIPE,
  RSA_2048,
  titleOf,
} from "./keys";

describe("what is no private key of the wanted form is refused by what it is:", function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => {
    folder = await temporaryFolder();
  });

  const NAMES = [
    "an RSA key of 2048 bits",
    ...["P-256", "P-384", "P-521", "secp256k1"].map((crv) => `an EC key on ${crv}`),
    "an Ed25519 key",
  ];

  /** Refused in a file and, where it is text, as an input. Nothing of it is in the message. */
  function refuses(content: Buffer | string, came: string, wanted = P_256) {
    const material = materialOf(wanted);
    const name = NAMES[FORMS.indexOf(wanted)]!.replace(" key", " private key");
    const mistake = `Expected the key to be ${name} in PEM, DER or a JWK; what came is ${came}. Make one with: ${RECIPE}`;
    const bytes = Buffer.from(content);
    assert.equal(mistakeIn(material.parseBytes(bytes, "the key")), mistake);
    assert.ok(bytes.every((byte) => byte === 0));
    if (typeof content === "string") assert.equal(mistakeIn(material.parse(content, "the key")), mistake);
  }

  for (const [at, form] of FORMS.entries())
    it(`a private key that is ${NAMES[at]}, in each encoding`, () => {
      const wanted = form === P_256 ? ED25519 : P_256;
      refuses(pemOf(form), NAMES[at]!, wanted);
      refuses(JSON.stringify(jwkOf(form)), NAMES[at]!, wanted);
      refuses(derOf(jwkOf(form)), NAMES[at]!, wanted);
      assert.equal(materialOf(wanted).fromJwk(jwkOf(form)), undefined, titleOf(form));
    });

  it("an RSA key whose size is off by a bit, or another that AWS has", () => {
    for (const bits of [2047, 1024]) {
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: bits });
      const jwk = privateKey.export({ format: "jwk" });
      refuses(JSON.stringify(jwk), `an RSA key of ${bits} bits`, RSA_2048);
      assert.equal(materialOf(RSA_2048).fromJwk(jwk as never), undefined);
    }
    refuses(pemOf(RSA_2048), "an RSA key of 2048 bits");
    const larger = materialOf({ kty: "RSA", bits: 4096 });
    assert.match(
      mistakeIn(larger.parse(pemOf(RSA_2048))),
      /of 4096 bits .* what came is an RSA key of 2048 bits\./,
    );
  });

  it("a key of a type or curve that AWS does not import", () => {
    for (const [line, came] of [
      ["genpkey -algorithm X25519", "an X25519 key"],
      ["genpkey -algorithm ED448", "an Ed448 key"],
      ["genpkey -algorithm X448", "an X448 key"],
      ["genpkey -algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1", "an EC key on another curve"],
      [
        "genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048",
        "an RSA-PSS key, which no other algorithm may use",
      ],
    ] as const)
      refuses(openssl(line).toString(), came);
    const { privateKey } = generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 });
    refuses(String(privateKey.export({ type: "pkcs8", format: "pem" })), "a DSA key");
    const traditional = openssl(
      "pkey -traditional",
      String(privateKey.export({ type: "pkcs8", format: "pem" })),
    );
    refuses(traditional.toString(), "a DSA key");
  });

  it("a public key", () => {
    for (const form of FORMS) {
      refuses(openssl("pkey -pubout", pemOf(form)).toString(), "a public key");
      const { kty, crv, n, e, x, y } = jwkOf(form);
      refuses(JSON.stringify({ kty, crv, n, e, x, y }), "a public key");
    }
    refuses(openssl("pkey -pubout -outform DER", pemOf(P_256)), "a public key");
    refuses(openssl("rsa -RSAPublicKey_out", pemOf(RSA_2048)).toString(), "a public key");
  });

  it("a certificate and a request for one", () => {
    const key = join(folder, "key.pem");
    execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key]);
    const issued = openssl(`req -new -x509 -subj /CN=orders -key ${key}`).toString();
    refuses(issued, "a certificate");
    refuses(openssl("x509 -outform DER", issued), "a certificate");
    refuses(openssl("x509 -trustout -addtrust serverAuth", issued).toString(), "a certificate");
    const asked = openssl(`req -new -subj /CN=orders -key ${key}`).toString();
    refuses(asked, "a certificate signing request");
    refuses(openssl("req -outform DER", asked), "a certificate signing request");
    refuses(asked + issued + readFileSync(key, "utf8"), "3 PEM blocks: leave only that of the private key");
    execFileSync(
      "openssl",
      `pkcs12 -export -inkey ${key} -nokeys -passout pass:horse -out ${folder}/key.p12`.split(" "),
      { stdio: "pipe", input: issued },
    );
    refuses(
      readFileSync(join(folder, "key.p12")),
      "a PKCS#12 file. Take the key out of it with: openssl pkcs12 -in FILE -nocerts -noenc",
    );
  });

  it("a key in OpenSSH's format, with the commands that convert it", function () {
    const key = join(folder, "id");
    try {
      execFileSync("ssh-keygen", ["-q", "-t", "ecdsa", "-b", "256", "-N", "", "-f", key]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") skip(this, "no ssh-keygen on PATH");
      throw error;
    }
    const mistake = mistakeIn(materialOf(P_256).parse(readFileSync(key, "utf8")));
    assert.match(mistake, /what came is a key in OpenSSH's own format\. Convert a copy/);
    assert.match(mistake, /ssh-keygen -p -m PKCS8 -f COPY; for Ed25519: python3 -c '/);
    execFileSync("ssh-keygen", ["-q", "-p", "-m", "PKCS8", "-P", "", "-N", "", "-f", key], { stdio: "pipe" });
    assert.ok("material" in materialOf(P_256).parse(readFileSync(key, "utf8")));
  });

  it("two keys, a set of keys, and parameters without a key", () => {
    const two = pemOf(P_256) + pemOf(ED25519);
    refuses(two, "2 PEM blocks: leave only that of the private key");
    refuses(JSON.stringify({ keys: [jwkOf(P_256)] }), "a set of keys: give one JWK of it");
    refuses(JSON.stringify([jwkOf(P_256)]), "a set of keys: give one JWK of it");
    refuses(openssl("ecparam -name prime256v1").toString(), "the parameters of a curve, without a key");
    const [one, other] = [derOf(jwkOf(P_256)), derOf(otherJwk(P_256))];
    refuses(
      Buffer.concat([one, other]),
      `${one.length + other.length} bytes that are not one DER structure, such as a symmetric key`,
    );
  });

  it("symmetric keys and other bytes", () => {
    const bytes = Buffer.concat([Buffer.from([0xff]), randomBytes(31)]);
    const came = "32 bytes that are not one DER structure, such as a symmetric key";
    refuses(bytes, came);
    refuses(bytes.toString("base64"), came);
    refuses(bytes.toString("hex"), "32 bytes in hex, as a symmetric key is written");
    refuses(JSON.stringify({ kty: "oct", k: bytes.toString("base64url") }), "a symmetric key");
    refuses("", "none of them");
    refuses("correct horse battery staple!", "none of them");
    refuses(`{"kty":"EC","d":"secret`, "JSON that cannot be read");
    refuses(`{"d":"secret"}`, "JSON without a private key");
    refuses(`{"kty":"constructor","d":"secret"}`, "JSON without a private key");
    refuses(Buffer.from("3003020101", "hex"), "DER of something else");
  });

  it("an EC key with the parameters of its curve, which the command in the message mends", () => {
    const advice = "openssl ec -in FILE -param_enc named_curve";
    const came = `an EC key with the parameters of its curve. Name the curve: ${advice}`;
    const explicit = openssl("ec -param_enc explicit", pemOf(P_256));
    refuses(explicit.toString(), came);
    refuses(openssl("ec -param_enc explicit -outform DER", pemOf(P_256)), came);
    refuses(openssl("pkcs8 -topk8 -nocrypt", explicit).toString(), came);
    assert.ok(
      "material" in materialOf(P_256).parse(openssl("ec -param_enc named_curve", explicit).toString()),
    );
  });

  it("an RSA key of three primes, or without its primes", () => {
    const three = openssl("genrsa -primes 3 2048");
    const came = "an RSA key of more than two primes";
    refuses(three.toString(), came, RSA_2048);
    refuses(openssl("rsa -traditional -outform DER", three), came, RSA_2048);
    refuses(JSON.stringify({ ...jwkOf(RSA_2048), oth: [{ r: "AQ", d: "AQ", t: "AQ" }] }), came, RSA_2048);
    const { kty, n, e, d } = jwkOf(RSA_2048);
    refuses(
      JSON.stringify({ kty, n, e, d }),
      "an RSA key without its primes and what follows from them (p, q, dp, dq, qi)",
      RSA_2048,
    );
  });

  it("damaged PEM, DER and JWKs", () => {
    const pem = pemOf(P_256);
    refuses(
      pem.replace(/-----END.*/, ""),
      "PEM without its end, or with an end that is not that of its begin",
    );
    refuses(
      pem.replace("-----END PRIVATE", "-----END EC PRIVATE"),
      "PEM without its end, or with an end that is not that of its begin",
    );
    refuses(pem.replace(/\nM.{8}/, "\n"), "PEM that holds no DER");
    refuses(
      pem.trim().replaceAll("\n", "\\n"),
      "PEM in one line, with \\n in place of its line breaks. Write the breaks, for example with: printf '%b'",
    );
    const damaged =
      "a private key that cannot be read: it is damaged, or of a type that OpenSSL does not know";
    const der = derOf(jwkOf(P_256));
    const noDer = (length: number) =>
      `${length} bytes that are not one DER structure, such as a symmetric key`;
    refuses(der.subarray(0, -1), noDer(der.length - 1));
    const indefinite = Buffer.concat([Buffer.from("3080020101047b", "hex"), Buffer.alloc(123)]);
    refuses(indefinite, noDer(130));
    der[9] = 0x00;
    refuses(der, damaged);
    const jwk = jwkOf(P_256);
    const broken = "a JWK that cannot be read: it is damaged, or of a curve that OpenSSL does not know";
    for (const wrong of [
      { ...jwk, x: jwk.y },
      { ...jwk, d: "a b" },
      { ...jwk, crv: "P-257" },
      { ...jwk, y: undefined },
    ])
      refuses(JSON.stringify(wrong), broken);
    const seed = Buffer.from(jwkOf(ED25519).d!, "base64url");
    for (const d of [seed.subarray(1), Buffer.concat([seed, seed.subarray(0, 1)])])
      refuses(JSON.stringify({ ...jwkOf(ED25519), d: d.toString("base64url") }), broken, ED25519);
    refuses(
      "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ==\n-----END PGP PRIVATE KEY BLOCK-----",
      "an OpenPGP key",
    );
  });

  it("nothing in a keyring that is not of the form", () => {
    for (const jwk of [
      {},
      { kty: "oct", k: "AQ" },
      { kty: "EC" },
      { ...jwkOf(P_256), d: 7 },
      { ...jwkOf(P_256), d: "" },
    ])
      assert.equal(materialOf(P_256).fromJwk(jwk as never), undefined);
  });
});
