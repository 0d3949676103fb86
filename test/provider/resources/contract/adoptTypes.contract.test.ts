/** Adopting asymmetric KMS keys: GetPublicKey shows whose private key they hold. */
import assert from "node:assert/strict";
import { DescribeKeyCommand, DisableKeyCommand } from "@aws-sdk/client-kms";
import { findKeyType } from "../../../../provider/keys/keyTypes";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { notAuthorized } from "../../../cli/support";
import { type OwnMaterial, ownMaterial } from "../../../world/ownMaterial";
import { HOME, PROD, useScene } from "../../../world/scene";

for (const name of ["rsa-2048", "ecdsa-p256", "ecdsa-secp256k1"])
  describe(`adopting a KMS key of type ${name}`, function () {
    this.timeout(60_000);
    const type = findKeyType(name)!;
    const { scene, program } = useScene();
    let [theirs, other]: OwnMaterial[] = [];
    let keyArn: string;

    before(async () => {
      [theirs, other] = [await ownMaterial(type), await ownMaterial(type)];
    });
    beforeEach(async () => {
      const maker = scene.program(PROD);
      await maker.up({ key: { type: name, material: theirs!.text } });
      keyArn = String(maker.outputs("distribution").keyArn);
      scene.changes.length = 0;
    });

    const kcv = () => type.identityOf(theirs!.bytes).kcv;
    const adopt = (material: OwnMaterial, isHeld = true, more = {}) =>
      program.up({
        key: { type: name, material: material.text },
        distribution: { adopt: { versions: { 1: keyArn }, ...(isHeld && { kcvs: { 1: kcv() } }) }, ...more },
      });
    const record = () => (program.outputs("distribution").versions as KmsKeyRecords)[1]!;

    it("is done where it has the version's public key: its material is held from then on", async () => {
      await adopt(theirs!);
      assert.equal(record().keyArn, keyArn);
      assert.deepEqual([record().adopted, record().kcv, record().state], [undefined, kcv(), "Enabled"]);
      assert.equal(scene.changes.filter(({ operation }) => operation === "ImportKeyMaterial").length, 1);
      assert.deepEqual(await program.refreshAll(), []);
    });

    it("is refused with both fingerprints where it has another, and nothing is imported", async () => {
      await assert.rejects(adopt(other!, false), (error: Error) => {
        const [expected, came] = [other!, theirs!].map(({ bytes }) => type.identityOf(bytes).cmac);
        assert.equal(
          error.message,
          `Expected \`adopt\` to name a KMS key whose public key has the fingerprint ${expected} for version 1 of key "orders", got ${keyArn} (fingerprint ${came}). Nothing was changed.`,
        );
        return true;
      });
      assert.deepEqual(scene.changes, []);
    });

    it("is proved by the import where GetPublicKey is denied, or not possible because the KMS key is not Enabled", async () => {
      scene.intercept = ({ operation }) =>
        operation === "GetPublicKey" ? notAuthorized(operation) : undefined;
      await adopt(theirs!);
      assert.match(
        scene.said(),
        /no permission kms:GetPublicKey in us-west-1: whether the adopted KMS key \S+ holds the private key of version 1 of key "orders" is not known before an import/,
      );
      assert.equal(record().adopted, undefined);
      scene.intercept = () => undefined;
      program.reset();
      await scene.in(HOME).send(new DisableKeyCommand({ KeyId: keyArn }));
      await adopt(theirs!);
      const { KeyMetadata } = await scene.in(HOME).send(new DescribeKeyCommand({ KeyId: keyArn }));
      assert.deepEqual([record().adopted, KeyMetadata!.KeyState], [undefined, "Enabled"]);
    });

    it("is refused for a key of another type, and for another purpose", async () => {
      const isRsa = name.startsWith("rsa");
      const another = { type: isRsa ? "ecdsa-p256" : "rsa-2048", material: undefined };
      await assert.rejects(
        program.up({ key: another, distribution: { adopt: { versions: { 1: keyArn } } } }),
        new RegExp(
          `of KeySpec \\S+, as a key of type ${another.type} has, for version 1 .*\\(${type.keySpec}\\)`,
        ),
      );
      program.reset();
      const [, second] = type.usages;
      if (second)
        await assert.rejects(
          adopt(theirs!, true, { purpose: [...second.purposes] }),
          new RegExp(`of KeyUsage ${second.keyUsage}, as \`purpose\` says, for .*\\(SIGN_VERIFY\\)`),
        );
      assert.deepEqual(scene.changes, []);
    });
  });
