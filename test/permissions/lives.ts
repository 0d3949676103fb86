import { randomBytes } from "node:crypto";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DisableKeyCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import type { Scope } from "../../cli/iam-policy/policy";
import { openKms } from "../../provider/awskms/client";
import { importMaterial } from "../../provider/awskms/kmsKeys";
import type { Feature } from "../../provider/awskms/permissions";
import { inMemory } from "../../provider/awskms/wrapping";
import { strayKey } from "../cli/support";
import { Application } from "../provider/resources/support/client";
import { statusOf, sweepIn } from "./commands";
import { HOME, type Life, REPLICA, STACK } from "./life";

export interface TriedLife {
  name: string;
  /** Whose permissions it is there to try. */
  feature: Feature;
  /** What its policy is for. */
  features: Feature[];
  replicated?: boolean;
  /** Makes what must be there before, as the account's root; returns what the policy must name. */
  given?(url: string, accountId: string): Promise<Partial<Scope>>;
  live(life: Life): Promise<void>;
  /** What happens without each of these permissions. */
  without: Record<string, string>;
  /** Operations of features that its policy is not for: they are tried, and refused. */
  refused?: string[];
}

const ADOPTED = "alias/hashicorp/orders-1700000000";

export const LIVES: TriedLife[] = [
  {
    name: "a key in one Region",
    feature: "everyKey",
    features: ["everyKey"],
    live: plainLife,
    refused: ["DescribeKey"],
    without: {
      "kms:CreateKey": "error at create, rotate",
      "kms:TagResource": "error at create, rotate, change a tag",
      "kms:GetParametersForImport": "error at create, rotate",
      "kms:ImportKeyMaterial": "error at create, rotate",
      "kms:CreateAlias": "error at create",
      "kms:UpdateAlias": "error at rotate",
      "kms:DeleteAlias": "error at remove",
      "kms:ListAliases": "error at create",
      "kms:EnableKey": "error at enable version 1",
      "kms:DisableKey": "error at disable version 1",
      "kms:ScheduleKeyDeletion": "error at remove",
    },
  },
  {
    name: "a key whose material expires",
    feature: "everyKey",
    features: ["everyKey"],
    async live(life) {
      await life.up("create", { distribution: { validFor: "30d" } });
      await life.up("renew", { distribution: { validFor: "60d" } });
      await life.remove();
    },
    without: {
      "kms:GetParametersForImport": "error at create, renew",
      "kms:ImportKeyMaterial": "error at create, renew",
    },
  },
  {
    name: "a replicated key",
    feature: "multiRegion",
    features: ["everyKey", "multiRegion"],
    replicated: true,
    live: plainLife,
    refused: ["GetKeyPolicy"],
    without: {
      "kms:CreateKey": "error at create, rotate",
      "kms:TagResource": "error at create, rotate, change a tag",
      "kms:GetParametersForImport": "error at create, rotate",
      "kms:ImportKeyMaterial": "error at create, rotate",
      "kms:CreateAlias": "error at create",
      "kms:UpdateAlias": "error at rotate",
      "kms:DeleteAlias": "error at remove the replica, remove",
      "kms:ListAliases": "error at create",
      "kms:EnableKey": "error at enable version 1",
      "kms:DisableKey": "error at disable version 1",
      "kms:ScheduleKeyDeletion": "error at remove the replica, remove",
      "kms:ReplicateKey": "error at create, rotate",
      "kms:DescribeKey": "error at create, rotate",
    },
  },
  {
    name: "a key that others change in AWS",
    feature: "drift",
    features: ["everyKey", "drift", "changes"],
    async live(life) {
      await life.up("create", {
        distribution: { policy: policy(life, "First"), tags: { team: "payments" } },
      });
      await life.up("rotate", { key: { rotationTrigger: "b" } });
      await life.asOwner(async () => {
        const { 1: first, 2: second } = life.versions();
        const application = life.application();
        const aliasName = String(life.program.outputs("distribution").aliasName);
        await application.send(new UntagResourceCommand({ KeyId: second!.keyId, TagKeys: ["team"] }));
        await application.send(
          new PutKeyPolicyCommand({ KeyId: second!.keyId, Policy: policy(life, "Theirs") }),
        );
        await application.send(new DisableKeyCommand({ KeyId: second!.keyId }));
        await application.send(new UpdateAliasCommand({ AliasName: aliasName, TargetKeyId: first!.keyId }));
        await application.send(new ScheduleKeyDeletionCommand({ KeyId: first!.keyId }));
      });
      await life.refresh();
      await life.up("repair");
      await life.remove();
    },
    without: {
      "kms:DescribeKey":
        "warning at rotate, refresh; lost: encrypting or decrypting fails meanwhile, 5 changes stay unseen",
      "kms:GetKeyPolicy": "warning at refresh, repair",
      "kms:ListResourceTags": "warning at refresh, repair",
      "kms:CancelKeyDeletion": "error at repair",
    },
  },
  {
    name: "a replicated key with all of this, that comes back too",
    feature: "drift",
    features: ["everyKey", "multiRegion", "drift", "recovery", "changes"],
    replicated: true,
    async live(life) {
      const metadata = { policy: policy(life, "First"), description: "orders", tags: { team: "payments" } };
      await life.up("create", { distribution: metadata, replica: metadata });
      await life.up("rotate", { key: { rotationTrigger: "b" } });
      await life.asOwner(async () => {
        const { keyId } = life.versions()[2]!;
        await life.application(REPLICA).send(new ScheduleKeyDeletionCommand({ KeyId: keyId }));
      });
      await life.refresh();
      await life.up("repair");
      await life.remove();
      life.program.states.delete("alias");
      await life.up("come back");
      await life.remove();
    },
    without: {
      "kms:GetKeyPolicy": "warning at rotate, refresh, repair, come back",
      "kms:ListResourceTags":
        "warning at refresh, repair, come back; lost: encrypting or decrypting fails meanwhile, ciphertext of before needs a deletion cancelled by hand",
      "kms:CancelKeyDeletion": "error at repair, come back",
    },
  },
  {
    name: "a key whose first update was killed",
    feature: "recovery",
    features: ["everyKey", "recovery"],
    async live(life) {
      await life.killed("create (killed)");
      await life.up("create");
      await life.remove();
    },
    without: {
      "kms:ListKeys": "warning at create; lost: a KMS key in us-west-1 that no state knows",
      "kms:ListResourceTags":
        "error at create; warning at create; lost: a KMS key in us-west-1 that no state knows",
      "kms:DescribeKey": "warning at create",
    },
  },
  {
    name: "a distribution that is removed and comes back",
    feature: "recovery",
    features: ["everyKey", "recovery"],
    async live(life) {
      await life.up("create");
      await life.remove();
      life.program.states.delete("alias");
      await life.up("come back");
      await life.remove();
    },
    without: {
      "kms:ListKeys":
        "warning at come back; lost: encrypting or decrypting fails meanwhile, ciphertext of before needs a deletion cancelled by hand",
      "kms:ListResourceTags":
        "warning at come back; lost: encrypting or decrypting fails meanwhile, ciphertext of before needs a deletion cancelled by hand",
      "kms:DescribeKey":
        "warning at come back; lost: encrypting or decrypting fails meanwhile, ciphertext of before needs a deletion cancelled by hand",
      "kms:CancelKeyDeletion": "error at come back",
    },
  },
  {
    name: "a distribution whose removal was interrupted",
    feature: "recovery",
    features: ["everyKey", "recovery"],
    async live(life) {
      await life.up("create");
      await life.remove();
      await life.up("keep it after all");
      await life.remove();
    },
    without: {
      "kms:ListKeys":
        "warning at keep it after all; lost: encrypting or decrypting fails meanwhile, ciphertext of before needs a deletion cancelled by hand",
      "kms:ListResourceTags":
        "warning at keep it after all; lost: encrypting or decrypting fails meanwhile, ciphertext of before needs a deletion cancelled by hand",
      "kms:DescribeKey": "warning at keep it after all",
      "kms:CancelKeyDeletion": "error at keep it after all",
    },
  },
  {
    name: "a KMS key that is adopted",
    feature: "adoption",
    features: ["everyKey", "adoption"],
    given: adopted,
    async live(life) {
      await life.up("adopt", { distribution: { adopt: { aliasName: ADOPTED } } });
      await life.up("rotate", { key: { rotationTrigger: "b" } });
      await life.up("disable version 1", { key: { minEnabledVersion: 2 } });
      await life.up("enable version 1", { key: { minEnabledVersion: 1 } });
      await life.remove();
    },
    without: {
      "kms:DescribeKey": "error at adopt; warning at rotate",
    },
  },
  {
    name: "a key that is rotated on demand",
    feature: "onDemandRotation",
    features: ["everyKey", "onDemandRotation"],
    live: onDemandLife,
    without: {
      "kms:RotateKeyOnDemand": "error at rotate, rotate (killed)",
      "kms:DescribeKey": "error at rotate, rotate (killed), rotate after that",
    },
  },
  {
    name: "a replicated key that is rotated on demand",
    feature: "onDemandRotation",
    features: ["everyKey", "multiRegion", "onDemandRotation"],
    replicated: true,
    live: onDemandLife,
    without: {
      "kms:RotateKeyOnDemand": "error at rotate, rotate (killed)",
      "kms:DescribeKey": "error at create, rotate, rotate (killed), rotate after that",
    },
  },
  {
    name: "a key with tags, policy and description",
    feature: "changes",
    features: ["everyKey", "multiRegion", "changes"],
    replicated: true,
    refused: ["GetKeyPolicy"],
    async live(life) {
      const first = {
        policy: policy(life, "First"),
        description: "orders",
        tags: { team: "payments", cost: "42" },
      };
      await life.up("create", { distribution: first, replica: first });
      await life.up("rotate", { key: { rotationTrigger: "b" } });
      const second = { policy: policy(life, "Second"), description: "all orders", tags: { team: "billing" } };
      await life.up("change all three", { distribution: second, replica: second });
      await life.remove();
    },
    without: {
      "kms:UntagResource": "warning at change all three",
      "kms:PutKeyPolicy": "error at create, rotate, change all three",
      "kms:UpdateKeyDescription": "error at change all three",
    },
  },
  {
    name: "a key whose keyring a KMS key seals",
    feature: "sealing",
    features: ["everyKey", "sealing"],
    given: rootKey,
    async live(life) {
      process.env.ROOT = randomBytes(32).toString("base64");
      const keystore = `awskms://alias/root?region=${HOME}&endpoint=${life.site.url}`;
      await life.up("create", { key: { keystore } });
      await life.up("rotate", { key: { rotationTrigger: "b" } });
      await life.up("seal otherwise", { key: { keystore: "env://ROOT" } });
      await life.up("seal again", { key: { keystore } });
      await life.remove();
    },
    refused: ["DescribeKey"],
    without: {
      "kms:GenerateDataKey": "error at create, rotate, seal again",
      "kms:Decrypt": "error at create, rotate, seal otherwise",
    },
  },
  {
    name: "keymgmt status",
    feature: "status",
    features: ["status"],
    given: foreign,
    async live(life) {
      await life.asOwner(() => life.up("create", { distribution: { policy: policy(life, "Ours") } }));
      await statusOf(life);
    },
    without: {
      "kms:DescribeKey": "error at status, status --account; warning at status",
      "kms:GetKeyPolicy": "warning at status",
      "kms:ListResourceTags": "error at status --account; warning at status",
      "kms:ListKeys": "error at status --account",
    },
  },
  {
    name: "keymgmt sweep",
    feature: "sweep",
    features: ["sweep"],
    given: stray,
    async live(life) {
      await life.asOwner(() => life.up("create"));
      await sweepIn(life);
      await life.asOwner(() => life.up("after it"));
    },
    without: {
      "kms:ListKeys": "error at sweep, sweep --delete",
      "kms:ListResourceTags": "error at sweep, sweep --delete",
      "kms:DescribeKey": "error at sweep, sweep --delete",
      "kms:ListAliases": "error at sweep, sweep --delete",
      "kms:ScheduleKeyDeletion": "error at sweep --delete",
    },
  },
];

