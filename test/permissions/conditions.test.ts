import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DeleteAliasCommand,
  GenerateDataKeyCommand,
  GetParametersForImportCommand,
  KMSClient,
  ListAliasesCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdatePrimaryRegionCommand,
} from "@aws-sdk/client-kms";
import { policyFor, type Scope } from "../../cli/iam-policy/policy";
import type { LocalKms } from "../../local-kms/src/index";
import { allowsRoot, keyPolicy } from "../world/keyPolicy";
import { startLocalKms } from "../world/localKms";
import { HOME, REPLICA, STACK } from "./life";

const ACCOUNT = "111122223333";
const OTHER_HOME = "ap-south-1";
const OTHER_STACK = "organization/shop/prod";

const SCOPE: Scope = {
  accountId: ACCOUNT,
  primaryRegions: [HOME],
  replicaRegions: [],
  multiRegion: false,
  aliases: ["hashicorp/*"],
  stacks: [STACK],
  adoptedArns: [],
  rootKeyArns: [],
  minWindowDays: 20,
  features: ["everyKey", "changes", "sealing"],
};
const SCOPES = {
  "single-Region": SCOPE,
  replicated: {
    ...SCOPE,
    primaryRegions: [HOME, OTHER_HOME],
    replicaRegions: [REPLICA],
    multiRegion: true,
    features: ["everyKey", "multiRegion"],
  },
} satisfies Record<string, Scope>;
type Policy = keyof typeof SCOPES;

const tags = (stack: string) => [{ TagKey: "keymgmt:stack", TagValue: stack }];

