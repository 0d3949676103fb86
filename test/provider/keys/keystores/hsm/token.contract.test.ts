import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import sinon from "sinon";
import type { Cryptoki } from "../../../../../provider/keys/keystores/hsm/cryptoki";
import { reachToken } from "../../../../../provider/keys/keystores/hsm/token";
import type { HsmKeystore } from "../../../../../provider/keys/keystores/hsm/uri";
import { parseKeystore } from "../../../../../provider/keys/keystores/keystore";
import type { KeystoreSession } from "../../../../../provider/keys/keystores/session";
import { checkout } from "../../../../../tools/toolchain";
import { setEnvironment } from "../../../kms/loopback";
import { refusal } from "../../../refusal";
import { withoutKms } from "../withoutKms";
import { SoftHsm } from "./softHsm";

const at = (uri: string) => parseKeystore(uri) as HsmKeystore;

describe("the token of an HSM", () => {
  let open: () => SoftHsm;
  let hsm: SoftHsm;
  let pin: string;
  let restore: () => void;
  let session: KeystoreSession;

  /** The serial numbers of the tokens that there are, once the user is logged in to one of them. */
  const serialOf = async (keystore: HsmKeystore) =>
    (await reachToken(session, keystore)).use("be looked at", ({ cryptoki, pkcs11 }) =>
      cryptoki
        .C_GetSlotList(true)
        .map((slot) => cryptoki.C_GetTokenInfo(slot))
        .filter(({ flags }) => flags & pkcs11.CKF_TOKEN_INITIALIZED)
        .map(({ serialNumber }) => serialNumber.trimEnd()),
    );

  before(async function () {
    open = await SoftHsm.openerOr(this);
  });
  beforeEach(async () => {
    hsm = open();
    session = withoutKms();
    pin = randomBytes(6).toString("hex");
    restore = setEnvironment({ HSM_PIN: pin, WRONG: randomBytes(6).toString("hex") });
  });
  afterEach(() => {
    sinon.restore();
    restore?.();
    hsm?.close();
  });

  it("is found by its label, its serial number or both", async () => {
    const serial = hsm.newToken(pin);
    for (const uri of [
      hsm.uri(),
      hsm.uri(`keymgmt;serial=${serial}`),
      hsm.uri().replace("token=keymgmt", `serial=${serial}`),
    ])
      assert.deepEqual(await serialOf(at(uri)), [serial]);
  });

  it("is named with those that there are where it is not there", async () => {
    const none = await refusal(serialOf(at(hsm.uri())));
    assert.ok(
      none.startsWith(`Expected ${hsm.modulePath} to show one token "keymgmt"; it shows: none. `),
      none,
    );
    const serial = hsm.newToken(pin, "other");
    const other = await refusal(serialOf(at(hsm.uri())));
    assert.ok(other.includes(`; it shows: "other" (serial ${serial}). `), other);
  });

  it("must be one: of two with a label its serial number tells which", async () => {
    const serials = [hsm.newToken(pin), hsm.newToken(pin)];
    const message = await refusal(serialOf(at(hsm.uri())));
    for (const serial of serials) assert.ok(message.includes(`"keymgmt" (serial ${serial})`), message);
    assert.match(message, /several match: .* Give its `serial` if several have the same label\./);
    assert.equal((await serialOf(at(hsm.uri(`keymgmt;serial=${serials[1]}`)))).length, 2);
  });

  it("is not asked again in one run with a PIN that it has refused, whatever comes from there", async () => {
    hsm.newToken(pin);
    const keystore = at(hsm.uri("keymgmt", "env://WRONG"));
    const expected = 'Expected the HSM\'s token "keymgmt" to be looked at; ';
    assert.equal(
      await refusal(serialOf(keystore)),
      `${expected}C_Login answered CKR_PIN_INCORRECT to the PIN from \`pin-source\`. It was not tried again, because a token locks itself after a few wrong PINs: put the right PIN there. The keyring is as it was.`,
    );
    process.env.WRONG = pin;
    assert.equal(
      await refusal(serialOf(keystore)),
      `${expected}it has refused the PIN from \`pin-source\`. It was not tried again, because a token locks itself after a few wrong PINs: put the right PIN there. The keyring is as it was.`,
    );
    assert.equal((await serialOf(at(hsm.uri()))).length, 1);
    session = withoutKms();
    assert.equal((await serialOf(keystore)).length, 1);
  });

  it("is asked again where it was not the PIN that it had something against", async () => {
    const serial = hsm.newToken(pin);
    const { PKCS11 } = hsm.inspect(pin, ({ pkcs11 }) => pkcs11);
    const logIn = sinon.stub(PKCS11.prototype as Cryptoki, "C_Login");
    logIn.throws(new Error("CKR_PIN_LOCKED:164")); // as the addon's native half says it
    assert.match(await refusal(serialOf(at(hsm.uri()))), /answered CKR_PIN_LOCKED/);
    logIn.restore();
    assert.deepEqual(await serialOf(at(hsm.uri())), [serial]);
  });

  it("has its PIN from a file or a command as well, without the end of the line", async () => {
    hsm.newToken(pin);
    const file = join(hsm.folder, "pin");
    await writeFile(file, `${pin}\n`);
    for (const source of [`file://${file}`, `file:${file}`, `exec:cat%20${file}`])
      assert.equal((await serialOf(at(hsm.uri("keymgmt", source)))).length, 1);
    assert.equal(
      await refusal(serialOf(at(hsm.uri("keymgmt", "env://NOT_THERE")))),
      'Expected the PIN of token "keymgmt" from `pin-source`; the environment has no such variable.',
    );
  });

  it("needs a module that can be loaded, and says which cannot", async () => {
    const keystore = { ...at(hsm.uri()), modulePath: "/nowhere/lib.so" };
    assert.match(
      await refusal(serialOf(keystore)),
      /^Expected a PKCS#11 module at \/nowhere\/lib\.so; it cannot be loaded: .*\/nowhere\/lib\.so/,
    );
  });

  it("is not used while something else of the process uses the module: it may be finalized under a call", async () => {
    hsm.newToken(pin);
    const token = await reachToken(session, at(hsm.uri()));
    const pkcs11 = hsm.inspect(pin, (inspection) => inspection.pkcs11);
    const cryptoki = new pkcs11.PKCS11();
    cryptoki.load(hsm.modulePath);
    cryptoki.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK });
    assert.match(
      await refusal(token.use("be shared", () => "shared")),
      /^Expected the PKCS#11 module at .* for this work alone; something else in this process has initialized it/,
    );
    assert.equal(cryptoki.C_GetSlotList(true).length, 2);
    cryptoki.C_Finalize();
    cryptoki.close();
    assert.equal(await token.use("be used", () => "used"), "used");
  });

  it("whose session or module cannot be ended does not hide why the work failed, nor undo it", async () => {
    hsm.newToken(pin);
    const { PKCS11 } = hsm.inspect(pin, ({ pkcs11 }) => pkcs11);
    const token = await reachToken(session, at(hsm.uri()));
    const prototype = PKCS11.prototype as Cryptoki;
    const finalize = prototype.C_Finalize;
    sinon.stub(prototype, "C_CloseSession").throws(new Error("CKR_SESSION_HANDLE_INVALID:179"));
    sinon.stub(prototype, "C_Finalize").callsFake(function (this: Cryptoki) {
      finalize.call(this);
      throw new Error("CKR_DEVICE_REMOVED:50");
    });
    assert.equal(await token.use("be used", () => "used"), "used");
    await assert.rejects(
      token.use("be used", () => Promise.reject(new Error("the work failed"))),
      /^Error: the work failed$/,
    );
  });

  it("is named where a function that ran in a thread failed, which the addon does not name", async () => {
    hsm.newToken(pin);
    const token = await reachToken(session, at(hsm.uri()));
    const message = await refusal(
      token.use("generate", ({ cryptoki, handle }) =>
        cryptoki.C_GenerateKeyPairAsync(handle, { mechanism: 0x7fff }, [], []),
      ),
    );
    assert.match(message, /to generate; it answered CKR_MECHANISM_INVALID\. /);
  });

  it("is used for one piece of work after the other: none ends what another has begun", async () => {
    hsm.newToken(pin);
    const token = await reachToken(session, at(hsm.uri()));
    const seen: string[] = [];
    const work = (name: string, millis: number) =>
      token.use("be used", async ({ cryptoki }) => {
        seen.push(`${name} begins`);
        await setTimeout(millis);
        seen.push(`${name} sees ${cryptoki.C_GetSlotList(true).length}`);
      });
    const failing = token.use("be used", () => assert.fail("not now"));
    const [, failed] = await Promise.allSettled([work("a", 20), failing, work("b", 0)]);
    assert.equal(failed.status, "rejected");
    assert.deepEqual(seen, ["a begins", "a sees 2", "b begins", "b sees 2"]);
  });

  it("needs pkcs11js, which is no dependency, and says how to get it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keymgmt-bare-"));
    try {
      await cp(join(checkout, "dist"), join(folder, "dist"), { recursive: true });
      await mkdir(join(folder, "node_modules"));
      for (const name of await readdir(join(checkout, "node_modules")))
        if (name !== "pkcs11js" && !name.startsWith("."))
          await symlink(join(checkout, "node_modules", name), join(folder, "node_modules", name));
      const program = `
        const { reachToken } = require("./dist/provider/keys/keystores/hsm/token.js");
        const { KeystoreSession } = require("./dist/provider/keys/keystores/session.js");
        reachToken(new KeystoreSession(), { token: "keymgmt", modulePath: "/lib.so", pinSource: "env://HSM_PIN" }).catch((error) => console.log(error.message));
      `;
      const { stdout } = await promisify(execFile)(process.execPath, ["--eval", program], { cwd: folder });
      assert.match(stdout, /^Expected the npm package `pkcs11js`, .* Run `npm install pkcs11js` where /);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
