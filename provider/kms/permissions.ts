/**
 * Every permission that this package uses, its purpose, and what is lost without it. It is the only source of `keymgmt iam-policy`,
 * `keymgmt doctor`, docs/permissions.md and the test that runs whole life cycles with only these permissions.
 */

/** The feature that needs a permission. Only the first two are required. Without the others a key can be distributed, with less done. */
export type Feature =
  | "everyKey"
  | "multiRegion"
  | "drift"
  | "recovery"
  | "adoption"
  | "onDemandRotation"
  | "changes"
  | "sealing"
  | "quotas"
  | "status"
  | "sweep";

/**
 * The resource of a permission. It decides which conditions a policy can set. AWS may need five minutes until authorization sees new
 * tags (https://docs.aws.amazon.com/kms/latest/developerguide/abac.html), so the calls right after CreateKey cannot require tags.
 * - `account`: no KMS key; the resource is "*".
 * - `newKey`: a KMS key that may be seconds old. Only creating, importing, naming and replicating belong here, because these permissions
 *   also apply to other owners' untagged KMS keys.
 * - `ownKey`: a KMS key whose tags authorization sees.
 * - `anyKey`: every KMS key. Ours are found by reading all.
 * - `rootKey`: the KMS key that a ManagedKey's `keystore` names.
 * - `serviceLinkedRole`: the role by which AWS keeps multi-Region keys in step.
 */
export type PermissionTarget = "account" | "newKey" | "ownKey" | "anyKey" | "rootKey" | "serviceLinkedRole";

export interface Permission {
  /** IAM action. */
  action: `kms:${string}` | "iam:CreateServiceLinkedRole" | "servicequotas:ListServiceQuotas";
  on: PermissionTarget;
  /** When it is used. */
  when: string;
  /** What is lost without it. */
  without: string;
}

/** Features in display order. */
export const FEATURES: Readonly<Record<Feature, string>> = {
  everyKey: "Every key",
  multiRegion: "Multi-Region keys, in each of their Regions",
  drift: "Drift and repair",
  recovery: "Recovery of lost and former KMS keys",
  adoption: "Adoption of existing KMS keys",
  onDemandRotation: "On-demand rotation",
  changes: "Changes of tags, policy and description",
  sealing: "Keyrings sealed by a KMS key",
  quotas: "Quotas from Service Quotas",
  status: "keymgmt status",
  sweep: "keymgmt sweep",
};

/** Features without which no key, or no multi-Region key, is distributed. */
export const NEEDED: readonly Feature[] = ["everyKey", "multiRegion"];

const describeKey = (when: string, without: string): Permission => ({
  action: "kms:DescribeKey",
  on: "newKey",
  when,
  without,
});

