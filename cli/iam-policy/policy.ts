/** The least privilege that IAM can say for given resources, Regions and features. */
import { type Feature, type Permission, permissionsFor } from "../../provider/awskms/permissions.js";
import { partitionOf } from "../../provider/awskms/regions.js";
import { TAG } from "../../provider/awskms/taggedKeys.js";

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
  /** Names without `alias/`; may end in `*`. */
  aliases: string[];
  /** `organization/project/stack`; empty where any stack is meant. */
  stacks: string[];
  /** ARNs of KMS keys that were, or are to be, adopted. */
  adoptedArns: string[];
  /** ARNs of the KMS keys that seal keyrings; empty where any of the account's may. */
  rootKeyArns: string[];
  /** The shortest waiting time of a deletion, 7 to 30 days; undefined where AWS's 7 will do. */
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

/** CreateAlias, UpdateAlias and DeleteAlias need the permission on the alias too, which no condition key knows. */
const ALIAS_ACTIONS = ["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"];

/** Actions with a statement of their own. */
const SPECIAL = [
  "kms:CreateKey",
  "kms:TagResource",
  "kms:ReplicateKey",
  "kms:DescribeKey",
  "iam:CreateServiceLinkedRole",
];

/** AWS's limit of a managed policy, white space not counted (IAM and STS quotas). */
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
    ...(has("kms:ReplicateKey") ? [replicateKeys(scope)] : []),
    keys("UseNewKeys", on("newKey"), scope, notAnothers(scope)),
    keys("ManageOwnKeys", on("ownKey"), scope, own(on("ownKey"), scope)),
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

/** What a reader of the policy must know. */
export function notesFor(scope: Scope, policy: Policy): string[] {
  const has = (sid: string) => policy.Statement.some(({ Sid }) => Sid === sid);
  const characters = JSON.stringify(policy).replaceAll(/\s/g, "").length;
  return [
    ...(scope.stacks.length === 0 && has("ManageOwnKeys")
      ? ["Without --for-stack it holds for the KMS keys of every stack in the account."]
      : []),
    ...(has("UseNewKeys")
      ? [
          "UseNewKeys also holds for imported KMS keys without a stack's tag: AWS may take five minutes until a new KMS key's tags count, and these calls follow CreateKey at once.",
          "No statement asks for kms:RequestAlias: it matches only calls that name a KMS key by its alias, and these name it by its id. Use it for applications.",
        ]
      : []),
    ...(has("TagNewKeys")
      ? [
          "TagNewKeys also lets an imported KMS key of somebody else be given the stack's tag, and with it be managed: AWS cannot tell tagging a new KMS key from tagging another.",
        ]
      : []),
    ...(has("CreateReplicas")
      ? [
          "CreateReplicas is bound to Regions only: AWS does not say which other conditions hold for the CreateKey inside ReplicateKey.",
        ]
      : []),
    ...(scope.features.includes("adoption") && scope.adoptedArns.length === 0
      ? [
          "An adopted KMS key keeps its own tags, so ManageOwnKeys does not cover it: name it with --adopt-key.",
        ]
      : []),
    ...(has("UseRootKeys") && scope.rootKeyArns.length === 0
      ? ["UseRootKeys holds for every KMS key of the account in these Regions: name yours with --root-key."]
      : []),
    ...(has("ManageOwnKeys")
      ? [
          "It works where the key policy lets the account's IAM policies decide, as AWS's default key policy does.",
        ]
      : []),
    ...(characters > MANAGED_POLICY_CHARACTERS
      ? [
          `It has ${characters} characters; a managed policy may have ${MANAGED_POLICY_CHARACTERS}. Split it by Regions.`,
        ]
      : []),
  ];
}

