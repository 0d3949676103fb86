import assert from "node:assert/strict";
import { constants, generateKeyPairSync, type KeyObject, privateDecrypt, randomBytes } from "node:crypto";
import sinon from "sinon";
import { identityOf, keyCheckValue } from "../../../../../provider/keys/keyCheckValue";
import { emptyKeyring, withVersion } from "../../../../../provider/keys/keystores/addVersion";
import type { Cryptoki } from "../../../../../provider/keys/keystores/hsm/cryptoki";
import type { HsmKeystore } from "../../../../../provider/keys/keystores/hsm/uri";
import {
  findInHsm,
  makeInHsm,
  putIntoHsm,
  wrappedByHsm,
} from "../../../../../provider/keys/keystores/hsm/versions";
import { parseKeystore } from "../../../../../provider/keys/keystores/keystore";
import { materialOf } from "../../../../../provider/keys/keystores/readVersion";
import { AES_256 } from "../../../../../provider/keys/keyTypes";
import type { WrappableMaterial } from "../../../../../provider/kms/wrapping";
import { setEnvironment } from "../../../kms/loopback";
import { refusal } from "../../../refusal";
import { withoutKms } from "../withoutKms";
import { SoftHsm } from "./softHsm";

async function unwrapped(
  key: KeyObject,
  { wrappingAlgorithm, wrap }: WrappableMaterial,
  publicKey: KeyObject,
) {
  const oaepHash = wrappingAlgorithm === "RSAES_OAEP_SHA_1" ? "sha1" : "sha256";
  const wrapped = await wrap(publicKey);
  return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, wrapped);
}

