import assert from "node:assert/strict";
import type { LocalKms } from "../../local-kms/src/index";
import { Application } from "../world/application";
import { QUOTAS } from "../world/declaration";
import { startLocalKms } from "../world/localKms";
import { openProject } from "./support";

const ACCOUNTS = { prod: "111122223333", audit: "444455556666" };

describe("a program with a KmsProvider for each account", function () {
  this.timeout(120_000);
  let local: LocalKms;
  before(async () => {
    local = await startLocalKms();
  });
  after(() => local.close());

  it("gives one key to both in one update, each by its own credentials, and says whose they are", async () => {
    // "audit" has its own credentials, "prod" those of the environment.
    const program = `
      const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
      const settings = {
        keyCollection: "us-west-1", endpoint: "${local.url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
      };
      const prod = new KmsProvider("prod", settings);
      const audit = new KmsProvider("audit", {
        ...settings, credentials: { accessKey: "${ACCOUNTS.audit}", secretKey: "secret" },
      });
      const key = new ManagedKey("orders", { deletionAllowed: true });
      for (const [name, kms] of Object.entries({ prod, audit })) {
        const { keyArn } = new KeyDistribution("orders-" + name, { kms, key });
        exports[name] = { account: kms.accountId, source: kms.credentialSource, keyArn };
      }
    `;
    const env = { AWS_ACCESS_KEY_ID: ACCOUNTS.prod, AWS_SECRET_ACCESS_KEY: "secret" };
    const project = await openProject({ program, env });
    try {
      await project.up();
      const json = await project.outputs();
      for (const [name, source] of [
        ["prod", "environment"],
        ["audit", "credentials"],
      ] as const) {
        const { keyArn, ...who } = json[name];
        assert.deepEqual(who, { account: ACCOUNTS[name], source });
        assert.ok(keyArn.startsWith(`arn:aws:kms:us-west-1:${ACCOUNTS[name]}:key/`), keyArn);
        const { KeyState } = await new Application(local, "us-west-1", ACCOUNTS[name]).describe(keyArn);
        assert.equal(KeyState, "Enabled");
      }
      await project.destroy();
    } finally {
      await project.close();
    }
  });
});
