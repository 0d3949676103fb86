import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import {
  DeleteImportedKeyMaterialCommand,
  GetPublicKeyCommand,
  ReplicateKeyCommand,
  SignCommand,
  VerifyCommand,
} from "@aws-sdk/client-kms";
import { api, guide, rule } from "../rule.js";
import { createKey, refusal, start, type TestKms, temporaryFolder, WEST } from "../support.js";
import { ecKey, importWrapped, pkcs8, privateKeyFor, publicKeyOf, readPublicKey } from "./keyPairs.js";

describe("local KMS: GetPublicKey and the life of asymmetric keys", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());

  rule(
    "GetPublicKey gives the public half of the imported private key, with key spec, usage and algorithms",
    api("GetPublicKey"),
    async () => {
      const client = kms.client();
      const { KeyId, Arn } = await createKey(client, {
        Origin: "EXTERNAL",
        KeySpec: "ECC_NIST_P384",
        KeyUsage: "SIGN_VERIFY",
      });
      await importWrapped(client, KeyId, pkcs8(privateKeyFor("ECC_NIST_P384")));
      const { $metadata: _, PublicKey, ...rest } = await client.send(new GetPublicKeyCommand({ KeyId }));
      assert.equal(readPublicKey(PublicKey!).equals(createPublicKey(privateKeyFor("ECC_NIST_P384"))), true);
      assert.deepEqual(rest, {
        KeyId: Arn,
        CustomerMasterKeySpec: "ECC_NIST_P384",
        KeySpec: "ECC_NIST_P384",
        KeyUsage: "SIGN_VERIFY",
        SigningAlgorithms: ["ECDSA_SHA_384"],
      });
    },
  );

  rule("symmetric and HMAC keys have no public key", api("GetPublicKey"), async () => {
    const symmetric = await createKey(kms.client());
    const hmac = await createKey(kms.client(), { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" });
    for (const { KeyId } of [symmetric, hmac]) {
      assert.equal((await refusal(publicKeyOf(kms.client(), KeyId))).name, "UnsupportedOperationException");
    }
  });

  rule(
    "the key material of an asymmetric key cannot be changed after its first import, only imported again",
    api("ImportKeyMaterial"),
    async () => {
      const client = kms.client();
      const { KeyId } = await createKey(client, {
        Origin: "EXTERNAL",
        KeySpec: "ECC_NIST_P256",
        KeyUsage: "SIGN_VERIFY",
      });
      const material = pkcs8(privateKeyFor("ECC_NIST_P256"));
      const first = await importWrapped(client, KeyId, material);
      assert.equal(first.KeyMaterialId, undefined);
      const signature = await client.send(
        new SignCommand({ KeyId, SigningAlgorithm: "ECDSA_SHA_256", Message: Buffer.from("m") }),
      );
      const different = ecKey("P-256");
      const refused = await refusal(importWrapped(client, KeyId, pkcs8(different)));
      assert.equal(refused.name, "IncorrectKeyMaterialException");
      await client.send(new DeleteImportedKeyMaterialCommand({ KeyId }));
      assert.equal((await refusal(publicKeyOf(client, KeyId))).name, "KMSInvalidStateException");
      assert.equal(
        (await refusal(importWrapped(client, KeyId, pkcs8(different)))).name,
        "IncorrectKeyMaterialException",
      );
      await importWrapped(client, KeyId, material);
      await client.send(
        new VerifyCommand({
          KeyId,
          SigningAlgorithm: "ECDSA_SHA_256",
          Message: Buffer.from("m"),
          Signature: signature.Signature,
        }),
      );
    },
  );

  rule(
    "replicas of a multi-Region asymmetric key have its key pair",
    guide("multi-region-keys-overview"),
    async () => {
      const { KeyId } = await createKey(kms.client(), {
        MultiRegion: true,
        KeySpec: "RSA_2048",
        KeyUsage: "SIGN_VERIFY",
      });
      await kms.client().send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
      const here = await publicKeyOf(kms.client(), KeyId);
      assert.equal((await publicKeyOf(kms.client(WEST), KeyId)).equals(here), true);
    },
  );

  rule(
    "a replica of an HMAC or asymmetric key with imported material takes only the primary's material",
    guide("multi-region-keys-import"),
    async () => {
      const home = kms.client();
      const { KeyId } = await createKey(home, {
        MultiRegion: true,
        Origin: "EXTERNAL",
        KeySpec: "ECC_NIST_P256",
        KeyUsage: "KEY_AGREEMENT",
      });
      await importWrapped(home, KeyId, pkcs8(privateKeyFor("ECC_NIST_P256")));
      await home.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
      const there = kms.client(WEST);
      const different = ecKey("P-256");
      const refused = await refusal(importWrapped(there, KeyId, pkcs8(different)));
      assert.equal(refused.name, "IncorrectKeyMaterialException");
      await importWrapped(there, KeyId, pkcs8(privateKeyFor("ECC_NIST_P256")));
      const shown = await publicKeyOf(there, KeyId);
      assert.equal(shown.equals(await publicKeyOf(home, KeyId)), true);
    },
  );

  it("keeps pairs over a restart", async () => {
    const dataDir = await temporaryFolder();
    const first = await start({ dataDir });
    const { KeyId } = await createKey(first.client(), {
      KeySpec: "ECC_NIST_EDWARDS25519",
      KeyUsage: "SIGN_VERIFY",
    });
    const before = await publicKeyOf(first.client(), KeyId);
    await first.close();
    const second = await start({ dataDir });
    try {
      assert.equal((await publicKeyOf(second.client(), KeyId)).equals(before), true);
    } finally {
      await second.close();
    }
  });
});
