import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { KMSClient } from "@aws-sdk/client-kms";
import { createExternalKey, getParameters, importMaterial, refusal } from "../../local-kms/test/support";
import { Bench } from "../provider/faultMatrix/bench";
import { SECRET, startLocalKms } from "./localKms";
import { localKms } from "./program";

const tests = join(__dirname, "..");

/** A test's local KMS must not forgive what AWS does not: material for one import with the token of another. */
describe("the local KMS of the e2e tests, the fault matrix and the security tests", () => {
  const SERVERS: Record<string, () => Promise<{ url: string; close(): Promise<void> }>> = {
    "as e2e tests start it": () => startLocalKms(),
    "as security tests start it": () => localKms(),
    "as the fault matrix starts it": async () => {
      const bench = await Bench.open();
      return { url: bench.scene.url, close: () => bench.close() };
    },
  };

  for (const [title, open] of Object.entries(SERVERS))
    it(`gives out a wrapping key once, and takes no token of another set: ${title}`, async () => {
      const { url, close } = await open();
      const credentials = { accessKeyId: "111122223333", secretAccessKey: SECRET };
      const client = new KMSClient({ region: "us-east-1", endpoint: url, credentials });
      try {
        const { KeyId } = await createExternalKey(client);
        const [first, second] = [await getParameters(client, KeyId), await getParameters(client, KeyId)];
        assert.notDeepEqual(first.PublicKey, second.PublicKey);
        const mixed = { ...first, ImportToken: second.ImportToken };
        const answer = await refusal(importMaterial(client, KeyId, randomBytes(32), {}, mixed));
        assert.equal(answer.name, "InvalidCiphertextException");
      } finally {
        client.destroy();
        await close();
      }
    });

  it("is none that was built or installed, where the check of each test does not reach", () => {
    for (const folder of ["e2e", "security", "provider/faultMatrix"]) {
      for (const name of readdirSync(join(tests, folder), { recursive: true, encoding: "utf8" })) {
        const file = join(tests, folder, name);
        if (!name.endsWith(".ts") || file === __filename) continue;
        assert.doesNotMatch(
          readFileSync(file, "utf8"),
          /importKeyPool|local-kms\/dist|from "pulumi-keymgmt-local-kms/,
          file,
        );
      }
    }
  });
});
