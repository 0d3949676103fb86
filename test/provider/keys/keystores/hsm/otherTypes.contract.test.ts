/** Keys of other types than AES in a token. */
import assert from "node:assert/strict";
import {
  constants,
  createDecipheriv,
  createPrivateKey,
  type KeyObject,
  privateDecrypt,
  randomBytes,
} from "node:crypto";
import sinon from "sinon";
import { shownIdentityOf } from "../../../../../provider/keys/keyring";
import type { Cryptoki, Template } from "../../../../../provider/keys/keystores/hsm/cryptoki";
import type { HsmVersion } from "../../../../../provider/keys/keystores/hsm/heldKey";
import type { HsmKeystore } from "../../../../../provider/keys/keystores/hsm/uri";
import {
  findInHsm,
  makeInHsm,
  putIntoHsm,
  wrappedByHsm,
} from "../../../../../provider/keys/keystores/hsm/versions";
import { parseKeystore } from "../../../../../provider/keys/keystores/keystore";
import { KeystoreSession } from "../../../../../provider/keys/keystores/session";
import { KEY_TYPES, type KeyType, keyTypeOf } from "../../../../../provider/keys/keyTypes";
import type { WrappableMaterial } from "../../../../../provider/kms/wrapping";
import { useQuickRsaKeys } from "../../../../world/quickRsaKeys";
import { keysOf, quickPair } from "../../../../world/wrappingKeys";
import { setEnvironment } from "../../../kms/loopback";
import { refusal } from "../../../refusal";
import { withoutKms } from "../withoutKms";
import { type Inspection, labelOf, SoftHsm } from "./softHsm";

const RFC_5649 = Buffer.from("a65959a6", "hex");

/** As AWS opens it. */
async function unwrapped(
  key: KeyObject,
  publicKey: KeyObject,
  { wrappingAlgorithm, wrap }: WrappableMaterial,
) {
  const wrapped = Buffer.from(await wrap(publicKey));
  const oaepHash = wrappingAlgorithm.endsWith("SHA_1") ? "sha1" : "sha256";
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const opened = privateDecrypt({ key, padding, oaepHash }, wrapped.subarray(0, 256));
  if (!wrappingAlgorithm.startsWith("RSA_AES_KEY_WRAP")) return opened;
  const decipher = createDecipheriv("id-aes256-wrap-pad", opened, RFC_5649);
  return Buffer.concat([decipher.update(wrapped.subarray(256)), decipher.final()]);
}