describe("a version in an HSM", () => {
  const of = { key: "orders", version: 2 };
  const session = withoutKms();
  let open: () => SoftHsm;
  let hsm: SoftHsm;
  let pin: string;
  let restore: () => void;
  let keystore: HsmKeystore;
  const inHsm = (at = keystore) => ({ session, keystore: at, type: AES_256 });
  const at = (uri: string) => parseKeystore(uri) as HsmKeystore;

  before(async function () {
    open = await SoftHsm.openerOr(this);
  });
  beforeEach(async () => {
    hsm = open();
    pin = randomBytes(6).toString("hex");
    hsm.newToken(pin);
    restore = setEnvironment({ HSM_PIN: pin });
    keystore = at(hsm.uri());
  });
  afterEach(() => {
    sinon.restore();
    restore();
    hsm.close();
  });

  it("made there is private, sensitive and extractable, encrypts, and does no more", async () => {
    const { from } = await makeInHsm(inHsm(), of);
    hsm.inspect(pin, ({ pkcs11, cryptoki, session, keys }) => {
      assert.equal(keys.length, 1);
      const read = (type: number) => cryptoki.C_GetAttributeValue(session, keys[0]!, [{ type }])[0]!.value;
      const is = (name: keyof typeof pkcs11) => read(pkcs11[name] as number)[0] === 1;
      for (const name of ["TOKEN", "PRIVATE", "SENSITIVE", "ALWAYS_SENSITIVE", "EXTRACTABLE", "ENCRYPT"])
        assert.ok(is(`CKA_${name}` as never), name);
      for (const name of ["DECRYPT", "SIGN", "VERIFY", "WRAP", "UNWRAP", "DERIVE"])
        assert.ok(!is(`CKA_${name}` as never), name);
      assert.equal(read(pkcs11.CKA_VALUE_LEN)[0], 32);
      assert.equal(String(read(pkcs11.CKA_LABEL)), "orders v2");
      assert.equal(from, `pkcs11:id=${read(pkcs11.CKA_ID).toString("hex").replaceAll(/../g, "%$&")}`);
      assert.throws(() => read(pkcs11.CKA_VALUE), /CKR_ATTRIBUTE_SENSITIVE/);
    });
  });

  it("is given to who has the RSA key, and to nobody else, as its key check value says", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 3072 });
    const version = await makeInHsm(inHsm(), of);
    const material = await unwrapped(privateKey, await wrappedByHsm(inHsm(), of, version), publicKey);
    assert.deepEqual(hsm.materials(pin), { "orders v2": material });
    assert.equal(keyCheckValue(material), version.kcv);
  });

  it("is another each time", async () => {
    const [one, two] = [await makeInHsm(inHsm(), of), await makeInHsm(inHsm(), of)];
    assert.notEqual(one.kcv, two.kcv);
    assert.notEqual(one.from, two.from);
  });

  it("may be put there by its owner", async () => {
    const material = randomBytes(32);
    const version = await putIntoHsm(inHsm(), of, material);
    assert.equal(version.kcv, keyCheckValue(material));
    assert.deepEqual(await findInHsm(inHsm(), of, version), version);
    assert.deepEqual(hsm.materials(pin), { "orders v2": material });
  });

  it("is no other key that has its key check value", async () => {
    // As in test/security/twinMaterial.test.ts.
    const own = Buffer.from("60c8fa6d38734865a4f2d2ddbb3ba5f1d2a510b5b6d0107e00000000000bb236", "hex");
    const twin = Buffer.from("60c8fa6d38734865a4f2d2ddbb3ba5f1d2a510b5b6d0107e0000000000143115", "hex");
    const { cmac } = identityOf(own);
    const there = await putIntoHsm(inHsm(), of, twin);
    const message = await refusal(wrappedByHsm(inHsm(), of, { ...there, cmac }));
    assert.match(message, /the key there is another with the same key check value/);
  });

  it("put there is looked at once more: what the HSM has then must be it", async () => {
    const pkcs11 = hsm.inspect(pin, (inspection) => inspection.pkcs11);
    const prototype = pkcs11.PKCS11.prototype as Cryptoki;
    const create = prototype.C_CreateObject;
    sinon.stub(prototype, "C_CreateObject").callsFake(function (this: Cryptoki, session, template) {
      const another = { type: pkcs11.CKA_VALUE, value: randomBytes(32) };
      const changed = template.map((attribute) => (attribute.type === another.type ? another : attribute));
      return create.call(this, session, changed);
    });
    const material = randomBytes(32);
    const kcv = keyCheckValue(material);
    const message = await refusal(putIntoHsm(inHsm(), of, material));
    assert.match(message, new RegExp(`the key there has key check value [0-9a-f]{10}, not ${kcv}`));
  });

  it("put there is wrapped once more: what AWS would have must be it, or it does not stay", async () => {
    const { PKCS11 } = hsm.inspect(pin, ({ pkcs11 }) => pkcs11);
    const prototype = PKCS11.prototype as Cryptoki;
    const wrap = prototype.C_WrapKey;
    let first: Buffer | undefined;
    sinon.stub(prototype, "C_WrapKey").callsFake(function (this: Cryptoki, session, mechanism, by, key, out) {
      first ??= key;
      return wrap.call(this, session, mechanism, by, first, out);
    });
    assert.match(
      await refusal(putIntoHsm(inHsm(), of, randomBytes(32))),
      /to wrap version 2 of key "orders" as it was put there; what it wraps is another key\. The key was removed from it/,
    );
    assert.equal(hsm.objects(pin), 0);
  });

  it("is neither made, put nor found where the token wraps no key", async () => {
    hsm.ceremony(pin, "ours");
    const { PKCS11 } = hsm.inspect(pin, ({ pkcs11 }) => pkcs11);
    sinon.stub(PKCS11.prototype as Cryptoki, "C_WrapKey").throws(new Error("CKR_FUNCTION_NOT_SUPPORTED:84"));
    for (const work of [
      () => makeInHsm(inHsm(), of),
      () => putIntoHsm(inHsm(), of, randomBytes(32)),
      () => findInHsm(inHsm(), of, { from: "pkcs11:object=ours" }),
    ])
      assert.match(
        await refusal(work()),
        /^Expected the HSM's token to wrap keys by .*CKR_FUNCTION_NOT_SUPPORTED/,
      );
    assert.equal(hsm.objects(pin), 1);
  });

  it("put there is zeroed here, also where the HSM is out of reach", async () => {
    const keeping = { key: "orders", keystore: hsm.uri() };
    for (const HSM_PIN of [pin, ""]) {
      restore();
      restore = setEnvironment({ HSM_PIN });
      const material = randomBytes(32);
      const work = withVersion(session, emptyKeyring(AES_256, hsm.uri()), keeping, material, new Date());
      if (HSM_PIN) assert.equal((await work).keys.length, 1);
      else await refusal(work);
      assert.deepEqual(material, Buffer.alloc(32));
    }
  });

  it("is not given to a program", async () => {
    const keeping = { key: "orders", keystore: hsm.uri() };
    const keyring = await withVersion(
      session,
      emptyKeyring(AES_256, hsm.uri()),
      keeping,
      undefined,
      new Date(),
    );
    assert.equal(
      await refusal(materialOf(session, keyring, { key: "orders" }, 1)),
      'Expected the material of version 1 of key "orders"; it is in an HSM, which gives it to AWS KMS alone, wrapped. Back it up by the HSM\'s own means.',
    );
  });

  it("may be a key that its owner made there, by its label, its id or both", async () => {
    const id = hsm.ceremony(pin, "order/s 1").toString("hex").replaceAll(/../g, "%$&");
    const kcv = keyCheckValue(hsm.materials(pin)["order/s 1"]!);
    for (const from of ["object=order%2Fs%201", `id=${id}`, `object=order%2Fs%201;id=${id}`])
      assert.equal((await findInHsm(inHsm(), of, { from: `pkcs11:${from}` })).kcv, kcv);
  });

  it("must be one AES-256 key that AWS can be given", async () => {
    for (const label of ["twice", "twice"]) hsm.ceremony(pin, label);
    hsm.ceremony(pin, "short", 16);
    hsm.ceremony(pin, "kept", 32, (pkcs11) => [
      { type: pkcs11.CKA_EXTRACTABLE, value: false },
      { type: pkcs11.CKA_ENCRYPT, value: true },
    ]);
    hsm.ceremony(pin, "silent", 32, (pkcs11) => [
      { type: pkcs11.CKA_EXTRACTABLE, value: true },
      { type: pkcs11.CKA_ENCRYPT, value: false },
    ]);
    hsm.inspect(pin, ({ pkcs11, cryptoki, session }) =>
      cryptoki.C_CreateObject(session, [
        { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
        { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_GENERIC_SECRET },
        { type: pkcs11.CKA_LABEL, value: "generic" },
        { type: pkcs11.CKA_TOKEN, value: true },
        { type: pkcs11.CKA_VALUE, value: randomBytes(32) },
      ]),
    );
    const message = (label: string) => refusal(findInHsm(inHsm(), of, { from: `pkcs11:object=${label}` }));
    const begin = (label: string) =>
      `Expected version 2 of key "orders" at pkcs11:object=${label} in the HSM's token "keymgmt"; `;
    assert.ok((await message("none")).startsWith(`${begin("none")}it holds no such secret key. `));
    assert.ok((await message("twice")).startsWith(`${begin("twice")}several secret keys match. `));
    assert.ok((await message("short")).startsWith(`${begin("short")}the key there has 128 bits. `));
    assert.ok(
      (await message("generic")).startsWith(`${begin("generic")}the key there is not an AES-256 key. `),
    );
    assert.ok((await message("kept")).startsWith(`${begin("kept")}the key there is not extractable `));
    assert.match(
      await message("silent"),
      /; C_Encrypt\w* answered CKR_KEY_FUNCTION_NOT_PERMITTED\. Which key it is shows what it computes: an AES key needs CKA_ENCRYPT, any other CKA_SIGN\. The keyring is as it was\.$/,
    );
  });

  it("that has another key check value than the state says is neither taken nor wrapped", async () => {
    const { from, kcv } = await makeInHsm(inHsm(), of);
    const other = { from, kcv: "0123456789" };
    for (const work of [findInHsm(inHsm(), of, other), wrappedByHsm(inHsm(), of, other)])
      assert.ok((await refusal(work)).includes(`the key there has key check value ${kcv}, not 0123456789. `));
    const ready = await wrappedByHsm(inHsm(), of, { from, kcv });
    hsm.inspect(pin, ({ cryptoki, session, keys }) => cryptoki.C_DestroyObject(session, keys[0]!));
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    await assert.rejects(async () => ready.wrap(publicKey), /no such secret key/);
  });
});