/** Permissions by feature. Material that expires needs only those of `everyKey`. */
export const PERMISSIONS: Readonly<Record<Feature, readonly Permission[]>> = {
  everyKey: [
    {
      action: "kms:CreateKey",
      on: "account",
      when: "a version gets its KMS key; a replica, in its Region, too",
      without: "the update fails, and nothing is made",
    },
    {
      action: "kms:TagResource",
      on: "newKey",
      when: "with CreateKey: the tags by which a lost KMS key is found; a changed tag",
      without: "AWS refuses CreateKey",
    },
    {
      action: "kms:GetParametersForImport",
      on: "newKey",
      when: "before each import",
      without: "the update fails, and the KMS key stays without material",
    },
    {
      action: "kms:ImportKeyMaterial",
      on: "newKey",
      when: "each import",
      without: "the update fails, and the KMS key stays without material",
    },
    {
      action: "kms:CreateAlias",
      on: "newKey",
      when: "a key is distributed; `extraAliases` has a new one; an alias was deleted outside Pulumi",
      without: "the update fails, and applications have no alias",
    },
    {
      action: "kms:UpdateAlias",
      on: "newKey",
      when: "a rotation; an alias was moved outside Pulumi; `adopt.aliasName` names one of `extraAliases`, then for the KMS key that it points to as well",
      without: "the update fails, and the alias stays at the former version",
    },
    {
      action: "kms:DeleteAlias",
      on: "ownKey",
      when: "a distribution or a replica is removed; one of `extraAliases` is removed",
      without: "the removal fails before anything is scheduled for deletion",
    },
    {
      action: "kms:ListAliases",
      on: "account",
      when: "before an alias is moved or deleted: whether it points to a KMS key of the distribution; before `extraAliases` gets a new one, in a preview too: whether anybody has it; a former key is distributed again: whether its alias exists; without STS: which account it is",
      without:
        "a rotation fails before the alias moves, and a removal before anything is scheduled for deletion",
    },
    {
      action: "kms:EnableKey",
      on: "ownKey",
      when: "`minEnabledVersion` is lowered; a KMS key was disabled outside Pulumi",
      without: "the update fails, and the version stays disabled",
    },
    {
      action: "kms:DisableKey",
      on: "ownKey",
      when: "`minEnabledVersion` is raised",
      without: "the update fails, and the version stays usable",
    },
    {
      action: "kms:ScheduleKeyDeletion",
      on: "ownKey",
      when: "a distribution or a replica is removed",
      without: "the removal fails, and its KMS keys stay",
    },
  ],
  multiRegion: [
    {
      action: "kms:ReplicateKey",
      on: "newKey",
      when: "a replica is made, in the primary's Region",
      without: "the update of the replica fails",
    },
    describeKey(
      "a new replica: until it is no longer Creating; a rotation: which Regions hold replicas",
      "the update of the replica, and every rotation, fails",
    ),
    {
      action: "iam:CreateServiceLinkedRole",
      on: "serviceLinkedRole",
      when: "AWS makes the role with the account's first multi-Region key",
      without: "AWS refuses CreateKey, unless the role is there",
    },
  ],
  drift: [
    describeKey(
      "`pulumi refresh`, and an update that checks AWS first: state, expiry, material, where the alias points; a rotation: until the new KMS key is visible",
      "a change made in AWS is not seen; a rotation moves the alias without waiting",
    ),
    {
      action: "kms:GetKeyPolicy",
      on: "ownKey",
      when: "whether the key policy is still the program's; the policy of a new version's replica",
      without:
        "a policy changed in AWS is not seen; a new version's replica has AWS's default policy until its KeyReplica is updated",
    },
    {
      action: "kms:ListResourceTags",
      on: "anyKey",
      when: "whether the tags are still the program's",
      without: "a tag changed in AWS is not seen",
    },
    {
      action: "kms:CancelKeyDeletion",
      on: "ownKey",
      when: "a KMS key was scheduled for deletion outside Pulumi",
      without: "the update fails, and AWS deletes the KMS key on its day",
    },
  ],
  recovery: [
    {
      action: "kms:ListKeys",
      on: "account",
      when: "an update was killed, or the response to CreateKey was lost; a distribution is declared again",
      without:
        "a KMS key that a killed update created, or that was removed, is not found, and another one is created: ciphertext of the first cannot be decrypted with it; after a lost response the update stops and says how to find the key",
    },
    {
      action: "kms:ListResourceTags",
      on: "anyKey",
      when: "the same: whose KMS key it is; before a deletion is scheduled: whether another stack has taken the KMS key over",
      without:
        "the same; a KMS key that another stack has taken over is scheduled for deletion by its former stack",
    },
    describeKey(
      "the same: what state it is in",
      "a KMS key of a former distribution with another name is not recovered, and another one is created; material is imported again into one of this distribution, which is harmless",
    ),
    {
      action: "kms:GetKeyPolicy",
      on: "ownKey",
      when: "before an orphan is used: whether its key policy is the program's, or AWS's default",
      without: "only its claim is checked, with a warning",
    },
    {
      action: "kms:ListGrants",
      on: "ownKey",
      when: "the same: whether a grant lets others use it",
      without: "the same",
    },
    {
      action: "kms:CancelKeyDeletion",
      on: "ownKey",
      when: "a KMS key that a distribution recovers is scheduled for deletion",
      without: "the update fails, and AWS deletes the KMS key on its day",
    },
  ],
  adoption: [
    describeKey("what the KMS key is, before it is adopted", "adoption is not possible"),
    {
      action: "kms:GetPublicKey",
      on: "ownKey",
      when: "an asymmetric KMS key: whether it holds the version's private key, before it is adopted",
      without: "with a warning, that is known only from the import, where the key's material is imported",
    },
  ],
  onDemandRotation: [
    {
      action: "kms:RotateKeyOnDemand",
      on: "ownKey",
      when: "a rotation within one KMS key",
      without: "the update fails, and the former version stays in use",
    },
    describeKey(
      "whether AWS has made the new material the current one; which Regions hold replicas",
      "the rotation fails, and the former version stays in use",
    ),
  ],
  changes: [
    {
      action: "kms:UntagResource",
      on: "ownKey",
      when: "a tag is removed from the program; after a rotation on demand for which the deletion of a replica was cancelled",
      without: "the tag stays on the KMS keys",
    },
    {
      action: "kms:PutKeyPolicy",
      on: "ownKey",
      when: "`policy` changes; a KMS key is created with a `policy`: AWS requires that its creator can change it",
      without: "the update fails",
    },
    {
      action: "kms:UpdateKeyDescription",
      on: "ownKey",
      when: "`description` changes",
      without: "the update fails",
    },
  ],
  sealing: [
    {
      action: "kms:GenerateDataKey",
      on: "rootKey",
      when: "a version of a key whose `keystore` is `awskms://…` is made, or sealed again",
      without: "the update fails, and the keyring stays as it was",
    },
    {
      action: "kms:Decrypt",
      on: "rootKey",
      when: "such a version is imported; its `keystore` changes",
      without: "the update fails, and the keyring stays as it was",
    },
  ],
  quotas: [
    {
      action: "servicequotas:ListServiceQuotas",
      on: "account",
      when: '`quotas: "aws"` of a KmsProvider: the account\'s request quotas, once a run in each Region where KMS is called',
      without: "the update says so once, and AWS's default quotas are assumed",
    },
  ],
  status: [
    describeKey(
      "what AWS shows of each KMS key and alias, and of those scheduled for deletion",
      "only the state can be shown (`--offline`)",
    ),
    {
      action: "kms:GetKeyPolicy",
      on: "ownKey",
      when: "whether the key policy is still the program's",
      without: "a policy changed in AWS is not seen",
    },
    {
      action: "kms:ListResourceTags",
      on: "anyKey",
      when: "whether the tags are still the program's; whose KMS key is scheduled for deletion; `--account`: whose KMS key it is",
      without:
        "a tag changed in AWS is not seen, and what is scheduled for deletion is not shown; `--account` is not possible",
    },
    {
      action: "kms:ListKeys",
      on: "account",
      when: "what the stack has scheduled for deletion; `--account`: every KMS key of a Region",
      without: "what is scheduled for deletion is not shown; `--account` is not possible",
    },
  ],
  sweep: [
    {
      action: "kms:ListKeys",
      on: "account",
      when: "the search: every KMS key of a Region",
      without: "the search is not possible",
    },
    {
      action: "kms:ListResourceTags",
      on: "anyKey",
      when: "the search: whose KMS key it is",
      without: "the search is not possible",
    },
    describeKey("what state a KMS key is in, and where its replicas are", "the search is not possible"),
    {
      action: "kms:ListAliases",
      on: "account",
      when: "whether an alias points to it",
      without: "the search is not possible",
    },
    {
      action: "kms:ScheduleKeyDeletion",
      on: "ownKey",
      when: "`--delete`",
      without: "nothing is deleted",
    },
  ],
};

/** Permissions of these features, each once, in the table's order. */
export function permissionsFor(features: readonly Feature[]): Permission[] {
  const found = new Map<string, Permission>();
  for (const feature of Object.keys(FEATURES) as Feature[]) {
    if (!features.includes(feature)) continue;
    for (const permission of PERMISSIONS[feature]) {
      if (!found.has(permission.action)) found.set(permission.action, permission);
    }
  }
  return [...found.values()];
}
