import { accessDenied, aliasNotFound, invalidArn, keyNotFound, notFound } from "../api/errors.js";
import { API } from "../api/model.js";
import type { Call } from "../operations/call.js";
import { aliasArn, isKeyId, keyArn, type Place, parseArn } from "./arn.js";
import type { KeyRecord } from "./record.js";
import { keyState } from "./state.js";
import { checkState } from "./stateTable.js";

/** What a KeyId parameter may be: AWS's page of each operation says which. */
export type Accepts = "keys" | "keys and aliases";

/** The key that a KeyId names, in a state that allows the operation. */
export function usableKey(call: Call, keyId: string, accepts: Accepts): KeyRecord {
  const key = findKey(call, keyId, accepts);
  requireState(call, key);
  return key;
}

export function requireState(call: Call, key: KeyRecord): void {
  checkState(call.operation, keyState(key, call.now), keyArn(key));
}

/** The key that a key id, key ARN, alias name or alias ARN names. */
export function findKey(call: Call, keyId: string, accepts: Accepts): KeyRecord {
  const resource = keyId.startsWith("arn:") ? resourceOf(call, keyId) : keyId;
  if (resource.startsWith("alias/")) {
    if (accepts === "keys")
      throw keyId === resource ? notFound(`Invalid keyId '${keyId}'`) : wrongArn(call, ALIAS_ARN);
    return keyOfAlias(call, resource);
  }
  const id = keyId.startsWith("arn:") ? resource.replace(/^key\//, "") : resource;
  if (!isKeyId(id)) throw notFound(`Invalid keyId '${keyId}'`);
  const key = call.visible.key(call, id) && call.store.key(call, id);
  if (!key) throw keyNotFound(keyArn({ ...place(call), id }));
  return key;
}

/** The resource of an ARN in the caller's own account and Region: no other can be reached from here. */
function resourceOf(call: Call, arn: string): string {
  const parsed = parseArn(arn);
  if (!parsed) throw wrongArn(call, `Invalid arn ${arn}`);
  if (parsed.region !== call.region) throw notFound(`Invalid arn ${parsed.region}`);
  if (parsed.account !== call.account) throw accessDenied(foreignKeyMessage(call, arn));
  return parsed.resource;
}

/** As AWS was observed to say it: https://github.com/hashicorp/terraform/issues/20813 */
const ALIAS_ARN = "Key Aliases are not supported for this operation";

/** Some operations have no InvalidArnException (Encrypt, CreateAlias): to them it is a key that is not there. */
function wrongArn(call: Call, message: string) {
  const { errors } = API.operations[call.operation]!;
  return errors.includes("InvalidArnException") ? invalidArn(message) : notFound(message);
}

/** AWS's words for a key of another account that no key policy opens to the caller. */
function foreignKeyMessage(call: Call, arn: string): string {
  return (
    `User: arn:aws:iam::${call.account}:root is not authorized to perform: kms:${call.operation} on resource: ${arn} ` +
    "because the resource does not exist in this Region, no resource-based policies allow access, " +
    "or a resource-based policy explicitly denies access"
  );
}

function keyOfAlias(call: Call, name: string): KeyRecord {
  const alias = call.visible.alias(call, name) && call.store.alias(call, name);
  const key = alias && call.store.key(call, alias.targetKeyId);
  if (!key) throw aliasNotFound(aliasArn({ ...place(call), name }));
  return key;
}

const place = ({ account, region }: Place): Place => ({ account, region });
