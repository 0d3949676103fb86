/** What every key does. */
import type { Life } from "../life";
import type { TriedLife } from "./triedLife";

export const NEEDED_LIVES: TriedLife[] = [
  {
    name: "a key in one Region",
    feature: "everyKey",
    features: ["everyKey"],
    live: plainLife,
    refused: ["DescribeKey", "ListResourceTags", "ListKeys"],
    without: {
      "kms:CreateKey": "error at create, rotate",
      "kms:TagResource": "error at create, rotate, change a tag",
      "kms:GetParametersForImport": "error at create, rotate",
      "kms:ImportKeyMaterial": "error at create, rotate",
      "kms:CreateAlias": "error at create",
      "kms:UpdateAlias": "error at rotate",
      "kms:DeleteAlias": "error at remove",
      "kms:ListAliases": "error at create, rotate, remove",
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
    refused: ["ListResourceTags", "ListKeys"],
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
    refused: ["GetKeyPolicy", "ListResourceTags", "ListKeys"],
    without: {
      "kms:CreateKey": "error at create, rotate",
      "kms:TagResource": "error at create, rotate, change a tag",
      "kms:GetParametersForImport": "error at create, rotate",
      "kms:ImportKeyMaterial": "error at create, rotate",
      "kms:CreateAlias": "error at create",
      "kms:UpdateAlias": "error at rotate",
      "kms:DeleteAlias": "error at remove the replica, remove",
      "kms:ListAliases": "error at rotate, remove the replica, remove",
      "kms:EnableKey": "error at enable version 1",
      "kms:DisableKey": "error at disable version 1",
      "kms:ScheduleKeyDeletion": "error at remove the replica, remove",
      "kms:ReplicateKey": "error at create, rotate",
      "kms:DescribeKey": "error at create, rotate",
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