describe("a token's key of type", function () {
  this.timeout(60_000);
  useQuickRsaKeys();
  const of = { key: "orders", version: 2 };
  const session = withoutKms();
  let open: () => SoftHsm;
  let hsm: SoftHsm;
  let pin: string;
  let restore: () => void;
  const inHsm = (type: KeyType) => ({ session, keystore: parseKeystore(hsm.uri()) as HsmKeystore, type });

  before(async function () {
    open = await SoftHsm.openerOr(this);
  });
  beforeEach(() => {
    hsm = open();
    pin = randomBytes(6).toString("hex");
    hsm.newToken(pin);
    restore = setEnvironment({ HSM_PIN: pin });
  });
  afterEach(() => {
    restore();
    hsm.close();
  });

  let wrapping: { publicKey: KeyObject; privateKey: KeyObject };
  before(async () => {
    wrapping = keysOf(await quickPair("RSA_2048"));
  });
  /** What AWS KMS would have, and which key that is. */
  const imported = async (type: KeyType, version: HsmVersion) => {
    const wrapped = await wrappedByHsm(inHsm(type), of, version);
    const bytes = await unwrapped(wrapping.privateKey, wrapping.publicKey, wrapped);
    const material = type.publicKeyOf ? pkcs8(bytes) : bytes;
    const { from: _, ...identity } = version;
    assert.deepEqual(shownIdentityOf(type, material), identity);
    return material;
  };
  /** The private key alone, as its numbers say. SoftHSM leaves the public half of an EC key out, and puts zeros behind. */
  const pkcs8 = (bytes: Buffer) => {
    const after = bytes[1]! < 0x80 ? 2 + bytes[1]! : 4 + bytes.readUInt16BE(2);
    assert.ok(bytes.length - after < 8 && bytes.subarray(after).every((byte) => byte === 0));
    const jwk = createPrivateKey({ key: bytes, format: "der", type: "pkcs8" }).export({ format: "jwk" });
    return createPrivateKey({ key: jwk, format: "jwk" }).export({ format: "der", type: "pkcs8" });
  };
  const uses = ({ pkcs11, cryptoki, session, keys }: Inspection) =>
    Object.keys(pkcs11)
      .filter((name) =>
        /^CKA_(TOKEN|PRIVATE|SENSITIVE|EXTRACTABLE|ENCRYPT|DECRYPT|SIGN|VERIFY|WRAP|UNWRAP|DERIVE)$/.test(
          name,
        ),
      )
      .filter((name) => {
        try {
          const type = pkcs11[name as "CKA_SIGN"];
          return cryptoki.C_GetAttributeValue(session, keys[0]!, [{ type }])[0]!.value[0] === 1;
        } catch {
          return false; // a private key cannot encrypt
        }
      })
      .map((name) => name.slice(4))
      .sort();

  /** Whether SoftHSM always wraps them as they are: it fills private keys up to a multiple of eight bytes. */
  const fits = ({ name, publicKeyOf }: KeyType) =>
    !publicKeyOf || name === "ecdsa-p384" || name === "ecdsa-secp256k1";
  /** Material of this rest. An EC key has one length, and the public half that SoftHSM leaves out. */
  const materialOf = async (type: KeyType, isWanted: (rest: number) => boolean) => {
    for (;;) {
      const material = await type.material.generate();
      if (!type.name.startsWith("rsa") || isWanted(material.length % 8)) return material;
    }
  };

  for (const type of KEY_TYPES.filter(
    ({ inHsm, publicKeyOf, name }) => inHsm && (publicKeyOf || /^hmac/.test(name)),
  ))
    describe(type.name, () => {
      // The largest takes seconds, and is made below.
      if (type.name !== "rsa-4096")
        it("is made there: it is private and sensitive, can sign and be wrapped, and AWS is given it", async () => {
          const version = await makeInHsm(inHsm(type), of);
          assert.deepEqual(hsm.inspect(pin, uses), ["EXTRACTABLE", "PRIVATE", "SENSITIVE", "SIGN", "TOKEN"]);
          assert.deepEqual(await findInHsm(inHsm(type), of, version), version);
          await imported(type, version);
        });

      if (fits(type))
        it("is put there by its owner, found by its label, and AWS is given the same", async () => {
          const material = await type.material.generate();
          const version = await putIntoHsm(inHsm(type), of, material);
          const named = await findInHsm(inHsm(type), of, { from: "pkcs11:object=orders%20v2" });
          assert.deepEqual({ ...named, from: version.from }, version);
          assert.deepEqual(await imported(type, version), material);
        });
      else
        it("is not put there, because more bytes come out than AWS is documented to take, and nothing stays", async () => {
          assert.match(
            await refusal(putIntoHsm(inHsm(type), of, await materialOf(type, (rest) => rest !== 0))),
            /^Expected the HSM's token "keymgmt" to wrap version 2 of key "orders" as it was put there; it puts [1-7] more bytes behind the private key, and AWS does not document that AWS KMS takes these\. The key was removed from it: keep its material in another keystore\. The keyring is as it was\.$/,
          );
          assert.equal(hsm.objects(pin), 0);
        });
    });

  it("rsa-2048 is put there where its private key has such a length, and AWS is given the same", async () => {
    const material = await materialOf(rsa, (rest) => rest === 0);
    assert.deepEqual(await imported(rsa, await putIntoHsm(inHsm(rsa), of, material)), material);
  });

  it("made or found there is warned of where bytes come behind it", async () => {
    const said: string[] = [];
    const session = new KeystoreSession(
      () => assert.fail(),
      (line) => said.push(line),
    );
    for (const [name, lines] of Object.entries({
      "ecdsa-p384": 0,
      "hmac-sha256": 0,
      "ecdsa-p256": 2,
      "rsa-2048": 4,
    })) {
      const there = { ...inHsm(keyTypeOf(name)), session };
      await findInHsm(there, of, await makeInHsm(there, of));
      assert.equal(said.length, lines, name);
    }
    assert.equal(
      said[0],
      'the HSM\'s token "keymgmt" puts more bytes behind private keys when it wraps them, and AWS does not document that AWS KMS takes these: try an import before you rely on it',
    );
  });

  it("leaves nothing in the token where it cannot be identified", async () => {
    const { PKCS11 } = hsm.inspect(pin, ({ pkcs11 }) => pkcs11);
    const sign = sinon
      .stub(PKCS11.prototype as Cryptoki, "C_SignInit")
      .throws(new Error("CKR_DEVICE_ERROR:48"));
    try {
      const p384 = keyTypeOf("ecdsa-p384");
      const material = await p384.material.generate();
      for (const work of [() => makeInHsm(inHsm(p384), of), () => putIntoHsm(inHsm(p384), of, material)]) {
        assert.match(await refusal(work()), /answered CKR_DEVICE_ERROR/);
        assert.equal(hsm.objects(pin), 0);
      }
    } finally {
      sign.restore();
    }
  });

  const p256 = keyTypeOf("ecdsa-p256");
  const rsa = keyTypeOf("rsa-2048");
  const hmac = keyTypeOf("hmac-sha384");
  const at = (label: string, type: KeyType) =>
    refusal(findInHsm(inHsm(type), of, { from: `pkcs11:object=${label}` }));
  const begin = (label: string) =>
    `Expected version 2 of key "orders" at pkcs11:object=${label} in the HSM's token "keymgmt"; `;

  /** A key pair as an owner makes it. */
  const pair = (
    label: string,
    params: string | number,
    more: (pkcs11: Inspection["pkcs11"]) => Template = () => [],
    id: string | undefined = label,
  ) =>
    hsm.inspect(pin, ({ pkcs11, cryptoki, session }) => {
      const isEc = typeof params === "string";
      const both = [
        { type: pkcs11.CKA_TOKEN, value: true },
        { type: pkcs11.CKA_LABEL, value: label },
        ...(id === undefined ? [] : [{ type: pkcs11.CKA_ID, value: Buffer.from(id) }]),
      ];
      const replaced = more(pkcs11);
      const mechanism = isEc ? pkcs11.CKM_EC_KEY_PAIR_GEN : pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN;
      const publicKey = isEc
        ? [{ type: pkcs11.CKA_EC_PARAMS, value: Buffer.from(params, "hex") }]
        : [
            { type: pkcs11.CKA_MODULUS_BITS, value: params },
            { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from(label === "weak" ? [3] : [1, 0, 1]) },
          ];
      const privateKey = [
        { type: pkcs11.CKA_SIGN, value: true },
        { type: pkcs11.CKA_EXTRACTABLE, value: true },
      ].filter(({ type }) => !replaced.some((other) => other.type === type));
      cryptoki.C_GenerateKeyPair(
        session,
        { mechanism },
        [...both, ...publicKey],
        [...both, { type: pkcs11.CKA_PRIVATE, value: true }, ...privateKey, ...replaced],
      );
    });
  const P_256 = "06082a8648ce3d030107";
  const P_384 = "06052b81040022";
  const P_192 = "06082a8648ce3d030101";

  it("may be a pair that its owner made there", async () => {
    pair("ours", P_256);
    pair("rsa", 2048);
    for (const [label, type] of [
      ["ours", p256],
      ["rsa", rsa],
    ] as const)
      await imported(type, await findInHsm(inHsm(type), of, { from: `pkcs11:object=${label}` }));
  });

  it("must be one pair of the type, size or curve, which can be wrapped, and whose exponent is strong", async () => {
    for (const label of ["twice", "twice"]) pair(label, P_256);
    pair("other", P_384);
    pair("old", P_192);
    pair("short", 1024);
    pair("weak", 2048);
    pair("kept", P_256, ({ CKA_EXTRACTABLE }) => [{ type: CKA_EXTRACTABLE, value: false }]);
    pair("silent", P_256, ({ CKA_SIGN }) => [{ type: CKA_SIGN, value: false }]);
    for (const [label, type, came] of [
      ["none", p256, "it holds no such private key. "],
      ["twice", p256, "several private keys match. "],
      [
        "other",
        p256,
        "the key there is an EC key on P-384. AWS KMS takes an EC key on P-256 that can sign and be wrapped. ",
      ],
      ["old", p256, "the key there has no public key beside it, "],
      ["other", rsa, "the key there is no RSA key. "],
      ["short", p256, "the key there is no EC key. "],
      ["short", rsa, "the key there is an RSA key of 1024 bits. "],
      ["weak", rsa, "the key there must not be used: its public exponent e is not an odd number from 65537 "],
      ["kept", p256, "the key there is not extractable (CKA_EXTRACTABLE). "],
    ] as const) {
      const message = await at(label, type);
      assert.ok(message.startsWith(begin(label) + came), message);
    }
    assert.match(
      await at("silent", p256),
      /C_Sign\w* answered CKR_KEY_FUNCTION_NOT_PERMITTED\. .* an AES key needs CKA_ENCRYPT, any other CKA_SIGN\./,
    );
  });

  const found = (label: string, type: KeyType) =>
    findInHsm(inHsm(type), of, { from: `pkcs11:object=${label}` });

  it("has the public half of its type, and of several the one with its label", async () => {
    const relabel = (from: string, to: string) =>
      hsm.inspect(pin, ({ pkcs11, cryptoki, session }) => {
        const isPublic = { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY };
        cryptoki.C_FindObjectsInit(session, [isPublic, { type: pkcs11.CKA_LABEL, value: from }]);
        const [half] = cryptoki.C_FindObjects(session, 1);
        cryptoki.C_FindObjectsFinal(session);
        cryptoki.C_SetAttributeValue(session, half!, [{ type: pkcs11.CKA_LABEL, value: to }]);
      });
    pair("rsa", 2048, undefined, "same");
    pair("one", P_384, undefined, "same");
    relabel("one", "public");
    const p384 = keyTypeOf("ecdsa-p384");
    await imported(p384, await found("one", p384));
    relabel("public", "one");
    pair("two", P_384, undefined, "same");
    for (const label of ["none-1", "none-2"]) pair(label, P_384, undefined, "");
    const fingerprints = new Set<string>();
    for (const label of ["one", "two", "none-1", "none-2"]) fingerprints.add((await found(label, p384)).kcv);
    assert.equal(fingerprints.size, 4);
    await found("rsa", rsa);
    relabel("two", "one");
    const message = await at("one", p384);
    assert.ok(
      message.startsWith(
        `${begin("one")}the key there is not identified: several public keys have its CKA_ID. `,
      ),
      message,
    );
  });

  it("whose private RSA key does not show the public exponent has it beside", async () => {
    pair("rsa", 2048);
    const { pkcs11 } = hsm.inspect(pin, (inspection) => inspection);
    const prototype = pkcs11.PKCS11.prototype as Cryptoki;
    const real = prototype.C_GetAttributeValue;
    const version = await found("rsa", rsa);
    for (const hidden of [[pkcs11.CKO_PRIVATE_KEY], [pkcs11.CKO_PRIVATE_KEY, pkcs11.CKO_PUBLIC_KEY]]) {
      const shown = sinon.stub(prototype, "C_GetAttributeValue").callsFake(function (
        this: Cryptoki,
        handle,
        object,
        template,
      ) {
        const [kind] = real.call(this, handle, object, [{ type: pkcs11.CKA_CLASS }]);
        const isHidden = template[0]!.type === pkcs11.CKA_PUBLIC_EXPONENT && hidden.includes(kind!.value[0]!);
        if (isHidden && hidden.length > 1) return [{ value: Buffer.alloc(0) }]; // as SoftHSM says it
        if (isHidden) throw Object.assign(new Error("CKR_ATTRIBUTE_TYPE_INVALID:18"), { code: 18 });
        return real.call(this, handle, object, template);
      });
      try {
        if (hidden.length === 1) assert.deepEqual(await found("rsa", rsa), version);
        else assert.match(await at("rsa", rsa), /the key there does not show its public exponent\. /);
      } finally {
        shown.restore();
      }
    }
  });

  it("has the public half that verifies its signatures: another one beside it is not believed", async () => {
    for (const label of ["ours", "theirs"]) pair(label, P_256);
    const version = await findInHsm(inHsm(p256), of, { from: "pkcs11:object=ours" });
    hsm.inspect(pin, ({ pkcs11, cryptoki, session }) => {
      cryptoki.C_FindObjectsInit(session, [{ type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY }]);
      const halves = cryptoki.C_FindObjects(session, 10);
      cryptoki.C_FindObjectsFinal(session);
      const [ours, theirs] = ["ours", "theirs"].map(
        (label) => halves.find((half) => labelOf({ pkcs11, cryptoki, session }, half) === label)!,
      );
      const [point] = cryptoki.C_GetAttributeValue(session, theirs!, [{ type: pkcs11.CKA_EC_POINT }]);
      cryptoki.C_DestroyObject(session, ours!);
      cryptoki.C_CreateObject(session, [
        { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
        { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_EC },
        { type: pkcs11.CKA_TOKEN, value: true },
        { type: pkcs11.CKA_ID, value: Buffer.from("ours") },
        { type: pkcs11.CKA_EC_PARAMS, value: Buffer.from(P_256, "hex") },
        { type: pkcs11.CKA_EC_POINT, value: point!.value },
      ]);
    });
    for (const message of [await at("ours", p256), await refusal(wrappedByHsm(inHsm(p256), of, version))])
      assert.match(message, /the key there makes signatures that its public half does not verify/);
  });

  it("whose modulus the token shows wrongly is not believed either", async () => {
    const version = await makeInHsm(inHsm(rsa), of);
    const another = rsa.material.toJwk(await rsa.material.generate());
    const modulus = Buffer.from(another.n!, "base64url");
    const pkcs11 = hsm.inspect(pin, (inspection) => inspection.pkcs11);
    const prototype = pkcs11.PKCS11.prototype as Cryptoki;
    const real = prototype.C_GetAttributeValue;
    const shown = sinon.stub(prototype, "C_GetAttributeValue").callsFake(function (
      this: Cryptoki,
      handle,
      object,
      template,
    ) {
      if (template[0]!.type === pkcs11.CKA_MODULUS) return [{ value: modulus }];
      return real.call(this, handle, object, template);
    });
    try {
      const message = await refusal(findInHsm(inHsm(rsa), of, { from: version.from }));
      assert.match(message, /the key there makes signatures that its public half does not verify/);
    } finally {
      shown.restore();
    }
  });

  it("hmac-sha384 must be a generic secret of 384 to 1024 bits that can be wrapped and signs", async () => {
    const secret = (
      label: string,
      bytes: number,
      more: (pkcs11: Inspection["pkcs11"]) => Template = () => [],
    ) =>
      hsm.inspect(pin, ({ pkcs11, cryptoki, session }) =>
        cryptoki.C_CreateObject(session, [
          { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
          { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_GENERIC_SECRET },
          { type: pkcs11.CKA_TOKEN, value: true },
          { type: pkcs11.CKA_LABEL, value: label },
          { type: pkcs11.CKA_EXTRACTABLE, value: label !== "kept" },
          { type: pkcs11.CKA_SIGN, value: true },
          { type: pkcs11.CKA_VALUE, value: randomBytes(bytes) },
          ...more(pkcs11),
        ]),
      );
    secret("short", 47);
    secret("long", 129);
    secret("kept", 48);
    secret("least", 48);
    secret("most", 128);
    hsm.ceremony(pin, "aes");
    const needed = "AWS KMS takes keys of 384 to 1024 bits that can be wrapped.";
    for (const [label, came] of [
      ["short", `the key there has 376 bits. ${needed}`],
      ["long", `the key there has 1032 bits. ${needed}`],
      ["kept", "the key there is not extractable "],
      ["aes", "the key there is not a generic secret or an HMAC key. "],
    ] as const) {
      const message = await at(label, hmac);
      assert.ok(message.startsWith(begin(label) + came), message);
    }
    for (const label of ["least", "most"])
      await imported(hmac, await findInHsm(inHsm(hmac), of, { from: `pkcs11:object=${label}` }));
  });

  it("hmac-sha384 is refused where the token computes no HMAC of an empty message, and only of it that is said", async () => {
    const { PKCS11 } = hsm.inspect(pin, ({ pkcs11 }) => pkcs11);
    const sign = sinon
      .stub(PKCS11.prototype as Cryptoki, "C_Sign")
      .throws(Object.assign(new Error("CKR_DATA_LEN_RANGE:33"), { code: 33 }));
    try {
      assert.match(await refusal(makeInHsm(inHsm(hmac), of)), /HMAC of an empty message, .* Keep the key in/);
      assert.doesNotMatch(await refusal(makeInHsm(inHsm(p256), of)), /HMAC/);
    } finally {
      sign.restore();
    }
  });

  it("hmac-sha384 is found as an HMAC key of that hash too, and of no other", async () => {
    const values = { ours: "CKK_SHA384_HMAC", other: "CKK_SHA256_HMAC" } as const;
    for (const [label, type] of Object.entries(values))
      hsm.inspect(pin, ({ pkcs11, cryptoki, session }) =>
        cryptoki.C_CreateObject(session, [
          { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
          { type: pkcs11.CKA_KEY_TYPE, value: pkcs11[type as (typeof values)["ours"]] },
          { type: pkcs11.CKA_TOKEN, value: true },
          { type: pkcs11.CKA_LABEL, value: label },
          { type: pkcs11.CKA_EXTRACTABLE, value: true },
          { type: pkcs11.CKA_SIGN, value: true },
          { type: pkcs11.CKA_VALUE, value: randomBytes(48) },
        ]),
      );
    await imported(hmac, await findInHsm(inHsm(hmac), of, { from: "pkcs11:object=ours" }));
    assert.match(await at("other", hmac), /is not a generic secret or an HMAC key/);
  });

  it("is generated outside of the event loop", async () => {
    let turns = 0;
    const ticking = setInterval(() => turns++, 5);
    const version = await makeInHsm(inHsm(keyTypeOf("rsa-4096")), of);
    clearInterval(ticking);
    assert.ok(turns > 5, `${turns} turns`);
    await imported(keyTypeOf("rsa-4096"), version);
  });
});
