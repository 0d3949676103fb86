import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { shownReference } from "../../../provider/secrecy/shownReference";
import { setEnvironment } from "../kms/loopback";

describe("a reference in a message", () => {
  for (const reference of [
    "state",
    "none",
    "env://HSM_PIN",
    "env://orders_key_2",
    "env://ORDERS_{version}",
    "file:///etc/keymgmt/root-key.pem",
    "file:///home/me/My%20keys/orders_{version}",
    "exec:/usr/bin/pass",
    "pkcs11:object=orders;id=%01%02",
    "awskms://alias/keymgmt-root",
  ])
    it(`is shown where it is one: ${reference}`, () => assert.equal(shownReference(reference), reference));

  const bytes = Buffer.from("8f14e45fceea167a5a36dedd4bea2543c9f0f895fb98ab9159f51fd0297e236d", "hex");
  for (const [reference, shown] of [
    ["env://AKIAIOSFODNN7EXAMPLE", "env://…"],
    ["env://Tr0ub4dor", "env://…"],
    ["env://correct horse", "env://…"],
    [`env://${bytes.toString("base64")}`, "env://…"],
    [`env://a${bytes.toString("hex")}`, "env://…"],
    [`env://${"A".repeat(65)}`, "env://…"],
    [`file:///${bytes.toString("base64url")}`, "file://…"],
    ["file:///-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI", "file://…"],
    [`file:///${"a/".repeat(200)}`, "file://…"],
    ["exec:curl -u me:hunter2 https://vault", "exec:curl …"],
    ["exec:VAULT_TOKEN=hvs.abc vault read", "exec:… …"],
    [
      "pkcs11:token=t;pin-value=1234?pin-source=env://PIN&module-path=/lib.so",
      "pkcs11:token=t;…?…&module-path=/lib.so",
    ],
    ["pkcs11:1234", "pkcs11:…"],
    ["awskms://alias/root?region=us-east-1&secret=hunter2", "awskms://alias/root"],
    ["hunter2", "…"],
    ["https://me:hunter2@vault", "…"],
  ] as const)
    it(`is shown without what may be a secret: ${shown}`, () =>
      assert.equal(shownReference(reference), shown));

  it("is shown with a name of any form that the environment has", () => {
    const name = `aB9${randomBytes(12).toString("hex")}`;
    assert.equal(shownReference(`env://${name}`), "env://…");
    const restore = setEnvironment({ [name]: "x" });
    try {
      assert.equal(shownReference(`env://${name}`), `env://${name}`);
    } finally {
      restore();
    }
  });
});