/** KMS keys that are there, made by the account's root. */
const KEYS = {
  ours: { Origin: "EXTERNAL", Tags: tags(STACK) },
  "ours, multi-Region": { Origin: "EXTERNAL", MultiRegion: true, Tags: tags(STACK) },
  "another stack's": { Origin: "EXTERNAL", Tags: tags(OTHER_STACK) },
  "imported, without tags": { Origin: "EXTERNAL" },
  "imported, of another kind": { Origin: "EXTERNAL", KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" },
  "made by AWS, without tags": {},
  "made by AWS, with our tag": { Tags: tags(STACK) },
  "ours in another Region": { Origin: "EXTERNAL", Tags: tags(STACK) },
} as const satisfies Record<string, Partial<CreateKeyCommandInput>>;
type Key = keyof typeof KEYS;
const ROOT_KEY: Key = "made by AWS, without tags";

/** A key policy that lets the account do everything. */
const ANY_OF_THE_ACCOUNT = keyPolicy(allowsRoot());

/** A call to the primary's Region, or to another; `id` gives the id of one of KEYS. */
type Call = (kms: (region?: string) => KMSClient, id: (key: Key) => string) => Promise<unknown>;

const create =
  (more: Partial<CreateKeyCommandInput> = {}, region?: string): Call =>
  (kms) =>
    kms(region).send(new CreateKeyCommand({ Origin: "EXTERNAL", Tags: tags(STACK), ...more }));

const parameters =
  (key: Key, region?: string): Call =>
  (kms, id) => {
    const wrapping = { WrappingAlgorithm: "RSAES_OAEP_SHA_256", WrappingKeySpec: "RSA_2048" } as const;
    return kms(region).send(new GetParametersForImportCommand({ KeyId: id(key), ...wrapping }));
  };

const schedule =
  (key: Key, PendingWindowInDays = 30): Call =>
  (kms, id) =>
    kms().send(new ScheduleKeyDeletionCommand({ KeyId: id(key), PendingWindowInDays }));

const tag =
  (key: Key): Call =>
  (kms, id) =>
    kms().send(new TagResourceCommand({ KeyId: id(key), Tags: [{ TagKey: "team", TagValue: "a" }] }));

const put =
  (BypassPolicyLockoutSafetyCheck?: boolean): Call =>
  (kms, id) =>
    kms().send(
      new PutKeyPolicyCommand({
        KeyId: id("ours"),
        Policy: ANY_OF_THE_ACCOUNT,
        BypassPolicyLockoutSafetyCheck,
      }),
    );

const name =
  (AliasName: string, key: Key): Call =>
  (kms, id) =>
    kms().send(new CreateAliasCommand({ AliasName, TargetKeyId: id(key) }));

const replicate =
  (ReplicaRegion: string): Call =>
  (kms, id) =>
    kms().send(
      new ReplicateKeyCommand({ KeyId: id("ours, multi-Region"), ReplicaRegion, Tags: tags(STACK) }),
    );

const seal =
  (key: Key, EncryptionContext?: Record<string, string>): Call =>
  (kms, id) =>
    kms().send(new GenerateDataKeyCommand({ KeyId: id(key), KeySpec: "AES_256", EncryptionContext }));

/** What ours may do, and beside it what is refused by the condition that it is named after. */
const CALLS: { what: string; policy: Policy; allowed: Call; refused: Record<string, Call> }[] = [
  {
    what: "a new KMS key",
    policy: "single-Region",
    allowed: create(),
    refused: {
      "a multi-Region one (kms:MultiRegion)": create({ MultiRegion: true }),
      "one that AWS makes the material of (kms:KeyOrigin)": create({ Origin: "AWS_KMS" }),
      "one of another kind (kms:KeySpec)": create({ KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT" }),
      "another stack's (aws:RequestTag)": create({ Tags: tags(OTHER_STACK) }),
      "one without tags (aws:RequestTag)": create({ Tags: undefined }),
      "one that nobody could manage (kms:BypassPolicyLockoutSafetyCheck)": create({
        BypassPolicyLockoutSafetyCheck: true,
      }),
      "one in another Region": create({}, REPLICA),
    },
  },
  {
    what: "a new KMS key",
    policy: "replicated",
    allowed: create({ MultiRegion: true }),
    refused: { "a single-Region one (kms:MultiRegion)": create({ MultiRegion: false }) },
  },
  {
    what: "what follows CreateKey",
    policy: "single-Region",
    allowed: parameters("ours"),
    refused: {
      "another stack's KMS key (aws:ResourceTag)": parameters("another stack's"),
      "one that AWS made the material of (kms:KeyOrigin)": parameters("made by AWS, with our tag"),
      "a multi-Region one (kms:MultiRegion)": parameters("ours, multi-Region"),
      "one of another kind (kms:KeySpec)": parameters("imported, of another kind"),
      "one in another Region": parameters("ours in another Region", REPLICA),
    },
  },
  {
    what: "a listing",
    policy: "single-Region",
    allowed: (kms) => kms().send(new ListAliasesCommand({})),
    refused: {
      "one in another Region (aws:RequestedRegion)": (kms) => kms(REPLICA).send(new ListAliasesCommand({})),
    },
  },
  {
    what: "a tag",
    policy: "single-Region",
    allowed: tag("ours"),
    refused: {
      "another stack's KMS key (aws:ResourceTag)": tag("another stack's"),
      "one without tags (aws:ResourceTag)": tag("imported, without tags"),
    },
  },
  {
    what: "a key policy",
    policy: "single-Region",
    allowed: put(),
    refused: { "one that locks the account out (kms:BypassPolicyLockoutSafetyCheck)": put(true) },
  },
  {
    what: "an alias",
    policy: "single-Region",
    allowed: name("alias/hashicorp/orders-1", "ours"),
    refused: {
      "another prefix": name("alias/theirs/orders-1", "ours"),
      "another stack's KMS key (aws:ResourceTag)": name("alias/hashicorp/orders-2", "another stack's"),
      "another prefix, deleted": (kms) =>
        kms().send(new DeleteAliasCommand({ AliasName: "alias/theirs/there" })),
    },
  },
  {
    what: "a replica",
    policy: "replicated",
    allowed: replicate(REPLICA),
    refused: {
      "one in another Region, though keys are made there too (kms:ReplicaRegion)": replicate(OTHER_HOME),
      "to make it the primary": (kms, id) =>
        kms().send(
          new UpdatePrimaryRegionCommand({ KeyId: id("ours, multi-Region"), PrimaryRegion: REPLICA }),
        ),
    },
  },
  {
    what: "a root key",
    policy: "single-Region",
    allowed: seal(ROOT_KEY, { "keymgmt:key": "orders" }),
    refused: {
      "another encryption context (kms:EncryptionContext)": seal(ROOT_KEY, { purpose: "orders" }),
      "none (kms:EncryptionContext)": seal(ROOT_KEY),
      "another KMS key": seal("made by AWS, with our tag", { "keymgmt:key": "orders" }),
    },
  },
  {
    what: "a deletion",
    policy: "single-Region",
    allowed: schedule("ours", 20),
    refused: {
      "one that waits for less (kms:ScheduleKeyDeletionPendingWindowInDays)": schedule("ours", 19),
      "of another stack's KMS key (aws:ResourceTag)": schedule("another stack's"),
      "of one without tags (aws:ResourceTag)": schedule("imported, without tags"),
      "of one that AWS made the material of, with our tag (kms:KeyOrigin)":
        schedule("made by AWS, with our tag"),
    },
  },
];

describe("each condition of the policies that keymgmt iam-policy writes", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "keymgmt-conditions-"));
  const ids = new Map<Key, string>();
  let local: LocalKms;

  before(async () => {
    local = await startLocalKms({ dataDir });
    const root = client(ACCOUNT);
    for (const [key, input] of Object.entries(KEYS) as [Key, Partial<CreateKeyCommandInput>][]) {
      const maker = key === "ours in another Region" ? client(ACCOUNT, REPLICA) : root;
      const { KeyMetadata } = await maker.send(new CreateKeyCommand(input));
      ids.set(key, KeyMetadata!.KeyId!);
      if (key === ROOT_KEY) SCOPES["single-Region"].rootKeyArns = [KeyMetadata!.Arn!];
    }
    await root.send(
      new CreateAliasCommand({ AliasName: "alias/theirs/there", TargetKeyId: ids.get("ours")! }),
    );
    await local.close();
    const principals = Object.entries(SCOPES).map(([name, scope]) => ({
      arn: `arn:aws:iam::${ACCOUNT}:user/${name}`,
      accessKeys: [{ accessKeyId: accessKeyOf(name), secretAccessKey: "secret" }],
      policies: [policyFor(scope)],
    }));
    local = await startLocalKms({ dataDir, config: { iam: { principals } } });
  });
  after(async () => {
    await local.close();
    rmSync(dataDir, { recursive: true });
  });

  for (const { what, policy, allowed, refused } of CALLS)
    describe(`${what}, under the ${policy} policy`, () => {
      it("lets ours pass", async () => {
        const name = await refusalOf(policy, allowed);
        assert.notEqual(name, "AccessDeniedException");
      });
      for (const [why, call] of Object.entries(refused))
        it(`refuses ${why}`, async () => {
          assert.equal(await refusalOf(policy, call), "AccessDeniedException");
        });
    });

  /** Name of the error, undefined where the call was carried out. */
  async function refusalOf(policy: Policy, call: Call): Promise<string | undefined> {
    const sent = call(
      (region) => client(accessKeyOf(policy), region),
      (key) => ids.get(key)!,
    );
    return sent.then(
      () => undefined,
      (error: Error) => error.name,
    );
  }

  function client(accessKeyId: string, region = HOME): KMSClient {
    const credentials = { accessKeyId, secretAccessKey: "secret" };
    return new KMSClient({ endpoint: local.url, region, credentials, maxAttempts: 1 });
  }
});

const accessKeyOf = (policy: string) => `AKIA${policy.replace(/\W/g, "")}`;
