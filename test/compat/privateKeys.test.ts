import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { publicKeyOf, publicPem } from "../../provider/keys/privateKeys/publicKeys";
import { wrapByAesKeyWrapSha256 } from "../../provider/kms/wrapping";
import { FORMS, materialOf, titleOf } from "../provider/keys/privateKeys/keys";
import { temporaryFolder } from "../temporaryFolders";
import { type Clients, clientsOr } from "./support";

describe("Python's cryptography", function () {
  this.timeout(120_000);
  let clients: Clients;
  before(async function () {
    clients = await clientsOr(this);
  });

  it(`reads and unwraps private keys that were generated here: ${FORMS.map(titleOf).join(", ")}`, async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const materials = await Promise.all(FORMS.map((form) => materialOf(form).generate()));
    const keys = materials.map((material) => ({
      material: material.toString("base64"),
      wrapped: wrapByAesKeyWrapSha256(material, publicKey).toString("base64"),
    }));
    const file = join(await temporaryFolder(), "keys.json");
    const wrappingKey = privateKey.export({ type: "pkcs8", format: "pem" });
    await writeFile(file, JSON.stringify({ keys, wrappingKey }));
    const nowhere = { endpoint: "http://localhost:1", region: "us-east-1" };
    const script = join(__dirname, "python", "private_keys.py");
    assert.deepEqual(
      await clients.script(nowhere, script, [file]),
      materials.map((material) => ({
        publicPem: publicPem(publicKeyOf(material)),
        aesKeyBytes: 32,
        isUnwrapped: true,
      })),
    );
  });
});
