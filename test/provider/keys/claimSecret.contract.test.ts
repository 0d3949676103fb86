import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { unsealed } from "../../../cli/export/keyring";
import { claimSecretOf, withNewClaimSecret } from "../../../provider/keys/claimSecret";
import {
  formatKeyring,
  type Keyring,
  parseKeyring,
  type SealedVersion,
} from "../../../provider/keys/keyring";
import { emptyKeyring, withVersion } from "../../../provider/keys/keystores/addVersion";
import { movedKeyring } from "../../../provider/keys/keystores/moveKeyring";
import { AES_256 } from "../../../provider/keys/keyTypes";
import { setEnvironment } from "../kms/loopback";
import { refusal } from "../refusal";
import { withoutKms } from "./keystores/withoutKms";

describe("the claim secret of a key", () => {
  let restore: () => void;
  beforeEach(() => {
    restore = setEnvironment({
      ROOT: randomBytes(32).toString("hex"),
      OTHER: randomBytes(32).toString("hex"),
      ORDERS_1: randomBytes(32).toString("hex"),
    });
  });
  afterEach(() => restore());

  const keeping = (keystore: string) => ({ key: "orders", keystore, reference: "env://ORDERS_{version}" });
  /** As release 0.1.0 made it. */
  const older = (keystore: string): Promise<Keyring> => {
    const material = Buffer.from(String(process.env.ORDERS_1), "hex");
    return withVersion(
      withoutKms(),
      emptyKeyring(AES_256, keystore),
      keeping(keystore),
      material,
      new Date(),
    );
  };
  const made = async (keystore: string) => {
    const keyring = await withNewClaimSecret(withoutKms(), await older(keystore), "orders");
    return parseKeyring(formatKeyring(keyring), "aes256-gcm96");
  };
  const open = async (keyring: Keyring, key = "orders") =>
    (await claimSecretOf(withoutKms(), keyring, key))?.toString("hex");

  for (const keystore of ["state", "none", "env://ROOT"])
    it(`is 32 random bytes, other ones for each key, in "${keystore}"`, async () => {
      const [one, two] = [await made(keystore), await made(keystore)];
      assert.match(String(await open(one)), /^[0-9a-f]{64}$/);
      assert.notEqual(await open(one), await open(two));
    });

  it("is in the clear beside versions that are, and is got without the root key that there is not", async () => {
    const { claimSecret } = await made("none");
    assert.equal(Buffer.from(claimSecret!, "base64url").length, 32);
  });

  it("is sealed by the root key that seals the versions, and opens by no other", async () => {
    const keyring = await made("env://ROOT");
    const secret = String(await open(keyring));
    assert.ok(!formatKeyring(keyring).includes(Buffer.from(secret, "hex").toString("base64url")));
    process.env.ROOT = process.env.OTHER;
    assert.match(await refusal(open(keyring)), /^Expected the root key that sealed key "orders"/);
    const lacking = { ...keyring, claimSecret: undefined };
    assert.match(
      await refusal(withNewClaimSecret(withoutKms(), lacking, "orders")),
      /^Expected the root key that sealed key "orders"/,
    );
  });

  it("is opened once in a run", async () => {
    const keyring = await made("env://ROOT");
    const session = withoutKms();
    const first = await claimSecretOf(session, keyring, "orders");
    const text = first!.toString("hex");
    first!.fill(0);
    delete process.env.ROOT;
    assert.equal((await claimSecretOf(session, keyring, "orders"))!.toString("hex"), text);
  });

  it("is no other key's, and no version's", async () => {
    const keyring = await made("env://ROOT");
    assert.match(await refusal(open(keyring, "bills")), /; it is the claim secret of key "orders"/);
    const version = { ...keyring, claimSecret: (keyring.keys[0] as SealedVersion).jwe };
    assert.match(await refusal(open(version)), /; it is version 1 of key "orders"/);
  });

  it("moves with the versions to every keystore, and into a backup", async () => {
    const all = ["state", "none", "env://ROOT", "env://OTHER"];
    for (const from of all) {
      const keyring = await made(from);
      const secret = await open(keyring);
      for (const to of all)
        assert.equal(
          await open(await movedKeyring(withoutKms(), keyring, keeping(to))),
          secret,
          `${from} ${to}`,
        );
      assert.equal(await open(await unsealed(withoutKms(), keyring, "orders")), secret);
    }
  });

  it("is none in a keyring of release 0.1.0, which moves without one", async () => {
    for (const from of ["state", "none", "env://ROOT"]) {
      const keyring = await older(from);
      assert.equal(await open(keyring), undefined);
      assert.equal(
        "claimSecret" in (await movedKeyring(withoutKms(), keyring, keeping("env://OTHER"))),
        false,
      );
      assert.equal("claimSecret" in (await unsealed(withoutKms(), keyring, "orders")), false);
    }
  });
});