/** Create, rotate, raise and lower the minimum, delete: what every key does. */
async function plainLife(life: Life): Promise<void> {
  await life.site.loseAnswer?.("CreateAlias");
  await life.up("create");
  await life.up("rotate", { key: { rotationTrigger: "b" } });
  await life.up("change a tag", { distribution: { tags: { team: "payments" } } });
  await life.up("disable version 1", { key: { minEnabledVersion: 2 } });
  await life.up("enable version 1", { key: { minEnabledVersion: 1 } });
  await life.remove();
}

/** Rotated twice: the second time by an update that is killed before anything of it is stored, and by the next one. */
async function onDemandLife(life: Life): Promise<void> {
  await life.up("create", { distribution: { rotationStrategy: "on-demand" } });
  await life.up("rotate", { key: { rotationTrigger: "b" } });
  await life.killed("rotate (killed)", { key: { rotationTrigger: "c" } });
  await life.up("rotate after that");
  await life.remove();
}

/** A KMS key as Vault leaves it: imported, behind an alias, without a tag of ours. */
async function adopted(url: string, accountId: string): Promise<Partial<Scope>> {
  const owner = new Application({ url }, HOME, accountId);
  const { KeyMetadata } = await owner.send(new CreateKeyCommand({ Origin: "EXTERNAL" }));
  const credentials = { accessKey: accountId, secretKey: "secret" };
  const kms = openKms({ keyCollection: HOME, endpoint: url, credentials });
  await importMaterial(
    kms,
    KeyMetadata!.KeyId!,
    inMemory(randomBytes(32)),
    { wrappingKeySpec: "RSA_2048" },
    {},
  );
  await owner.send(new CreateAliasCommand({ AliasName: ADOPTED, TargetKeyId: KeyMetadata!.KeyId! }));
  return { adoptedArns: [KeyMetadata!.Arn!] };
}

