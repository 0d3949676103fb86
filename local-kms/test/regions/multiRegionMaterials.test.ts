import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { ReplicateKeyCommand, UpdatePrimaryRegionCommand } from "@aws-sdk/client-kms";
import { DAY, EXISTING, NEW, ROTATING, severalMaterials } from "../material/severalMaterials.js";
import { api, guess, guide, rule } from "../rule.js";
import { createExternalKey, EAST, metadataOf, refusal, rotationsOf, stateOf, WEST } from "../support.js";

const SOUTH = "ap-south-1";
const WAITS = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION";

describe("local KMS: several key materials of an imported multi-Region key", () => {
  const { kms, importing, rotate, deleting, currentOf, encrypt, decrypt, listed } = severalMaterials();
  const replicate = (KeyId: string, ReplicaRegion: string, from = EAST) =>
    kms.client(from).send(new ReplicateKeyCommand({ KeyId, ReplicaRegion }));
  /** KeyMaterialState and ImportState, oldest first. */
  const statesOf = async (KeyId: string, region?: string) =>
    (await listed(KeyId, region)).map(([, ...states]) => states);

  /** A primary with replicas, each with the same first material. */
  async function createSet(...replicaRegions: string[]) {
    const { KeyId, Arn } = await createExternalKey(kms.client(), { MultiRegion: true });
    const material = randomBytes(32);
    await importing(KeyId, material);
    for (const region of replicaRegions) {
      await replicate(KeyId, region);
      await importing(KeyId, material, {}, region);
    }
    return { KeyId, Arn, material };
  }

  rule(
    "new material of a primary with replicas is PENDING_MULTI_REGION_IMPORT_AND_ROTATION until every replica has it too",
    api("RotationsListEntry"),
    async () => {
      const { KeyId } = await createSet(WEST, SOUTH);
      const material = randomBytes(32);
      const { KeyMaterialId } = await importing(KeyId, material, NEW);
      assert.deepEqual(await statesOf(KeyId), [
        ["CURRENT", "IMPORTED"],
        [WAITS, "IMPORTED"],
      ]);
      const first = await importing(KeyId, material, EXISTING, WEST);
      assert.equal(first.KeyMaterialId, KeyMaterialId);
      assert.equal((await statesOf(KeyId))[1]![0], WAITS);
      await importing(KeyId, material, {}, SOUTH);
      assert.deepEqual((await statesOf(KeyId))[1], ["PENDING_ROTATION", "IMPORTED"]);
    },
  );

  rule(
    "RotateKeyOnDemand of a primary is refused until every replica has the new material",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId, Arn } = await createSet(WEST, SOUTH);
      const material = randomBytes(32);
      await importing(KeyId, material, NEW);
      await importing(KeyId, material, {}, SOUTH);
      assert.deepEqual(await refusal(rotate(KeyId)), {
        name: "KMSInvalidStateException",
        message: `No available key material pending rotation for the key: ${Arn}.`,
        status: 400,
      });
      await importing(KeyId, material, {}, WEST);
      await rotate(KeyId);
    },
  );

  rule(
    "RotateKeyOnDemand on the primary rotates every related key at once, under one KeyMaterialId",
    api("RotateKeyOnDemand"),
    async () => {
      const { KeyId } = await createSet(WEST);
      const old = await encrypt(KeyId);
      const material = randomBytes(32);
      const { KeyMaterialId } = await importing(KeyId, material, NEW);
      await importing(KeyId, material, {}, WEST);
      assert.equal((await refusal(rotate(KeyId, WEST))).name, "UnsupportedOperationException");
      await rotate(KeyId);
      assert.equal(await currentOf(KeyId, EAST), await currentOf(KeyId, WEST));
      assert.notEqual(await currentOf(KeyId), KeyMaterialId);
      kms.wait(ROTATING);
      for (const region of [EAST, WEST]) {
        assert.equal(await currentOf(KeyId, region), KeyMaterialId, region);
        assert.deepEqual(await statesOf(KeyId, region), [
          ["NON_CURRENT", "IMPORTED"],
          ["CURRENT", "IMPORTED"],
        ]);
        assert.equal((await rotationsOf(kms.client(region), KeyId))[0]!.RotationType, "ON_DEMAND");
      }
      assert.equal(Buffer.from((await decrypt(old, WEST)).Plaintext!).toString(), "text");
      assert.equal((await decrypt(await encrypt(KeyId, WEST), EAST)).KeyMaterialId, KeyMaterialId);
    },
  );

  rule("new material is not imported into a replica directly", api("ImportKeyMaterial"), async () => {
    const { KeyId } = await createSet(WEST);
    const material = randomBytes(32);
    const direct = importing(KeyId, material, NEW, WEST);
    assert.equal((await refusal(direct)).name, "UnsupportedOperationException");
    const unknown = await refusal(importing(KeyId, material, {}, WEST));
    assert.equal(unknown.name, "IncorrectKeyMaterialException");
    await importing(KeyId, material, NEW);
    const other = await refusal(importing(KeyId, randomBytes(32), {}, WEST));
    assert.equal(other.name, "IncorrectKeyMaterialException");
    await importing(KeyId, material, {}, WEST);
  });

  rule(
    "deleting pending material of the primary deletes it in the replicas too, and leaves all keys Enabled",
    api("DeleteImportedKeyMaterial"),
    async () => {
      const { KeyId } = await createSet(WEST, SOUTH);
      const material = randomBytes(32);
      const { KeyMaterialId } = await importing(KeyId, material, NEW);
      await importing(KeyId, material, {}, WEST);
      await deleting(KeyId, KeyMaterialId);
      for (const region of [EAST, WEST, SOUTH]) {
        assert.deepEqual(await statesOf(KeyId, region), [["CURRENT", "IMPORTED"]], region);
        assert.equal(await stateOf(kms.client(region), KeyId), "Enabled");
      }
      const gone = await refusal(importing(KeyId, material, {}, SOUTH));
      assert.equal(gone.name, "IncorrectKeyMaterialException");
    },
  );

  rule(
    "deleting pending material of a replica leaves the primary and other replicas with theirs",
    api("DeleteImportedKeyMaterial"),
    async () => {
      const { KeyId } = await createSet(WEST, SOUTH);
      const material = randomBytes(32);
      const { KeyMaterialId } = await importing(KeyId, material, NEW);
      for (const region of [WEST, SOUTH]) await importing(KeyId, material, {}, region);
      await deleting(KeyId, KeyMaterialId, WEST);
      assert.deepEqual((await statesOf(KeyId))[1], [WAITS, "IMPORTED"]);
      assert.deepEqual((await statesOf(KeyId, WEST))[1], [WAITS, "PENDING_IMPORT"]);
      assert.deepEqual((await statesOf(KeyId, SOUTH))[1], [WAITS, "IMPORTED"]);
      assert.equal(await stateOf(kms.client(WEST), KeyId), "Enabled");
      assert.equal((await refusal(rotate(KeyId))).name, "KMSInvalidStateException");
      await importing(KeyId, material, {}, WEST);
      await rotate(KeyId);
    },
  );

  rule(
    "deleting material that a replica is bound to makes only that replica PendingImport",
    api("DeleteImportedKeyMaterial"),
    async () => {
      const { KeyId, material } = await createSet(WEST);
      const second = randomBytes(32);
      await importing(KeyId, second, NEW);
      await importing(KeyId, second, {}, WEST);
      await rotate(KeyId);
      kms.wait(ROTATING);
      const ciphertext = await encrypt(KeyId);
      await deleting(KeyId, undefined, WEST);
      assert.equal(await stateOf(kms.client(WEST), KeyId), "PendingImport");
      assert.equal(await stateOf(kms.client(EAST), KeyId), "Enabled");
      assert.equal((await refusal(decrypt(ciphertext, WEST))).name, "KMSInvalidStateException");
      await importing(KeyId, material, {}, WEST);
      assert.equal(await stateOf(kms.client(WEST), KeyId), "PendingImport");
      await importing(KeyId, second, {}, WEST);
      assert.equal(Buffer.from((await decrypt(ciphertext, WEST)).Plaintext!).toString(), "text");
    },
  );

  rule(
    "a replica of a rotated primary is PendingImport until every material of the primary is imported into it",
    api("ReplicateKey"),
    async () => {
      const { KeyId, material } = await createSet();
      const old = await encrypt(KeyId);
      const second = randomBytes(32);
      await importing(KeyId, second, NEW);
      await rotate(KeyId);
      kms.wait(ROTATING);
      await replicate(KeyId, WEST);
      assert.deepEqual(await statesOf(KeyId, WEST), [
        ["NON_CURRENT", "PENDING_IMPORT"],
        ["CURRENT", "PENDING_IMPORT"],
      ]);
      await importing(KeyId, second, {}, WEST);
      assert.equal(await stateOf(kms.client(WEST), KeyId), "PendingImport");
      await importing(KeyId, material, {}, WEST);
      assert.equal(await stateOf(kms.client(WEST), KeyId), "Enabled");
      assert.equal(Buffer.from((await decrypt(old, WEST)).Plaintext!).toString(), "text");
    },
  );

  rule(
    "a replica that is created while material is pending needs that material before the rotation, not to be Enabled",
    api("RotationsListEntry"),
    async () => {
      const { KeyId, material } = await createSet();
      const second = randomBytes(32);
      await importing(KeyId, second, NEW);
      assert.equal((await statesOf(KeyId))[1]![0], "PENDING_ROTATION");
      await replicate(KeyId, WEST);
      assert.equal((await statesOf(KeyId))[1]![0], WAITS);
      assert.equal((await refusal(rotate(KeyId))).name, "KMSInvalidStateException");
      await importing(KeyId, material, {}, WEST);
      assert.equal(await stateOf(kms.client(WEST), KeyId), "Enabled");
      await importing(KeyId, second, {}, WEST);
      await rotate(KeyId);
    },
  );

  rule(
    "each Region's import has an expiry of its own: pending material that expired in a replica is awaited there again",
    guide("multi-region-keys-import"),
    async () => {
      const { KeyId } = await createSet(WEST);
      const material = randomBytes(32);
      await importing(KeyId, material, NEW);
      await importing(KeyId, material, { ValidTo: new Date(kms.now().getTime() + 10 * DAY) }, WEST);
      assert.equal((await statesOf(KeyId))[1]![0], "PENDING_ROTATION");
      kms.waitDays(10);
      assert.deepEqual((await statesOf(KeyId))[1], [WAITS, "IMPORTED"]);
      assert.deepEqual((await statesOf(KeyId, WEST))[1], [WAITS, "PENDING_IMPORT"]);
      assert.equal((await metadataOf(kms.client(EAST), KeyId)).ValidTo, undefined);
    },
  );

  guess(
    "pending material that expires in the primary goes from every Region, as after its deletion there",
    "AWS says so of a deletion",
    async () => {
      const { KeyId } = await createSet(WEST);
      const material = randomBytes(32);
      await importing(KeyId, material, { ...NEW, ValidTo: new Date(kms.now().getTime() + 10 * DAY) });
      await importing(KeyId, material, {}, WEST);
      kms.waitDays(10);
      for (const region of [EAST, WEST])
        assert.deepEqual(await statesOf(KeyId, region), [["CURRENT", "IMPORTED"]]);
    },
  );

  rule(
    "after UpdatePrimaryRegion new material goes into the new primary, and rotations are asked of it",
    api("UpdatePrimaryRegion"),
    async () => {
      const { KeyId } = await createSet(WEST);
      await kms.client().send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: WEST }));
      const material = randomBytes(32);
      const intoOld = await refusal(importing(KeyId, material, NEW, EAST));
      assert.equal(intoOld.name, "UnsupportedOperationException");
      const { KeyMaterialId } = await importing(KeyId, material, NEW, WEST);
      await importing(KeyId, material, {}, EAST);
      assert.equal((await refusal(rotate(KeyId, EAST))).name, "UnsupportedOperationException");
      await rotate(KeyId, WEST);
      kms.wait(ROTATING);
      assert.equal(await currentOf(KeyId, EAST), KeyMaterialId);
    },
  );

  guess(
    "after UpdatePrimaryRegion pending material stays, also where the new primary has not imported it yet",
    "AWS says nothing of a change of the primary during a rotation",
    async () => {
      const { KeyId } = await createSet(WEST);
      const material = randomBytes(32);
      const { KeyMaterialId } = await importing(KeyId, material, NEW);
      await kms.client().send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: WEST }));
      assert.deepEqual((await statesOf(KeyId, WEST))[1], [WAITS, "PENDING_IMPORT"]);
      await importing(KeyId, material, {}, WEST);
      assert.deepEqual((await statesOf(KeyId, EAST))[1], ["PENDING_ROTATION", "IMPORTED"]);
      await deleting(KeyId, KeyMaterialId, WEST);
      assert.equal((await statesOf(KeyId, EAST)).length, 1);
    },
  );
});
