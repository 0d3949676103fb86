import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import sinon from "sinon";
import { isKeymgmtError } from "../../../provider/errors";
import { keyCheckValue } from "../../../provider/keys/keyCheckValue";
import { formatKeyring, parseKeyring } from "../../../provider/keys/keyring";
import { resourcesOf } from "../../../provider/resources";
import type { Values } from "../../../provider/resources/resource";
import { Run } from "../../../provider/run";
import { inputsOf } from "./goodInputs";

const lines: string[] = [];
const managedKey = resourcesOf(new Run({ say: (line) => lines.push(line) })).ManagedKey;

const made = { material: undefined, rotationTrigger: undefined };

/** A key in state: what the last check planned and what the last create or update left. */
class Stack {
  inputs: Values | undefined;
  outputs: Values = {};
  id = "";

  /** One `pulumi up` with these changes to good inputs. */
  async up(changes: Values = {}): Promise<Values> {
    const { inputs, mistakes } = await managedKey.check(
      this.inputs,
      inputsOf("ManagedKey", { ...made, ...changes }),
    );
    assert.deepEqual(mistakes, []);
    if (!this.id) ({ id: this.id, outputs: this.outputs } = await managedKey.create(inputs));
    else if ((await managedKey.diff(this.id, this.outputs, inputs)).changes)
      this.outputs = await managedKey.update(this.id, this.outputs, inputs);
    this.inputs = inputs;
    return this.outputs;
  }

  get materials(): Buffer[] {
    const keyring = parseKeyring(this.outputs.keyring as string, "aes256-gcm96");
    return keyring.keys.map((jwk) => Buffer.from(String("k" in jwk && jwk.k), "base64url"));
  }

  get versions(): { version: number; createdAt: string; kcv: string; enabled: boolean }[] {
    return this.outputs.versions as never;
  }
}