function createKeys(scope: Scope): Statement[] {
  const create: Statement = {
    ...allow("CreateKeys", "kms:CreateKey", "*"),
    Condition: all(
      { StringEquals: { "aws:RequestedRegion": one(scope.primaryRegions) } },
      OF_OUR_KIND,
      { StringEquals: { "kms:KeyUsage": "ENCRYPT_DECRYPT" } },
      tagged("aws:RequestTag", scope),
      scope.multiRegion === undefined ? {} : { Bool: { "kms:MultiRegion": String(scope.multiRegion) } },
      noLockout(["kms:CreateKey"]),
    ),
  };
  if (scope.replicaRegions.length === 0) return [create];
  // ReplicateKey asks for kms:CreateKey in the replica's Region (API reference of ReplicateKey).
  const inReplicas: Statement = {
    ...allow("CreateReplicas", "kms:CreateKey", "*"),
    Condition: { StringEquals: { "aws:RequestedRegion": one(scope.replicaRegions) } },
  };
  return [create, inReplicas];
}

/**
 * For tags in CreateKey AWS wants a permission that covers all KMS keys in the account and Region:
 * https://docs.aws.amazon.com/kms/latest/developerguide/manage-tags-api.html
 */
function tagKeys(scope: Scope): Statement[] {
  const everyKey = { ...scope, multiRegion: undefined };
  return [
    keys("TagNewKeys", ["kms:TagResource"], everyKey, tagged("aws:RequestTag", scope)),
    keys("TagOwnKeys", ["kms:TagResource"], scope, tagged("aws:ResourceTag", scope)),
  ];
}

function replicateKeys(scope: Scope): Statement {
  const primaries = { StringEquals: { "kms:MultiRegionKeyType": "PRIMARY" } };
  const regions = { StringEquals: { "kms:ReplicaRegion": one(scope.replicaRegions) } };
  const condition = all(IMPORTED, primaries, regions);
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

/** An adopted KMS key keeps its own tags, which may be another stack's: it is named. */
function adoptedKeys(actions: string[], scope: Scope): Statement {
  const Condition = all(noLockout(actions), longEnough(scope));
  return {
    ...allow("ManageAdoptedKeys", one(actions), one(scope.adoptedArns)),
    ...(Object.keys(Condition).length > 0 && { Condition }),
  };
}

/** The encryption context that every sealed version has keeps other data of a KMS key out of reach. */
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

/** What this package makes, and nothing else is changed. */
const OF_OUR_KIND = all(IMPORTED, { StringEquals: { "kms:KeySpec": "SYMMETRIC_DEFAULT" } });

/** No key policy that locks the account out. Calls beside CreateKey and PutKeyPolicy do not have the condition key, and pass. */
const noLockout = (actions: string[]): Condition =>
  actions.includes("kms:CreateKey") || actions.includes("kms:PutKeyPolicy")
    ? { BoolIfExists: { "kms:BypassPolicyLockoutSafetyCheck": "false" } }
    : {};

/**
 * KMS keys that may be too new for their tags to count: `IfExists` lets those pass, and keeps those out that are known to be
 * another stack's.
 */
function notAnothers(scope: Scope): Condition {
  const { multiRegion, stacks } = scope;
  return all(
    OF_OUR_KIND,
    multiRegion === false ? { Bool: { "kms:MultiRegion": "false" } } : {},
    stacks.length > 0 ? { StringEqualsIfExists: { [`aws:ResourceTag/${TAG.stack}`]: one(stacks) } } : {},
  );
}

const own = (actions: string[], scope: Scope) =>
  all(tagged("aws:ResourceTag", scope), OF_OUR_KIND, noLockout(actions), longEnough(scope));

/** Of ScheduleKeyDeletion; other calls do not have the key, and pass. */
const longEnough = ({ minWindowDays }: Scope): Condition =>
  minWindowDays === undefined
    ? {}
    : {
        NumericGreaterThanEqualsIfExists: {
          "kms:ScheduleKeyDeletionPendingWindowInDays": String(minWindowDays),
        },
      };

/** The stack's tag in the request or on the KMS key; any stack's where none is named. */
function tagged(where: "aws:RequestTag" | "aws:ResourceTag", { stacks }: Scope): Condition {
  const key = `${where}/${TAG.stack}`;
  return stacks.length > 0 ? { StringEquals: { [key]: one(stacks) } } : { Null: { [key]: "false" } };
}

/** All of the conditions at once. */
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

/** A list of one as IAM writes it. */
const one = (values: string[]): string | string[] => (values.length === 1 ? values[0]! : values);
