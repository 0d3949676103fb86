import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import sinon from "sinon";
import { isKeymgmtError } from "../../../provider/errors";
import { keyCheckValue } from "../../../provider/keys/keyCheckValue";
import {
  describeVersions,
  formatKeyring,
  kcvOf,
  parseKeyring,
  versionIn,
  versionJwk,
} from "../../../provider/keys/keyring";
import { AES_256 } from "../../../provider/keys/keyTypes";

const made = new Date("2026-01-31T12:34:56.789Z");

/** A keyring and the materials of its versions. */
function keyringOf(versions: number) {
  const materials = Array.from({ length: versions }, () => randomBytes(32));
  const keys = materials.map((bytes, index) => versionJwk(AES_256, index + 1, Buffer.from(bytes), made));
  return { keyring: { type: AES_256, keys }, materials };
}

describe("keyring", () => {
  afterEach(() => sinon.restore());

  it("is a JWK set (RFC 7517) of symmetric keys (RFC 7518, 6.4), one a version", () => {
    const { keyring, materials } = keyringOf(2);
    assert.deepEqual(JSON.parse(formatKeyring(keyring)), {
      keys: materials.map((bytes, index) => ({
        kty: "oct",
        alg: "A256GCM",
        kid: String(index + 1),
        k: bytes.toString("base64url"),
        iat: 1_769_862_896,
      })),
    });
  });

  it("holds material in base64url without padding, as RFC 7518 has it", () => {
    const { keyring } = keyringOf(20);
    for (const { k } of keyring.keys) assert.match(String(k), /^[A-Za-z0-9_-]{43}$/);
  });

  it("reads back what it wrote", () => {
    const { keyring } = keyringOf(12);
    assert.deepEqual(parseKeyring(formatKeyring(keyring), "aes256-gcm96"), keyring);
    const elsewhere = {
      type: AES_256,
      keystore: "env://ROOT",
      keys: [
        { kid: "1", iat: 1, kcv: "0123456789", jwe: "a.b.c.d.e" },
        { kid: "2", iat: 2, kcv: "abcdefabcd", cmac: `abcdefabcd${"0".repeat(22)}`, jwe: "a.b.c.d.e" },
      ],
    };
    assert.deepEqual(parseKeyring(formatKeyring(elsewhere), "aes256-gcm96"), elsewhere);
    const keys = [{ kid: "1", iat: 1, kcv: "0123456789", from: "env://A" }];
    const referred = { type: AES_256, keystore: "none", keys };
    assert.deepEqual(parseKeyring(formatKeyring(referred), "aes256-gcm96"), referred);
  });

  it("describes its versions without their material", () => {
    const { keyring, materials } = keyringOf(3);
    const described = describeVersions(keyring, 2);
    assert.deepEqual(
      described,
      materials.map((bytes, index) => ({
        version: index + 1,
        createdAt: "2026-01-31T12:34:56.000Z",
        kcv: keyCheckValue(bytes),
        enabled: index + 1 >= 2,
      })),
    );
  });

  it("zeroes every copy that it makes to tell key check values and to read", () => {
    const { keyring } = keyringOf(3);
    const text = formatKeyring(keyring);
    const from = sinon.spy(Buffer, "from");
    describeVersions(parseKeyring(text, "aes256-gcm96"), 1);
    kcvOf(keyring, 2);
    const copies = from.getCalls().filter(({ args }) => (args as unknown[])[1] === "base64url");
    assert.equal(copies.length, 3 + 3 + 1);
    for (const { returnValue } of copies) assert.deepEqual(returnValue, Buffer.alloc(32));
  });

  it("says how many versions it holds where one is asked for that is not there", () => {
    const { keyring } = keyringOf(2);
    for (const version of [0, 3]) {
      assert.throws(
        () => versionIn(keyring, version),
        (error) =>
          isKeymgmtError(error, "InvalidInput") &&
          error.message === `Expected the keyring to hold version ${version}; it holds 2 versions.`,
      );
    }
  });

  describe("that is broken is refused without quoting it", () => {
    const { keyring } = keyringOf(3);
    const [one, two, three] = keyring.keys as [object, object, object];
    const short = Buffer.alloc(31, 7).toString("base64url");
    const cases: [string, unknown, string][] = [
      ["text that is no JSON", undefined, "it is not JSON"],
      ["an empty object", {}, "it has no `keys`"],
      ["null", null, "it has no `keys`"],
      ["a text", "keys", "it has no `keys`"],
      ["keys that are no list", { keys: { "1": one } }, "it has no `keys`"],
      ["a version left out", { keys: [one, three] }, "version 2 is missing"],
      ["versions out of order", { keys: [two, one] }, "version 1 is missing"],
      ["an entry that is null", { keys: [one, null] }, "version 2 is missing"],
      [
        "an entry of another kind",
        { keys: [{ ...one, kty: "RSA" }] },
        "version 1 holds no material of type aes256-gcm96",
      ],
      [
        "material that is too short",
        { keys: [one, { ...two, k: short }] },
        "version 2 holds no material of type aes256-gcm96",
      ],
      [
        "material that is no text",
        { keys: [{ ...one, k: 5 }] },
        "version 1 holds no material of type aes256-gcm96",
      ],
      [
        "no material",
        { keys: [{ ...one, k: undefined }] },
        "version 1 holds no material of type aes256-gcm96",
      ],
      [
        "a sealed version without its check value",
        { keystore: "env://ROOT", keys: [{ kid: "1", iat: 1, jwe: "a.b.c.d.e" }] },
        "version 1 has no key check value of a key of type aes256-gcm96",
      ],
      [
        "a claim secret that is short",
        { claimSecret: "abc", keys: [one] },
        "its claim secret is not in the form of its keystore",
      ],
      [
        "a claim secret that is no text",
        { claimSecret: null, keys: [one] },
        "its claim secret is not in the form of its keystore",
      ],
      [
        "a version in the clear among those that are sealed",
        { keystore: "env://ROOT", keys: [one] },
        "version 1 is not stored as its keystore stores it",
      ],
      [
        "a reference in the state's own keystore",
        { keys: [{ kid: "1", iat: 1, kcv: "0123456789", from: "exec:id" }] },
        "version 1 is not stored as its keystore stores it",
      ],
      [
        "a version that is sealed and in the clear",
        { keystore: "env://ROOT", keys: [{ ...one, kcv: "0123456789", jwe: "a.b.c.d.e" }] },
        "version 1 is not stored as its keystore stores it",
      ],
      ["a keystore that is none", { keystore: "vault://x", keys: [one] }, "its keystore is not one"],
      [
        "a CMAC of another key check value",
        {
          keystore: "none",
          keys: [{ kid: "1", iat: 1, kcv: "0123456789", cmac: "f".repeat(32), from: "env://A" }],
        },
        "version 1 has no key check value of a key of type aes256-gcm96",
      ],
      [
        "a claim secret in the clear where a root key seals",
        { keystore: "env://ROOT", claimSecret: "A".repeat(43), keys: [] },
        "its claim secret is not in the form of its keystore",
      ],
      ["no time of its making", { keys: [{ ...one, iat: undefined }] }, "version 1 has no time"],
      ["a time that is none", { keys: [{ ...one, iat: "today" }] }, "version 1 has no time"],
    ];
    for (const [what, value, complaint] of cases) {
      it(what, () => {
        const text = value === undefined ? formatKeyring(keyring).slice(0, -1) : JSON.stringify(value);
        assert.throws(
          () => parseKeyring(text, "aes256-gcm96"),
          (error) => {
            assert.ok(isKeymgmtError(error, "InvalidInput"), String(error));
            assert.equal(
              error.message,
              `Expected the keyring in state to be a JWK set of versions 1, 2, …; ${complaint}. Restore the stack's state from a backup; nothing was changed.`,
            );
            assert.equal(error.cause, undefined, "JSON.parse's own error quotes the text");
            return true;
          },
        );
      });
    }
  });
});