describe("a ManagedKey", () => {
  let clock: sinon.SinonFakeTimers;
  let stack: Stack;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: Date.UTC(2026, 0, 31, 12), toFake: ["Date"] });
    stack = new Stack();
    lines.length = 0;
  });
  afterEach(() => clock.restore());

  it("starts with version 1 of fresh material", async () => {
    const outputs = await stack.up();
    const { keyring, versions, ...rest } = outputs;
    assert.deepEqual(rest, {
      ...inputsOf("ManagedKey", made),
      keyVersion: 1,
      rotatedOn: "2026-01-31",
      formerStacks: [],
      latestVersion: 1,
      stateVersion: 2,
    });
    const [material] = stack.materials;
    assert.equal(material?.length, 32);
    assert.deepEqual(versions, [
      { version: 1, createdAt: "2026-01-31T12:00:00.000Z", kcv: keyCheckValue(material!), enabled: true },
    ]);
    assert.equal(typeof keyring, "string");
  });

  it("has an id of its name and its first key check value, so that another key of that name has another", async () => {
    await stack.up();
    assert.equal(stack.id, `orders-${stack.versions[0]?.kcv}`);
    const second = new Stack();
    await second.up();
    assert.notEqual(second.id, stack.id);
  });

  it("says which change of the trigger rotates it, also where the trigger is taken away", async () => {
    for (const rotationTrigger of [undefined, "a", undefined]) await stack.up({ rotationTrigger });
    assert.deepEqual(
      lines.filter((line) => line.includes("rotationTrigger")),
      [
        'key "orders" is rotated to version 2, because its `rotationTrigger` is new',
        'key "orders" is rotated to version 3, because its `rotationTrigger` was removed, which is a change too',
      ],
    );
  });

  it("starts with a user's own material", async () => {
    const own = randomBytes(32);
    await stack.up({ material: own.toString("base64") });
    assert.deepEqual(stack.materials, [own]);
  });

  it("keeps a user's own material in the keyring alone", async () => {
    const own = randomBytes(32);
    await stack.up({ material: own.toString("base64") });
    const { keyring, ...rest } = stack.outputs;
    const shown = JSON.stringify({ id: stack.id, ...rest });
    for (const form of ["base64", "base64url", "hex"] as const) {
      assert.ok(!shown.includes(own.toString(form).slice(0, 12)), form);
    }
    assert.ok(!("material" in stack.outputs));
  });

  it("grows by a version at each rotation and keeps those before", async () => {
    await stack.up({ rotationTrigger: "1" });
    const [first] = stack.materials;
    clock.setSystemTime(Date.UTC(2026, 1, 1));
    await stack.up({ rotationTrigger: "2" });
    clock.setSystemTime(Date.UTC(2026, 1, 2));
    const own = randomBytes(32);
    await stack.up({ rotationTrigger: "2", material: own.toString("base64") });
    clock.setSystemTime(Date.UTC(2026, 1, 3));
    await stack.up({ rotationTrigger: "2" });

    assert.equal(stack.outputs.latestVersion, 3);
    assert.deepEqual(stack.materials[0], first);
    assert.deepEqual(stack.materials[2], own);
    assert.equal(new Set(stack.materials.map(String)).size, 3);
    assert.deepEqual(
      stack.versions.map(({ version, createdAt }) => [version, createdAt.slice(0, 10)]),
      [
        [1, "2026-01-31"],
        [2, "2026-02-01"],
        [3, "2026-02-02"],
      ],
    );
  });

  it("rotates by its period at the first update on or after the date", async () => {
    await stack.up({ rotationPeriod: "7d" });
    for (const [day, latest] of [
      [6, 1],
      [7, 2],
      [7, 2],
      [13, 2],
      [30, 3],
    ] as const) {
      clock.setSystemTime(Date.UTC(2026, 0, 31 + day, 23));
      assert.equal((await stack.up({ rotationPeriod: "7d" })).latestVersion, latest, `day ${day}`);
    }
  });

  it("makes the version that an interrupted update did not", async () => {
    await stack.up();
    const { inputs } = await managedKey.check(
      stack.inputs,
      inputsOf("ManagedKey", { ...made, rotationTrigger: "x" }),
    );
    const outputs = await managedKey.update(stack.id, stack.outputs, inputs);
    assert.deepEqual(
      await managedKey.update(stack.id, outputs, inputs),
      outputs,
      "a second time changes nothing",
    );
  });

  it("disables versions below minEnabledVersion and enables them again", async () => {
    const enabled = () => stack.versions.map((version) => version.enabled);
    await stack.up({ rotationTrigger: "1" });
    await stack.up({ rotationTrigger: "2" });
    await stack.up({ rotationTrigger: "3" });
    assert.deepEqual(enabled(), [true, true, true]);
    await stack.up({ rotationTrigger: "3", minEnabledVersion: 3 });
    assert.deepEqual(enabled(), [false, false, true]);
    await stack.up({ rotationTrigger: "3", minEnabledVersion: 2 });
    assert.deepEqual(enabled(), [false, true, true]);
    assert.equal(stack.materials.length, 3);
  });

  it("refuses material that a version has had, by its key check value", async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    await stack.up({ material: first.toString("base64") });
    await stack.up({ material: second.toString("base64") });
    const kcv = keyCheckValue(first);
    await assert.rejects(stack.up({ material: first.toString("base64") }), (error) => {
      assert.ok(isKeymgmtError(error, "InvalidInput"));
      assert.equal(
        error.message,
        `Expected new \`material\`; what came is that of version 1 (key check value ${kcv}). Give new material: openssl rand -base64 32`,
      );
      return true;
    });
    assert.equal(stack.outputs.latestVersion, 2);
  });

  it("zeroes a user's own material once it is in the keyring, and when it is refused", async () => {
    const own = randomBytes(32);
    const from = sinon.spy(Buffer, "from");
    const decoded = () =>
      from
        .getCalls()
        .filter(
          ({ args }) =>
            (args as unknown[])[1] === "base64" && (args as unknown[])[0] === own.toString("base64"),
        );
    try {
      await stack.up({ material: own.toString("base64") });
      await stack.up();
      await assert.rejects(stack.up({ material: own.toString("base64") }));
      assert.ok(decoded().length >= 2);
      for (const { returnValue } of decoded()) assert.deepEqual(returnValue, Buffer.alloc(32));
    } finally {
      from.restore();
    }
  });

  it("is not made anew from a keyring that is broken", async () => {
    await stack.up();
    stack.outputs = { ...stack.outputs, keyring: "{}" };
    await assert.rejects(stack.up({ rotationTrigger: "x" }), (error) =>
      isKeymgmtError(error, "InvalidInput"),
    );
  });

  it("stays as it is in a refresh: nothing but this state holds it", async () => {
    const outputs = await stack.up();
    assert.deepEqual(await managedKey.read(stack.id, outputs), { id: stack.id, outputs });
  });

  describe("has a claim secret", () => {
    const keyring = () => parseKeyring(stack.outputs.keyring as string, "aes256-gcm96");
    /** As release 0.1.0 left the key. */
    const forget = () => {
      const { claimSecret: _, ...older } = keyring();
      stack.outputs = { ...stack.outputs, keyring: formatKeyring(older) };
    };
    beforeEach(() => {
      process.env.KEYMGMT_TEST_ROOT = randomBytes(32).toString("hex");
    });
    afterEach(() => {
      delete process.env.KEYMGMT_TEST_ROOT;
    });

    it("from its first version on, which no update changes, and in its keyring alone", async () => {
      const { keyring: text, ...rest } = await stack.up();
      const { claimSecret } = parseKeyring(text as string, "aes256-gcm96");
      assert.ok(claimSecret && !JSON.stringify(rest).includes(claimSecret));
      await stack.up({ rotationTrigger: "x" });
      assert.equal(keyring().claimSecret, claimSecret);
    });

    for (const keystore of ["state", "env://KEYMGMT_TEST_ROOT"])
      it(`after any update of a key of release 0.1.0, and not for its own sake: ${keystore}`, async () => {
        await stack.up({ keystore });
        forget();
        await stack.up({ keystore });
        assert.equal(keyring().claimSecret, undefined);
        await stack.up({ keystore, deletionAllowed: true });
        assert.notEqual(keyring().claimSecret, undefined);
      });

    it("not yet after an update that has no root key at hand, which goes on", async () => {
      const keystore = "env://KEYMGMT_TEST_ROOT";
      await stack.up({ keystore });
      forget();
      delete process.env.KEYMGMT_TEST_ROOT;
      await stack.up({ keystore, deletionAllowed: true });
      assert.equal(stack.outputs.deletionAllowed, true);
      assert.equal(keyring().claimSecret, undefined);
    });

    it("after a refresh, where no root key seals it", async () => {
      await stack.up();
      forget();
      const { outputs } = await managedKey.read(stack.id, stack.outputs);
      const { claimSecret, ...rest } = parseKeyring(String(outputs.keyring), "aes256-gcm96");
      assert.ok(claimSecret);
      assert.deepEqual({ ...outputs, keyring: formatKeyring(rest) }, stack.outputs);

      const sealed = new Stack();
      await sealed.up({ keystore: "env://KEYMGMT_TEST_ROOT" });
      const { claimSecret: _, ...older } = parseKeyring(String(sealed.outputs.keyring), "aes256-gcm96");
      const before = { ...sealed.outputs, keyring: formatKeyring(older) };
      assert.deepEqual((await managedKey.read(sealed.id, before)).outputs, before);
    });
  });

  describe("is deleted", () => {
    it("only where the state allows it", async () => {
      await stack.up();
      await assert.rejects(managedKey.delete(stack.id, stack.outputs), (error) => {
        assert.ok(isKeymgmtError(error, "DeletionNotAllowed"));
        assert.match(
          error.message,
          /^Expected `deletionAllowed: true` in the state of key "orders" before it is deleted; it is false, so nothing was deleted.*`retainOnDelete: true`.*`aliases: /,
        );
        return true;
      });
      await stack.up({ deletionAllowed: true });
      await managedKey.delete(stack.id, stack.outputs);
    });

    it("not by a state that does not say so", async () => {
      await stack.up();
      for (const deletionAllowed of [undefined, null, "true", 1]) {
        await assert.rejects(managedKey.delete(stack.id, { ...stack.outputs, deletionAllowed }));
      }
    });
  });

  it("is replaced only where deletion was allowed before", async () => {
    await stack.up();
    await assert.rejects(stack.up({ name: "bills", deletionAllowed: true }), /cannot change/);
    await stack.up({ deletionAllowed: true });
    const news = inputsOf("ManagedKey", { ...made, name: "bills", deletionAllowed: true });
    const { inputs, mistakes } = await managedKey.check(stack.inputs, news);
    assert.deepEqual(mistakes, []);
    assert.deepEqual(await managedKey.diff(stack.id, stack.outputs, inputs), {
      changes: true,
      replaces: ["name"],
    });
  });
});
