import assert from "node:assert/strict";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  ImportKeyMaterialCommand,
  type KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdateAliasCommand,
  UpdatePrimaryRegionCommand,
} from "@aws-sdk/client-kms";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { api, guide, iamGuide, rule } from "../rule.js";
import { ACCOUNT, createKey, refusal, WEST } from "../support.js";
import {
  allow,
  deny,
  keyPolicy,
  OTHER_ACCOUNT,
  type PrincipalsKms,
  policy,
  role,
  root,
  startWith,
  user,
} from "./principals.js";

const Plaintext = Buffer.from("x");
const evaluation = guide("policy-evaluation");
const conditions = (key: string) => guide("conditions-kms", `conditions-kms-${key}`);
const denials = iamGuide("troubleshoot_access-denied");
const permissions = guide("kms-api-permissions-reference");
const withKeys = { Resource: `arn:aws:kms:*:${ACCOUNT}:key/*` };

/** What each principal may do by its own policies. */
const PRINCIPALS = [
  { arn: root() },
  { arn: root(OTHER_ACCOUNT) },
  { arn: user("none") },
  { arn: user("reader"), policies: [policy(allow("kms:Describe*"))] },
  { arn: user("encrypter"), policies: [policy(allow("kms:Encrypt", withKeys))] },
  { arn: user("denied"), policies: [policy(allow("kms:*"), deny("kms:Encrypt"))] },
  {
    arn: user("bounded"),
    policies: [policy(allow("kms:*"))],
    permissionsBoundary: policy(allow("kms:Describe*")),
  },
  {
    arn: user("forbidden"),
    policies: [policy(allow("kms:*"))],
    permissionsBoundary: policy(allow("kms:*"), deny("kms:Encrypt")),
  },
  { arn: role("team/deploy"), policies: [policy(allow("kms:*"))] },
  { arn: role("bounded"), policies: [], permissionsBoundary: policy(allow("kms:Describe*")) },
  { arn: user("admin"), policies: [policy(allow("kms:*"))] },
  { arn: user("creator"), policies: [policy(allow("kms:CreateKey"))] },
  {
    arn: user("tagger-of-some"),
    policies: [
      policy(
        allow("kms:CreateKey"),
        allow("kms:TagResource", { Resource: `arn:aws:kms:*:${ACCOUNT}:key/mrk-*` }),
      ),
    ],
  },
  { arn: user("tagger"), policies: [policy(allow("kms:CreateKey"), allow("kms:TagResource", withKeys))] },
  {
    arn: user("primaries-only"),
    policies: [
      policy(
        allow("kms:ReplicateKey"),
        allow("kms:CreateKey", { Condition: { StringEquals: { "kms:MultiRegionKeyType": "PRIMARY" } } }),
      ),
    ],
  },
  { arn: user("replicator"), policies: [policy(allow("kms:ReplicateKey"))] },
  {
    arn: user("alias-only"),
    policies: [
      policy(
        allow(["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"], {
          Resource: "arn:aws:kms:*:*:alias/*",
        }),
      ),
    ],
  },
  {
    arn: user("key-only"),
    policies: [policy(allow(["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"], withKeys))],
  },
  { arn: user("from"), policies: [policy(allow("kms:ReEncryptFrom"))] },
  {
    arn: user("by-alias"),
    policies: [
      policy(allow("kms:Encrypt", { Condition: { StringEquals: { "kms:RequestAlias": "alias/used" } } })),
    ],
  },
  {
    arn: user("by-aliases"),
    policies: [
      policy(
        allow("kms:Encrypt", {
          Condition: { "ForAnyValue:StringLike": { "kms:ResourceAliases": "alias/us*" } },
        }),
      ),
    ],
  },
  { arn: user("stranger", OTHER_ACCOUNT), policies: [policy(allow("kms:Encrypt"))] },
  { arn: user("nobody", OTHER_ACCOUNT) },
];

