import assert from "node:assert/strict";
import {
  hsmObjectUri,
  parseHsmKeystore,
  parseHsmObject,
} from "../../../../../provider/keys/keystores/hsm/uri";

describe("the URI of a token (RFC 7512)", () => {
  const rest = "module-path=/usr/lib/hsm.so&pin-source=env://HSM_PIN";
  const token = { kind: "pkcs11", modulePath: "/usr/lib/hsm.so", pinSource: "env://HSM_PIN" };

  for (const [uri, keystore] of [
    [`pkcs11:token=keymgmt?${rest}`, { ...token, token: "keymgmt", serial: undefined }],
    [`pkcs11:serial=00c1f4?${rest}`, { ...token, token: undefined, serial: "00c1f4" }],
    [`pkcs11:token=My%20keys;serial=7?${rest}`, { ...token, token: "My keys", serial: "7" }],
    [
      "pkcs11:token=a?pin-source=file:/etc/pin&module-path=/usr/lib/my%20hsm.so",
      {
        ...token,
        token: "a",
        serial: undefined,
        modulePath: "/usr/lib/my hsm.so",
        pinSource: "file:///etc/pin",
      },
    ],
    [
      "pkcs11:token=a?module-path=/usr/lib/hsm.so&pin-source=exec:op%20read%20op://hsm/pin?a=b".replace(
        "?a=b",
        "%3Fa=b",
      ),
      { ...token, token: "a", serial: undefined, pinSource: "exec:op read op://hsm/pin?a=b" },
    ],
  ] as const)
    it(`may be ${uri}`, () => assert.deepEqual(parseHsmKeystore(uri), keystore));

  for (const [uri, what] of [
    ["pkcs11:", "it has neither `token` nor `serial`"],
    [`pkcs11:?${rest}`, "it has neither `token` nor `serial`"],
    [`pkcs11:token=?${rest}`, "`token` has no value, or one that is not percent-encoded UTF-8"],
    [`pkcs11:token=%ff?${rest}`, "`token` has no value, or one that is not percent-encoded UTF-8"],
    [`pkcs11:token=a;token=b?${rest}`, "an attribute occurs twice"],
    [
      `pkcs11:token=a;object=orders?${rest}`,
      "it has another attribute than `token`, `serial`, `module-path`, `pin-source`",
    ],
    ["pkcs11:token=a?pin-source=env://PIN", "`module-path` is not the absolute path of a PKCS#11 module"],
    [
      "pkcs11:token=a?module-path=hsm.so&pin-source=env://PIN",
      "`module-path` is not the absolute path of a PKCS#11 module",
    ],
    [
      "pkcs11:token=a?module-path=/hsm.so",
      "`pin-source` is not env://NAME, file:///path or exec:command, the place from which the PIN is read",
    ],
  ] as const)
    it(`is refused as ${uri}`, () => {
      const parsed = parseHsmKeystore(uri);
      assert.ok(
        "mistake" in parsed && parsed.mistake.endsWith(` (RFC 7512); ${what}.`),
        JSON.stringify(parsed),
      );
    });

  it("holds no PIN, and a mistake shows none", () => {
    for (const [query, what] of [
      [
        "pin-value=271828",
        /`pin-value` is refused, because Pulumi stores inputs in the state, and so the PIN\.$/,
      ],
      ["pin-source=271828", /`pin-source` is not env:/],
      ["pin-source=file:271828", /`pin-source` is not env:/],
      ["pin-source=pkcs11:271828", /`pin-source` is not env:/],
      ["pin=271828", /it has another attribute than/],
      ["271828", /it has another attribute than/],
    ] as const) {
      const parsed = parseHsmKeystore(`pkcs11:token=a?module-path=/hsm.so&${query}`);
      assert.ok("mistake" in parsed);
      assert.match(parsed.mistake, what);
      assert.doesNotMatch(parsed.mistake, /271828/);
    }
  });
});

describe("the URI of a key in a token", () => {
  for (const [uri, object] of [
    ["pkcs11:object=orders", { object: "orders", id: undefined }],
    ["pkcs11:object=order%2Fs%201;id=%01%aB", { object: "order/s 1", id: Buffer.from([1, 0xab]) }],
    ["pkcs11:id=A1", { object: undefined, id: Buffer.from("A1") }],
  ] as const)
    it(`may be ${uri}`, () => assert.deepEqual(parseHsmObject(uri), object));

  for (const uri of [
    "pkcs11:",
    "pkcs11:object=a?pin-value=1234",
    "pkcs11:object=",
    "pkcs11:object=%ff",
    "pkcs11:token=a;object=b",
    "pkcs11:id=",
  ])
    it(`is refused as ${uri}`, () => {
      const parsed = parseHsmObject(uri);
      assert.ok("mistake" in parsed && parsed.mistake.endsWith(" (RFC 7512); what came is neither."));
    });

  it("names a key by its id", () => {
    const id = Buffer.from([0, 0x7f, 0xff]);
    assert.equal(hsmObjectUri(id), "pkcs11:id=%00%7f%ff");
    assert.deepEqual(parseHsmObject(hsmObjectUri(id)), { object: undefined, id });
  });
});
