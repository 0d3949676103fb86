/** The least privilege that IAM can express for resources, Regions and features. */

import { AES_256, type KeyType } from "../../provider/keys/keyTypes.js";
import { partitionOf } from "../../provider/kms/endpoints/regions.js";
import { type Feature, type Permission, permissionsFor } from "../../provider/kms/permissions.js";
import { TAG } from "../../provider/kms/taggedKeys.js";

/** What the policy is for. */
export interface Scope {
  /** 12 digits. */
  accountId: string;
  /** Regions in which KMS keys are made. */
  primaryRegions: string[];
  /** Regions in which replicas are made; a Region may be both. */
  replicaRegions: string[];
  /** Whether the KMS keys are multi-Region; undefined where there are both kinds. */
  multiRegion: boolean | undefined;
  /** Types of the keys; AES-256 alone where there are none. */
  keyTypes?: readonly KeyType[];
  /** Names without `alias/`; may end in `*`. */
  aliases: string[];
  /** `organization/project/stack`; empty where any stack is meant. */
  stacks: string[];
  /** Former names of these stacks. After a rename the tags of KMS keys have them until the next update. */
  formerStacks?: string[];
  /** ARNs of KMS keys that were adopted or will be. */
  adoptedArns: string[];
  /** ARNs of the KMS keys that seal keyrings; empty where any KMS key of the account may. */
  rootKeyArns: string[];
  /** The shortest waiting period of a deletion, 7 to 30 days; undefined for AWS's minimum of 7. */
  minWindowDays?: number;
  features: Feature[];
}

export interface Policy {
  Version: "2012-10-17";
  Statement: Statement[];
}

interface Statement {
  Sid: string;
  Effect: "Allow";
  Action: string | string[];
  Resource: string | string[];
  Condition?: Condition;
}

/** Condition keys with their values, by operator. */
type Condition = Record<string, Record<string, string | string[]>>;

/** CreateAlias, UpdateAlias and DeleteAlias need the permission on the alias too, and aliases have no condition keys. */
const ALIAS_ACTIONS = ["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"];

/** Actions with a statement of their own. */
const SPECIAL = [
  "kms:CreateKey",
  "kms:TagResource",
  "kms:ReplicateKey",
  "kms:DescribeKey",
  "iam:CreateServiceLinkedRole",
];

/** AWS's limit for a managed policy, without white space (IAM and STS quotas). */
export const MANAGED_POLICY_CHARACTERS = 6144;

export function policyFor(scope: Scope): Policy {
  const permissions = permissionsFor(scope.features);
  const has = (action: string) => permissions.some((permission) => permission.action === action);
  const on = (target: Permission["on"]) =>
    permissions
      .filter((permission) => permission.on === target && !SPECIAL.includes(permission.action))
      .map(({ action }) => action as string);
  const statements = [
    ...(has("kms:CreateKey") ? createKeys(scope) : []),
    ...(has("kms:TagResource") ? tagKeys(scope) : []),
    ...(has("kms:PutKeyPolicy") ? [newKeyPolicies(scope)] : []),
    ...(has("kms:ReplicateKey") ? [replicateKeys(scope)] : []),
    keys("UseNewKeys", on("newKey"), scope, notOfOthers(scope)),
    keys("ManageOwnKeys", [...on("newKey"), ...on("ownKey")], scope, own(on("ownKey"), scope)),
    adoptedKeys([...on("newKey"), ...on("ownKey")], scope),
    keys("LookAtKeys", ["kms:DescribeKey"].filter(has), { ...scope, multiRegion: undefined }, IMPORTED),
    rootKeys(on("rootKey"), scope),
    keys("FindKeys", on("anyKey"), { ...scope, multiRegion: undefined }),
    aliases(ALIAS_ACTIONS.filter(has), scope),
    list(on("account"), scope),
    ...(has("iam:CreateServiceLinkedRole") ? [serviceLinkedRole(scope)] : []),
  ];
  return {
    Version: "2012-10-17",
    Statement: statements.filter(({ Action, Resource }) => Action.length > 0 && Resource.length > 0),
  };
}

