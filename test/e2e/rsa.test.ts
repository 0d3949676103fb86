import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SignCommand } from "@aws-sdk/client-kms";
import type { LocalKms } from "../../local-kms/src/index";
import { NEEDED, PERMISSIONS } from "../../provider/kms/permissions";
import { temporaryFolder } from "../temporaryFolders";
import { Application } from "../world/application";
import { QUOTAS } from "../world/declaration";
import { SECRET, startLocalKms } from "../world/localKms";
import { openProject } from "./support";

const ACCOUNT = "111122223333";
const REGIONS = ["us-west-1", "us-east-1", "eu-west-1"];
/** The eleven permissions of every key, and the two of multi-Region keys. Who signs has the account's root. */
const IAM = {
  principals: [
    {
      arn: `arn:aws:iam::${ACCOUNT}:root`,
      accessKeys: [{ accessKeyId: ACCOUNT, secretAccessKey: SECRET }],
    },
    {
      arn: `arn:aws:iam::${ACCOUNT}:user/ci`,
      accessKeys: [{ accessKeyId: "AKIACI", secretAccessKey: SECRET }],
      policies: [
        {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Action: NEEDED.flatMap((feature) => PERMISSIONS[feature].map(({ action }) => action)).filter(
                (action) => action.startsWith("kms:"),
              ),
              Resource: "*",
            },
          ],
        },
      ],
    },
  ],
};

describe("a key of RSA-4096 in three Regions", function () {
  this.timeout(300_000);
  let local: LocalKms;
  before(async () => {
    local = await startLocalKms({ config: { iam: IAM } });
  });
  after(() => local.close());

  it("is made, rotated and removed with the thirteen permissions alone; OpenSSL verifies what each Region signs", async () => {
    const program = `
      const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
      const kms = new KmsProvider("prod", {
        keyCollection: "us-west-1", endpoint: "${local.url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
      });
      const key = new ManagedKey("releases", {
        type: "rsa-4096", replicaRegions: ["us-east-1", "eu-west-1"], deletionAllowed: true,
        rotationTrigger: process.env.TRIGGER,
      });
      const distribution = new KeyDistribution("releases", { kms, key });
      distribution.replicate();
      exports.alias = distribution.aliasName;
      exports.publicKeys = key.versions.apply((versions) => versions.map(({ publicKey }) => publicKey));
    `;
    const env = { AWS_ACCESS_KEY_ID: "AKIACI", AWS_SECRET_ACCESS_KEY: SECRET };
    const project = await openProject({ program, env });
    try {
      for (const version of [1, 2]) {
        await project.up({ env: { TRIGGER: String(version) } });
        const { alias, publicKeys } = await project.outputs();
        assert.equal(publicKeys.length, version);
        for (const region of REGIONS) {
          const Message = Buffer.from(`version ${version} in ${region}`);
          const SigningAlgorithm = "RSASSA_PSS_SHA_256";
          const { Signature } = await new Application(local, region).send(
            new SignCommand({ KeyId: alias, Message, MessageType: "RAW", SigningAlgorithm }),
          );
          await verifies(publicKeys.at(-1), Message, Signature!);
          await assert.rejects(verifies(publicKeys.at(-1), Buffer.from("another"), Signature!));
        }
      }
      await project.destroy();
    } finally {
      await project.close();
    }
  });
});

/** Throws where OpenSSL does not take the signature for one of the message by RSASSA-PSS with SHA-256. */
async function verifies(publicKey: string, message: Uint8Array, signature: Uint8Array): Promise<void> {
  const cwd = await temporaryFolder();
  writeFileSync(join(cwd, "key.pem"), publicKey);
  writeFileSync(join(cwd, "message"), message);
  writeFileSync(join(cwd, "signature"), signature);
  const pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"];
  const args = ["dgst", "-sha256", ...pss, "-verify", "key.pem", "-signature", "signature", "message"];
  execFileSync("openssl", args, { cwd, stdio: "pipe" });
}
