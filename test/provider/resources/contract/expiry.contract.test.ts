import assert from "node:assert/strict";
import { DisableKeyCommand } from "@aws-sdk/client-kms";
import sinon from "sinon";
import type { LocalKms } from "../../../../local-kms/src/index";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { Application } from "../../../world/application";
import { localKms, Program } from "../../../world/program";

const DAY = 24 * 60 * 60 * 1000;
const HOME = "us-west-1";
const ABROAD = "eu-west-1";

describe("material that expires in AWS", () => {
  let clock: sinon.SinonFakeTimers;
  let local: LocalKms;
  let program: Program;
  let home: Application;
  let abroad: Application;

  beforeEach(async () => {
    const now = new Date("2026-11-24T12:00:00Z");
    clock = sinon.useFakeTimers({ now, toFake: ["Date"], shouldAdvanceTime: true });
    local = await localKms();
    program = new Program(local);
    home = new Application(local, HOME);
    abroad = new Application(local, ABROAD);
  });
  afterEach(async () => {
    clock.restore();
    await local.close();
  });

  const wait = (days: number) => clock.setSystemTime(Date.now() + days * DAY);
  const declared = (validFor?: string, more = {}) => ({
    key: { replicaRegions: [ABROAD] },
    replicas: [ABROAD],
    distribution: validFor === undefined ? {} : { validFor, ...more },
  });
  const aliasName = () => String(program.outputs("distribution").aliasName);
  const validTo = async (application: Application) =>
    (await application.describe(aliasName())).ValidTo?.toISOString();
  const imports = () => local.counts().ImportKeyMaterial ?? 0;

  it("is imported with its end in every Region, and the plan says when it is renewed", async () => {
    await program.up(declared("30d", { renewBefore: "10d" }));
    for (const application of [home, abroad]) {
      const { ValidTo, ExpirationModel } = await application.describe(aliasName());
      assert.equal(ValidTo!.toISOString().slice(0, 10), "2026-12-24");
      assert.equal(ExpirationModel, "KEY_MATERIAL_EXPIRES");
    }
    for (const name of ["distribution", ABROAD]) {
      const { importedOn, renewAfter, versions } = program.outputs(name);
      assert.deepEqual([importedOn, renewAfter], ["2026-11-24", "2026-12-14"], name);
      assert.equal((versions as KmsKeyRecords)[1]!.validTo!.slice(0, 10), "2026-12-24", name);
    }
  });

  it("is left alone until it is due, without a call, and imported again by an update in time", async () => {
    await program.up(declared("30d", { renewBefore: "10d" }));
    const old = await abroad.encrypt(aliasName(), "kept");
    local.resetCounts();
    wait(19);
    await program.up(declared("30d", { renewBefore: "10d" }));
    assert.deepEqual(local.counts(), {});
    wait(1);
    await program.up(declared("30d", { renewBefore: "10d" }));
    assert.equal(imports(), 2);
    for (const application of [home, abroad])
      assert.equal((await validTo(application))!.slice(0, 10), "2027-01-13");
    wait(29);
    assert.equal((await home.decrypt(old)).text, "kept");
  });

  it("comes back by an update after it has expired, once a refresh has seen that; old ciphertext decrypts", async () => {
    await program.up(declared("30d"));
    const old = await home.encrypt(aliasName(), "kept");
    wait(31);
    await assert.rejects(home.decrypt(old), { name: "KMSInvalidStateException" });
    assert.deepEqual(await program.refreshAll(), [
      "version 1 in us-west-1: PendingImport: its key material expired on 2026-12-24",
      "version 1 in eu-west-1: PendingImport: its key material expired on 2026-12-24",
    ]);
    await program.up(declared("30d"));
    assert.equal((await home.decrypt(old)).text, "kept");
    assert.equal((await abroad.decrypt(old)).text, "kept");
  });

  it("comes back by an update without a refresh too: it was due", async () => {
    await program.up(declared("30d"));
    const old = await home.encrypt(aliasName(), "kept");
    wait(60);
    await program.up(declared("30d"));
    assert.equal((await abroad.decrypt(old)).text, "kept");
  });

  it("changes when `validFor` is added, changed and removed", async () => {
    await program.up(declared());
    assert.equal(await validTo(home), undefined);
    await program.up(declared("90d"));
    assert.equal((await validTo(abroad))!.slice(0, 10), "2027-02-22");
    await program.up(declared("30d"));
    assert.equal((await validTo(home))!.slice(0, 10), "2026-12-24");
    await program.up(declared());
    assert.equal(await validTo(home), undefined);
    assert.equal(await validTo(abroad), undefined);
    assert.equal((await home.describe(aliasName())).ExpirationModel, "KEY_MATERIAL_DOES_NOT_EXPIRE");
  });

  it("takes AWS's longest time, 365 days", async () => {
    await program.up(declared("365d"));
    assert.equal((await validTo(home))!.slice(0, 10), "2027-11-24");
  });

  it("of a new version that a rotation makes ends in every Region too", async () => {
    const rotated = (rotationTrigger: string) => ({
      ...declared("30d"),
      key: { replicaRegions: [ABROAD], rotationTrigger },
    });
    await program.up(rotated("a"));
    await program.up(rotated("b"));
    for (const application of [home, abroad])
      assert.equal((await validTo(application))!.slice(0, 10), "2026-12-24");
    local.resetCounts();
    await program.up(rotated("b"));
    assert.deepEqual(local.counts(), {});
  });

  it("is not renewed for versions that are disabled, and comes back when they are wanted again", async () => {
    const at = (rotationTrigger: string, minEnabledVersion: number) => ({
      distribution: { validFor: "30d" },
      key: { rotationTrigger, minEnabledVersion },
    });
    await program.up(at("a", 1));
    const old = await home.encrypt(aliasName(), "kept");
    await program.up(at("b", 2));
    wait(25);
    local.resetCounts();
    await program.up(at("b", 2));
    assert.equal(imports(), 1);
    wait(10);
    await program.refreshAll();
    await program.up(at("b", 1));
    assert.equal((await home.decrypt(old)).text, "kept");
  });

  it("imported otherwise by somebody else is drift", async () => {
    await program.up(declared("30d"));
    const { keyId } = (program.outputs("distribution").versions as KmsKeyRecords)[1]!;
    await home.send(new DisableKeyCommand({ KeyId: keyId }));
    const state = program.states.get("distribution")!;
    (state.outputs as { importedOn: string }).importedOn = "2026-12-01"; // as if AWS's were older
    assert.deepEqual(await program.refreshAll(), [
      "version 1 in us-west-1: Disabled outside this stack",
      "version 1 in us-west-1: its key material expires on 2026-12-24, imported otherwise outside this stack",
    ]);
  });
});
