// A test of an application's keys: node --test import-key.test.mjs
//
// The local KMS runs in this process, on a port of its own, and takes minutes and years as the test says. LOCAL_KMS_PROFILE=aws makes it
// as strict as AWS: credentials, IAM, quotas, changes that are seen late.
import assert from "node:assert/strict";
import { constants, createPublicKey, publicEncrypt, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
  KMSClient,
} from "@aws-sdk/client-kms";
import { startLocalKms } from "pulumi-keymgmt-local-kms";

let local;
let kms;

before(async () => {
  const profile = process.env.LOCAL_KMS_PROFILE || undefined;
  const keys = [{ aliases: ["alias/orders"], material: randomBytes(32).toString("base64") }];
  local = await startLocalKms({ config: { profile, keys } });
  const credentials = local.credentials ?? { accessKeyId: "111122223333", secretAccessKey: "any" };
  kms = new KMSClient({ endpoint: local.url, region: "us-east-1", credentials, maxAttempts: 10 });
});

after(async () => {
  kms.destroy();
  await local.close();
});

test("a key that is there from the start encrypts and decrypts", async () => {
  const { CiphertextBlob } = await encrypt("alias/orders");
  assert.equal(await decrypt("alias/orders", CiphertextBlob), "hello");
});

test("material that has expired decrypts again when the same is imported again", async () => {
  const material = randomBytes(32);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Origin: "EXTERNAL" }));
  const { KeyId } = KeyMetadata;
  await importMaterial(KeyId, material);
  const { CiphertextBlob } = await encrypt(KeyId);

  await local.moveClock({ advance: "P31D" });
  const late = kms.send(new DecryptCommand({ KeyId, CiphertextBlob }));
  await assert.rejects(late, { name: "KMSInvalidStateException" });

  await importMaterial(KeyId, material);
  assert.equal(await decrypt(KeyId, CiphertextBlob), "hello");
});

/** Imports material that expires 30 days from now, by the clock of the local KMS. */
async function importMaterial(KeyId, material) {
  const { PublicKey, ImportToken } = await eventually(
    new GetParametersForImportCommand({
      KeyId,
      WrappingAlgorithm: "RSAES_OAEP_SHA_256",
      WrappingKeySpec: "RSA_3072",
    }),
  );
  const key = createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
  const oaep = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
  await eventually(
    new ImportKeyMaterialCommand({
      KeyId,
      ImportToken,
      EncryptedKeyMaterial: publicEncrypt(oaep, material),
      ValidTo: new Date(local.time().getTime() + 30 * 24 * 60 * 60 * 1000),
    }),
  );
}

const encrypt = (KeyId) => eventually(new EncryptCommand({ KeyId, Plaintext: Buffer.from("hello") }));

async function decrypt(KeyId, CiphertextBlob) {
  const { Plaintext } = await eventually(new DecryptCommand({ KeyId, CiphertextBlob }));
  return Buffer.from(Plaintext).toString();
}

/**
 * Sends until the change before has reached all of AWS KMS, which takes seconds: until then a new key may not be found, or may still
 * have no material.
 * https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency
 */
async function eventually(command) {
  for (let left = 30; ; left--) {
    try {
      return await kms.send(command);
    } catch (error) {
      const isEarly = ["NotFoundException", "KMSInvalidStateException"].includes(error.name);
      if (!isEarly || left === 0) throw error;
      await sleep(1000);
    }
  }
}
