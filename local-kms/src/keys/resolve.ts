import { accessDenied, aliasNotFound, invalidArn, keyNotFound, notFound } from "../api/errors.js";
import { API } from "../api/model.js";
import { authorizeKey, type Use } from "../iam/authorize.js";
import { denial } from "../iam/denial.js";
import { ACROSS_ACCOUNTS } from "../iam/permissions.js";
import type { Call } from "../operations/call.js";
import { aliasArn, isKeyId, keyArn, type Place, parseArn } from "./arn.js";
import type { KeyRecord } from "./record.js";
import { keyState } from "./state.js";
import { checkState } from "./stateTable.js";

/** What a KeyId parameter may be: AWS's page of each operation says which. */
export type Accepts = "keys" | "keys and aliases";

/** The key that a KeyId names, where the caller may use it so and its state allows the operation. */
export function usableKey(call: Call, keyId: string, accepts: Accepts, use?: Use): KeyRecord {
  const key = findKey(call, keyId, accepts, use);
  requireState(call, key);
  return key;
}

export function requireState(call: Call, key: KeyRecord): void {
  checkState(call.operation, keyState(key, call.now), keyArn(key));
}

/** The key that a KeyId names, where the caller may use it so: by default for the operation itself. */
export function findKey(call: Call, keyId: string, accepts: Accepts, use: Use = {}): KeyRecord {
  const { key, requestAlias } = locateKey(call, keyId, accepts);
  authorizeKey(call, key, { ...use, requestAlias });
  return key;
}

/** A key, and the alias by which it was named. */
export interface Located {
  readonly key: KeyRecord;
  readonly requestAlias?: string;
}

/** The key that a key id, key ARN, alias name or alias ARN names, whoever asks. */
export function locateKey(call: Call, keyId: string, accepts: Accepts): Located {
  if (!keyId.startsWith("arn:")) return inPlace(call, placeOf(call), keyId, keyId, accepts);
  const arn = parseArn(keyId);
  if (!arn) throw wrongArn(call, `Invalid arn ${keyId}`);
  if (arn.region !== call.region) throw notFound(`Invalid arn ${arn.region}`);
  const { resource, account } = arn;
  if (account === call.account) return inPlace(call, placeOf(call), resource, keyId, accepts);
  if (!ACROSS_ACCOUNTS.includes(call.operation)) throw unseen(call, keyId);
  try {
    return inPlace(call, { account, region: call.region }, resource, keyId, accepts);
  } catch {
    // Whether there is such a key is not for other accounts to know.
    throw unseen(call, keyId);
  }
}

const unseen = (call: Call, arn: string) =>
  accessDenied(denial(call.caller.arn, `kms:${call.operation}`, arn, { by: "unseen" }));

function inPlace(call: Call, place: Place, resource: string, keyId: string, accepts: Accepts): Located {
  if (resource.startsWith("alias/")) {
    if (accepts === "keys")
      throw keyId === resource ? notFound(`Invalid keyId '${keyId}'`) : wrongArn(call, ALIAS_ARN);
    return { key: keyOfAlias(call, place, resource), requestAlias: resource };
  }
  const id = keyId === resource ? resource : resource.replace(/^key\//, "");
  if (!isKeyId(id)) throw notFound(`Invalid keyId '${keyId}'`);
  const key = call.visible.key(place, id) && call.store.key(place, id);
  if (!key) throw keyNotFound(keyArn({ ...place, id }));
  return { key };
}

function keyOfAlias(call: Call, place: Place, name: string): KeyRecord {
  const alias = call.visible.alias(place, name) && call.store.alias(place, name);
  const key = alias && call.store.key(place, alias.targetKeyId);
  if (!key) throw aliasNotFound(aliasArn({ ...place, name }));
  return key;
}

/** As AWS was observed to say it: https://github.com/hashicorp/terraform/issues/20813 */
const ALIAS_ARN = "Key Aliases are not supported for this operation";

/** Some operations have no InvalidArnException (Encrypt, CreateAlias): to them it is a key that is not there. */
function wrongArn(call: Call, message: string) {
  const { errors } = API.operations[call.operation]!;
  return errors.includes("InvalidArnException") ? invalidArn(message) : notFound(message);
}

const placeOf = ({ account, region }: Place): Place => ({ account, region });
