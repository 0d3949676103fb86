import assert from "node:assert/strict";
import type { LocalKms } from "../../local-kms/src/index";
import type { Feature } from "../../provider/kms/permissions";
import type { KmsKeyRecords } from "../../provider/state/types";
import { backUp, forgetBackup } from "../world/backup";
import { localKms, Program } from "../world/program";
import { HOME, REPLICA, STACK } from "./life";
import { policyOf } from "./sites";

const ACCOUNT = "111122223333";
const DR = "organization/shop/dr";
const CI = { accessKey: "AKIACI", secretKey: "secret" };
const NARROW = { accessKey: "AKIANARROW", secretKey: "secret" };
const FEATURES: Feature[] = ["everyKey", "multiRegion", "drift", "recovery", "adoption", "changes"];

describe("the policy that keymgmt iam-policy writes for a key that is restored", function () {
  this.timeout(60_000);
  let local: LocalKms;
  let old: Program;
  const replicated = { key: { replicaRegions: [REPLICA] }, replicas: [REPLICA] };

  before(async () => {
    const life = {
      name: "",
      feature: "adoption" as const,
      features: FEATURES,
      replicated: true,
      live: async () => {},
      without: {},
    };
    const user = ({ accessKey, secretKey }: typeof CI, formerStacks: string[]) => ({
      arn: `arn:aws:iam::${ACCOUNT}:user/${accessKey}`,
      accessKeys: [{ accessKeyId: accessKey, secretAccessKey: secretKey }],
      policies: [policyOf(life, { accountId: ACCOUNT, stacks: [DR], formerStacks })],
    });
    const root = {
      arn: `arn:aws:iam::${ACCOUNT}:root`,
      accessKeys: [{ accessKeyId: ACCOUNT, secretAccessKey: "secret" }],
    };
    local = await localKms({ iam: { principals: [root, user(CI, [STACK]), user(NARROW, [])] } });
    old = new Program(local, ACCOUNT, STACK);
    await old.up(replicated);
    await old.up({ ...replicated, key: { ...replicated.key, rotationTrigger: "b" } });
  });
  after(async () => {
    forgetBackup();
    await local.close();
  });

  async function restored(credentials: typeof CI): Promise<Program> {
    const { restore, adopt } = await backUp(old);
    const program = new Program(local, ACCOUNT, DR);
    await program.up({
      kms: { credentials },
      key: { ...replicated.key, restore },
      distribution: { adopt, description: "restored" },
      replicas: [REPLICA],
    });
    return program;
  }

  it("names the new stack alone: the update is denied before anything is changed, and says what is missing", async () => {
    await assert.rejects(restored(NARROW), /kms:GetParametersForImport/);
  });

  it("names the old stack as a former one: it is enough", async () => {
    const program = await restored(CI);
    const ids = (of: Program, name: string) =>
      Object.values(of.outputs(name).versions as KmsKeyRecords).map(({ keyArn }) => keyArn);
    for (const name of ["distribution", REPLICA]) assert.deepEqual(ids(program, name), ids(old, name));
    assert.ok(ids(program, "distribution")[0]!.includes(HOME));
    assert.deepEqual(await program.refreshAll(), []);
  });
});
