import assert from "node:assert/strict";
import { createDecipheriv, randomBytes } from "node:crypto";
import sinon from "sinon";
import { identityOf, keyCheckValue } from "../../../../provider/keys/keyCheckValue";
import type { Keyring, SealedVersion } from "../../../../provider/keys/keyring";
import { formatKeyring, kcvOf, parseKeyring, versionJwk } from "../../../../provider/keys/keyring";
import { emptyKeyring, withVersion } from "../../../../provider/keys/keystores/addVersion";
import { isInPlace, movedKeyring } from "../../../../provider/keys/keystores/moveKeyring";
import { materialOf } from "../../../../provider/keys/keystores/readVersion";
import { AES_256 } from "../../../../provider/keys/keyTypes";
import { setEnvironment } from "../../kms/loopback";
import { refusal } from "../../refusal";
import { withoutKms } from "./withoutKms";

const made = new Date("2026-01-31T12:34:56.789Z");
const hex = (bytes: Buffer) => bytes.toString("hex");

describe("a keyring in its keystore", () => {
  const session = withoutKms();
  const materials = [randomBytes(32), randomBytes(32)];
  const root = randomBytes(32);
  let restore: () => void;
  beforeEach(() => {
    restore = setEnvironment({
      ROOT: root.toString("base64"),
      OTHER: hex(randomBytes(32)),
      ORDERS_1: hex(materials[0]!),
      ORDERS_2: hex(materials[1]!),
      SWAPPED_1: hex(materials[0]!),
      SWAPPED_2: hex(materials[0]!),
    });
  });
  afterEach(() => {
    sinon.restore();
    restore();
  });

  const keeping = (keystore: string, reference?: string, key = "orders") => ({ key, keystore, reference });
  async function keyringIn(keystore: string, reference?: string): Promise<Keyring> {
    let keyring = emptyKeyring(AES_256, keystore);
    for (const material of materials)
      keyring = await withVersion(
        session,
        keyring,
        keeping(keystore, reference),
        Buffer.from(material),
        made,
      );
    return parseKeyring(formatKeyring(keyring), "aes256-gcm96");
  }
  const open = (keyring: Keyring, version: number, key = "orders") =>
    materialOf(session, keyring, { key, reference: "env://ORDERS_{version}" }, version);
  const sealed = (keyring: Keyring, version: number) => keyring.keys[version - 1] as SealedVersion;

  for (const [keystore, reference] of [
    ["state", undefined],
    ["env://ROOT", undefined],
    ["none", "env://ORDERS_{version}"],
  ] as const) {
    it(`"${keystore}" gives each version back, and shows its key check value without asking`, async () => {
      const keyring = await keyringIn(keystore, reference);
      process.env.ROOT = "";
      assert.deepEqual(
        [1, 2].map((version) => kcvOf(keyring, version)),
        materials.map(keyCheckValue),
      );
      process.env.ROOT = hex(root);
      for (const version of [1, 2]) assert.deepEqual(await open(keyring, version), materials[version - 1]);
    });

    it(`"${keystore}" zeroes the material that it takes in`, async () => {
      const material = randomBytes(32);
      process.env.ORDERS_1 = hex(material);
      await withVersion(
        session,
        emptyKeyring(AES_256, keystore),
        keeping(keystore, reference),
        material,
        made,
      );
      assert.deepEqual(material, Buffer.alloc(32));
    });
  }

  it("sealed is a JWE of the version's JWK that an independent reading of RFC 7516 and RFC 3394 opens", async () => {
    const { jwe } = sealed(await keyringIn("env://ROOT"), 2);
    const [header, wrapped, iv, ciphertext, tag] = jwe.split(".") as [string, string, string, string, string];
    assert.deepEqual(JSON.parse(Buffer.from(header, "base64url").toString()), {
      alg: "A256KW",
      enc: "A256GCM",
      cty: "jwk+json",
      kid: identityOf(root).cmac,
      keymgmt: {
        key: "orders",
        version: 2,
        id: `orders-${keyCheckValue(materials[0]!)}`,
        keystore: "env://ROOT",
        type: "aes256-gcm96",
      },
    });
    const unwrap = createDecipheriv("aes256-wrap", root, Buffer.alloc(8, 0xa6));
    const key = Buffer.concat([unwrap.update(Buffer.from(wrapped, "base64url")), unwrap.final()]);
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64url"));
    decipher.setAAD(Buffer.from(header)).setAuthTag(Buffer.from(tag, "base64url"));
    const plain = Buffer.concat([decipher.update(Buffer.from(ciphertext, "base64url")), decipher.final()]);
    assert.deepEqual(JSON.parse(plain.toString()), {
      kty: "oct",
      alg: "A256GCM",
      kid: "2",
      k: materials[1]!.toString("base64url"),
      iat: 1_769_862_896,
    });
  });

  it("sealed or not held has no material in it", async () => {
    for (const keyring of [await keyringIn("env://ROOT"), await keyringIn("none", "env://ORDERS_{version}")])
      for (const material of materials)
        for (const form of ["hex", "base64", "base64url"] as const)
          assert.ok(!formatKeyring(keyring).includes(material.toString(form).replace(/=$/, "")));
  });

  it("sealed leaves no copy of the root key or of the plaintext behind", async () => {
    const from = sinon.spy(Buffer, "from");
    const keyring = await withVersion(
      session,
      emptyKeyring(AES_256, "env://ROOT"),
      keeping("env://ROOT"),
      randomBytes(32),
      made,
    );
    (await open(keyring, 1)).fill(0);
    const decoded = from.getCalls().filter(({ args }) => (args as unknown[])[1] === "base64");
    const plain = from.getCalls().filter(({ args }) => String(args[0]).startsWith('{"kty"'));
    assert.deepEqual([decoded.length, plain.length], [2, 1]);
    for (const { returnValue } of [...decoded, ...plain])
      assert.ok(returnValue.every((byte: number) => byte === 0));
  });

  it("sealed opens with no other root key, and says which it was", async () => {
    const keyring = await keyringIn("env://ROOT");
    process.env.ROOT = process.env.OTHER;
    assert.match(
      await refusal(open(keyring, 1)),
      new RegExp(
        `root key that sealed key "orders" from env://ROOT, with key check value ${keyCheckValue(root)}; what came`,
      ),
    );
    delete process.env.ROOT;
    assert.match(await refusal(open(keyring, 1)), /the environment has no such variable/);
  });

  it("sealed by release 0.1.0, whose header has only name and number of the version, opens", async () => {
    const { CompactEncrypt } = await import("jose");
    const keyring = await keyringIn("env://ROOT");
    const jwe = await new CompactEncrypt(
      Buffer.from(JSON.stringify(versionJwk(AES_256, 1, materials[0]!, made))),
    )
      .setProtectedHeader({
        ...{ alg: "A256KW", enc: "A256GCM", cty: "jwk+json", kid: keyCheckValue(root) },
        keymgmt: { key: "orders", version: 1 },
      })
      .encrypt(root);
    const older = { ...keyring, keys: [{ ...sealed(keyring, 1), jwe }] };
    assert.deepEqual(await open(older, 1), materials[0]);
  });

  it("sealed takes a new version only under the root key of those before it", async () => {
    const keyring = await keyringIn("env://ROOT");
    process.env.ROOT = process.env.OTHER;
    assert.match(
      await refusal(withVersion(session, keyring, keeping("env://ROOT"), randomBytes(32), made)),
      /^Expected the root key that sealed key "orders" from env:\/\/ROOT/,
    );
  });

  it("sealed takes no version in another's place, another key's or a changed one", async () => {
    const keyring = await keyringIn("env://ROOT");
    const [one, two] = [sealed(keyring, 1), sealed(keyring, 2)];
    const swapped = { ...keyring, keys: [{ ...one, jwe: two.jwe }, two] };
    assert.match(
      await refusal(open(swapped, 1)),
      /version 1 of key "orders", sealed, in the state; it is version 2/,
    );
    assert.match(await refusal(open(keyring, 1, "invoices")), /; it is version 1 of key "orders"/);
    const at = one.jwe.length - 5;
    const changed = one.jwe.slice(0, at) + (one.jwe[at] === "A" ? "B" : "A") + one.jwe.slice(at + 1);
    const broken = { ...keyring, keys: [{ ...one, jwe: changed }] };
    assert.match(await refusal(open(broken, 1)), /; it does not open/);
    assert.match(await refusal(open({ ...keyring, keys: [{ ...one, jwe: "a.b" }] }, 1)), /; it is no JWE/);
  });

  it("refuses material whose key check value is not the one it shows", async () => {
    const keyring = await keyringIn("env://ROOT");
    const [first, second] = [sealed(keyring, 1), sealed(keyring, 2)];
    const other = { ...keyring, keys: [first, { ...second, kcv: "0123456789", cmac: "0123456789" }] };
    assert.match(
      await refusal(open(other, 2)),
      /with key check value 0123456789; what its keystore holds has key check value/,
    );
    const elsewhere = await keyringIn("none", "env://ORDERS_{version}");
    process.env.ORDERS_2 = process.env.OTHER;
    assert.match(
      await refusal(open(elsewhere, 2)),
      /material of version 2 of key "orders" from env:\/\/ORDERS_2, with/,
    );
  });

  it("names the keystore that sealed it", async () => {
    const { keystore: _, ...nameless } = await keyringIn("env://ROOT");
    assert.throws(
      () => parseKeyring(formatKeyring(nameless), "aes256-gcm96"),
      /version 1 is not stored as its keystore stores it/,
    );
  });

  it("moves from each keystore to each other with the same versions", async () => {
    const all = ["state", "env://ROOT", "env://OTHER", "none"];
    for (const from of all)
      for (const to of all) {
        const before = await keyringIn(from, "env://ORDERS_{version}");
        const after = await movedKeyring(session, before, keeping(to, "env://ORDERS_{version}"));
        assert.equal(after.keystore, to === "state" ? undefined : to);
        for (const version of [1, 2]) assert.deepEqual(await open(after, version), materials[version - 1]);
        assert.deepEqual(
          after.keys.map(({ kid, iat }) => [kid, iat]),
          before.keys.map(({ kid, iat }) => [kid, iat]),
        );
      }
  });

  it("moves nowhere without the root key that sealed it, nor to where a version is another", async () => {
    const keyring = await keyringIn("env://ROOT");
    delete process.env.ROOT;
    await refusal(movedKeyring(session, keyring, keeping("env://OTHER")));
    const message = await refusal(movedKeyring(session, keyring, keeping("none", "env://SWAPPED_{version}")));
    assert.match(message, /material of version 2 of key "orders" from env:\/\/SWAPPED_2, with/);
  });

  it("is where it is to be kept until the keystore or, where nothing is held, the references change", async () => {
    const held = await keyringIn("state");
    assert.ok(isInPlace(held, keeping("state", "env://ORDERS_{version}")));
    assert.ok(!isInPlace(held, keeping("env://ROOT")));
    const elsewhere = await keyringIn("none", "env://ORDERS_{version}");
    assert.ok(isInPlace(elsewhere, keeping("none", "env://ORDERS_{version}")));
    assert.ok(isInPlace(elsewhere, keeping("none", "env://ORDERS_3")));
    assert.ok(!isInPlace(elsewhere, keeping("none", "env://SWAPPED_{version}")));
  });
});
