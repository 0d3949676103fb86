import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type {
  CreateGrantRequest,
  CreateGrantResponse,
  GrantListEntry,
  ListGrantsRequest,
  ListGrantsResponse,
  ListRetirableGrantsRequest,
  RetireGrantRequest,
  RevokeGrantRequest,
} from "@aws-sdk/client-kms";
import { KmsError, notFound, validation } from "../../api/errors.js";
import { openGrantToken, sealGrantToken } from "../../crypto/grantToken.js";
import { authorizeAccount, authorizeKey, denied } from "../../iam/authorize.js";
import { accountArn, parsePrincipal } from "../../iam/policy/principal.js";
import { authorizeRetirement } from "../../iam/retirement.js";
import { isWithin } from "../../keys/access/grant.js";
import { checkGrant } from "../../keys/access/grantRules.js";
import { keyArn, partitionOf } from "../../keys/arn.js";
import type { GrantRecord, KeyRecord } from "../../keys/record.js";
import { findKey, locateKey, requireState, usableKey } from "../../keys/resolve.js";
import { requireRoomForGrant } from "../../quotas/resourceQuotas.js";
import { putGrant, removeGrant } from "../../store/change.js";
import type { Call } from "../call.js";
import { page } from "../paging.js";
import { checkDryRun } from "../requestOptions.js";

const PAGE = { usual: 50, most: 100 };

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html
 * A request that repeats one with a Name, in all its parameters, gets the same grant and another token.
 */
export async function createGrant(call: Call, input: CreateGrantRequest): Promise<CreateGrantResponse> {
  const { key } = locateKey(call, input.KeyId!, "keys");
  const parents = authorizeKey(call, key);
  requireState(call, key);
  checkGrant(call, key, input);
  const grant = newGrant(call, key, input);
  // Who may create grants by a grant alone may give on no more than they have.
  if (parents && !parents.some((parent) => isWithin(grant, parent)))
    throw denied(call, "CreateGrant", keyArn(key), { by: "resource" });
  const grants = call.store.grantsOf(key);
  const same = grant.name === undefined ? undefined : grants.find((other) => isSame(other, grant));
  if (!same) requireRoomForGrant(call, grants.length);
  checkDryRun(input);
  if (!same) await call.store.commit([putGrant(grant)]);
  const { id } = same ?? grant;
  return { GrantId: id, GrantToken: sealGrantToken(call.kms.tokenKey, { ...grant, id }) };
}

function newGrant(call: Call, key: KeyRecord, input: CreateGrantRequest): GrantRecord {
  return {
    account: key.account,
    region: key.region,
    keyId: key.id,
    id: randomBytes(32).toString("hex"),
    name: input.Name,
    createdAt: call.now,
    issuingAccount: accountArn(partitionOf(call.region), call.account),
    granteePrincipal: input.GranteePrincipal,
    granteeServicePrincipal: input.GranteeServicePrincipal,
    retiringPrincipal: input.RetiringPrincipal,
    retiringServicePrincipal: input.RetiringServicePrincipal,
    operations: [...new Set(input.Operations!)].sort(),
    constraints: input.Constraints,
  };
}

function isSame(one: GrantRecord, other: GrantRecord): boolean {
  const { id: _, createdAt: __, ...properties } = one;
  return isDeepStrictEqual(definite(properties), definite({ ...other, id: undefined, createdAt: undefined }));
}

/** As it is after a restart, when what is undefined is absent. */
const definite = (value: object) => JSON.parse(JSON.stringify(value));

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html */
export function listGrants(call: Call, input: ListGrantsRequest): ListGrantsResponse {
  const key = usableKey(call, input.KeyId!, "keys");
  refuseServicePrincipal(input.GranteeServicePrincipal, "GranteeServicePrincipal");
  if (input.GrantId !== undefined) checkGrantId(input.GrantId);
  const { GrantId, GranteePrincipal } = input;
  const grants = call.store
    .grantsOf(key)
    .filter(({ id }) => GrantId === undefined || id === GrantId)
    .filter(
      ({ granteePrincipal }) => GranteePrincipal === undefined || granteePrincipal === GranteePrincipal,
    );
  return listed(call, grants, input);
}

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_ListRetirableGrants.html
 * The permission is on the retiring principal, which must be of the caller's account; the keys may be of any.
 */
