/** status, doctor and sweep, drift and expiry, of keys of other types than AES. */
import assert from "node:assert/strict";
import { DeleteImportedKeyMaterialCommand, DescribeKeyCommand } from "@aws-sdk/client-kms";
import type { KmsKeyRecords } from "../../provider/state/types";
import { ABROAD, HOME, Scene } from "../world/scene";
import { exportOf, fileOf, keymgmtOn, settled } from "./support";

/** A date so many days from the beginning. The command has this machine's clock, so that is now. */
const START = Date.now();
const day = (number: number) => new Date(START + number * 86_400_000).toISOString().slice(0, 10);

for (const type of ["rsa-2048", "ecdsa-p384", "hmac-sha512"])
  describe(`of a key of type ${type}`, function () {
    this.timeout(60_000);
    const scene = new Scene();
    const program = scene.program();
    const keymgmt = keymgmtOn(scene);
    const declared = (rotationTrigger: string) => ({
      key: {
        type,
        rotationTrigger,
        replicaRegions: [ABROAD],
        minEnabledVersion: rotationTrigger === "a" ? 1 : 2,
      },
      distribution: { validFor: "30d", renewBefore: "10d" },
      replicas: [ABROAD],
    });
    const up = (trigger = "b") => program.up(declared(trigger));
    const records = (name = "distribution") => program.outputs(name).versions as KmsKeyRecords;
    const seen = async (region: string, version: number) =>
      (await scene.in(region).send(new DescribeKeyCommand({ KeyId: records()[version]!.keyId })))
        .KeyMetadata!;
    const state = () => fileOf(exportOf(program));

    before(async () => {
      await scene.open({}, { now: new Date(START) });
      await up("a");
      await up();
    });
    after(() => scene.close());

    it("`keymgmt status` shows every version in every Region", async () => {
      const { code, stdout, stderr } = await keymgmt(["status", "--state", await state()]);
      assert.equal(code, 0, stdout + stderr);
      assert.match(settled(stdout), new RegExp(`^orders: ${type}, version 2, enabled from version 2$`, "m"));
      assert.equal(stdout.match(new RegExp(`Enabled +yes +${day(30)}`, "g"))?.length, 2, stdout);
      assert.match(stdout, /No drift\./);
    });

    it("`keymgmt doctor` tries its import on a KMS key of the stack", async () => {
      const args = ["--state", await state(), "--json", "--adoption", "--endpoint", scene.url];
      const { code, stdout, stderr } = await keymgmt(["doctor", ...args]);
      assert.equal(code, 0, stdout + stderr);
      const isKnown = {
        GetParametersForImport: true,
        ImportKeyMaterial: false,
        GetPublicKey: !type.startsWith("hmac"),
      };
      for (const { permissions } of JSON.parse(stdout).regions)
        for (const [operation, known] of Object.entries(isKnown))
          assert.equal(
            permissions.find(({ action }: { action: string }) => action === `kms:${operation}`).verdict,
            known ? "granted" : "unclear",
            operation,
          );
    });

    it("`keymgmt sweep` accounts for its KMS keys", async () => {
      const { code, stdout, stderr } = await keymgmt(["sweep", "--state", await state()]);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /4 KMS keys found there as a state says/);
    });

    it("material that was deleted is seen by a refresh and `keymgmt status`, and imported again", async () => {
      await scene.in(HOME).send(new DeleteImportedKeyMaterialCommand({ KeyId: records()[2]!.keyId }));
      const { code, stdout } = await keymgmt(["status", "--state", await state()]);
      assert.equal(code, 3);
      assert.match(
        stdout.replaceAll(/\s+/g, " "),
        /version 2 in us-west-1: PendingImport: its key material was deleted outside this stack/,
      );
      assert.equal((await program.refreshAll()).length, 1);
      await up();
      assert.equal((await seen(HOME, 2)).KeyState, "Enabled");
      assert.deepEqual(await program.refreshAll(), []);
    });

    it("material is renewed before it expires, in every Region, and comes back after it has", async () => {
      const id = records()[2]!.keyId;
      scene.wait(25);
      await up();
      for (const region of [HOME, ABROAD])
        assert.equal((await seen(region, 2)).ValidTo!.toISOString().slice(0, 10), day(55), region);
      scene.wait(31);
      assert.equal((await seen(ABROAD, 2)).KeyState, "PendingImport");
      assert.notDeepEqual(await program.refreshAll(), []);
      await up();
      assert.equal(records()[2]!.keyId, id);
      for (const region of [HOME, ABROAD]) assert.equal((await seen(region, 2)).KeyState, "Enabled", region);
      assert.deepEqual(await program.refreshAll(), []);
    });
  });
