/** What a key may do besides, feature by feature. */
import { randomBytes } from "node:crypto";
import {
  DisableKeyCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import { VAULTS_ALIAS } from "../../world/vaultKey";
import { HOME, type Life, policy, REPLICA } from "../life";
import { adopted, adoptedForSigning, rootKey, SIGNING_KEY } from "./given";
import type { TriedLife } from "./triedLife";

export const OPTIONAL_LIVES: TriedLife[] = [
  {
    name: "a key that others change in AWS",
    feature: "drift",
    features: ["everyKey", "drift", "changes"],
    refused: ["ListKeys"],
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
      "kms:GetKeyPolicy": "warning at refresh, repair; lost: 1 change stays unseen",
      "kms:ListResourceTags": "warning at refresh, repair; lost: 1 change stays unseen",
      "kms:CancelKeyDeletion": "error at repair",
    },
  },
  {
    name: "a replicated key with all of this, that is removed and declared again too",
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
      await life.up("declare again");
      await life.remove();
    },
    without: {
      "kms:GetKeyPolicy": "warning at rotate, refresh, declare again",
      "kms:ListResourceTags":
        "warning at refresh, declare again; lost: encrypting or decrypting fails meanwhile, ciphertext of before needs a deletion cancelled by hand",
      "kms:CancelKeyDeletion": "error at repair, declare again",
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
      "kms:ListKeys": "error at create",
      "kms:ListResourceTags": "error at create",
      "kms:DescribeKey": "warning at create",
    },
  },
  {
    name: "a distribution that is removed and declared again",
    feature: "recovery",
    features: ["everyKey", "recovery"],
    async live(life) {
      await life.up("create");
      await life.remove();
      await life.up("declare again");
      await life.remove();
    },
    without: {
      "kms:ListKeys":
        "warning at declare again; lost: encrypting or decrypting fails meanwhile, ciphertext of before needs a deletion cancelled by hand",
      "kms:ListResourceTags":
        "warning at declare again; lost: encrypting or decrypting fails meanwhile, ciphertext of before needs a deletion cancelled by hand",
      "kms:DescribeKey": "warning at declare again",
      "kms:GetKeyPolicy": "warning at declare again",
      "kms:ListGrants": "warning at declare again",
      "kms:CancelKeyDeletion": "error at declare again",
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
    refused: ["ListResourceTags", "ListKeys"],
    async live(life) {
      await life.up("adopt", { distribution: { adopt: { aliasName: VAULTS_ALIAS } } });
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
    name: "an asymmetric KMS key that is adopted",
    feature: "adoption",
    features: ["everyKey", "adoption"],
    given: adoptedForSigning,
    live: (life) =>
      life.step("adopt", () =>
        life.program.up({
          kms: { credentials: undefined },
          key: {
            type: "ecdsa-p256",
            material: SIGNING_KEY.export({ type: "pkcs8", format: "pem" }).toString(),
          },
          distribution: { adopt: { aliasName: VAULTS_ALIAS } },
        }),
      ),
    without: {
      "kms:DescribeKey": "error at adopt",
      "kms:GetPublicKey": "warning at adopt",
    },
  },
  {
    name: "a key that is rotated on demand",
    feature: "onDemandRotation",
    features: ["everyKey", "onDemandRotation"],
    live: onDemandLife,
    refused: ["ListResourceTags", "ListKeys"],
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
    refused: ["ListResourceTags", "ListKeys"],
    without: {
      "kms:RotateKeyOnDemand": "error at rotate, rotate (killed)",
      "kms:DescribeKey": "error at create, rotate, rotate (killed), rotate after that",
    },
  },
  {
    name: "a key with tags, policy and description",
    feature: "changes",
    features: ["everyKey", "changes"],
    refused: ["DescribeKey", "ListResourceTags", "ListKeys"],
    async live(life) {
      const first = {
        policy: policy(life, "First"),
        description: "orders",
        tags: { team: "payments", cost: "42" },
      };
      await life.up("create", { distribution: first });
      await life.up("rotate", { key: { rotationTrigger: "b" } });
      const second = { policy: policy(life, "Second"), description: "all orders", tags: { team: "billing" } };
      await life.up("change all three", { distribution: second });
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
    refused: ["DescribeKey", "ListResourceTags", "ListKeys"],
    without: {
      "kms:GenerateDataKey": "error at create, rotate, seal again",
      "kms:Decrypt": "error at create, rotate, seal otherwise",
    },
  },
];

/** Rotated twice: the second time by an update that is killed before anything of it is stored, and by the next one. */
async function onDemandLife(life: Life): Promise<void> {
  await life.up("create", { distribution: { rotationStrategy: "on-demand" } });
  await life.up("rotate", { key: { rotationTrigger: "b" } });
  await life.killed("rotate (killed)", { key: { rotationTrigger: "c" } });
  await life.up("rotate after that");
  await life.remove();
}
