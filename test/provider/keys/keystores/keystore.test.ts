import assert from "node:assert/strict";
import { isSealed, parseKeystore } from "../../../../provider/keys/keystores/keystore";
import schema from "../../../../schema.json";

const ARN = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

describe("the URL of a keystore", () => {
  const connection = (keyCollection: string, more = {}) => ({
    keyCollection,
    profile: undefined,
    endpoint: undefined,
    ...more,
  });
  for (const [url, keystore] of [
    ["state", { kind: "state" }],
    ["none", { kind: "none" }],
    ["env://ROOT_KEY", { kind: "rootKey", reference: "env://ROOT_KEY" }],
    ["file:///etc/root.jwk", { kind: "rootKey", reference: "file:///etc/root.jwk" }],
    [
      "awskms://alias/Root/prod?region=us-east-1",
      { kind: "awskms", keyId: "alias/Root/prod", connection: connection("us-east-1") },
    ],
    [
      "awskms://1234abcd-12ab-34cd-56ef-1234567890ab?region=us-east-1&profile=ops",
      {
        kind: "awskms",
        keyId: "1234abcd-12ab-34cd-56ef-1234567890ab",
        connection: connection("us-east-1", { profile: "ops" }),
      },
    ],
    [
      "pkcs11:token=keys?module-path=/lib.so&pin-source=env://PIN",
      { kind: "pkcs11", token: "keys", serial: undefined, modulePath: "/lib.so", pinSource: "env://PIN" },
    ],
    [`awskms:///${ARN}`, { kind: "awskms", keyId: ARN, connection: connection("eu-west-1") }],
    [
      `awskms:///${ARN}?region=eu-west-1&endpoint=http://127.0.0.1:4599`,
      {
        kind: "awskms",
        keyId: ARN,
        connection: connection("eu-west-1", { endpoint: "http://127.0.0.1:4599" }),
      },
    ],
  ] as const) {
    it(`may be ${url}`, () => assert.deepEqual(parseKeystore(url), keystore));
  }

  for (const url of [
    "",
    "State",
    "vault://transit",
    "gcpkms://a",
    "exec:get-root-key",
    "env://A-B",
    `env://${"a1".repeat(32)}`,
    "env://ROOT_{version}",
    "file:root.key",
    "awskms:alias/root?region=us-east-1",
    "awskms://alias/root",
    "awskms://alias/root?region=mars-east-1",
    "awskms://alias/root?region=us-east-1&context_a=b",
    "awskms://user@alias/root?region=us-east-1",
    `awskms:///${ARN}?region=us-east-1`,
    "awskms:///arn:aws:s3:::bucket?region=us-east-1",
    "awskms://?region=us-east-1",
  ]) {
    it(`is refused as "${url}", with those that there are, and not shown`, () => {
      const came = url.startsWith("awskms:")
        ? "; what came begins with awskms: and is not of that form"
        : "; what came is none of them, and is not shown here in case it holds a key";
      assert.deepEqual(parseKeystore(url), {
        mistake: `Expected \`keystore\` to be "state", "none", "env://NAME", "file:///path" (absolute), "awskms://alias/NAME?region=us-east-1" or "pkcs11:token=NAME?…"${came}.`,
      });
    });
  }

  it("names a KMS over https, or on this machine", () => {
    const { mistake } = parseKeystore(
      "awskms://alias/root?region=us-east-1&endpoint=http://kms.corp.example",
    ) as { mistake: string };
    assert.match(mistake, /^In `keystore`: Expected `endpoint` to be an https URL/);
  });

  it("tells whether the material in it is sealed", () => {
    const sealed = (url: string) => isSealed(parseKeystore(url) as never);
    assert.deepEqual(
      ["state", "none", "env://A", "file:///a", "awskms://alias/a?region=us-east-1"].map(sealed),
      [false, false, true, true, true],
    );
  });

  it("has no form that the description of `keystore` does not name", () => {
    const refused = parseKeystore("vault://orders");
    assert.ok("mistake" in refused);
    const forms = [...refused.mistake.matchAll(/"(\w+(?::\/\/|:)?)/g)].map(([, form]) => form!);
    assert.deepEqual(forms, ["state", "none", "env://", "file://", "awskms://", "pkcs11:"]);
    const { keystore } = schema.resources["keymgmt:index:ManagedKey"].inputProperties;
    for (const form of forms) assert.ok(keystore.description.includes(`\`${form}`), form);
  });
});
