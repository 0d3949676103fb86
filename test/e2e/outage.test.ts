import assert from "node:assert/strict";
import type { Drop, Fault, LocalKms } from "../../local-kms/src/index";
import { Application } from "../world/application";
import { QUOTAS } from "../world/declaration";
import { startLocalKms } from "../world/localKms";
import { openProject, type Project } from "./support";

interface Resource {
  outputs?: { notSeen?: string[] };
}

const [HOME, DOWN, OTHER] = ["us-west-1", "eu-west-1", "ap-southeast-2"];

const fault = (drop: Drop): Fault[] => [{ region: DOWN, drop }];
const WAYS: [string, Fault[]][] = [
  ["refuses connections", fault("reset")],
  ["hangs", fault("hang")],
];

describe("a Region that is down, on the real engine", function () {
  this.timeout(400_000);
  let local: LocalKms;
  let project: Project;
  const asked: string[] = [];
  before(async () => {
    const config = { replicaCreatingMillis: 0 };
    local = await startLocalKms({ config, log: ({ region }) => asked.push(region) });
    const program = `
      const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
      const { TRIGGER, OUT, TEAM } = process.env;
      const kms = new KmsProvider("kms", {
        keyCollection: "${HOME}", endpoint: "${local.url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
        ...(OUT && { unreachableRegions: [OUT] }),
      });
      const key = new ManagedKey("orders", { replicaRegions: ["${DOWN}", "${OTHER}"], rotationTrigger: TRIGGER });
      const distribution = new KeyDistribution("orders", { kms, key });
      distribution.replicate(TEAM && { tags: { team: TEAM } });
      exports.alias = distribution.aliasName;
    `;
    const env = { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret", TRIGGER: "0" };
    project = await openProject({ program, env });
    await project.up();
  });
  after(async () => {
    await project?.close();
    await local.close();
  });

  const targets = async (regions: string[]) => {
    const { alias } = await project.outputs();
    const seen = regions.map((region) => new Application(local, region).describe(alias));
    return (await Promise.all(seen)).map(({ KeyId }) => KeyId!);
  };

  for (const [name, faults] of WAYS)
    it(`that ${name} is not seen by a refresh, which goes on in seconds`, async () => {
      await local.setFaults(faults);
      const began = Date.now();
      const { stdout, stderr } = await project.refresh();
      const seconds = (Date.now() - began) / 1000;
      assert.ok(seconds < 20, `a refresh took ${seconds} s`);
      assert.match(stdout + stderr, /eu-west-1 does not answer/);
      const { resources } = await project.state();
      const notSeen = resources.flatMap(({ outputs }: Resource) => outputs?.notSeen ?? []);
      assert.deepEqual(notSeen, [DOWN]);
    });

  it("is left out of a rotation: nothing is sent there, what it owes is said, and one update makes it good", async () => {
    const env = { TRIGGER: "1", OUT: DOWN!, TEAM: "shop" };
    const [before] = await targets([HOME!]);
    asked.length = 0;
    const owed =
      /eu-west-1 is left out .*Work that waits there: version 2 of key "orders".* cannot be decrypted in eu-west-1 until that is done/;
    assert.match((await project.up({ env })).stdout, owed);
    const [home, other] = await targets([HOME!, OTHER!]);
    assert.deepEqual([home === other, home === before], [true, false]);
    const unchanged = await project.up({ env, args: ["--refresh", "--expect-no-changes"] });
    assert.match(unchanged.stdout, owed);
    assert.ok(!asked.includes(DOWN!), "nothing is sent there");

    await local.setFaults([]);
    assert.deepEqual(await targets([DOWN!]), [before]);
    const good = { ...env, OUT: "" };
    await project.up({ env: good });
    assert.deepEqual(await targets([HOME!, DOWN!, OTHER!]), [home, home, home]);
    await project.preview({ env: good, args: ["--refresh", "--expect-no-changes"] });
  });
});
