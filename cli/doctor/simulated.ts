/** The requests that a simulation is told of: the resources and condition keys of the calls that the provider makes. */
import { partitionOf } from "../../provider/kms/endpoints/regions.js";
import type { Permission, PermissionTarget } from "../../provider/kms/permissions.js";
import { TAG } from "../../provider/kms/taggedKeys.js";
import { defaultOf } from "../../provider/schema/definition.js";
import type { SimulationRequest } from "./iam.js";
import type { Target } from "./probes.js";

/** Where the calls would be made. */
export interface Place {
  region: string;
  accountId: string;
  target: Target;
}

/** These need the permission on the alias too. */
const ALIAS_ACTIONS = ["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"];

/**
 * One request for each kind of resource. None for the KMS key that seals keyrings, which only the program names, and for ReplicateKey
 * outside of a primary Region, where nobody needs it.
 */
export function requestsFor(permissions: Permission[], place: Place): SimulationRequest[] {
  const { region, accountId, target } = place;
  const { keyId, isReplica, aliasName = "alias/hashicorp/keymgmt-doctor" } = target;
  const partition = partitionOf(region);
  const kms = `arn:${partition}:kms:${region}:${accountId}`;
  const on = (...targets: PermissionTarget[]) =>
    permissions
      .filter(({ action, on }) => targets.includes(on) && !(isReplica && action === "kms:ReplicateKey"))
      .map(({ action }) => action as string);
  const onKeys = on("newKey", "ownKey", "anyKey");
  const called = { "aws:RequestedRegion": region, "kms:CallerAccount": accountId };
  return [
    { resource: "*", actions: on("account"), context: { ...called, ...keyContext(place, "aws:RequestTag") } },
    {
      resource: `${kms}:key/${keyId}`,
      actions: onKeys,
      context: {
        ...called,
        ...keyContext(place, "aws:RequestTag"),
        ...keyContext(place, "aws:ResourceTag"),
        "kms:ResourceAliases": [aliasName],
        "kms:ScheduleKeyDeletionPendingWindowInDays": defaultOf("KeyDistribution", "deletionWindowDays"),
        ...(target.replicaRegion !== region && { "kms:ReplicaRegion": target.replicaRegion }),
      },
    },
    {
      resource: `${kms}:${aliasName}`,
      actions: onKeys.filter((action) => ALIAS_ACTIONS.includes(action)),
      context: called,
    },
    {
      resource: `arn:${partition}:iam::${accountId}:role/aws-service-role/mrk.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceMultiRegionKeys`,
      actions: on("serviceLinkedRole"),
      context: { "iam:AWSServiceName": "mrk.kms.amazonaws.com" },
    },
  ].filter(({ actions }) => actions.length > 0) as SimulationRequest[];
}

/** What the KMS key, or the request for it, shows. The stack's name is known from a state only: without it what depends on it is not known. */
function keyContext({ target }: Place, tag: "aws:RequestTag" | "aws:ResourceTag") {
  const { keyId, keyType, stack, isReplica } = target;
  const multiRegion = keyId.startsWith("mrk-");
  return {
    "kms:KeyOrigin": "EXTERNAL",
    "kms:KeySpec": keyType.keySpec,
    "kms:KeyUsage": keyType.usages[0]!.keyUsage,
    "kms:MultiRegion": multiRegion,
    "kms:BypassPolicyLockoutSafetyCheck": false,
    ...(multiRegion && { "kms:MultiRegionKeyType": isReplica ? "REPLICA" : "PRIMARY" }),
    ...(stack !== undefined && { [`${tag}/${TAG.stack}`]: stack }),
  };
}
