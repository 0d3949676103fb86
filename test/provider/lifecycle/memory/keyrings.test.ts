import assert from "node:assert/strict";
import { isKeymgmtError } from "../../../../provider/errors";
import { Keyrings } from "../../../../provider/lifecycle/memory/keyrings";
import type { Owner } from "../../../../provider/lifecycle/owner";
import { UNKNOWN } from "../../../../provider/schema/unknowns";

const kms = { keyCollection: "us-west-1", accountId: "111122223333", aliasPrefix: "hashicorp" };
const key = { id: "orders-0123456789", name: "orders", type: "aes256-gcm96" };
const owner = (more: object = {}) => ({ distribution: "orders-1", kms, key, ...more }) as unknown as Owner;

describe("the keyrings of a run", () => {
  it("are taken out of what a distribution was handed, and are there for its key, account and Region alone", () => {
    const keyrings = new Keyrings();
    assert.deepEqual(keyrings.take({ ...key, keyring: "one" }, { name: "orders-1", kms }), key);
    keyrings.take({ ...key, keyring: "two" }, { name: "orders-2", kms });
    keyrings.take(
      { ...key, keyring: "three" },
      { name: "orders-1", kms: { ...kms, accountId: "444455556666" } },
    );
    assert.equal(keyrings.of(owner()).keyring, "one");
    for (const other of [{ distribution: "orders-3" }, { key: { ...key, id: "orders-ffffffffff" } }])
      assert.throws(() => keyrings.of(owner(other)), refusal);
  });

  it("come with what the program says of them, which goes into no state either", () => {
    const keyrings = new Keyrings();
    const handed = {
      keyring: "one",
      keystore: "none",
      material: "env://ORDERS_{version}",
      materialPassphrase: "env://PASSPHRASE",
    };
    assert.deepEqual(keyrings.take({ ...key, ...handed }, { name: "orders-1", kms }), key);
    assert.deepEqual(keyrings.of(owner()), { ...handed, type: key.type });
  });

  it("are the latest that came: a resource that is replaced is checked twice", () => {
    const keyrings = new Keyrings();
    for (const keyring of ["older", "newer"]) keyrings.take({ ...key, keyring }, { name: "orders-1", kms });
    assert.equal(keyrings.of(owner()).keyring, "newer");
  });

  it("leave alone what is not known yet, or is no key", () => {
    const keyrings = new Keyrings();
    assert.deepEqual(keyrings.take({ ...key, keyring: UNKNOWN }, { name: UNKNOWN, kms: UNKNOWN }), key);
    for (const none of [UNKNOWN, undefined, null, "?", []])
      assert.deepEqual(keyrings.take(none, { name: "orders-1", kms }), none);
    assert.throws(() => keyrings.of(owner()), refusal);
  });
});

function refusal(error: unknown): boolean {
  return (
    isKeymgmtError(error, "InvalidState") &&
    /^Expected the keyring of key "orders" to be in the program's inputs of orders-\d in this update; it is not\. Nothing was changed\. Run `pulumi up` again; /.test(
      (error as Error).message,
    )
  );
}
