import assert from "node:assert/strict";
import { join } from "node:path";
import { DecryptCommand } from "@aws-sdk/client-kms";
import type { LocalKms } from "../../../local-kms/src/index";
import { checkout } from "../../../tools/toolchain";
import { clientsOr } from "../../compat/support";
import { Application } from "../../world/application";
import { QUOTAS } from "../../world/declaration";
import { SECRET, startLocalKms } from "../../world/localKms";
import { command } from "../support/command";
import { follow, type Known } from "./page/follow";
import { Operator } from "./page/operator";
import { sectionsOf } from "./page/page";

const ACCOUNT = "111122223333";
const ALIAS = "alias/orders";
const HOME = "us-west-1";

const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const { KeyDistribution, KmsProvider, ManagedKey } = require("pulumi-keymgmt");
const config = new pulumi.Config();
const kms = new KmsProvider("aws", { keyCollection: "${HOME}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)} });
const key = new ManagedKey("orders", {
  replicaRegions: ["eu-west-1"],
  rotationTrigger: config.get("rotationTrigger"),
  minEnabledVersion: config.getNumber("minEnabledVersion"),
});
const distribution = new KeyDistribution("orders", { kms, key, extraAliases: ["${ALIAS}"] });
distribution.replicate();
`;

const sections = sectionsOf("docs/consumers.md");

/** Reads old ciphertext only while the alias names the KMS key that it is under. */
const BY_THE_ALIAS_OF_THE_KEY = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: "kms:Decrypt",
      Resource: "*",
      Condition: { "ForAnyValue:StringEquals": { "kms:ResourceAliases": ALIAS } },
    },
  ],
};

describe("docs/consumers.md, example by example", function () {
  this.timeout(300_000);
  this.bail(true); // They are one after the other on one key.
  let local: LocalKms;
  let owner: Operator;

  before(async function () {
    const { python } = await clientsOr(this);
    const principal = (name: string, accessKeyId: string, policy: object) => ({
      arn: `arn:aws:iam::${ACCOUNT}:user/${name}`,
      accessKeys: [{ accessKeyId, secretAccessKey: SECRET }],
      policies: [policy],
    });
    const all = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
    const principals = [
      principal("owner", ACCOUNT, all),
      principal("application", "application", policyOfThePage()),
      principal("narrow", "narrow", BY_THE_ALIAS_OF_THE_KEY),
    ];
    local = await startLocalKms({ config: { iam: { principals }, replicaCreatingMillis: 50 } });
    const env = {
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_ENDPOINT_URL: local.url,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    };
    owner = await Operator.begin(python, { program: PROGRAM, env, packages: ["@aws-sdk/client-kms"] });
    await owner.project.up();
    await owner.paste("AWS_ACCESS_KEY_ID=application");
  });
  after(async () => {
    await owner?.project.close();
    await local?.close();
  });

  const updated = (config: Record<string, string>) => async () => {
    await owner.project.configSet(config);
    await owner.project.up();
  };
  const application = () => new Application(local, HOME, "application");
  let first: { sealed: Uint8Array; keyArn: string };

  const KNOWN: Record<string, Known[]> = {
    "With an AWS SDK": [
      {
        after: async () => {
          const sealed = await application().encrypt(ALIAS, "of the first version");
          first = { sealed, keyArn: (await application().decrypt(sealed)).keyArn };
          await new Application(local, HOME, "narrow").decrypt(sealed);
        },
      },
      { before: updated({ rotationTrigger: "first" }) },
      { exitCode: "any but 0" },
      {},
      {
        before: async () => {
          const { sealed, keyArn } = first;
          const narrow = new Application(local, HOME, "narrow");
          await assert.rejects(narrow.decrypt(sealed), { name: "AccessDeniedException" });
          const named = await application().send(
            new DecryptCommand({ CiphertextBlob: sealed, KeyId: keyArn }),
          );
          assert.equal(named.KeyId, keyArn);
          const theOwner = new Application(local, HOME);
          assert.ok(await theOwner.encrypt(keyArn, "under the old version"));
          await updated({ minEnabledVersion: "2" })();
          await assert.rejects(theOwner.encrypt(keyArn, "no more"), { name: "DisabledException" });
        },
        exitCode: 1,
      },
    ],
    "Envelope encryption": [
      {},
      { before: updated({ rotationTrigger: "second" }), after: aliasDoesNotDecrypt },
    ],
  };

  /** A provider of the AWS Encryption SDK that names the alias encrypts, and does not decrypt what it has just encrypted. */
  async function aliasDoesNotDecrypt() {
    const { printed, exitCode } = await owner.paste(`python - <<'END'
from aws_encryption_sdk import EncryptionSDKClient
from aws_encryption_sdk.key_providers.kms import StrictAwsKmsMasterKeyProvider
keys = StrictAwsKmsMasterKeyProvider(key_ids=["${ALIAS}"], region_names=["${HOME}"])
sealed, _ = EncryptionSDKClient().encrypt(source=b"now", key_provider=keys)
print("encrypted")
EncryptionSDKClient().decrypt(source=sealed, key_provider=keys)
END`);
    assert.equal(exitCode, 1);
    assert.match(printed, /^encrypted.*Unable to decrypt any data key/s);
  }

  for (const { title, blocks } of sections) {
    const examples = blocks.filter(({ language }) => language !== "json");
    if (examples.length > 0) it(title, () => follow(owner, examples, KNOWN[title] ?? []));
  }

  it("has no type error in its TypeScript", async () => {
    const tsc = join(checkout, "node_modules", ".bin", "tsc");
    const args = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext"];
    const { program } = owner.project.folder;
    const files = ["orders.mts", "envelope.mts"].map((name) => join(program, name));
    const env = { PATH: process.env.PATH! };
    const ran = await command(tsc, [...args, "--types", "node", ...files], {
      cwd: program,
      env,
      seconds: 120,
    });
    assert.equal(ran.stdout, "");
  });
});

function policyOfThePage(): object {
  const [block, ...others] = sections
    .flatMap(({ blocks }) => blocks)
    .filter(({ language }) => language === "json");
  assert.deepEqual(others, []);
  return JSON.parse(block!.text);
}