export function listRetirableGrants(call: Call, input: ListRetirableGrantsRequest): ListGrantsResponse {
  refuseServicePrincipal(input.RetiringServicePrincipal, "RetiringServicePrincipal");
  const { RetiringPrincipal } = input;
  if (RetiringPrincipal === undefined) throw validation("You must specify a RetiringPrincipal.");
  const principal = parsePrincipal(RetiringPrincipal);
  if (!principal) throw new KmsError("InvalidArnException", `Invalid arn ${RetiringPrincipal}`);
  if (principal.account !== call.account)
    throw denied(call, "ListRetirableGrants", RetiringPrincipal, { by: "unseen" });
  authorizeAccount(call, "ListRetirableGrants", RetiringPrincipal);
  return listed(call, call.store.retirableGrants(call.region, RetiringPrincipal), input);
}

/** "This filter is only usable by callers in a service principal", and no AWS service calls here. */
function refuseServicePrincipal(given: string | undefined, name: string): void {
  if (given !== undefined) throw validation(`${name} can be specified by AWS services only.`);
}

function listed(
  call: Call,
  grants: readonly GrantRecord[],
  input: ListRetirableGrantsRequest,
): ListGrantsResponse {
  const { items, ...rest } = page(call, grants, (grant) => grant.id, input, PAGE);
  return { Grants: items.map(entry), ...rest };
}

function entry(grant: GrantRecord): GrantListEntry {
  return {
    KeyId: keyArn({ ...grant, id: grant.keyId }),
    GrantId: grant.id,
    // AWS shows an unnamed grant so.
    Name: grant.name ?? "",
    CreationDate: new Date(grant.createdAt),
    GranteePrincipal: grant.granteePrincipal,
    GranteeServicePrincipal: grant.granteeServicePrincipal,
    RetiringPrincipal: grant.retiringPrincipal,
    RetiringServicePrincipal: grant.retiringServicePrincipal,
    IssuingAccount: grant.issuingAccount,
    Operations: [...grant.operations],
    Constraints: grant.constraints,
  };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html: in any state of its key. */
export async function revokeGrant(call: Call, input: RevokeGrantRequest): Promise<void> {
  const key = findKey(call, input.KeyId!, "keys");
  const grant = grantOf(call, key, input.GrantId!);
  checkDryRun(input);
  await call.store.commit([removeGrant(grant)]);
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html: in any state of its key. */
export async function retireGrant(call: Call, input: RetireGrantRequest): Promise<void> {
  const { key, grant } = grantToRetire(call, input);
  authorizeRetirement(call, key, grant);
  checkDryRun(input);
  await call.store.commit([removeGrant(grant)]);
}

function grantToRetire(call: Call, { GrantToken, KeyId, GrantId }: RetireGrantRequest) {
  if ((GrantToken !== undefined) === (KeyId !== undefined || GrantId !== undefined))
    throw validation("You must specify either a grant token, or both a grant ID and a key ID.");
  if (GrantToken !== undefined) return grantOfToken(call, GrantToken);
  if (KeyId === undefined || GrantId === undefined)
    throw validation("You must specify both a grant ID and a key ID.");
  const { key } = locateKey(call, KeyId, "keys");
  return { key, grant: grantOf(call, key, GrantId) };
}

/** By what is committed: a grant token serves before its grant can be seen everywhere. */
function grantOfToken({ kms, region }: Call, token: string): { key: KeyRecord; grant: GrantRecord } {
  const name = openGrantToken(kms.tokenKey, token);
  if (!name || name.region !== region)
    throw new KmsError("InvalidGrantTokenException", "The grant token is not valid");
  const key = kms.store.key(name, name.keyId);
  const grant = key && kms.store.grant(key, name.id);
  if (!grant) throw grantNotFound(name.id);
  return { key: key!, grant };
}

function grantOf(call: Call, key: KeyRecord, id: string): GrantRecord {
  checkGrantId(id);
  const grant = call.store.grant(key, id);
  if (!grant) throw grantNotFound(id);
  return grant;
}

function checkGrantId(id: string): void {
  if (!/^[0-9a-f]{64}$/.test(id)) throw new KmsError("InvalidGrantIdException", `Invalid grant ID ${id}`);
}

const grantNotFound = (id: string) => notFound(`Grant ID ${id} not found`);
