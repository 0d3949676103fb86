/** What the role under the policy of `keymgmt iam-policy` can do to KMS keys that are not its stack's, its credentials stolen. */
import assert from "node:assert/strict";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DisableKeyCommand,
  GetParametersForImportCommand,
  KMSClient,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
} from "@aws-sdk/client-kms";
import { policyFor, type Scope } from "../../cli/iam-policy/policy";
import type { LocalKms } from "../../local-kms/src/index";
import type { Feature } from "../../provider/kms/permissions";
import { FEATURES } from "../../provider/kms/permissions";
import { allowsRoot, keyPolicy } from "../world/keyPolicy";
import { startLocalKms } from "../world/localKms";

const ACCOUNT = "111122223333";
const [HOME, REPLICA] = ["us-west-1", "eu-west-1"];
const [OURS, OLD, THEIRS] = ["acme/shop/prod", "acme/store/prod", "acme/payroll/prod"];
const SCOPE: Scope = {
  accountId: ACCOUNT,
  primaryRegions: [HOME],
  replicaRegions: [REPLICA],
  multiRegion: undefined,
  aliases: ["hashicorp/*"],
  stacks: [OURS],
  adoptedArns: [],
  rootKeyArns: [],
  features: Object.keys(FEATURES) as Feature[],
};
const PRINCIPALS = { role: SCOPE, renamed: { ...SCOPE, formerStacks: [OLD] } } satisfies Record<
  string,
  Scope
>;

const stackTag = (stack: string) => [{ TagKey: "keymgmt:stack", TagValue: stack }];

/** KMS keys of others, and what names them. */
const OTHERS = {
  "another stack's": { Origin: "EXTERNAL", Tags: stackTag(THEIRS) },
  "another stack's, with replicas": { Origin: "EXTERNAL", MultiRegion: true, Tags: stackTag(THEIRS) },
  "imported, behind somebody's alias": { Origin: "EXTERNAL", alias: "alias/payroll" },
  "made by AWS": {},
  "an imported MAC key": { Origin: "EXTERNAL", KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" },
} as const satisfies Record<string, Partial<CreateKeyCommandInput> & { alias?: string }>;

const ANY = keyPolicy(allowsRoot());

describe("who holds the credentials of an update, under its policy", function () {
  this.timeout(60_000);
  let local: LocalKms;
  const clients: KMSClient[] = [];

  before(async () => {
    const principals = [
      { arn: `arn:aws:iam::${ACCOUNT}:root`, accessKeys: [{ accessKeyId: ACCOUNT, secretAccessKey: "s" }] },
      ...Object.entries(PRINCIPALS).map(([name, scope]) => ({
        arn: `arn:aws:iam::${ACCOUNT}:user/${name}`,
        accessKeys: [{ accessKeyId: `AKIA${name}`, secretAccessKey: "s" }],
        policies: [policyFor(scope)],
      })),
    ];
    const config = {
      iam: { principals },
      tagsCountAfterMillis: 300_000,
      replicaCreatingMillis: 0,
    };
    local = await startLocalKms({ config });
  });
  after(async () => {
    for (const client of clients) client.destroy();
    await local.close();
  });

  function as(who: keyof typeof PRINCIPALS | "owner", region = HOME): KMSClient {
    const credentials = { accessKeyId: who === "owner" ? ACCOUNT : `AKIA${who}`, secretAccessKey: "s" };
    const client = new KMSClient({ endpoint: local.url, region, credentials, maxAttempts: 1 });
    clients.push(client);
    return client;
  }

  /** A KMS key that has been there for a while. */
  async function made({ alias, ...input }: Partial<CreateKeyCommandInput> & { alias?: string }) {
    const { KeyMetadata } = await as("owner").send(new CreateKeyCommand(input));
    const id = KeyMetadata!.KeyId!;
    if (alias) await as("owner").send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: id }));
    await local.moveClock({ advance: "PT6M" });
    return id;
  }

  const denied = (work: Promise<unknown>) => assert.rejects(work, { name: "AccessDeniedException" });
  const tag = (id: string, stack: string) => new TagResourceCommand({ KeyId: id, Tags: stackTag(stack) });

  for (const [what, { alias, ...input }] of Object.entries<
    Partial<CreateKeyCommandInput> & { alias?: string }
  >(OTHERS))
    describe(`of a KMS key that is ${what}`, () => {
      let id: string;
      before(async () => {
        id = await made({ alias, ...input });
      });

      it("cannot give it the stack's tag, and so make it its own", async () => {
        await denied(as("role").send(tag(id, OURS)));
        await local.moveClock({ advance: "PT6M" });
        const { Tags } = await as("owner").send(new ListResourceTagsCommand({ KeyId: id }));
        assert.ok(!Tags?.some(({ TagValue }) => TagValue === OURS));
      });

      it("cannot delete, disable, import into, name or give it another policy", async () => {
        const role = as("role");
        const wrapping = { WrappingAlgorithm: "RSAES_OAEP_SHA_256", WrappingKeySpec: "RSA_2048" } as const;
        await denied(role.send(new ScheduleKeyDeletionCommand({ KeyId: id })));
        await denied(role.send(new DisableKeyCommand({ KeyId: id })));
        await denied(role.send(new GetParametersForImportCommand({ KeyId: id, ...wrapping })));
        await denied(role.send(new CreateAliasCommand({ AliasName: "alias/hashicorp/x", TargetKeyId: id })));
        await denied(role.send(new PutKeyPolicyCommand({ KeyId: id, Policy: ANY })));
      });

      if (input.MultiRegion)
        it("cannot replicate it", async () => {
          const ReplicaRegion = REPLICA;
          await denied(
            as("role").send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion, Tags: stackTag(OURS) })),
          );
        });
    });

  it("can tag an imported KMS key that has neither tag nor alias, as docs/cli.md says, but not disable, delete or rule it before the tag counts", async () => {
    const id = await made({ Origin: "EXTERNAL" });
    await as("role").send(tag(id, OURS));
    await denied(as("role").send(new DisableKeyCommand({ KeyId: id })));
    await denied(as("role").send(new ScheduleKeyDeletionCommand({ KeyId: id })));
    await denied(as("role").send(new PutKeyPolicyCommand({ KeyId: id, Policy: ANY })));
  });

  it("cannot make a KMS key in a replica's Region by CreateKey: a replica is made by ReplicateKey alone", async () => {
    for (const MultiRegion of [false, true])
      await denied(
        as("role", REPLICA).send(
          new CreateKeyCommand({ Origin: "EXTERNAL", MultiRegion, Tags: stackTag(OURS) }),
        ),
      );
    const { KeyMetadata } = await as("role").send(
      new CreateKeyCommand({ Origin: "EXTERNAL", MultiRegion: true, Tags: stackTag(OURS), Policy: ANY }),
    );
    assert.equal(KeyMetadata!.KeyState, "PendingImport");
  });

  it("cannot put another stack's name on its own KMS key: that stack would manage it", async () => {
    const id = await made({ Origin: "EXTERNAL", Tags: stackTag(OURS) });
    await denied(as("role").send(tag(id, THEIRS)));
    await as("role").send(tag(id, OURS));
  });

  it("with --former-stack tags anew what has the former name, and makes nothing with that name", async () => {
    const id = await made({ Origin: "EXTERNAL", Tags: stackTag(OLD) });
    await denied(as("role").send(tag(id, OURS)));
    await denied(as("renamed").send(tag(id, OLD)));
    await as("renamed").send(tag(id, OURS));
    await denied(as("renamed").send(new CreateKeyCommand({ Origin: "EXTERNAL", Tags: stackTag(OLD) })));
  });
});