/** A KMS key that nothing accounts for, old enough not to be in the making, and one of another stack. */
async function stray(url: string, accountId: string): Promise<Partial<Scope>> {
  const owner = new Application({ url }, HOME, accountId);
  await strayKey(owner, { stack: STACK, distribution: "gone-1", version: "1" });
  return foreign(url, accountId);
}

async function foreign(url: string, accountId: string): Promise<Partial<Scope>> {
  const owner = new Application({ url }, HOME, accountId);
  await strayKey(owner, { stack: "organization/shop/prod", distribution: "theirs-1", version: "1" }, true);
  return {};
}

async function rootKey(url: string, accountId: string): Promise<Partial<Scope>> {
  const owner = new Application({ url }, HOME, accountId);
  const { KeyMetadata } = await owner.send(new CreateKeyCommand({}));
  await owner.send(new CreateAliasCommand({ AliasName: "alias/root", TargetKeyId: KeyMetadata!.KeyId! }));
  return { rootKeyArns: [KeyMetadata!.Arn!] };
}

/** A key policy that lets the account's IAM policies decide, as AWS's default does. */
function policy({ site }: Life, Sid: string): string {
  const Principal = { AWS: `arn:aws:iam::${site.accountId}:root` };
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Sid, Effect: "Allow", Principal, Action: "kms:*", Resource: "*" }],
  });
}
