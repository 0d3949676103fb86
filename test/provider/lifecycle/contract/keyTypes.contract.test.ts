import assert from "node:assert/strict";
import crypto from "node:crypto";
import {
  DecryptCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  SignCommand,
} from "@aws-sdk/client-kms";
import { heldMaterial, parseKeyring, type VersionJwk } from "../../../../provider/keys/keyring";
import { KEY_TYPES, type KeyType, type Usage } from "../../../../provider/keys/keyTypes";
import type { Application } from "../../../world/application";
import type { Program } from "../../../world/program";
import { useQuickRsaKeys } from "../../../world/quickRsaKeys";
import { ABROAD, aliasOf, HOME, recordsOf, useScene } from "../../../world/scene";

/** The owner's own copy of a version. */
function materialOf(program: Program, type: KeyType, version: number): Buffer {
  const keyring = parseKeyring(String(program.outputs("key").keyring), type.name);
  return heldMaterial(keyring, keyring.keys[version - 1] as VersionJwk);
}

const privateKeyOf = (material: Buffer) =>
  crypto.createPrivateKey({ key: material, format: "der", type: "pkcs8" });

const MESSAGE = Buffer.from("an order");

/** What AWS KMS makes by a KMS key, the owner's copy reads or verifies; and the other way round. */
const WORKS: Record<string, (application: Application, KeyId: string, material: Buffer) => Promise<void>> = {
  async ENCRYPT_DECRYPT(application, KeyId, material) {
    const privateKey = privateKeyOf(material);
    const padding = { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
    const EncryptionAlgorithm = "RSAES_OAEP_SHA_256";
    const sealed = await application.send(
      new EncryptCommand({ KeyId, Plaintext: MESSAGE, EncryptionAlgorithm }),
    );
    assert.deepEqual(crypto.privateDecrypt({ key: privateKey, ...padding }, sealed.CiphertextBlob!), MESSAGE);
    const ours = crypto.publicEncrypt({ key: crypto.createPublicKey(privateKey), ...padding }, MESSAGE);
    const opened = await application.send(
      new DecryptCommand({ KeyId, CiphertextBlob: ours, EncryptionAlgorithm }),
    );
    assert.deepEqual(Buffer.from(opened.Plaintext!), MESSAGE);
  },
  async SIGN_VERIFY(application, KeyId, material) {
    const publicKey = crypto.createPublicKey(privateKeyOf(material));
    const { SigningAlgorithms } = await application.send(new GetPublicKeyCommand({ KeyId }));
    const [SigningAlgorithm] = SigningAlgorithms!;
    const { Signature } = await application.send(
      new SignCommand({ KeyId, Message: MESSAGE, MessageType: "RAW", SigningAlgorithm }),
    );
    const hash = SigningAlgorithm!.startsWith("ED25519") ? null : `sha${SigningAlgorithm!.slice(-3)}`;
    assert.ok(crypto.verify(hash, MESSAGE, publicKey, Signature!), SigningAlgorithm);
    assert.ok(!crypto.verify(hash, Buffer.from("another"), publicKey, Signature!));
  },
  async KEY_AGREEMENT(application, KeyId, material) {
    const ours = privateKeyOf(material);
    const theirs = crypto.generateKeyPairSync("ec", { namedCurve: ours.asymmetricKeyDetails!.namedCurve! });
    const PublicKey = theirs.publicKey.export({ type: "spki", format: "der" });
    const { SharedSecret } = await application.send(
      new DeriveSharedSecretCommand({ KeyId, PublicKey, KeyAgreementAlgorithm: "ECDH" }),
    );
    const secret = crypto.diffieHellman({
      privateKey: theirs.privateKey,
      publicKey: crypto.createPublicKey(ours),
    });
    assert.deepEqual(Buffer.from(SharedSecret!), secret);
  },
  async GENERATE_VERIFY_MAC(application, KeyId, material) {
    const { KeyMetadata } = await application.send(new DescribeKeyCommand({ KeyId }));
    const [MacAlgorithm] = KeyMetadata!.MacAlgorithms!;
    const { Mac } = await application.send(new GenerateMacCommand({ KeyId, Message: MESSAGE, MacAlgorithm }));
    const hash = `sha${MacAlgorithm!.slice(-3)}`;
    assert.deepEqual(Buffer.from(Mac!), crypto.createHmac(hash, material).update(MESSAGE).digest());
  },
};

// Of AES-256 all other tests tell; its ciphertexts are AWS's own.
for (const type of KEY_TYPES.slice(1).filter(({ cannot }) => !cannot.import))
  describe(`a key of type ${type.name}`, function () {
    this.timeout(120_000);
    useQuickRsaKeys();
    const { scene, program } = useScene();

    const up = (usage: Usage, key = {}, distribution = {}) =>
      program.up({
        kms: { wrappingKeySpec: "RSA_3072" },
        key: { type: type.name, replicaRegions: [ABROAD], ...key },
        distribution: { purpose: [...usage.purposes], ...distribution },
        replicas: [ABROAD],
      });
    const works = async (usage: Usage, version: number) => {
      const material = materialOf(program, type, version);
      for (const region of [HOME, ABROAD]) {
        const application = scene.in(region);
        await WORKS[usage.keyUsage]!(application, aliasOf(program), material);
        const { KeyMetadata } = await application.send(new DescribeKeyCommand({ KeyId: aliasOf(program) }));
        assert.equal(KeyMetadata!.KeySpec, type.keySpec);
        assert.equal(KeyMetadata!.KeyUsage, usage.keyUsage);
        assert.equal(KeyMetadata!.KeyId, recordsOf(program)[version]!.keyId);
      }
    };

    for (const usage of type.usages)
      it(`lives in AWS KMS for ${usage.purposes.join(" and ")}: made, rotated, disabled, removed, and back`, async () => {
        await up(usage);
        await works(usage, 1);
        assert.deepEqual(await scene.callsOf(() => up(usage)), {});
        await up(usage, { rotationTrigger: "b" });
        await works(usage, 2);
        await up(usage, { rotationTrigger: "b", minEnabledVersion: 2 });
        const ids = Object.values(recordsOf(program)).map(({ keyId }) => keyId);
        assert.deepEqual(await scene.states(ids), {
          [HOME]: ["Disabled", "Enabled"],
          [ABROAD]: ["Disabled", "Enabled"],
        });
        await program.remove("keyReplica", ABROAD);
        await program.remove("keyDistribution", "distribution");
        await up(usage, { rotationTrigger: "b", minEnabledVersion: 2 });
        assert.deepEqual(
          Object.values(recordsOf(program)).map(({ keyId }) => keyId),
          ids,
        );
        await works(usage, 2);
        assert.deepEqual(await program.refreshAll(), []);
      });
  });
