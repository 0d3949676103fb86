import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { DisableKeyCommand, GetKeyRotationStatusCommand } from "@aws-sdk/client-kms";
import { api, guess, guide, rule } from "../rule.js";
import { createExternalKey, createKey, metadataOf, refusal, rotationsOf, stateOf } from "../support.js";
import { DAY, EXISTING, NEW, ROTATING, severalMaterials } from "./severalMaterials.js";

describe("local KMS: several key materials of one imported key", () => {
  const { kms, importing, rotate, deleting, currentOf, encrypt, decrypt, listed } = severalMaterials();

  async function createKeyWithMaterial() {
    const { KeyId, Arn } = await createExternalKey(kms.client());
    const material = randomBytes(32);
    await importing(KeyId, material);
    return { KeyId, Arn, material };
  }

  /** A key that was rotated from its first material to a second one. */
  async function createRotated() {
    const { KeyId, Arn, material } = await createKeyWithMaterial();
    const first = { material, id: await currentOf(KeyId) };
    const secondMaterial = randomBytes(32);
    const { KeyMaterialId } = await importing(KeyId, secondMaterial, NEW);
    const second = { material: secondMaterial, id: KeyMaterialId! };
    const old = await encrypt(KeyId);
    await rotate(KeyId);
    kms.wait(ROTATING);
    return { KeyId, Arn, first, second, old };
  }

  rule(
    "NEW_KEY_MATERIAL is PENDING_ROTATION and changes nothing of the key until it is rotated",
    api("RotationsListEntry"),
    async () => {
      const { KeyId, Arn } = await createKeyWithMaterial();
      const first = await currentOf(KeyId);
      const answer = await importing(KeyId, randomBytes(32), NEW);
      assert.equal(answer.KeyId, Arn);
      assert.notEqual(answer.KeyMaterialId, first);
      assert.equal(await currentOf(KeyId), first);
      assert.equal((await decrypt(await encrypt(KeyId))).KeyMaterialId, first);
      assert.deepEqual(await listed(KeyId), [
        [first, "CURRENT", "IMPORTED"],
        [answer.KeyMaterialId, "PENDING_ROTATION", "IMPORTED"],
      ]);
      assert.deepEqual(await rotationsOf(kms.client(), KeyId), []);
    },
  );

  rule(
    "RotateKeyOnDemand makes the imported material current when the rotation is complete, under the same key id",
    api("RotateKeyOnDemand"),
    async () => {
      const { KeyId, Arn } = await createKeyWithMaterial();
      const first = await currentOf(KeyId);
      const { KeyMaterialId: second } = await importing(KeyId, randomBytes(32), NEW);
      assert.equal((await rotate(KeyId)).KeyId, Arn);
      const inProgress = await kms.client().send(new GetKeyRotationStatusCommand({ KeyId }));
      assert.equal(inProgress.KeyRotationEnabled, false);
      assert.ok(inProgress.OnDemandRotationStartDate);
      assert.deepEqual(await listed(KeyId), [
        [first, "CURRENT", "IMPORTED"],
        [second, "PENDING_ROTATION", "IMPORTED"],
      ]);
      kms.wait(ROTATING);
      assert.equal(await currentOf(KeyId), second);
      assert.deepEqual(await listed(KeyId), [
        [first, "NON_CURRENT", "IMPORTED"],
        [second, "CURRENT", "IMPORTED"],
      ]);
      const [rotation] = await rotationsOf(kms.client(), KeyId);
      assert.equal(rotation!.KeyMaterialId, second);
      assert.equal(rotation!.RotationType, "ON_DEMAND");
      assert.equal(
        rotation!.RotationDate!.getTime(),
        inProgress.OnDemandRotationStartDate.getTime() + ROTATING,
      );
    },
  );

  rule(
    "after a rotation the key encrypts with the new material and decrypts with the one that encrypted",
    guide("rotate-keys", "rotate-keys-how-it-works"),
    async () => {
      const { KeyId, first, second, old } = await createRotated();
      const opened = await decrypt(old);
      assert.equal(Buffer.from(opened.Plaintext!).toString(), "text");
      assert.equal(opened.KeyMaterialId, first.id);
      assert.equal((await decrypt(await encrypt(KeyId))).KeyMaterialId, second.id);
    },
  );

  rule(
    "RotateKeyOnDemand of an imported key needs material in PENDING_ROTATION",
    api("RotateKeyOnDemand"),
    async () => {
      const { KeyId, Arn } = await createRotated();
      assert.deepEqual(await refusal(rotate(KeyId)), {
        name: "KMSInvalidStateException",
        message: `No available key material pending rotation for the key: ${Arn}.`,
        status: 400,
      });
      const { KeyMaterialId } = await importing(KeyId, randomBytes(32), NEW);
      await deleting(KeyId, KeyMaterialId);
      assert.equal((await refusal(rotate(KeyId))).name, "KMSInvalidStateException");
    },
  );

  rule(
    "a key has at most one material in PENDING_ROTATION; it can be deleted and another imported in its place",
    guide("importing-keys-import-key-material", "import-new-key-material"),
    async () => {
      const { KeyId } = await createKeyWithMaterial();
      const first = await currentOf(KeyId);
      const { KeyMaterialId: pending } = await importing(KeyId, randomBytes(32), NEW);
      const another = randomBytes(32);
      assert.equal((await refusal(importing(KeyId, another, NEW))).name, "KMSInvalidStateException");
      assert.equal((await deleting(KeyId, pending)).KeyMaterialId, pending);
      assert.equal(await stateOf(kms.client(), KeyId), "Enabled");
      assert.deepEqual(await listed(KeyId), [[first, "CURRENT", "IMPORTED"]]);
      const { KeyMaterialId } = await importing(KeyId, another, NEW);
      assert.deepEqual((await listed(KeyId))[1], [KeyMaterialId, "PENDING_ROTATION", "IMPORTED"]);
      await rotate(KeyId);
      const duringRotation = importing(KeyId, randomBytes(32), NEW);
      assert.equal((await refusal(duringRotation)).name, "KMSInvalidStateException");
    },
  );

  rule(
    "NEW_KEY_MATERIAL must not be associated with the key already, not even as the one that is pending",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId, first, second } = await createRotated();
      const pending = randomBytes(32);
      await importing(KeyId, pending, NEW);
      for (const material of [first.material, second.material, pending]) {
        assert.equal((await refusal(importing(KeyId, material, NEW))).name, "IncorrectKeyMaterialException");
      }
    },
  );

  rule(
    "without ImportType, and with EXISTING_KEY_MATERIAL, only material that is associated with the key comes in",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId, first, second } = await createRotated();
      const pending = randomBytes(32);
      const { KeyMaterialId } = await importing(KeyId, pending, NEW);
      for (const options of [{}, EXISTING]) {
        assert.equal((await importing(KeyId, first.material, options)).KeyMaterialId, first.id);
        assert.equal((await importing(KeyId, second.material, options)).KeyMaterialId, second.id);
        assert.equal((await importing(KeyId, pending, options)).KeyMaterialId, KeyMaterialId);
        const unknown = await refusal(importing(KeyId, randomBytes(32), options));
        assert.equal(unknown.name, "IncorrectKeyMaterialException");
      }
      assert.deepEqual(
        (await listed(KeyId)).map(([, state]) => state),
        ["NON_CURRENT", "CURRENT", "PENDING_ROTATION"],
      );
    },
  );

  rule(
    "KeyMaterialId says which associated material comes back, and cannot be given with NEW_KEY_MATERIAL",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId, first, second } = await createRotated();
      const wrong = importing(KeyId, first.material, { KeyMaterialId: second.id });
      assert.equal((await refusal(wrong)).name, "IncorrectKeyMaterialException");
      await importing(KeyId, first.material, { KeyMaterialId: first.id });
      const fresh = importing(KeyId, randomBytes(32), { ...NEW, KeyMaterialId: first.id });
      assert.equal((await refusal(fresh)).name, "ValidationException");
    },
  );

  rule(
    "KeyMaterialDescription is shown, and kept where a re-import gives none",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId, first } = await createRotated();
      const shown = async () =>
        (await rotationsOf(kms.client(), KeyId, "ALL_KEY_MATERIAL")).map(
          (entry) => entry.KeyMaterialDescription,
        );
      await importing(KeyId, first.material, { KeyMaterialDescription: "vault 7" });
      assert.deepEqual(await shown(), ["vault 7", undefined]);
      await deleting(KeyId, first.id);
      await importing(KeyId, first.material);
      assert.deepEqual(await shown(), ["vault 7", undefined]);
      await importing(KeyId, first.material, { KeyMaterialDescription: "vault 8" });
      assert.deepEqual(await shown(), ["vault 8", undefined]);
    },
  );

  rule(
    "a key is usable only with all of its materials: without any one of them it is PendingImport",
    guide("importing-keys-import-key-material"),
    async () => {
      const { KeyId, Arn, first, second, old } = await createRotated();
      await deleting(KeyId, first.id);
      assert.equal(await stateOf(kms.client(), KeyId), "PendingImport");
      assert.deepEqual(await listed(KeyId), [
        [first.id, "NON_CURRENT", "PENDING_IMPORT"],
        [second.id, "CURRENT", "IMPORTED"],
      ]);
      for (const using of [encrypt(KeyId), decrypt(old)]) {
        assert.equal((await refusal(using)).message, `${Arn} is pending import.`);
      }
      await deleting(KeyId, second.id);
      await importing(KeyId, first.material);
      assert.equal(await stateOf(kms.client(), KeyId), "PendingImport");
      await importing(KeyId, second.material);
      assert.equal(await stateOf(kms.client(), KeyId), "Enabled");
      assert.equal((await decrypt(old)).KeyMaterialId, first.id);
    },
  );

  rule(
    "DeleteImportedKeyMaterial without KeyMaterialId deletes the current material; an unknown id is not found",
    api("DeleteImportedKeyMaterial"),
    async () => {
      const { KeyId, Arn, first, second } = await createRotated();
      const { KeyId: arn, KeyMaterialId } = await deleting(KeyId);
      assert.deepEqual([arn, KeyMaterialId], [Arn, second.id]);
      assert.deepEqual(await listed(KeyId), [
        [first.id, "NON_CURRENT", "IMPORTED"],
        [second.id, "CURRENT", "PENDING_IMPORT"],
      ]);
      assert.equal((await refusal(deleting(KeyId, "0".repeat(64)))).name, "NotFoundException");
    },
  );

  rule(
    "a disabled key that lost its material is Enabled when all of it is imported again",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId, first, second } = await createRotated();
      await kms.client().send(new DisableKeyCommand({ KeyId }));
      await deleting(KeyId, first.id);
      await deleting(KeyId, second.id);
      await importing(KeyId, first.material);
      await importing(KeyId, second.material);
      assert.equal(await stateOf(kms.client(), KeyId), "Enabled");
    },
  );

  rule(
    "each material has an expiry of its own; the key's ValidTo is the earliest of those it is bound to",
    api("KeyMetadata"),
    async () => {
      const { KeyId, first, second } = await createRotated();
      const at = (days: number) => new Date(Math.floor(kms.now().getTime() / 1000) * 1000 + days * DAY);
      const [early, late, pending] = [at(100), at(200), at(50)];
      await importing(KeyId, first.material, { ValidTo: late });
      await importing(KeyId, second.material, { ValidTo: early });
      await importing(KeyId, randomBytes(32), { ...NEW, ValidTo: pending });
      const { ValidTo, ExpirationModel } = await metadataOf(kms.client(), KeyId);
      assert.deepEqual([ValidTo, ExpirationModel], [early, "KEY_MATERIAL_EXPIRES"]);
      const entries = await rotationsOf(kms.client(), KeyId, "ALL_KEY_MATERIAL");
      assert.deepEqual(
        entries.map((entry) => [entry.ExpirationModel, entry.ValidTo]),
        [late, early, pending].map((date) => ["KEY_MATERIAL_EXPIRES", date]),
      );
      await importing(KeyId, second.material);
      assert.deepEqual((await metadataOf(kms.client(), KeyId)).ValidTo, late);
      await importing(KeyId, first.material);
      const never = await metadataOf(kms.client(), KeyId);
      assert.deepEqual([never.ValidTo, never.ExpirationModel], [undefined, "KEY_MATERIAL_DOES_NOT_EXPIRE"]);
    },
  );

  rule(
    "the expiry of any material that the key is bound to makes it PendingImport until the same comes back",
    guide("importing-keys-import-key-material", "importing-keys-expiration"),
    async () => {
      const { KeyId, Arn, first, second, old } = await createRotated();
      await importing(KeyId, first.material, { ValidTo: new Date(kms.now().getTime() + 10 * DAY) });
      kms.waitDays(10);
      assert.equal(await stateOf(kms.client(), KeyId), "PendingImport");
      const [entry] = await rotationsOf(kms.client(), KeyId, "ALL_KEY_MATERIAL");
      assert.deepEqual(entry, {
        KeyId: Arn,
        KeyMaterialId: first.id,
        KeyMaterialState: "NON_CURRENT",
        ImportState: "PENDING_IMPORT",
      });
      assert.equal(await currentOf(KeyId), second.id);
      await importing(KeyId, first.material);
      assert.equal((await decrypt(old)).KeyMaterialId, first.id);
    },
  );

  rule(
    "material that expires before its rotation leaves the key Enabled",
    guide("importing-keys-delete-key-material"),
    async () => {
      const { KeyId } = await createKeyWithMaterial();
      const pending = randomBytes(32);
      await importing(KeyId, pending, { ...NEW, ValidTo: new Date(kms.now().getTime() + 10 * DAY) });
      kms.waitDays(10);
      assert.equal((await listed(KeyId)).length, 1);
      assert.equal(await stateOf(kms.client(), KeyId), "Enabled");
      assert.equal((await refusal(rotate(KeyId))).name, "KMSInvalidStateException");
      assert.equal(
        (await refusal(importing(KeyId, pending, EXISTING))).name,
        "IncorrectKeyMaterialException",
      );
      await importing(KeyId, pending, NEW);
      await rotate(KeyId);
    },
  );

  it("keeps the pending material after an import that lets it no longer expire", async () => {
    const { KeyId } = await createKeyWithMaterial();
    const pending = randomBytes(32);
    await importing(KeyId, pending, { ...NEW, ValidTo: new Date(kms.now().getTime() + 10 * DAY) });
    await importing(KeyId, pending, EXISTING);
    kms.waitDays(10);
    await rotate(KeyId);
  });

  guess(
    "a key is bound to a material from RotateKeyOnDemand on, not only when the rotation is complete",
    "AWS says only that rotation binds it",
    async () => {
      const { KeyId } = await createKeyWithMaterial();
      const second = randomBytes(32);
      const { KeyMaterialId } = await importing(KeyId, second, NEW);
      await rotate(KeyId);
      await deleting(KeyId, KeyMaterialId);
      assert.equal(await stateOf(kms.client(), KeyId), "PendingImport");
      kms.wait(ROTATING);
      assert.deepEqual((await listed(KeyId))[1], [KeyMaterialId, "CURRENT", "PENDING_IMPORT"]);
      await importing(KeyId, second);
      assert.equal(await stateOf(kms.client(), KeyId), "Enabled");
      assert.equal((await decrypt(await encrypt(KeyId))).KeyMaterialId, KeyMaterialId);
    },
  );

  rule("an imported key is rotated on demand 25 times at most", api("RotateKeyOnDemand"), async () => {
    const { KeyId } = await createKeyWithMaterial();
    for (let i = 0; i < 25; i++) {
      await importing(KeyId, randomBytes(32), NEW);
      await rotate(KeyId);
      kms.wait(ROTATING);
    }
    await importing(KeyId, randomBytes(32), NEW);
    assert.equal((await refusal(rotate(KeyId))).name, "LimitExceededException");
    assert.equal((await rotationsOf(kms.client(), KeyId)).length, 25);
  });

  rule(
    "ListKeyRotations shows ImportState, ExpirationModel, ValidTo and KeyMaterialDescription for imported keys only",
    api("RotationsListEntry"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      const [entry] = await rotationsOf(kms.client(), KeyId, "ALL_KEY_MATERIAL");
      assert.deepEqual(Object.keys(entry!).sort(), ["KeyId", "KeyMaterialId", "KeyMaterialState"]);
      const imported = await createKeyWithMaterial();
      assert.deepEqual(await rotationsOf(kms.client(), imported.KeyId, "ALL_KEY_MATERIAL"), [
        {
          KeyId: imported.Arn,
          KeyMaterialId: await currentOf(imported.KeyId),
          KeyMaterialState: "CURRENT",
          ImportState: "IMPORTED",
          ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
        },
      ]);
    },
  );
});
