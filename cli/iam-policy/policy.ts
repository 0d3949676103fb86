/** The least privilege that IAM can say for given resources, Regions and features. */

import { KEY_TYPES } from "../../provider/keys/keyTypes.js";
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
  /** Names without `alias/`; may end in `*`. */
  aliases: string[];
  /** `organization/project/stack`; empty where any stack is meant. */
  stacks: string[];
  /** Names that these stacks had before a rename, which their KMS keys' tags show until the next update. */
  formerStacks?: string[];
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
    ...(has("kms:PutKeyPolicy") ? [newKeyPolicies(scope)] : []),
    ...(has("kms:ReplicateKey") ? [replicateKeys(scope)] : []),
    keys("UseNewKeys", on("newKey"), scope, notAnothers(scope)),
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

/** What a reader of the policy must know. */
export function notesFor(scope: Scope, policy: Policy): string[] {
  const has = (sid: string) => policy.Statement.some(({ Sid }) => Sid === sid);
  const characters = JSON.stringify(policy).replaceAll(/\s/g, "").length;
  return [
    ...(scope.stacks.length === 0 && has("ManageOwnKeys")
      ? ["Without --for-stack it holds for the KMS keys of every stack in the account."]
      : []),
    ...(has("UseNewKeys") || has("TagNewKeys")
      ? [
          "What follows CreateKey at once cannot ask for the stack's tag, which AWS may take five minutes to count. So an imported KMS key of somebody else without a tag keymgmt:stack and without an alias beside these, whose key policy lets IAM policies decide, can be given material where it has none, an alias and, with a call of its own, the stack's tag.",
          "No statement asks for kms:RequestAlias: it matches only calls that name a KMS key by its alias, and these name it by its id. Use it for applications.",
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
      { StringEquals: { "kms:KeyUsage": one(KEY_USAGES) } },
      tagged("aws:RequestTag", scope.stacks),
      scope.multiRegion === undefined ? {} : { Bool: { "kms:MultiRegion": String(scope.multiRegion) } },
      noLockout(["kms:CreateKey"]),
    ),
  };
  if (scope.replicaRegions.length === 0) return [create];
  // ReplicateKey asks for kms:CreateKey in the replica's Region (API reference of ReplicateKey). AWS does not say which of these
  // keys that has. CreateKey itself has all but the last, and is so kept out.
  const inReplicas: Statement = {
    ...allow("CreateReplicas", "kms:CreateKey", "*"),
    Condition: all(
      { StringEquals: { "aws:RequestedRegion": one(scope.replicaRegions) } },
      { BoolIfExists: { "kms:MultiRegion": "true" } },
      { StringEqualsIfExists: { ...KIND, "kms:MultiRegionKeyType": "REPLICA" } },
      taggedIfAtAll("aws:RequestTag", scope.stacks),
      noLockout(["kms:CreateKey"]),
    ),
  };
  return [create, inReplicas];
}

/**
 * For tags in CreateKey AWS asks for kms:TagResource on all KMS keys in the account and Region
 * (https://docs.aws.amazon.com/kms/latest/developerguide/manage-tags-api.html): the KMS key is not there yet, so it has neither
 * tags nor aliases, and perhaps no origin. A KMS key that is there has an origin, so what is another's is kept out as far as it shows it.
 */
function tagKeys(scope: Scope): Statement[] {
  const everyKey = { ...scope, multiRegion: undefined };
  const untagged = { Null: { [`aws:ResourceTag/${TAG.stack}`]: "true" } };
  const created = all(tagged("aws:RequestTag", scope.stacks), untagged, withOurAliases(scope), {
    StringEqualsIfExists: KIND,
  });
  const later = all(
    tagged("aws:ResourceTag", ownNames(scope)),
    OF_OUR_KIND,
    taggedIfAtAll("aws:RequestTag", scope.stacks),
  );
  return [
    keys("TagNewKeys", ["kms:TagResource"], everyKey, created),
    keys("TagOwnKeys", ["kms:TagResource"], scope, later),
  ];
}

/**
 * CreateKey with a key policy asks for kms:PutKeyPolicy as well
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_kms.html), in a request that holds the tags.
 * A call of PutKeyPolicy has none.
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
  const condition = all(OF_OUR_KIND, primaries, regions, taggedIfAtAll("aws:ResourceTag", ownNames(scope)));
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
const KIND = { "kms:KeyOrigin": "EXTERNAL", "kms:KeySpec": one(KEY_TYPES.map(({ keySpec }) => keySpec)) };
const KEY_USAGES = [
  ...new Set<string>(KEY_TYPES.flatMap(({ usages }) => usages.map(({ keyUsage }) => keyUsage))),
];
const OF_OUR_KIND: Condition = { StringEquals: KIND };
const ofOurKind = ({ multiRegion }: Scope) =>
  all(OF_OUR_KIND, multiRegion === false ? { Bool: { "kms:MultiRegion": "false" } } : {});

/** No key policy that locks the account out. Calls beside CreateKey and PutKeyPolicy do not have the condition key, and pass. */
const noLockout = (actions: string[]): Condition =>
  actions.includes("kms:CreateKey") || actions.includes("kms:PutKeyPolicy")
    ? { BoolIfExists: { "kms:BypassPolicyLockoutSafetyCheck": "false" } }
    : {};

/**
 * KMS keys that may be too new for their tags to count: `IfExists` lets those pass, and keeps those out that are known to be
 * another stack's. So does what names them: a KMS key with another alias is somebody else's.
 */
function notAnothers(scope: Scope): Condition {
  return all(ofOurKind(scope), taggedIfAtAll("aws:ResourceTag", ownNames(scope)), withOurAliases(scope));
}

/** No alias yet, or none but these: ForAllValues is true of none. Aliases too may take five minutes to count. */
const withOurAliases = ({ aliases }: Scope): Condition => ({
  "ForAllValues:StringLike": { "kms:ResourceAliases": one(aliases.map((name) => `alias/${name}`)) },
});

const own = (actions: string[], scope: Scope) =>
  all(tagged("aws:ResourceTag", ownNames(scope)), ofOurKind(scope), noLockout(actions), longEnough(scope));

/** A KMS key of a renamed stack has its former name until an update tags it anew. */
const ownNames = ({ stacks, formerStacks = [] }: Scope) =>
  stacks.length > 0 ? [...new Set([...stacks, ...formerStacks])].sort() : [];

/** Of ScheduleKeyDeletion; other calls do not have the key, and pass. */
const longEnough = ({ minWindowDays }: Scope): Condition =>
  minWindowDays === undefined
    ? {}
    : {
        NumericGreaterThanEqualsIfExists: {
          "kms:ScheduleKeyDeletionPendingWindowInDays": String(minWindowDays),
        },
      };

type Tagged = "aws:RequestTag" | "aws:ResourceTag";

/** The stack's tag in the request or on the KMS key; any stack's where none is named. */
function tagged(where: Tagged, stacks: string[]): Condition {
  const key = `${where}/${TAG.stack}`;
  return stacks.length > 0 ? { StringEquals: { [key]: one(stacks) } } : { Null: { [key]: "false" } };
}

/** The stack's tag, or none that counts. */
const taggedIfAtAll = (where: Tagged, stacks: string[]): Condition =>
  stacks.length > 0 ? { StringEqualsIfExists: { [`${where}/${TAG.stack}`]: one(stacks) } } : {};

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
function one(values: string[]): string | string[] {
  return values.length === 1 ? values[0]! : values;
}