/** Notes for the reader of the policy. */
export function notesFor(scope: Scope, policy: Policy): string[] {
  const has = (sid: string) => policy.Statement.some(({ Sid }) => Sid === sid);
  const characters = JSON.stringify(policy).replaceAll(/\s/g, "").length;
  return [
    ...(scope.stacks.length === 0 && has("ManageOwnKeys")
      ? ["Without --for-stack the policy applies to the KMS keys of every stack in the account."]
      : []),
    ...(has("UseNewKeys") || has("TagNewKeys")
      ? [
          "The calls right after CreateKey cannot require the stack's tag, because AWS may need five minutes until a tag takes effect. So the policy also allows to import material, to create an alias and to set the stack's tag on an imported KMS key of another owner that has no tag keymgmt:stack, no alias outside of these, and a key policy that lets IAM policies decide. AWS accepts material only if the KMS key has none yet.",
          "No statement has the condition kms:RequestAlias: it matches only calls that name a KMS key by its alias, and this package names it by its id. Use it in policies for applications.",
        ]
      : []),
    ...(scope.features.includes("adoption") && scope.adoptedArns.length === 0
      ? [
          "An adopted KMS key keeps its own tags, so ManageOwnKeys does not cover it: name it with --adopt-key.",
        ]
      : []),
    ...(has("UseRootKeys") && scope.rootKeyArns.length === 0
      ? ["UseRootKeys applies to every KMS key of the account in these Regions: name yours with --root-key."]
      : []),
    ...(has("ManageOwnKeys")
      ? [
          "The policy has an effect only on KMS keys whose key policy lets the account's IAM policies decide, as AWS's default key policy does.",
        ]
      : []),
    ...(characters > MANAGED_POLICY_CHARACTERS
      ? [
          `The policy has ${characters} characters; a managed policy may have ${MANAGED_POLICY_CHARACTERS}. Split it by Regions.`,
        ]
      : []),
  ];
}

function createKeys(scope: Scope): Statement[] {
  const create: Statement = {
    ...allow("CreateKeys", "kms:CreateKey", "*"),
    Condition: all(
      { StringEquals: { "aws:RequestedRegion": one(scope.primaryRegions) } },
      ofKind(scope),
      { StringEquals: { "kms:KeyUsage": one(usagesOf(scope)) } },
      tagged("aws:RequestTag", scope.stacks),
      scope.multiRegion === undefined ? {} : { Bool: { "kms:MultiRegion": String(scope.multiRegion) } },
      noLockout(["kms:CreateKey"]),
    ),
  };
  if (scope.replicaRegions.length === 0) return [create];
  // ReplicateKey needs kms:CreateKey in the replica's Region (API reference of ReplicateKey). AWS does not document which of these
  // condition keys are present then. CreateKey itself has all but the last, so these conditions exclude it.
  const inReplicas: Statement = {
    ...allow("CreateReplicas", "kms:CreateKey", "*"),
    Condition: all(
      { StringEquals: { "aws:RequestedRegion": one(scope.replicaRegions) } },
      { BoolIfExists: { "kms:MultiRegion": "true" } },
      { StringEqualsIfExists: { ...kindOf(scope), "kms:MultiRegionKeyType": "REPLICA" } },
      taggedIfPresent("aws:RequestTag", scope.stacks),
      noLockout(["kms:CreateKey"]),
    ),
  };
  return [create, inReplicas];
}

/**
 * For tags in CreateKey AWS requires kms:TagResource on all KMS keys in the account and Region
 * (https://docs.aws.amazon.com/kms/latest/developerguide/manage-tags-api.html): the KMS key does not exist yet, so it has neither
 * tags nor aliases, and perhaps no origin. An existing KMS key has an origin, so the conditions exclude those of others where they can.
 */
