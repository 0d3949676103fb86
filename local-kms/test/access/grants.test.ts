import assert from "node:assert/strict";
import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  type GrantListEntry,
  type GrantOperation,
  ListGrantsCommand,
  ListRetirableGrantsCommand,
  ReEncryptCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import { api, guide, rule } from "../rule.js";
import { ACCOUNT, type CreatedKey, createKey, refusal, start, temporaryFolder, WEST } from "../support.js";
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
const overview = (section: string) => guide("create-grant-overview", section);
const deletion = guide("grant-delete");
const retires = policy(allow("kms:RetireGrant"));
const noGrant = "0".repeat(64);

describe("local KMS: grants", () => {
  let kms: PrincipalsKms;
  let key: CreatedKey;
  before(async () => {
    kms = await startWith(
      { arn: root() },
      { arn: root(OTHER_ACCOUNT) },
      { arn: user("grantee") },
      { arn: user("other") },
      { arn: role("grantee") },
      { arn: user("denied"), policies: [policy(deny("kms:*"))] },
      { arn: user("stranger", OTHER_ACCOUNT) },
      { arn: user("nobody", OTHER_ACCOUNT) },
      { arn: user("encrypter", OTHER_ACCOUNT), policies: [policy(allow("kms:Encrypt"))] },
      { arn: user("retirer"), policies: [retires] },
      {
        arn: user("lister"),
        policies: [policy(allow("kms:ListRetirableGrants", { Resource: user("retirer") }))],
      },
    );
  });
  beforeEach(async () => {
    key = await createKey(kms.as(root()));
  });
  after(() => kms.close());

  type Wishes = Partial<CreateGrantCommandInput>;
  const grant = (wishes: Wishes = {}, arn = root()) =>
    kms.as(arn).send(
      new CreateGrantCommand({
        KeyId: key.KeyId,
        GranteePrincipal: user("grantee"),
        Operations: ["Encrypt", "DescribeKey"],
        ...wishes,
      }),
    );
  const encrypt = (arn: string, EncryptionContext?: Record<string, string>, KeyId = key.KeyId) =>
    kms.as(arn).send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }));
  const listed = async (KeyId = key.KeyId, filter = {}) =>
    (await kms.as(root()).send(new ListGrantsCommand({ KeyId, ...filter }))).Grants as GrantListEntry[];
  const isDenied = async (request: Promise<unknown>) =>
    assert.equal((await refusal(request)).name, "AccessDeniedException");
  const isInvalid = async (request: Promise<unknown>, name = "ValidationException") =>
    assert.equal((await refusal(request)).name, name);

  rule(
    "A grant lets its grantee principal carry out its operations on its key, and no others",
    api("CreateGrant"),
    async () => {
      await isDenied(encrypt(user("grantee")));
      await grant();
      await encrypt(user("grantee"));
      await isDenied(encrypt(user("other")));
      const { CiphertextBlob } = await encrypt(root());
      await isDenied(kms.as(user("grantee")).send(new DecryptCommand({ CiphertextBlob })));
      await isDenied(encrypt(user("grantee"), undefined, (await createKey(kms.as(root()))).KeyId));
    },
  );

  rule("A grant to a role is for every session of the role", api("CreateGrant"), async () => {
    await grant({ GranteePrincipal: role("grantee") });
    await encrypt(role("grantee"));
  });

  rule("A grant allows and never overrides an explicit deny", guide("grants"), async () => {
    await grant({ GranteePrincipal: user("denied") });
    await isDenied(encrypt(user("denied")));
  });

  rule(
    "A grant to a user of another account works by key ARN; one to an account lets its IAM policies decide",
    guide("key-policy-modifying-external-accounts"),
    async () => {
      const stranger = user("stranger", OTHER_ACCOUNT);
      const encrypter = user("encrypter", OTHER_ACCOUNT);
      await grant({ GranteePrincipal: stranger });
      await encrypt(stranger, undefined, key.Arn);
      await isDenied(encrypt(encrypter, undefined, key.Arn));
      await grant({ GranteePrincipal: root(OTHER_ACCOUNT) });
      await encrypt(encrypter, undefined, key.Arn);
      await isDenied(encrypt(user("nobody", OTHER_ACCOUNT), undefined, key.Arn));
    },
  );

  rule(
    "ReEncryptFrom and ReEncryptTo are granted apart",
    guide("grants", "terms-grant-operations"),
    async () => {
      const { CiphertextBlob } = await encrypt(root());
      const reEncrypt = () =>
        kms.as(user("grantee")).send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: key.KeyId }));
      await grant({ Operations: ["ReEncryptFrom"] });
      await isDenied(reEncrypt());
      await grant({ Operations: ["ReEncryptTo"] });
      await reEncrypt();
    },
  );

  rule(
    "Constraints of a grant for ReEncrypt hold the source or the destination encryption context, by its operation",
    api("GrantConstraints"),
    async () => {
      const { CiphertextBlob } = await encrypt(root(), { a: "from" });
      const reEncrypt = (to: string) =>
        kms.as(user("grantee")).send(
          new ReEncryptCommand({
            CiphertextBlob,
            SourceEncryptionContext: { a: "from" },
            DestinationKeyId: key.KeyId,
            DestinationEncryptionContext: { a: to },
          }),
        );
      const constrained = (operation: GrantOperation, a: string) =>
        grant({ Operations: [operation], Constraints: { EncryptionContextEquals: { a } } });
      await constrained("ReEncryptFrom", "other");
      await constrained("ReEncryptTo", "to");
      await isDenied(reEncrypt("to"));
      await constrained("ReEncryptFrom", "from");
      await reEncrypt("to");
      await isDenied(reEncrypt("other"));
    },
  );

  rule(
    "EncryptionContextEquals and EncryptionContextSubset hold an encryption context to their pairs; context keys have no case, values have",
    api("GrantConstraints"),
    async () => {
      await grant({ Constraints: { EncryptionContextEquals: { Department: "IT" } } });
      await encrypt(user("grantee"), { Department: "IT" });
      await encrypt(user("grantee"), { department: "IT" });
      for (const context of [undefined, { Department: "it" }, { Department: "IT", Purpose: "Test" }])
        await isDenied(encrypt(user("grantee"), context as Record<string, string>));
      await grant({ Constraints: { EncryptionContextSubset: { Department: "HR" } } });
      await encrypt(user("grantee"), { Department: "HR", Purpose: "Test" });
      await isDenied(encrypt(user("grantee"), { Purpose: "Test" }));
    },
  );

  rule(
    "Encryption context constraints do not concern DescribeKey; a SourceArn constraint does, and no direct request satisfies it",
    api("GrantConstraints"),
    async () => {
      const describe_ = () => kms.as(user("grantee")).send(new DescribeKeyCommand({ KeyId: key.KeyId }));
      await grant({ Constraints: { SourceArn: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:g` } });
      await isDenied(describe_());
      await grant({ Constraints: { EncryptionContextEquals: { a: "b" } } });
      await describe_();
    },
  );

  rule(
    "A constraint has up to 8 encryption context pairs and 384 characters",
    api("CreateGrant"),
    async () => {
      const pairs = (count: number, length = 1) =>
        Object.fromEntries(Array.from({ length: count }, (_, i) => [String(i), "x".repeat(length)]));
      await grant({ Constraints: { EncryptionContextSubset: pairs(8) } });
      await isInvalid(grant({ Constraints: { EncryptionContextSubset: pairs(9) } }));
      await grant({ Constraints: { EncryptionContextEquals: pairs(1, 383) } });
      await isInvalid(grant({ Constraints: { EncryptionContextEquals: pairs(1, 384) } }));
    },
  );

  rule("A grant allows only operations that its key supports", api("CreateGrant"), async () => {
    const operations: GrantOperation[] = [
      "Decrypt",
      "GenerateDataKey",
      "GenerateDataKeyPair",
      "CreateGrant",
      "RetireGrant",
    ];
    await grant({ Operations: operations });
    for (const operation of ["Sign", "GetPublicKey", "GenerateMac", "DeriveSharedSecret"] as const)
      await isInvalid(grant({ Operations: [operation] }));
    await isInvalid(grant({ Operations: [] }));
  });

  rule(
    "Grantee and retiring principals are the ARNs of principals that exist",
    api("CreateGrant"),
    async () => {
      for (const arn of [user("nobody"), ACCOUNT, "alice", `arn:aws:iam::${ACCOUNT}:group/admins`]) {
        const message = `ARN does not refer to a valid principal: ${arn}`;
        for (const wishes of [{ GranteePrincipal: arn }, { RetiringPrincipal: arn }])
          assert.deepEqual(await refusal(grant(wishes)), {
            name: "InvalidArnException",
            message,
            status: 400,
          });
      }
      await grant({ GranteePrincipal: `arn:aws:sts::${ACCOUNT}:federated-user/bob` });
    },
  );

  rule(
    "A grant has one grantee, a principal or a service principal, and at most one retiring principal; a service needs a SourceArn constraint and a retiring principal",
    api("CreateGrant"),
    async () => {
      const service = "s3.us-east-1.amazonaws.com";
      await isInvalid(grant({ GranteePrincipal: undefined }));
      await isInvalid(grant({ GranteeServicePrincipal: service }));
      await isInvalid(grant({ RetiringPrincipal: root(), RetiringServicePrincipal: service }));
      const Constraints = { SourceArn: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:g` };
      const forService = { GranteePrincipal: undefined, GranteeServicePrincipal: service, Constraints };
      await isInvalid(grant(forService));
      await isInvalid(grant({ ...forService, Constraints: {}, RetiringPrincipal: root() }));
      await grant({ ...forService, RetiringServicePrincipal: service });
      const [only] = await listed();
      assert.deepEqual(
        [only!.GranteeServicePrincipal, only!.RetiringServicePrincipal, only!.GranteePrincipal],
        [service, service, undefined],
      );
    },
  );

  rule(
    "A named grant that is created again with the same parameters is the same grant, with another token; without a name, or with other parameters, it is another",
    api("CreateGrant"),
    async () => {
      const first = await grant({ Name: "once", Operations: ["Encrypt", "Decrypt"] });
      const again = await grant({ Name: "once", Operations: ["Decrypt", "Encrypt"] });
      assert.equal(again.GrantId, first.GrantId);
      assert.notEqual(again.GrantToken, first.GrantToken);
      assert.notEqual((await grant({ Name: "once", Operations: ["Decrypt"] })).GrantId, first.GrantId);
      assert.notEqual((await grant()).GrantId, (await grant()).GrantId);
      assert.equal((await listed()).length, 4);
    },
  );

  rule(
    "Whoever has CreateGrant from a grant alone gives on no more operations and no weaker constraints than the grant has",
    overview("grant-creategrant"),
    async () => {
      const Constraints = { EncryptionContextSubset: { Department: "IT" } };
      await grant({ Operations: ["GenerateDataKey", "Decrypt", "CreateGrant"], Constraints });
      const child = (wishes: Wishes) =>
        grant(
          { GranteePrincipal: user("other"), Operations: ["Decrypt"], Constraints, ...wishes },
          user("grantee"),
        );
      await child({});
      await child({ Operations: ["Decrypt", "CreateGrant"] });
      await child({ Constraints: { EncryptionContextSubset: { Department: "IT", Purpose: "Test" } } });
      await child({ Constraints: { EncryptionContextEquals: { Department: "IT" } } });
      for (const more of [
        { Operations: ["Encrypt"] as GrantOperation[] },
        { Constraints: undefined },
        { Constraints: { EncryptionContextSubset: { Purpose: "Test" } } },
        { Constraints: { EncryptionContextEquals: { Department: "HR" } } },
      ]) {
        await isDenied(child(more));
      }
      // By a policy there are no such limits.
      await grant({ GranteePrincipal: user("other"), Operations: ["Encrypt"] });
    },
  );

  rule(
    "kms:GrantOperations, kms:GranteePrincipal, kms:GrantConstraintType and kms:GrantIsForAWSResource see the grant",
    guide("grant-authorization"),
    async () => {
      const creates = (Condition: object) =>
        keyPolicy({ ...allow("kms:CreateGrant"), Principal: { AWS: user("other") }, Condition });
      const under = async (Condition: object, wishes: Wishes) => {
        key = await createKey(kms.as(root()), { Policy: creates(Condition) });
        return grant(wishes, user("other")).then(
          () => true,
          ({ name }) => name !== "AccessDeniedException",
        );
      };
      const onlyEncrypt = {
        "ForAllValues:StringEquals": { "kms:GrantOperations": ["Encrypt", "ReEncryptTo"] },
      };
      assert.equal(await under(onlyEncrypt, { Operations: ["Encrypt"] }), true);
      assert.equal(await under(onlyEncrypt, { Operations: ["Encrypt", "Decrypt"] }), false);
      const toRole = { StringEquals: { "kms:GranteePrincipal": role("grantee") } };
      assert.equal(await under(toRole, { GranteePrincipal: role("grantee") }), true);
      assert.equal(await under(toRole, {}), false);
      const constrained = { StringEquals: { "kms:GrantConstraintType": "EncryptionContextEquals" } };
      assert.equal(await under(constrained, { Constraints: { EncryptionContextEquals: { a: "b" } } }), true);
      assert.equal(await under(constrained, {}), false);
      assert.equal(await under({ Bool: { "kms:GrantIsForAWSResource": "true" } }, {}), false);
      const byContext = { StringEquals: { "kms:EncryptionContext:a": "b" } };
      assert.equal(await under(byContext, { Constraints: { EncryptionContextSubset: { a: "b" } } }), true);
      assert.equal(await under(byContext, {}), false);
    },
  );

  rule(
    "ListGrants shows a key's grants as they were created, by grant id and grantee if asked, in pages",
    api("ListGrants"),
    async () => {
      const Constraints = { EncryptionContextEquals: { a: "b" } };
      const { GrantId } = await grant({ Name: "shown", RetiringPrincipal: user("retirer"), Constraints });
      const other = await grant({ GranteePrincipal: role("grantee") });
      const [shown] = await listed(key.KeyId, { GrantId });
      assert.ok(Math.abs(shown!.CreationDate!.getTime() - Date.now()) < 60_000);
      assert.deepEqual(
        { ...shown, CreationDate: undefined },
        {
          KeyId: key.Arn,
          GrantId,
          Name: "shown",
          CreationDate: undefined,
          GranteePrincipal: user("grantee"),
          RetiringPrincipal: user("retirer"),
          IssuingAccount: root(),
          Operations: ["DescribeKey", "Encrypt"],
          Constraints,
        },
      );
      const byGrantee = await listed(key.KeyId, { GranteePrincipal: role("grantee") });
      assert.deepEqual(
        byGrantee.map((one) => one.GrantId),
        [other.GrantId],
      );
      const first = await kms.as(root()).send(new ListGrantsCommand({ KeyId: key.KeyId, Limit: 1 }));
      const rest = await listed(key.KeyId, { Marker: first.NextMarker });
      assert.deepEqual(
        [...first.Grants!, ...rest].map((one) => one.GrantId).sort(),
        [GrantId, other.GrantId].sort(),
      );
      await isInvalid(listed(key.KeyId, { Limit: 101 }));
      await isInvalid(listed(key.KeyId, { GrantId: "short" }), "InvalidGrantIdException");
    },
  );

  rule(
    "ListRetirableGrants shows the grants of a Region that a principal of the caller's account may retire, on any key",
    api("ListRetirableGrants"),
    async () => {
      const RetiringPrincipal = user("retirer");
      const list = async (arn: string, principal = RetiringPrincipal, region?: string) =>
        (
          await kms.as(arn, region).send(new ListRetirableGrantsCommand({ RetiringPrincipal: principal }))
        ).Grants!.map((one) => one.GrantId);
      const before = await list(root());
      const { GrantId } = await grant({ RetiringPrincipal });
      await grant({ RetiringPrincipal: user("other") });
      assert.deepEqual(
        (await list(root())).filter((id) => !before.includes(id)),
        [GrantId],
      );
      assert.deepEqual(await list(root(), RetiringPrincipal, WEST), []);
      // The permission is on the principal.
      await list(user("lister"));
      await isDenied(list(user("lister"), user("other")));
      await isDenied(list(user("retirer")));
      await isDenied(list(root(OTHER_ACCOUNT)));
      await isInvalid(kms.as(root()).send(new ListRetirableGrantsCommand({})));
    },
  );

  rule("RevokeGrant deletes a grant by the kms:RevokeGrant permission", api("RevokeGrant"), async () => {
    const { GrantId } = await grant();
    const revoke = (arn: string, id = GrantId) =>
      kms.as(arn).send(new RevokeGrantCommand({ KeyId: key.KeyId, GrantId: id }));
    await isDenied(revoke(user("grantee")));
    await revoke(root());
    await isDenied(encrypt(user("grantee")));
    await isInvalid(revoke(root()), "NotFoundException");
    await isInvalid(revoke(root(), "short"), "InvalidGrantIdException");
  });

  const retire = (arn: string, GrantId: string | undefined, KeyId = key.Arn) =>
    kms.as(arn).send(new RetireGrantCommand({ KeyId, GrantId }));

  rule(
    "A grant is retired by its retiring principal, and by its grantee if it includes RetireGrant",
    deletion,
    async () => {
      const { GrantId } = await grant({ RetiringPrincipal: user("other") });
      await isDenied(retire(user("grantee"), GrantId));
      await retire(user("other"), GrantId);
      const own = await grant({ Operations: ["Encrypt", "RetireGrant"] });
      await retire(user("grantee"), own.GrantId);
      assert.deepEqual(await listed(), []);
    },
  );

  rule(
    "The account retires its grants: its root user, and users whom an IAM policy allows kms:RetireGrant; a deny always counts",
    deletion,
    async () => {
      await retire(root(), (await grant()).GrantId);
      await retire(user("retirer"), (await grant()).GrantId);
      const { GrantId } = await grant({ RetiringPrincipal: user("denied") });
      await isDenied(retire(user("denied"), GrantId));
      await isDenied(retire(root(OTHER_ACCOUNT), GrantId));
      const foreign = await grant({ RetiringPrincipal: root(OTHER_ACCOUNT) });
      await isDenied(retire(user("stranger", OTHER_ACCOUNT), foreign.GrantId));
      await retire(root(OTHER_ACCOUNT), foreign.GrantId);
    },
  );

  rule("RetireGrant takes a grant token, or a key and a grant id", api("RetireGrant"), async () => {
    const { GrantToken } = await grant({ RetiringPrincipal: user("other") });
    const client = kms.as(user("other"));
    await client.send(new RetireGrantCommand({ GrantToken }));
    assert.deepEqual(await listed(), []);
    await isInvalid(client.send(new RetireGrantCommand({ GrantToken })), "NotFoundException");
    await isInvalid(
      client.send(new RetireGrantCommand({ GrantToken: "bm8=" })),
      "InvalidGrantTokenException",
    );
    for (const input of [
      {},
      { KeyId: key.Arn },
      { GrantId: noGrant },
      { GrantToken, KeyId: key.Arn, GrantId: noGrant },
    ])
      await isInvalid(client.send(new RetireGrantCommand(input)));
  });

  rule("GrantTokens of a request must be grant tokens", api("CreateGrant"), async () => {
    const { GrantToken } = await grant();
    const withTokens = (...GrantTokens: string[]) =>
      kms.as(user("grantee")).send(new EncryptCommand({ KeyId: key.KeyId, Plaintext, GrantTokens }));
    await withTokens(GrantToken!);
    await isInvalid(withTokens(GrantToken!, "bm8="), "InvalidGrantTokenException");
  });

  rule(
    "DryRun of CreateGrant, RetireGrant and RevokeGrant changes nothing",
    guide("testing-permissions"),
    async () => {
      await isInvalid(grant({ DryRun: true }), "DryRunOperationException");
      const { GrantId } = await grant();
      const client = kms.as(root());
      await isInvalid(
        client.send(new RevokeGrantCommand({ KeyId: key.KeyId, GrantId, DryRun: true })),
        "DryRunOperationException",
      );
      await isInvalid(
        client.send(new RetireGrantCommand({ KeyId: key.Arn, GrantId, DryRun: true })),
        "DryRunOperationException",
      );
      assert.equal((await listed()).length, 1);
    },
  );

  rule("Grants end with their key", guide("deleting-keys"), async () => {
    await grant({ RetiringPrincipal: user("other") });
    const retirable = async () =>
      (await kms.as(root()).send(new ListRetirableGrantsCommand({ RetiringPrincipal: user("other") })))
        .Grants!;
    const ofKey = (grants: GrantListEntry[]) => grants.filter(({ KeyId }) => KeyId === key.Arn).length;
    assert.equal(ofKey(await retirable()), 1);
    await kms.as(root()).send(new ScheduleKeyDeletionCommand({ KeyId: key.KeyId, PendingWindowInDays: 7 }));
    kms.waitDays(8);
    assert.equal(ofKey(await retirable()), 0);
  });

  rule("A key has at most as many grants as the quota says", guide("resource-limits"), async () => {
    const small = await start({ config: { resourceQuotas: { grantsPerKey: 2 } } });
    try {
      const { KeyId } = await createKey(small.client());
      const create = (Name?: string) =>
        small
          .client()
          .send(new CreateGrantCommand({ KeyId, Name, GranteePrincipal: root(), Operations: ["Decrypt"] }));
      await create("kept");
      await create();
      await isInvalid(create(), "LimitExceededException");
      await create("kept");
    } finally {
      await small.close();
    }
  });

  rule(
    "A grant token makes its grant count before others can see it",
    guide("using-grant-token"),
    async () => {
      const lagging = await startWith({ arn: root() }, { arn: user("grantee") });
      try {
        const { KeyId } = await createKey(lagging.as(root()));
        await lagging.setConsistency({ lagMillis: 300_000 });
        const { GrantToken } = await lagging
          .as(root())
          .send(
            new CreateGrantCommand({ KeyId, GranteePrincipal: user("grantee"), Operations: ["Encrypt"] }),
          );
        const use = (GrantTokens?: string[]) =>
          lagging.as(user("grantee")).send(new EncryptCommand({ KeyId, Plaintext, GrantTokens }));
        await isDenied(use());
        await use([GrantToken!]);
        lagging.wait(300_001);
        await use();
      } finally {
        await lagging.close();
      }
    },
  );

  it("keeps grants and grant tokens over a restart", async () => {
    const dataDir = await temporaryFolder();
    const first = await start({ dataDir });
    const { KeyId } = await createKey(first.client());
    const wishes = { KeyId, Name: "kept", GranteePrincipal: root(), Operations: ["Decrypt" as const] };
    const { GrantId, GrantToken } = await first.client().send(new CreateGrantCommand(wishes));
    await first.close();
    const second = await start({ dataDir });
    try {
      assert.equal((await second.client().send(new CreateGrantCommand(wishes))).GrantId, GrantId);
      await second.client().send(new RetireGrantCommand({ GrantToken }));
    } finally {
      await second.close();
    }
  });
});