describe("local KMS: authorization", () => {
  let kms: PrincipalsKms;
  before(async () => {
    kms = await startWith(...PRINCIPALS);
  });
  after(() => kms.close());

  /** A key of the account, its policy beyond the default one's statement. */
  const keyWith = (...statements: object[]) =>
    createKey(kms.as(root()), { Policy: keyPolicy(...statements) });
  /** A key whose policy is these statements only, put without the lockout check. */
  const keyOnlyWith = (...statements: object[]) =>
    createKey(kms.as(root()), {
      Policy: JSON.stringify(policy(...statements)),
      BypassPolicyLockoutSafetyCheck: true,
    });
  const encrypt = (arn: string, KeyId: string, context?: Record<string, string>) =>
    kms.as(arn).send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext: context }));
  const isDenied = async (request: Promise<unknown>, action: string, why = /./) => {
    const { name, message, status } = await refusal(request);
    assert.deepEqual([name, status], ["AccessDeniedException", 400]);
    assert.match(message, new RegExp(`is not authorized to perform: kms:${action} `));
    assert.match(message, why);
  };
  const because = (what: string) => new RegExp(`${what}$`);
  const NO_IDENTITY = because("because no identity-based policy allows the kms:\\w+ action");

  rule(
    "The default key policy lets the account's IAM policies decide: a user whom none allows is denied",
    evaluation,
    async () => {
      const { KeyId, Arn } = await createKey(kms.as(root()));
      await encrypt(user("encrypter"), KeyId);
      assert.deepEqual(await refusal(encrypt(user("none"), KeyId)), {
        name: "AccessDeniedException",
        message: `User: ${user("none")} is not authorized to perform: kms:Encrypt on resource: ${Arn} because no identity-based policy allows the kms:Encrypt action`,
        status: 400,
      });
    },
  );

  rule("A key policy that allows a user needs no IAM policy", guide("key-policies"), async () => {
    const { KeyId } = await keyWith({ ...allow("kms:Encrypt"), Principal: { AWS: user("none") } });
    await encrypt(user("none"), KeyId);
  });

  rule(
    "IAM policies have no effect on a key whose policy does not hand over to them",
    guide("key-policy-default", "allow-iam-policies"),
    async () => {
      const { KeyId, Arn } = await keyOnlyWith({ ...allow("kms:*"), Principal: { AWS: user("admin") } });
      await encrypt(user("admin"), KeyId);
      assert.equal(
        (await refusal(encrypt(user("encrypter"), KeyId))).message,
        `User: ${user("encrypter")} is not authorized to perform: kms:Encrypt on resource: ${Arn} because no resource-based policy allows the kms:Encrypt action`,
      );
    },
  );

  rule("The account's root user, too, needs the key policy's permission", guide("key-policies"), async () => {
    const { KeyId, Arn } = await keyOnlyWith({ ...allow("kms:*"), Principal: { AWS: user("admin") } });
    assert.equal(
      (await refusal(kms.as(root()).send(new DescribeKeyCommand({ KeyId })))).message,
      `User: ${root()} is not authorized to perform: kms:DescribeKey on resource: ${Arn} because no resource-based policy allows the kms:DescribeKey action`,
    );
  });

  rule("An explicit deny in an IAM policy outranks every allow", denials, async () => {
    const { KeyId, Arn } = await keyWith({ ...allow("kms:Encrypt"), Principal: { AWS: user("denied") } });
    assert.equal(
      (await refusal(encrypt(user("denied"), KeyId))).message,
      `User: ${user("denied")} is not authorized to perform: kms:Encrypt on resource: ${Arn} with an explicit deny in an identity-based policy`,
    );
  });

  rule("An explicit deny in a key policy outranks every allow, also for the root user", denials, async () => {
    const { KeyId, Arn } = await keyWith({ ...deny("kms:Encrypt"), Principal: "*" });
    for (const arn of [user("encrypter"), root()]) {
      assert.equal(
        (await refusal(encrypt(arn, KeyId))).message,
        `User: ${arn} is not authorized to perform: kms:Encrypt on resource: ${Arn} with an explicit deny in a resource-based policy`,
      );
    }
  });

  rule(
    "A permissions boundary limits what IAM policies allow",
    iamGuide("access_policies_boundaries"),
    async () => {
      const { KeyId } = await createKey(kms.as(root()));
      await kms.as(user("bounded")).send(new DescribeKeyCommand({ KeyId }));
      await isDenied(
        encrypt(user("bounded"), KeyId),
        "Encrypt",
        because("because no permissions boundary allows the kms:Encrypt action"),
      );
      await isDenied(
        encrypt(user("forbidden"), KeyId),
        "Encrypt",
        because("with an explicit deny in a permissions boundary"),
      );
    },
  );

  rule(
    "A permissions boundary limits what a key policy allows to a role, and not what it allows to a user",
    iamGuide("access_policies_boundaries", "access_policies_boundaries-eval-logic"),
    async () => {
      const to = (AWS: string) => keyWith({ ...allow("kms:Encrypt"), Principal: { AWS } });
      await encrypt(user("bounded"), (await to(user("bounded"))).KeyId);
      await isDenied(
        encrypt(role("bounded"), (await to(role("bounded"))).KeyId),
        "Encrypt",
        /permissions boundary/,
      );
    },
  );

  rule(
    "NotPrincipal denies everyone whose user or role and account are not listed, and whoever has a permissions boundary",
    iamGuide("reference_policies_elements_notprincipal"),
    async () => {
      const { KeyId } = await keyWith({
        ...deny("kms:Encrypt"),
        NotPrincipal: { AWS: [user("encrypter"), user("forbidden"), root()] },
      });
      await encrypt(user("encrypter"), KeyId);
      await encrypt(root(), KeyId);
      for (const arn of [user("admin"), role("team/deploy")])
        await isDenied(encrypt(arn, KeyId), "Encrypt", /explicit deny in a resource/);
      const described = await keyWith({
        ...deny("kms:DescribeKey"),
        NotPrincipal: { AWS: [user("bounded"), root()] },
      });
      await isDenied(
        kms.as(user("bounded")).send(new DescribeKeyCommand({ KeyId: described.KeyId })),
        "DescribeKey",
      );
    },
  );

  rule(
    "A role acts in a session, which AWS names in refusals and GetCallerIdentity without the role's path",
    api("GetCallerIdentity").replace("/kms/latest", "/STS/latest"),
    async () => {
      const session = `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/local-kms`;
      const { KeyId } = await keyWith({ ...deny("kms:Encrypt"), Principal: { AWS: role("team/deploy") } });
      assert.match(
        (await refusal(encrypt(role("team/deploy"), KeyId))).message,
        new RegExp(`^User: ${session} is not`),
      );
      const identity = await identityOf(role("team/deploy"));
      assert.deepEqual([identity.Arn, identity.Account], [session, ACCOUNT]);
      assert.match(identity.UserId!, /^AROA[A-Z0-9]{17}:local-kms$/);
      const alice = await identityOf(user("admin"));
      assert.deepEqual([alice.Arn, alice.Account], [user("admin"), ACCOUNT]);
      assert.match(alice.UserId!, /^AIDA[A-Z0-9]{17}$/);
      assert.equal((await identityOf(root())).UserId, ACCOUNT);
    },
  );

  async function identityOf(arn: string) {
    const credentials = await kms.as(arn).config.credentials();
    const sts = new STSClient({ region: "us-east-1", endpoint: kms.url, credentials, maxAttempts: 1 });
    return sts.send(new GetCallerIdentityCommand({})).finally(() => sts.destroy());
  }

  rule("CreateKey, ListKeys and ListAliases need an IAM policy for the resource *", permissions, async () => {
    const client = kms.as(user("none"));
    for (const [action, request] of [
      ["CreateKey", client.send(new CreateKeyCommand({}))],
      ["ListKeys", client.send(new ListKeysCommand({}))],
      ["ListAliases", client.send(new ListAliasesCommand({}))],
    ] as const) {
      assert.equal(
        (await refusal(request)).message,
        `User: ${user("none")} is not authorized to perform: kms:${action} on resource: * because no identity-based policy allows the kms:${action} action`,
      );
    }
    await kms.as(user("creator")).send(new CreateKeyCommand({}));
  });

  rule("Tags of a new key need kms:TagResource too", api("CreateKey"), async () => {
    const Tags = [{ TagKey: "a", TagValue: "b" }];
    assert.equal(
      (await refusal(kms.as(user("creator")).send(new CreateKeyCommand({ Tags })))).message,
      `User: ${user("creator")} is not authorized to perform: kms:TagResource because no identity-based policy allows the kms:TagResource action`,
    );
    await kms.as(user("admin")).send(new CreateKeyCommand({ Tags }));
  });

  rule(
    "kms:TagResource for the tags of a new key must cover all keys in the account and Region",
    guide("manage-tags-api"),
    async () => {
      const create = (arn: string) =>
        kms.as(arn).send(new CreateKeyCommand({ MultiRegion: true, Tags: [{ TagKey: "a", TagValue: "b" }] }));
      await isDenied(create(user("tagger-of-some")), "TagResource");
      await create(user("tagger"));
    },
  );

  rule(
    "ReplicateKey needs kms:ReplicateKey on the primary key, kms:CreateKey in the replica Region, and kms:TagResource for tags",
    api("ReplicateKey"),
    async () => {
      const { KeyId } = await createKey(kms.as(root()), { MultiRegion: true });
      const replicate = (arn: string) =>
        kms.as(arn).send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
      await isDenied(replicate(user("creator")), "ReplicateKey");
      await isDenied(replicate(user("replicator")), "CreateKey", NO_IDENTITY);
      await isDenied(replicate(user("primaries-only")), "CreateKey", NO_IDENTITY);
      await replicate(user("admin"));
    },
  );

  rule(
    "UpdatePrimaryRegion needs kms:UpdatePrimaryRegion on the primary key and on the replica key that becomes it",
    api("UpdatePrimaryRegion"),
    async () => {
      const forbids = keyPolicy({ ...deny("kms:UpdatePrimaryRegion"), Principal: { AWS: user("admin") } });
      const { KeyId } = await createKey(kms.as(root()), { MultiRegion: true });
      await kms.as(root()).send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST, Policy: forbids }));
      const update = () =>
        kms.as(user("admin")).send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: WEST }));
      await isDenied(update(), "UpdatePrimaryRegion", /resource: arn:aws:kms:eu-west-1:/);
      await kms.as(root(), WEST).send(new PutKeyPolicyCommand({ KeyId, Policy: keyPolicy() }));
      await update();
    },
  );

  rule(
    "CreateAlias and DeleteAlias need permission on the alias and on its key",
    guide("alias-access"),
    async () => {
      const { KeyId: TargetKeyId } = await createKey(kms.as(root()));
      const AliasName = "alias/two-permissions";
      const create = (arn: string) => kms.as(arn).send(new CreateAliasCommand({ AliasName, TargetKeyId }));
      await isDenied(
        create(user("key-only")),
        "CreateAlias",
        /resource: arn:aws:kms:us-east-1:111122223333:alias\/two-permissions because no identity/,
      );
      await isDenied(create(user("alias-only")), "CreateAlias", /:key\//);
      await create(user("admin"));
      const remove = (arn: string) => kms.as(arn).send(new DeleteAliasCommand({ AliasName }));
      await isDenied(remove(user("key-only")), "DeleteAlias", /:alias\//);
      await isDenied(remove(user("alias-only")), "DeleteAlias", /:key\//);
      await remove(user("admin"));
    },
  );

  rule(
    "UpdateAlias needs permission on the alias, on its key before and on its key after",
    guide("alias-access", "alias-access-update"),
    async () => {
      const may = { ...allow("kms:UpdateAlias"), Principal: { AWS: user("alias-only") } };
      const [mine, other] = [await keyWith(may), await createKey(kms.as(root()))];
      const AliasName = "alias/three-permissions";
      await kms.as(root()).send(new CreateAliasCommand({ AliasName, TargetKeyId: other.KeyId }));
      const update = (TargetKeyId: string) =>
        kms.as(user("alias-only")).send(new UpdateAliasCommand({ AliasName, TargetKeyId }));
      await isDenied(update(mine.KeyId), "UpdateAlias", new RegExp(other.Arn));
      await kms.as(root()).send(new UpdateAliasCommand({ AliasName, TargetKeyId: mine.KeyId }));
      await isDenied(update(other.KeyId), "UpdateAlias", new RegExp(other.Arn));
      await update((await keyWith(may)).KeyId);
    },
  );

  rule(
    "ReEncrypt needs kms:ReEncryptFrom on the source key and kms:ReEncryptTo on the destination key",
    api("ReEncrypt"),
    async () => {
      const source = await createKey(kms.as(root()));
      const destination = await createKey(kms.as(root()));
      const { CiphertextBlob } = await encrypt(root(), source.KeyId);
      const reEncrypt = (arn: string, DestinationKeyId = destination.KeyId) =>
        kms.as(arn).send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId }));
      await isDenied(reEncrypt(user("encrypter")), "ReEncryptFrom", new RegExp(source.Arn));
      await isDenied(reEncrypt(user("from")), "ReEncryptTo", new RegExp(destination.Arn));
      await reEncrypt(user("admin"));
    },
  );

  rule(
    "kms:ReEncryptOnSameKey tells whether ReEncrypt stays on its key",
    conditions("reencrypt-on-same-key"),
    async () => {
      const only = {
        ...allow("kms:ReEncrypt*"),
        Principal: { AWS: user("none") },
        Condition: { Bool: { "kms:ReEncryptOnSameKey": true } },
      };
      const [one, other] = [await keyWith(only), await keyWith(only)];
      const { CiphertextBlob } = await encrypt(root(), one.KeyId);
      const reEncrypt = (DestinationKeyId: string) =>
        kms.as(user("none")).send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId }));
      await reEncrypt(one.KeyId);
      await isDenied(reEncrypt(other.KeyId), "ReEncryptFrom");
    },
  );

  rule(
    "Decrypt is authorized on the key that the ciphertext is under when the request names none",
    api("Decrypt"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.as(root()));
      const { CiphertextBlob } = await encrypt(root(), KeyId);
      await isDenied(
        kms.as(user("encrypter")).send(new DecryptCommand({ CiphertextBlob })),
        "Decrypt",
        new RegExp(Arn),
      );
      await kms.as(user("admin")).send(new DecryptCommand({ CiphertextBlob }));
    },
  );

  rule("Permission is checked before the key's state", evaluation, async () => {
    const { KeyId } = await createKey(kms.as(root()));
    await kms.as(root()).send(new ScheduleKeyDeletionCommand({ KeyId }));
    await isDenied(encrypt(user("none"), KeyId), "Encrypt");
    assert.equal((await refusal(encrypt(user("encrypter"), KeyId))).name, "KMSInvalidStateException");
  });

  rule(
    "A key of another account needs the permission of its key policy and of an IAM policy of the caller's account",
    guide("key-policy-modifying-external-accounts"),
    async () => {
      const stranger = user("stranger", OTHER_ACCOUNT);
      const nobody = user("nobody", OTHER_ACCOUNT);
      const closed = await createKey(kms.as(root()));
      await isDenied(
        encrypt(stranger, closed.Arn),
        "Encrypt",
        because(
          "because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
        ),
      );
      for (const AWS of [root(OTHER_ACCOUNT), OTHER_ACCOUNT, [stranger, nobody], "*"]) {
        const { Arn } = await keyWith({ ...allow("kms:Encrypt"), Principal: { AWS } });
        await encrypt(stranger, Arn);
        await isDenied(encrypt(nobody, Arn), "Encrypt", NO_IDENTITY);
      }
      const { Arn } = await keyWith({ ...allow("kms:*"), Principal: { AWS: OTHER_ACCOUNT } });
      await kms.as(root(OTHER_ACCOUNT)).send(new DescribeKeyCommand({ KeyId: Arn }));
      const missing = closed.Arn.replace(/[^/]+$/, "1234abcd-12ab-34cd-56ef-1234567890ab");
      await isDenied(encrypt(stranger, missing), "Encrypt", /the resource does not exist in this Region/);
    },
  );

  rule(
    "Operations that AWS keeps within an account take no key of another, whatever its policy says",
    permissions,
    async () => {
      const { Arn: KeyId } = await keyWith({ ...allow("kms:*"), Principal: { AWS: OTHER_ACCOUNT } });
      const client = kms.as(root(OTHER_ACCOUNT));
      await isDenied(client.send(new GetKeyPolicyCommand({ KeyId })), "GetKeyPolicy");
      await isDenied(client.send(new EnableKeyCommand({ KeyId })), "EnableKey");
    },
  );

  rule(
    "kms:RequestAlias is the alias by which the request names the key",
    conditions("request-alias"),
    async () => {
      const { KeyId } = await createKey(kms.as(root()));
      for (const AliasName of ["alias/used", "alias/other"])
        await kms.as(root()).send(new CreateAliasCommand({ AliasName, TargetKeyId: KeyId }));
      await encrypt(user("by-alias"), "alias/used");
      await encrypt(user("by-alias"), `arn:aws:kms:us-east-1:${ACCOUNT}:alias/used`);
      for (const name of [KeyId, "alias/other"]) await isDenied(encrypt(user("by-alias"), name), "Encrypt");
      await encrypt(user("by-aliases"), KeyId);
      await isDenied(encrypt(user("by-aliases"), (await createKey(kms.as(root()))).KeyId), "Encrypt");
    },
  );

  rule(
    "kms:EncryptionContext:… and kms:EncryptionContextKeys are the encryption context of the request",
    conditions("encryption-context"),
    async () => {
      const { KeyId } = await keyWith({
        ...allow("kms:Encrypt"),
        Principal: { AWS: [user("none"), user("reader")] },
        Condition: {
          // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable.
          StringEquals: { "kms:EncryptionContext:owner": "${aws:username}" },
          "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": ["Owner", "owner"] },
        },
      });
      await encrypt(user("none"), KeyId, { owner: "none" });
      // The name of the context key has no case in a condition key, and has in a value.
      await encrypt(user("reader"), KeyId, { Owner: "reader" });
      const others: (Record<string, string> | undefined)[] = [
        undefined,
        { owner: "None" },
        { owner: "none", more: "1" },
        { OWNER: "none" },
      ];
      for (const context of others) await isDenied(encrypt(user("none"), KeyId, context), "Encrypt");
    },
  );

  /** One request by a user whom the key policy allows under a condition only: true where it is authorized. */
  const under = async (
    Condition: object,
    request: (client: KMSClient, KeyId: string) => Promise<unknown>,
    input: { MultiRegion?: boolean; Origin?: "EXTERNAL" } = {},
  ) => {
    const Policy = keyPolicy({ ...allow("kms:*"), Principal: { AWS: user("none") }, Condition });
    const { KeyId } = await createKey(kms.as(root()), {
      Policy,
      Tags: [{ TagKey: "Team", TagValue: "a" }],
      ...input,
    });
    return request(kms.as(user("none")), KeyId).then(
      () => true,
      ({ name }) => name !== "AccessDeniedException",
    );
  };
  const describe_ = (client: KMSClient, KeyId: string) => client.send(new DescribeKeyCommand({ KeyId }));
  const schedule = (PendingWindowInDays?: number) => (client: KMSClient, KeyId: string) =>
    client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays }));
  const tag = (TagKey: string) => (client: KMSClient, KeyId: string) =>
    client.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey, TagValue: "b" }] }));
  const importIt = (more: object) => (client: KMSClient, KeyId: string) =>
    client.send(
      new ImportKeyMaterialCommand({
        KeyId,
        ImportToken: Buffer.alloc(9),
        EncryptedKeyMaterial: Buffer.alloc(9),
        ...more,
      }),
    );
  const inAnHour = new Date(Date.now() + 3_600_000);

  rule(
    "Conditions see the properties of the key: its spec, usage, origin, tags, and whether it is multi-Region",
    guide("conditions-kms"),
    async () => {
      for (const [condition, input, authorized] of [
        [
          { StringEquals: { "kms:KeySpec": "SYMMETRIC_DEFAULT", "kms:KeyUsage": "ENCRYPT_DECRYPT" } },
          {},
          true,
        ],
        [{ StringEquals: { "kms:KeySpec": "RSA_2048" } }, {}, false],
        [{ StringEquals: { "kms:KeyOrigin": "EXTERNAL" } }, { Origin: "EXTERNAL" }, true],
        [{ StringEquals: { "kms:KeyOrigin": "EXTERNAL" } }, {}, false],
        [{ Bool: { "kms:MultiRegion": "true" } }, { MultiRegion: true }, true],
        [{ Bool: { "kms:MultiRegion": true } }, {}, false],
        [{ StringEquals: { "kms:MultiRegionKeyType": "PRIMARY" } }, { MultiRegion: true }, true],
        [{ Null: { "kms:MultiRegionKeyType": "true" } }, {}, true],
        [{ StringEquals: { "aws:ResourceTag/team": "a" } }, {}, true],
        [{ StringEquals: { "aws:ResourceTag/Team": "b" } }, {}, false],
      ] as const) {
        assert.equal(await under(condition, describe_, input), authorized, JSON.stringify(condition));
      }
    },
  );

  rule(
    "Conditions see the caller and the request: principal, account, Region, address and time",
    iamGuide("reference_policies_condition-keys"),
    async () => {
      for (const [condition, authorized] of [
        [{ ArnLike: { "aws:PrincipalArn": `arn:aws:iam::${ACCOUNT}:user/n*` } }, true],
        [{ ArnEquals: { "aws:PrincipalArn": user("admin") } }, false],
        [{ StringEquals: { "aws:PrincipalAccount": ACCOUNT, "kms:CallerAccount": ACCOUNT } }, true],
        [{ StringNotEquals: { "aws:RequestedRegion": "us-east-1" } }, false],
        [{ IpAddress: { "aws:SourceIp": "127.0.0.0/8" } }, true],
        [{ NotIpAddress: { "aws:SourceIp": ["10.0.0.0/8", "127.0.0.1"] } }, false],
        [{ DateGreaterThan: { "aws:CurrentTime": "2020-01-01T00:00:00Z" } }, true],
        [{ NumericLessThan: { "aws:EpochTime": "1000" } }, false],
        [{ Bool: { "aws:SecureTransport": "false" } }, false],
        [{ Null: { "kms:ViaService": "false" } }, false],
      ] as const) {
        assert.equal(await under(condition, describe_), authorized, JSON.stringify(condition));
      }
    },
  );

  rule(
    "Conditions see the parameters of the request, defaults included",
    guide("conditions-kms"),
    async () => {
      const sevenDays = { NumericLessThanEquals: { "kms:ScheduleKeyDeletionPendingWindowInDays": "7" } };
      assert.equal(await under(sevenDays, schedule(7)), true);
      assert.equal(await under(sevenDays, schedule()), false);
      const usual = { NumericEquals: { "kms:ScheduleKeyDeletionPendingWindowInDays": "30" } };
      assert.equal(await under(usual, schedule()), true);
      const teams = {
        "ForAllValues:StringEquals": { "aws:TagKeys": ["Team"] },
        StringEquals: { "aws:RequestTag/Team": "b" },
      };
      assert.equal(await under(teams, tag("Team")), true);
      assert.equal(await under(teams, tag("Other")), false);
      const external = { Origin: "EXTERNAL" } as const;
      const forever = { ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" };
      const expires = {
        Null: { "kms:ExpirationModel": "true" },
        DateLessThan: { "kms:ValidTo": new Date(Date.now() + 7_200_000).toISOString() },
      };
      assert.equal(await under(expires, importIt({ ValidTo: inAnHour }), external), true);
      assert.equal(await under(expires, importIt(forever), external), false);
      const put = (more: object) => (client: KMSClient, KeyId: string) =>
        client.send(new PutKeyPolicyCommand({ KeyId, Policy: keyPolicy(), ...more }));
      const notBypassed = { Null: { "kms:BypassPolicyLockoutSafetyCheck": "true" } };
      assert.equal(await under(notBypassed, put({})), true);
      assert.equal(await under(notBypassed, put({ BypassPolicyLockoutSafetyCheck: true })), false);
    },
  );

  it("refuses an iam configuration in a sentence that names the place", async () => {
    for (const [principals, message] of [
      [
        [{ arn: "alice" }],
        "iam.principals[0]: expected the ARN of a user, a role or an account's root, got alice",
      ],
      [[{ arn: user("a") }, { arn: user("a") }], `iam.principals[1]: ${user("a")} is there twice`],
      [
        [{ arn: user("a"), policies: [{ Version: "1" }] }],
        "iam.principals[0].policies[0]: The policy must contain a valid version string",
      ],
      [
        [{ arn: root(), policies: [policy(allow("kms:*"))] }],
        "iam.principals[0]: a root user has no policies and no permissions boundary",
      ],
    ] as const) {
      await assert.rejects(startWith(...(principals as unknown as Parameters<typeof startWith>)), {
        message,
      });
    }
  });
});