function tagKeys(scope: Scope): Statement[] {
  const everyKey = { ...scope, multiRegion: undefined };
  const untagged = { Null: { [`aws:ResourceTag/${TAG.stack}`]: "true" } };
  const created = all(tagged("aws:RequestTag", scope.stacks), untagged, withOurAliases(scope), {
    StringEqualsIfExists: kindOf(scope),
  });
  const later = all(
    tagged("aws:ResourceTag", ownNames(scope)),
    ofKind(scope),
    taggedIfPresent("aws:RequestTag", scope.stacks),
  );
  return [
    keys("TagNewKeys", ["kms:TagResource"], everyKey, created),
    keys("TagOwnKeys", ["kms:TagResource"], scope, later),
  ];
}

/**
 * CreateKey with a key policy requires kms:PutKeyPolicy as well
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_kms.html), in a request that holds the tags.
 * A call of PutKeyPolicy itself has no tags.
 */
const newKeyPolicies = (scope: Scope) =>
  keys(
    "MakeKeysWithPolicy",
    ["kms:PutKeyPolicy"],
    { ...scope, multiRegion: undefined },
    all(tagged("aws:RequestTag", scope.stacks), noLockout(["kms:PutKeyPolicy"])),
  );

function replicateKeys(scope: Scope): Statement {
  const primaries = { StringEquals: { "kms:MultiRegionKeyType": "PRIMARY" } };
  const regions = { StringEquals: { "kms:ReplicaRegion": one(scope.replicaRegions) } };
  const condition = all(
    ofKind(scope),
    primaries,
    regions,
    taggedIfPresent("aws:ResourceTag", ownNames(scope)),
  );
  return keys("ReplicateKeys", ["kms:ReplicateKey"], { ...scope, replicaRegions: [] }, condition);
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-auth-slr.html */
function serviceLinkedRole({ accountId, primaryRegions }: Scope): Statement {
  const role =
    "role/aws-service-role/mrk.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceMultiRegionKeys";
  return {
    ...allow(
      "MakeMultiRegionRole",
      "iam:CreateServiceLinkedRole",
      `arn:${partitionOf(primaryRegions[0]!)}:iam::${accountId}:${role}`,
    ),
    Condition: { StringEquals: { "iam:AWSServiceName": "mrk.kms.amazonaws.com" } },
  };
}

function keys(Sid: string, actions: string[], scope: Scope, Condition?: Condition): Statement {
  const ids = scope.multiRegion === true ? "mrk-*" : "*";
  const resources = regionsOf(scope).map((region) => `${arn(scope, region)}:key/${ids}`);
  return { ...allow(Sid, one(actions), one(resources)), ...(Condition && { Condition }) };
}

/** An adopted KMS key keeps its own tags, which may be another stack's. So the policy names its ARN. */
function adoptedKeys(actions: string[], scope: Scope): Statement {
  const Condition = all(noLockout(actions), minimumWindow(scope));
  return {
    ...allow("ManageAdoptedKeys", one(actions), one(scope.adoptedArns)),
    ...(Object.keys(Condition).length > 0 && { Condition }),
  };
}

/** Every sealed version has this encryption context. The condition protects other data that the KMS key encrypts. */
function rootKeys(actions: string[], scope: Scope): Statement {
  const { rootKeyArns } = scope;
  const any = keys("UseRootKeys", actions, { ...scope, multiRegion: undefined });
  return {
    ...any,
    ...(rootKeyArns.length > 0 && { Resource: one(rootKeyArns) }),
    Condition: { Null: { "kms:EncryptionContext:keymgmt:key": "false" } },
  };
}

function aliases(actions: string[], scope: Scope): Statement {
  const resources = regionsOf(scope).flatMap((region) =>
    scope.aliases.map((name) => `${arn(scope, region)}:alias/${name}`),
  );
  return allow("NameKeys", one(actions), one(resources));
}

function list(actions: string[], scope: Scope): Statement {
  return {
    ...allow("ListAll", one(actions), "*"),
    Condition: { StringEquals: { "aws:RequestedRegion": one(regionsOf(scope)) } },
  };
}

const regionsOf = ({ primaryRegions, replicaRegions }: Scope) =>
  [...new Set([...primaryRegions, ...replicaRegions])].sort();

const IMPORTED: Condition = { StringEquals: { "kms:KeyOrigin": "EXTERNAL" } };

/** The kinds of KMS keys that keys of these types have. No others are changed. */
const kindOf = ({ keyTypes = [AES_256] }: Scope) => ({
  "kms:KeyOrigin": "EXTERNAL",
  "kms:KeySpec": one(keyTypes.map(({ keySpec }) => keySpec)),
});
const usagesOf = ({ keyTypes = [AES_256] }: Scope) => [
  ...new Set<string>(keyTypes.flatMap(({ usages }) => usages.map(({ keyUsage }) => keyUsage))),
];
const ofKind = (scope: Scope): Condition => ({ StringEquals: kindOf(scope) });
const ofOurKind = (scope: Scope) =>
  all(ofKind(scope), scope.multiRegion === false ? { Bool: { "kms:MultiRegion": "false" } } : {});

/** Forbids a key policy that locks the account out. Other calls than CreateKey and PutKeyPolicy do not have the condition key and pass. */
const noLockout = (actions: string[]): Condition =>
  actions.includes("kms:CreateKey") || actions.includes("kms:PutKeyPolicy")
    ? { BoolIfExists: { "kms:BypassPolicyLockoutSafetyCheck": "false" } }
    : {};

/**
 * The tags of new KMS keys may not have taken effect yet. `IfExists` allows KMS keys without the tag, and excludes those that have
 * another stack's. A KMS key with an alias outside of the scope is somebody else's and is excluded too.
 */
function notOfOthers(scope: Scope): Condition {
  return all(ofOurKind(scope), taggedIfPresent("aws:ResourceTag", ownNames(scope)), withOurAliases(scope));
}

/** The KMS key has no alias, or only these: ForAllValues is true for an empty list. A new alias may need five minutes to take effect too. */
const withOurAliases = ({ aliases }: Scope): Condition => ({
  "ForAllValues:StringLike": { "kms:ResourceAliases": one(aliases.map((name) => `alias/${name}`)) },
});

const own = (actions: string[], scope: Scope) =>
  all(tagged("aws:ResourceTag", ownNames(scope)), ofOurKind(scope), noLockout(actions), minimumWindow(scope));

/** A KMS key of a renamed stack has the former name in its tags until an update changes them. */
const ownNames = ({ stacks, formerStacks = [] }: Scope) =>
  stacks.length > 0 ? [...new Set([...stacks, ...formerStacks])].sort() : [];

/** Only ScheduleKeyDeletion has this condition key; other calls pass. */
const minimumWindow = ({ minWindowDays }: Scope): Condition =>
  minWindowDays === undefined
    ? {}
    : {
        NumericGreaterThanEqualsIfExists: {
          "kms:ScheduleKeyDeletionPendingWindowInDays": String(minWindowDays),
        },
      };

type Tagged = "aws:RequestTag" | "aws:ResourceTag";

/** Requires the stack's tag in the request or on the KMS key; any stack's where `stacks` is empty. */
function tagged(where: Tagged, stacks: string[]): Condition {
  const key = `${where}/${TAG.stack}`;
  return stacks.length > 0 ? { StringEquals: { [key]: one(stacks) } } : { Null: { [key]: "false" } };
}

/** Requires the stack's tag where there is such a tag in effect. */
const taggedIfPresent = (where: Tagged, stacks: string[]): Condition =>
  stacks.length > 0 ? { StringEqualsIfExists: { [`${where}/${TAG.stack}`]: one(stacks) } } : {};

/** One condition that requires all of these. */
function all(...conditions: Condition[]): Condition {
  const together: Condition = {};
  for (const condition of conditions)
    for (const [operator, values] of Object.entries(condition))
      together[operator] = { ...together[operator], ...values };
  return together;
}

const arn = ({ accountId }: Scope, region: string) => `arn:${partitionOf(region)}:kms:${region}:${accountId}`;

const allow = (Sid: string, Action: string | string[], Resource: string | string[]): Statement => ({
  Sid,
  Effect: "Allow",
  Action,
  Resource,
});

/** IAM writes a list of one value as the value. */
function one(values: string[]): string | string[] {
  return values.length === 1 ? values[0]! : values;
}
