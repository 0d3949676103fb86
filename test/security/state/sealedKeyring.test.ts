import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateAliasCommand, CreateKeyCommand, GenerateDataKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { CompactEncrypt } from "jose";
import sinon from "sinon";
import type { LocalKms } from "../../../local-kms/src/index";
import { keyCheckValue } from "../../../provider/keys/keyCheckValue";
import type { Values } from "../../../provider/resources/resource";
import type { KmsKeyRecords } from "../../../provider/state/types";
import { setEnvironment } from "../../provider/kms/loopback";
import { localKms, Program, type ProgramInputs } from "../../world/program";

const messageOf = (work: Promise<unknown>) =>
  work.then(
    () => "it was done",
    ({ message }: Error) => message,
  );

/** A keyring as it stands in the state. */
interface Written {
  keystore?: string;
  keys: Record<string, unknown>[];
}

/**
 * Has: write access to the state of a stack, and what opens its secrets, so that `keyring` can be written. The keyring is in a
 * keystore that the attacker does not have. Wants: KMS keys with material of theirs, or a command of theirs run.
 */
describe("who writes the state of a key that is not kept there", function () {
  this.timeout(60_000);
  let local: LocalKms;
  let program: Program;
  let restore: () => void;
  let folder: string;
  const theirs = randomBytes(32);

  beforeEach(async () => {
    restore = setEnvironment({
      AWS_ACCESS_KEY_ID: "111122223333",
      AWS_SECRET_ACCESS_KEY: "secret",
      ROOT: randomBytes(32).toString("hex"),
      ORDERS_1: randomBytes(32).toString("hex"),
      ORDERS_2: randomBytes(32).toString("hex"),
      // Something of the runner that the attacker knows: 32 bytes in hex, as a commit's or an image's digest.
      KNOWN: theirs.toString("hex"),
    });
    folder = mkdtempSync(join(tmpdir(), "keymgmt-state-writer-"));
    local = await localKms();
    program = new Program(local);
    sinon.stub(console, "error");
  });
  afterEach(async () => {
    sinon.restore();
    restore();
    rmSync(folder, { recursive: true });
    await local.close();
  });

  const sealed = { key: { keystore: "env://ROOT", rotationTrigger: "1" } };
  /** The key is made in one update and distributed in another, as AWS takes any material for a KMS key that has had none. */
  const make = (key: Values, of = program) => of.up({ key, isDistributed: false });
  const keyring = (of = program): Written => JSON.parse(String(of.outputs("key").keyring));
  const write = (change: (written: Written) => void, outputs: object = {}) => {
    const state = program.states.get("key")!;
    const written = keyring();
    change(written);
    state.outputs = { ...state.outputs, ...outputs, keyring: JSON.stringify(written) };
    local.resetCounts();
  };
  /** The update is refused, and AWS is given no material, but for that of so many own versions. */
  const refused = async (inputs: ProgramInputs, said: RegExp, own?: number) => {
    const message = await messageOf(program.up(inputs));
    assert.match(message, said);
    assert.equal(local.counts().ImportKeyMaterial, own);
    return message;
  };
  const inTheClear = (version = 1) => ({
    kty: "oct",
    alg: "A256GCM",
    kid: String(version),
    k: theirs.toString("base64url"),
    iat: 1_760_000_000,
  });
  const inTheState = (written: Written) => {
    delete written.keystore;
    written.keys = [inTheClear()];
    delete (written as { claimSecret?: string }).claimSecret;
  };

  it("puts in none of theirs in the clear where a root key seals", async () => {
    await make(sealed.key);
    write(inTheState);
    await refused(sealed, /^Expected the keyring of key "orders" in the state to be of/);
    await refused({ key: { ...sealed.key, rotationTrigger: "2" } }, /^Expected the keyring of key "orders"/);
  });

  it("nor where the keyring goes on saying that a root key seals it", async () => {
    await make(sealed.key);
    write((written) => {
      written.keys = [inTheClear()];
    });
    await refused(sealed, /version 1 is not stored as its keystore stores it/);
  });

  it("nor where all of the state says so, and its own distribution is brought alone", async () => {
    await program.up(sealed);
    const { resource } = await rewritten(inTheState);
    const { inputs } = await resource();
    assert.ok(!JSON.stringify(inputs).includes(theirs.toString("base64url")));
  });

  /** The whole of the ManagedKey in the state is theirs; it is not a part of this update (`--target` of the distribution). */
  async function rewritten(change: (written: Written) => void) {
    const written = keyring();
    change(written);
    const id = `orders-${keyCheckValue(theirs)}`;
    program.begin();
    const distribution = program.states.get("distribution")!;
    const handed = { keyring: JSON.stringify(written), keystore: "env://ROOT" };
    const key = { ...(distribution.inputs.key as object), ...handed, id };
    local.resetCounts();
    return {
      resource: async () => {
        const given = program.resource("keyDistribution");
        const { inputs } = await given.check(undefined, { ...distribution.inputs, key });
        assert.match(
          await messageOf(given.create(inputs)),
          /to be in the keystore that the program names, "env:\/\/ROOT"; it is in "state"/,
        );
        assert.deepEqual(
          [local.counts().CreateKey, local.counts().ImportKeyMaterial],
          [undefined, undefined],
        );
        return { inputs };
      },
    };
  }

  it("puts in no version of another key that the same root key seals", async () => {
    const other = new Program(local, undefined, "organization/shop/dev2");
    await make(sealed.key, other);
    await make({ ...sealed.key, material: "env://KNOWN" }, other);
    await make(sealed.key);
    await make({ ...sealed.key, rotationTrigger: "2" });
    write((written) => {
      const [, version] = keyring(other).keys;
      written.keys[1] = { ...written.keys[1], kcv: version!.kcv, cmac: version!.cmac, jwe: version!.jwe };
    });
    await refused(
      { key: { ...sealed.key, rotationTrigger: "2" } },
      /version 2 of key "orders", sealed, in the state; it is of another key or keystore/,
      1,
    );
  });

  it("puts in no keyring of another key of that name", async () => {
    const other = new Program(local, undefined, "organization/shop/dev2");
    await make({ ...sealed.key, material: "env://KNOWN" }, other);
    await make(sealed.key);
    write((written) => Object.assign(written, keyring(other)));
    await refused(sealed, /to be of orders-\w{10}, in the keystore "env:\/\/ROOT"; it is of/);
  });

  it("has no version opened by, or sealed under, a KMS key of theirs", async () => {
    const mine = new KMSClient({ region: "us-east-1", endpoint: local.url });
    const root = (await mine.send(new CreateKeyCommand({}))).KeyMetadata!.KeyId!;
    await mine.send(new CreateAliasCommand({ AliasName: "alias/root", TargetKeyId: root }));
    const keystore = `awskms://alias/root?region=us-east-1&endpoint=${local.url}`;
    const key = { keystore, rotationTrigger: "1" };
    await program.up({ key });
    const foreign = (await mine.send(new CreateKeyCommand({}))).KeyMetadata!.Arn!;
    await program.up({ key: { ...key, rotationTrigger: "2" } });
    const EncryptionContext = { "keymgmt:key": "orders", "keymgmt:version": "2" };
    const made = await mine.send(
      new GenerateDataKeyCommand({ KeyId: foreign, KeySpec: "AES_256", EncryptionContext }),
    );
    const dataKey = Buffer.from(made.CiphertextBlob!).toString("base64url");
    const jwe = await new CompactEncrypt(Buffer.from(JSON.stringify(inTheClear(2))))
      .setProtectedHeader({
        alg: "dir",
        enc: "A256GCM",
        cty: "jwk+json",
        kid: foreign,
        keymgmt: { key: "orders", version: 2, dataKey },
      })
      .encrypt(made.Plaintext!);
    write((written) => {
      written.keys[1] = { kid: "2", iat: 1_760_000_000, kcv: keyCheckValue(theirs), jwe };
    });
    program.states.delete("distribution");
    const message = await messageOf(
      program.up({ key: { ...key, rotationTrigger: "2" }, distribution: { adopt: { versions: {} } } }),
    );
    assert.match(message, /IncorrectKeyException/);
  });

  it("has no command of theirs run and no variable read that the program does not name", async () => {
    const trace = join(folder, "ran");
    const key = { keystore: "none", material: "env://ORDERS_1" };
    await make(key);
    for (const from of [`exec:touch ${trace}`, "env://KNOWN"]) {
      write((written) => {
        written.keys[0] = { ...written.keys[0], from };
      });
      const message = await messageOf(program.up({ key }));
      assert.equal(existsSync(trace), false);
      assert.match(
        message,
        /^Expected `material` of key "orders" in the program to name where version 1 is read/,
      );
      assert.equal(local.counts().ImportKeyMaterial, undefined);
      assert.ok(!message.includes(from), "what the state says may be anything");
      await refused({ key: { ...key, keystore: "state" } }, /^Expected `material` of key "orders"/);
      await refused({ key: { keystore: "env://ROOT" } }, /^Expected `material` of key "orders"/);
      assert.equal(existsSync(trace), false);
    }
  });

  it("has no command of theirs run for a key that the state itself keeps", async () => {
    const trace = join(folder, "ran");
    await make({});
    write((written) => {
      written.keys[0] = { kid: "1", iat: 1, kcv: keyCheckValue(theirs), from: `exec:touch ${trace}` };
    });
    const message = await messageOf(program.up());
    assert.equal(existsSync(trace), false);
    assert.match(message, /version 1 is not stored as its keystore stores it/);
  });

  it("goes unhindered only as a change of keystore that the preview shows: old input, keyring and id together", async () => {
    await program.up(sealed);
    write(inTheState, { keystore: "state" });
    const state = program.states.get("key")!;
    state.inputs = { ...state.inputs, keystore: "state" };
    state.id = `orders-${keyCheckValue(theirs)}`;
    const { inputs } = await program
      .resource("managedKey")
      .check(state.inputs, { ...state.inputs, ...sealed.key });
    assert.deepEqual([state.inputs.keystore, inputs.keystore], ["state", "env://ROOT"]);
  });

  it("does not hinder a change of keystore by the program", async () => {
    await program.up(sealed);
    await program.up({ key: { ...sealed.key, keystore: "state" } });
    await program.up({ ...sealed, distribution: { validFor: "90d" } });
    const records = program.outputs("distribution").versions as KmsKeyRecords;
    assert.equal(records["1"]!.state, "Enabled");
  });
});
