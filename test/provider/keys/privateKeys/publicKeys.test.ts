import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { CompactSign, calculateJwkThumbprint, compactVerify, createLocalJWKSet } from "jose";
import {
  fingerprintOf,
  jwkSet,
  publicJwk,
  publicKeyOf,
  publicPem,
} from "../../../../provider/keys/privateKeys/publicKeys";
import { derOf, FORMS, jwkOf, openssl, P_256, pemOf, titleOf } from "./keys";

describe("public halves of private keys", function () {
  this.timeout(60_000);
  const publicOf = (form: (typeof FORMS)[number]) => publicKeyOf(derOf(jwkOf(form)));

  for (const form of FORMS)
    it(`of ${titleOf(form)} are those that openssl writes, and so is their fingerprint`, () => {
      const key = publicOf(form);
      assert.equal(key.type, "public");
      assert.equal(publicPem(key), openssl("pkey -pubout", pemOf(form)).toString());
      const der = openssl("pkey -pubout -outform DER", pemOf(form));
      assert.equal(fingerprintOf(key), openssl("dgst -sha256 -r", der).toString().split(" ")[0]);
      assert.match(fingerprintOf(key), /^[0-9a-f]{64}$/);
      const { d, p, q, dp, dq, qi, ...members } = jwkOf(form);
      assert.deepEqual(publicJwk(key), members);
    });

  it("leave the material as it was", () => {
    const material = derOf(jwkOf(P_256));
    publicKeyOf(material);
    assert.deepEqual(material, derOf(jwkOf(P_256)));
  });

  it("are never those of a private key by mistake", () => {
    const key = createPrivateKey(pemOf(P_256));
    assert.throws(() => publicJwk(key), /a public key was expected/);
    assert.throws(() => jwkSet([key]));
  });

  describe("as a JWK set", () => {
    it("have the thumbprint of RFC 7638's example, and what jose computes", async () => {
      const n =
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
      const publicKey = createPublicKey({ key: { kty: "RSA", n, e: "AQAB" }, format: "jwk" });
      const { keys } = jwkSet([publicKey]);
      assert.equal(keys[0]!.kid, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
      for (const form of FORMS) {
        const [jwk] = jwkSet([publicOf(form)]).keys;
        assert.equal(jwk!.kid, await calculateJwkThumbprint(jwk!, "sha256"), titleOf(form));
      }
    });

    it("say that they are for signatures, and the algorithm where the curve has one, and nothing of the private half", () => {
      const { keys } = jwkSet(FORMS.map(publicOf));
      assert.deepEqual(
        keys.map(({ use, alg }) => [use, alg]),
        [undefined, "ES256", "ES384", "ES512", "ES256K", "EdDSA"].map((alg) => ["sig", alg]),
      );
      for (const jwk of keys)
        for (const member of ["d", "p", "q", "dp", "dq", "qi", "k", "oth"]) assert.ok(!(member in jwk));
    });

    it("verify tokens: jose finds the key by its kid", async () => {
      const forms = FORMS.filter((form) => titleOf(form) !== "secp256k1"); // jose 6 has no ES256K
      const set = jwkSet(forms.map(publicOf));
      for (const [at, form] of forms.entries()) {
        const { kid, alg = "PS256" } = set.keys[at]!;
        const token = await new CompactSign(Buffer.from("orders"))
          .setProtectedHeader({ alg, kid: kid! })
          .sign(createPrivateKey(pemOf(form)));
        const { payload } = await compactVerify(token, createLocalJWKSet(set));
        assert.equal(Buffer.from(payload).toString(), "orders");
      }
    });
  });
});
