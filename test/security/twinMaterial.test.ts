import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import sinon from "sinon";
import type { LocalKms } from "../../local-kms/src/index";
import { keyCheckValue } from "../../provider/keys/keyCheckValue";
import { parseKeyring } from "../../provider/keys/keyring";
import type { KmsKeyRecords } from "../../provider/state/types";
import { setEnvironment } from "../provider/kms/loopback";
import { localKms, Program } from "../world/program";

/** Two materials with one key check value, which is 40 bits: found in 45 seconds, by trying a million (birthday bound). */
const TWINS = [
  "60c8fa6d38734865a4f2d2ddbb3ba5f1d2a510b5b6d0107e00000000000bb236",
  "60c8fa6d38734865a4f2d2ddbb3ba5f1d2a510b5b6d0107e0000000000143115",
] as const;

const messageOf = (work: Promise<unknown>) =>
  work.then(
    () => "it was done",
    ({ message }: Error) => message,
  );

/**
 * Has: another material with the key check value of one that the owner uses, and write access to where the owner keeps
 * theirs. Wants: that it is taken for the owner's.
 */
describe("who has another material with the same key check value", function () {
  this.timeout(60_000);
  let local: LocalKms;
  let program: Program;
  let restore: () => void;
  let said: sinon.SinonStub;

  beforeEach(async () => {
    restore = setEnvironment({
      AWS_ACCESS_KEY_ID: "111122223333",
      AWS_SECRET_ACCESS_KEY: "secret",
      ORDERS_1: TWINS[0],
      ORDERS_2: TWINS[1],
      ROOT: TWINS[0],
    });
    local = await localKms();
    program = new Program(local);
    said = sinon.stub(console, "error");
  });
  afterEach(async () => {
    sinon.restore();
    restore();
    await local.close();
  });

  const keyring = () => parseKeyring(String(program.outputs("key").keyring), "aes256-gcm96");
  const notHeld = { keystore: "none", material: "env://ORDERS_{version}" };
  const refused = /what came is another with the same key check value/;

  it("has the same one, and other bytes", () => {
    const [one, two] = TWINS.map((text) => Buffer.from(text, "hex"));
    assert.equal(keyCheckValue(one!), keyCheckValue(two!));
    assert.notDeepEqual(one, two);
  });

  it("has it imported into no KMS key where material is read from elsewhere", async () => {
    await program.up({ key: notHeld, isDistributed: false });
    process.env.ORDERS_1 = TWINS[1];
    assert.match(await messageOf(program.up({ key: notHeld })), refused);
    assert.equal(local.counts().ImportKeyMaterial, undefined);
  });

  it("has it taken by no change of keystore", async () => {
    await program.up({ key: { ...notHeld, keystore: "state" }, isDistributed: false });
    process.env.ORDERS_1 = TWINS[1];
    assert.match(await messageOf(program.up({ key: notHeld, isDistributed: false })), refused);
    process.env.ORDERS_1 = TWINS[0];
    await program.up({ key: notHeld, isDistributed: false });
    process.env.ORDERS_1 = TWINS[1];
    const sealed = { ...notHeld, keystore: "state" };
    assert.match(await messageOf(program.up({ key: sealed, isDistributed: false })), refused);
  });

  it("has nothing sealed by another root key", async () => {
    const key = { keystore: "env://ROOT", rotationTrigger: "1" };
    await program.up({ key });
    process.env.ROOT = TWINS[1];
    assert.match(await messageOf(program.up({ key: { ...key, rotationTrigger: "2" } })), refused);
  });

  it("does not keep the owner from giving it as the next version: it is other material", async () => {
    await program.up({ key: { ...notHeld, rotationTrigger: "1" } });
    await program.up({ key: { ...notHeld, rotationTrigger: "2" } });
    assert.equal(Object.keys(program.outputs("distribution").versions as KmsKeyRecords).length, 2);
  });

  describe("with a state of release 0.1.0, which knows a version by its key check value alone", () => {
    const older = () => {
      const state = program.states.get("key")!;
      const { claimSecret: _, keys, ...rest } = keyring();
      const without = keys.map((entry) => ({ ...entry, cmac: undefined }));
      state.outputs = { ...state.outputs, keyring: JSON.stringify({ ...rest, keys: without }) };
    };

    it("is told from the owner after the next update of the ManagedKey", async () => {
      await program.up({ key: notHeld, isDistributed: false });
      older();
      await program.up({ key: { ...notHeld, deletionAllowed: true }, isDistributed: false });
      process.env.ORDERS_1 = TWINS[1];
      assert.match(await messageOf(program.up({ key: { ...notHeld, deletionAllowed: true } })), refused);
    });

    it("until when that is said, and AWS refuses it for a KMS key that has had the owner's", async () => {
      await program.up({ key: notHeld });
      older();
      process.env.ORDERS_1 = TWINS[1];
      const message = await messageOf(program.up({ key: notHeld, distribution: { validFor: "90d" } }));
      assert.match(message, /IncorrectKeyMaterial/);
      assert.match(said.args.join("\n"), /is identified only by its key check value efb763aa5f/);
    });
  });

  it("has nothing of it shown: all of what tells materials apart stays in the keyring", async () => {
    await program.up({ key: notHeld });
    process.env.ORDERS_1 = randomBytes(32).toString("hex");
    const message = await messageOf(program.up({ key: notHeld, distribution: { validFor: "90d" } }));
    const { keyring: text, ...shown } = program.outputs("key");
    const { cmac } = keyring().keys[0] as { cmac: string };
    assert.ok(String(text).includes(cmac));
    assert.ok(!`${message}${JSON.stringify(shown)}${said.args.join("\n")}`.includes(cmac));
  });
});
