import assert from "node:assert/strict";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  DeleteAliasCommand,
  DeleteImportedKeyMaterialCommand,
  DisableKeyCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import type { KmsKeyRecords } from "../../provider/state/types";
import { temporaryFolder } from "../temporaryFolders";
import { allowsRoot, keyPolicy } from "../world/keyPolicy";
import { ACCOUNT, clientOf, exportOf, fileOf, secret, settled, useCommand } from "./support";

describe("keymgmt status", function () {
  this.timeout(60_000);
  const { scene, program, keymgmt, deny } = useCommand();

  const key = { replicaRegions: ["eu-west-1"], rotationPeriod: "90d" };
  const declared = {
    key: { ...key, rotationTrigger: "b", minEnabledVersion: 2 },
    replicas: ["eu-west-1"],
  };

  beforeEach(async () => {
    await program.up({ ...declared, key: { ...key, rotationTrigger: "a" } });
    await program.up(declared);
  });

  const versions = () => program.outputs("distribution").versions as KmsKeyRecords;
  const due = () => String(program.outputs("key").rotateAfter);

  it("shows every version in every Region in 80 columns, and ends with 0 where nothing differs", async () => {
    await program.up({ ...declared, distribution: { extraAliases: ["alias/orders"] } });
    const { code, stdout } = await keymgmt(["status", "--state", await fileOf(exportOf(program))]);
    assert.equal(
      settled(stdout),
      `organization/shop/dev, state of 2026-01-01 00:00 UTC

orders: aes256-gcm96, version 2, enabled from version 2, next rotation after
        ${due()}
  alias/hashicorp/orders-1700000000 in 111122223333
  alias/orders
    ver  Region     KMS key        state     alias  expires
    1    us-west-1  mrk-00000000…  Disabled  -      -
    1    eu-west-1  mrk-00000000…  Disabled  -      -
    2    us-west-1  mrk-00000000…  Enabled   yes    -
    2    eu-west-1  mrk-00000000…  Enabled   yes    -

To delete a key: \`deletionAllowed: true\` on the ManagedKey, then \`pulumi up\`.

No drift.
`,
    );
    assert.equal(code, 0);
  });

  it("says in words what differs, and ends with 3", async () => {
    const [first, second] = [versions()[1]!.keyId, versions()[2]!.keyId];
    const [west, europe] = [clientOf(scene, "us-west-1"), clientOf(scene, "eu-west-1")];
    await europe.send(new DisableKeyCommand({ KeyId: second }));
    await europe.send(new ScheduleKeyDeletionCommand({ KeyId: first, PendingWindowInDays: 7 }));
    await west.send(new DeleteAliasCommand({ AliasName: String(program.outputs("distribution").aliasName) }));
    const { code, stdout } = await keymgmt(["status", "--state", "-"], { input: exportOf(program) });
    const day = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
    assert.ok(
      settled(stdout).endsWith(`
    2    eu-west-1  mrk-00000000…  Disabled         yes    -
    - drift: alias/hashicorp/orders-1700000000 in us-west-1: the alias is gone
    - drift: version 1 in eu-west-1: PendingDeletion until ${day}, scheduled
      outside this stack
    - drift: version 2 in eu-west-1: Disabled outside this stack

To delete a key: \`deletionAllowed: true\` on the ManagedKey, then \`pulumi up\`.

3 differences: \`pulumi up --refresh\` repairs what can be repaired.
`),
      stdout,
    );
    assert.equal(code, 3);
    for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
  });

  describe("what others changed of a policy, tags, a description, an expiry, material", () => {
    const policyOf = (Sid: string) => keyPolicy(allowsRoot(Sid));
    const found = async (input = exportOf(program)) => {
      const { code, stdout, stderr } = await keymgmt(["status", "--json", "--state", "-"], { input });
      const { regions } = JSON.parse(stdout).stacks[0].keys[0].distributions[0];
      return { code, stderr, regions, drift: regions.flatMap(({ drift }: { drift: string[] }) => drift) };
    };

    beforeEach(async () => {
      const distribution = {
        policy: policyOf("Ours"),
        description: "orders",
        tags: { team: "shop", "cost center": "7" },
        validFor: "60d",
      };
      await program.up({ ...declared, distribution });
      const { keyId } = versions()[2]!;
      const [west, europe] = [clientOf(scene, "us-west-1"), clientOf(scene, "eu-west-1")];
      const policy = { KeyId: keyId, PolicyName: "default", Policy: policyOf("Theirs") };
      await west.send(new PutKeyPolicyCommand(policy));
      await west.send(new UpdateKeyDescriptionCommand({ KeyId: keyId, Description: "theirs" }));
      const team = [{ TagKey: "team", TagValue: "billing" }];
      await west.send(new TagResourceCommand({ KeyId: keyId, Tags: team }));
      await west.send(new UntagResourceCommand({ KeyId: keyId, TagKeys: ["cost center"] }));
      await europe.send(new DeleteImportedKeyMaterialCommand({ KeyId: keyId }));
    });

    it("is said in the words of a refresh", async () => {
      const { code, drift } = await found();
      assert.deepEqual(drift, [
        'version 2 in us-west-1: tag team is "billing", not "shop"',
        "version 2 in us-west-1: tag cost center is gone",
        "version 2 in us-west-1: its key policy was changed outside this stack",
        'version 2 in us-west-1: its description is "theirs", not "orders"',
        "version 2 in eu-west-1: PendingImport: its key material was deleted outside this stack",
      ]);
      assert.equal(code, 3);
      assert.deepEqual(await program.refreshAll(), drift);
    });

    it("is passed over where it is a secret in the state", async () => {
      const hidden = ["team", "policy", "description"];
      const state = JSON.parse(exportOf(program), (name, value) =>
        hidden.includes(name) ? secret("v1:abc") : value,
      );
      const { drift } = await found(JSON.stringify(state));
      assert.deepEqual(drift, [
        "version 2 in us-west-1: tag cost center is gone",
        "version 2 in eu-west-1: PendingImport: its key material was deleted outside this stack",
      ]);
    });

    it("is passed over where it may not be read, which is said", async () => {
      deny("ListResourceTags", "GetKeyPolicy");
      const { code, stderr, drift } = await found();
      assert.deepEqual(drift, [
        'version 2 in us-west-1: its description is "theirs", not "orders"',
        "version 2 in eu-west-1: PendingImport: its key material was deleted outside this stack",
      ]);
      assert.match(
        stderr,
        /no permission kms:ListResourceTags in us-west-1: the tags of KMS keys are not seen/,
      );
      assert.match(stderr, /no permission kms:GetKeyPolicy in us-west-1: the policies/);
      assert.equal(code, 3);
    });

    it("is not seen at all without kms:DescribeKey: that is said, and it ends with 1", async () => {
      deny("DescribeKey");
      const { code, regions } = await found();
      for (const { unseen } of regions)
        assert.match(unseen, /^kms:DescribeKey is not permitted for each KMS key of orders-\d+$/);
      assert.equal(code, 1);
    });
  });

  it("shows when material that expires is renewed", async () => {
    await program.up({ ...declared, distribution: { validFor: "60d" } });
    const { code, stdout } = await keymgmt(["status", "--state", "-"], { input: exportOf(program) });
    const { validTo } = versions()[2]!;
    const { renewAfter } = program.outputs("distribution");
    assert.match(stdout, /state +alias +expires +renewed\n/);
    assert.ok(stdout.includes(`Enabled   yes    ${validTo!.slice(0, 10)}  ${renewAfter}\n`), stdout);
    assert.equal(code, 0);
  });

  it("shows which version a KMS key that is rotated on demand encrypts with", async () => {
    const other = scene.program();
    const onDemand = (rotationTrigger: string) => ({
      key: { name: "ledger", rotationTrigger },
      distribution: { rotationStrategy: "on-demand" },
    });
    for (const trigger of ["a", "b", "c"]) await other.up(onDemand(trigger));
    const { code, stdout } = await keymgmt(["status", "--state", "-"], { input: exportOf(other) });
    const { keyId } = (other.outputs("distribution").versions as KmsKeyRecords)[3]!;
    assert.ok(
      stdout
        .replaceAll(/\s+/g, " ")
        .includes(
          `- ${keyId.slice(0, 12)}… in us-west-1 encrypts with version 3, and still decrypts with 1, 2`,
        ),
      stdout,
    );
    assert.equal(code, 0);
  });

  it("prints the same as JSON, with whole ids", async () => {
    const { stdout } = await keymgmt(["status", "--json", "--state", "-"], { input: exportOf(program) });
    const { stacks, ...sums } = JSON.parse(stdout);
    assert.deepEqual(sums, { drift: 0, failed: 0, unseen: 0 });
    assert.deepEqual([stacks[0].scheduled, stacks[0].notes, stacks[0].gone], [[], [], false]);
    const { distributions, ...rest } = stacks[0].keys[0];
    assert.deepEqual(rest, {
      name: "orders",
      type: "aes256-gcm96",
      latestVersion: 2,
      minEnabledVersion: 2,
      rotateAfter: due(),
      rotationDue: false,
      deletionAllowed: false,
    });
    const { regions, ...distribution } = distributions[0];
    const { name, aliasName } = program.outputs("distribution");
    assert.deepEqual(distribution, { name, accountId: ACCOUNT, aliasName, extraAliases: [] });
    const { keyId, keyArn } = versions()[1]!;
    assert.deepEqual(regions[0], {
      region: "us-west-1",
      primary: true,
      unseen: null,
      versions: [
        {
          version: 1,
          keyId,
          keyArn,
          state: "Disabled",
          alias: false,
          current: true,
          validTo: null,
          renewAfter: null,
          deletionDate: null,
        },
        {
          version: 2,
          keyId: versions()[2]!.keyId,
          keyArn: versions()[2]!.keyArn,
          state: "Enabled",
          alias: true,
          current: true,
          validTo: null,
          renewAfter: null,
          deletionDate: null,
        },
      ],
      drift: [],
      failed: [],
    });
  });

  it("asks AWS nothing with --offline, and says so", async () => {
    scene.local.resetCounts();
    const { code, stdout } = await keymgmt(["status", "--offline", "--state", "-"], {
      input: exportOf(program),
    });
    assert.equal(code, 0);
    assert.match(stdout, /AWS was not asked/);
    assert.deepEqual(scene.local.counts(), {});
  });

  it("says once a stack how a key is deleted, where one may not be, and not in JSON", async () => {
    const advice = /deletionAllowed: true/g;
    const input = exportOf(program);
    const { stdout } = await keymgmt(["status", "--offline", "--state", "-"], { input });
    assert.equal(stdout.match(advice)!.length, 1);
    const json = await keymgmt(["status", "--offline", "--json", "--state", "-"], { input });
    assert.doesNotMatch(json.stdout, advice);
    program.outputs("key").deletionAllowed = true;
    const allowed = await keymgmt(["status", "--offline", "--state", "-"], { input: exportOf(program) });
    assert.doesNotMatch(allowed.stdout, /deletionAllowed/);
  });

  it("tells a rotation that is due, and an update that was not completed, which is no drift", async () => {
    program.outputs("key").rotateAfter = "2026-01-01";
    program.states.get("eu-west-1")!.failed = true;
    const { code, stdout } = await keymgmt(["status", "--offline", "--state", "-"], {
      input: exportOf(program),
    });
    assert.match(stdout.replaceAll(/\s+/g, " "), /rotation due since 2026-01-01/);
    assert.match(
      stdout.replaceAll(/\s+/g, " "),
      /- the last update of orders-\d+ in eu-west-1 was not completed: it failed/,
    );
    assert.equal(code, 3);
    const asked = await keymgmt(["status", "--state", "-"], { input: exportOf(program) });
    assert.match(asked.stdout, /\nNo drift\. 1 update not completed: `pulumi up` does the rest/);
    assert.doesNotMatch(asked.stdout, /drift:/);
    assert.equal(asked.code, 3);
  });

  it("asks nothing with credentials of another account, and ends with 1", async () => {
    scene.local.resetCounts();
    const { code, stdout } = await keymgmt(["status", "--state", "-"], {
      input: exportOf(program),
      env: { AWS_ACCESS_KEY_ID: "444455556666" },
    });
    assert.equal(code, 1);
    assert.match(
      stdout.replaceAll(/\s+/g, " "),
      /Not looked at in eu-west-1, us-west-1: Expected credentials of account 111122223333, which the state says; got those of account 444455556666\. For KmsProvider "kms" \(account 111122223333\) give --as kms=PROFILE, or =ROLE-ARN\./,
    );
    assert.deepEqual(Object.keys(scene.local.counts()), ["sts:GetCallerIdentity"]);
  });

  it("goes into the account with the profile that --as gives", async () => {
    const home = await temporaryFolder();
    await mkdir(join(home, ".aws"));
    const profile = `[profile ops]\naws_access_key_id = ${ACCOUNT}\naws_secret_access_key = secret\n`;
    await writeFile(join(home, ".aws", "config"), profile);
    const env = { AWS_ACCESS_KEY_ID: "444455556666", HOME: home };
    const options = { input: exportOf(program), env };
    assert.equal((await keymgmt(["status", "--state", "-", "--as", "kms=ops"], options)).code, 0);
  });

  it("shows an account's KMS keys by their tags", async () => {
    const { code, stdout } = await keymgmt(
      "status --account --region us-west-1 --region eu-west-1 --endpoint".split(" ").concat(scene.url),
    );
    const id = "mrk-00000000000000000000000000000000";
    assert.equal(
      settled(stdout),
      `account 111122223333, in us-west-1, eu-west-1

organization/shop/dev
  orders-1700000000
  ver  Region     KMS key                               state     expires
  1    eu-west-1  ${id}  Disabled  -
  1    us-west-1  ${id}  Disabled  -
  2    eu-west-1  ${id}  Enabled   -
  2    us-west-1  ${id}  Enabled   -

From tags alone: the desired state and the dates of rotations are in the stacks'
states.
`,
    );
    assert.equal(code, 0);
  });

  it("has the state of the current project from the pulumi on the PATH, without its secrets", async () => {
    const folder = await temporaryFolder();
    const state = await fileOf(exportOf(program));
    const script = `#!/bin/sh\necho "$@" > ${folder}/args\nwhile IFS= read -r line; do printf '%s\\n' "$line"; done < ${state}\nIFS= read -r last < ${state}; [ -n "$line" ] && printf '%s' "$line"\nexit 0\n`;
    await writeFile(join(folder, "pulumi"), script);
    await chmod(join(folder, "pulumi"), 0o755);
    const { code, stderr } = await keymgmt(["status", "--offline", "--stack", "dev"], {
      env: { PATH: folder },
    });
    assert.equal(code, 0, stderr);
    assert.equal(
      await readFile(join(folder, "args"), "utf8"),
      "stack export --non-interactive --stack dev\n",
    );
  });

  for (const [title, args, input, message] of [
    ["there is no pulumi", ["status"], "", /Expected `pulumi` on the PATH/],
    ["a state is not JSON", ["status", "--state", "-"], "{", /the standard input to be what `pulumi .* JSON/],
    ["a state is no state", ["status", "--state", "-"], "{}", /it has no `deployment`/],
    [
      "a state's resources are none",
      ["status", "--state", "-"],
      '{ "deployment": { "resources": {} } }',
      /its `resources` are no list/,
    ],
    ["a file is not there", ["status", "--state", "/nonexistent/state"], "", /ENOENT/],
  ] as const) {
    it(`ends with 1 where ${title}`, async () => {
      const { code, stderr, stdout } = await keymgmt([...args], { input });
      assert.equal(code, 1);
      assert.match(stderr, message);
      assert.equal(stdout, "");
    });
  }
});
