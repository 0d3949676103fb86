import type {
  CreateAliasRequest,
  DeleteAliasRequest,
  ListAliasesRequest,
  ListAliasesResponse,
  UpdateAliasRequest,
} from "@aws-sdk/client-kms";
import { aliasNotFound, KmsError, validation } from "../../api/errors.js";
import { authorizeAccount, authorizeKey } from "../../iam/authorize.js";
import { aliasArn } from "../../keys/arn.js";
import type { AliasRecord, KeyRecord } from "../../keys/record.js";
import { locateKey, usableKey } from "../../keys/resolve.js";
import { specOf } from "../../keys/specs.js";
import { requireRoomForAlias } from "../../quotas/resourceQuotas.js";
import { putAlias, removeAlias } from "../../store/change.js";
import type { Call } from "../call.js";
import { page } from "../paging.js";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html */
export async function createAlias(call: Call, input: CreateAliasRequest): Promise<void> {
  const name = input.AliasName!;
  checkName(name);
  if (name === "alias/") throw new KmsError("InvalidAliasNameException", `${name} is not a valid alias name`);
  authorizeAlias(call, name);
  const target = aliasTarget(call, input.TargetKeyId!);
  const existing = call.store.alias(call, name);
  if (existing)
    throw new KmsError(
      "AlreadyExistsException",
      `An alias with the name ${aliasArn(existing)} already exists`,
    );
  requireRoomForAlias(call, target);
  const { account, region, now } = call;
  await call.store.commit([
    putAlias({ account, region, name, targetKeyId: target.id, createdAt: now, updatedAt: now }),
  ]);
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html: same key type and usage before and after. */
export async function updateAlias(call: Call, input: UpdateAliasRequest): Promise<void> {
  const { alias, key: source } = findAlias(call, input.AliasName!);
  const target = aliasTarget(call, input.TargetKeyId!);
  if (source) checkSameKind(input.AliasName!, source, target);
  if (alias.targetKeyId !== target.id) requireRoomForAlias(call, target);
  await call.store.commit([putAlias({ ...alias, targetKeyId: target.id, updatedAt: call.now })]);
}

function checkSameKind(alias: string, source: KeyRecord, target: KeyRecord): void {
  const changed = (what: string, from: string, to: string) =>
    validation(
      `Alias ${alias} cannot be changed from a KMS key with ${what} ${from} to a KMS key with ${what} ${to}. ` +
        `The ${what} of the current KMS key and the new KMS key must be the same.`,
    );
  if (source.usage !== target.usage) throw changed("key usage", source.usage, target.usage);
  const [from, to] = [specOf(source).type, specOf(target).type];
  if (from !== to) throw changed("key type", from, to);
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html: in any state of its key. */
export async function deleteAlias(call: Call, input: DeleteAliasRequest): Promise<void> {
  await call.store.commit([removeAlias(findAlias(call, input.AliasName!).alias)]);
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html (AWS's own alias/aws/… are not there). */
export function listAliases(call: Call, input: ListAliasesRequest): ListAliasesResponse {
  const key = input.KeyId === undefined ? undefined : locateKey(call, input.KeyId, "keys").key;
  const aliases = call.store.aliasesOf(call).filter((alias) => !key || alias.targetKeyId === key.id);
  const { items, ...rest } = page(call, aliases, (alias) => alias.name, input, {
    usual: 50,
    most: 100,
  });
  return { Aliases: items.map(entry), ...rest };
}

function entry(alias: AliasRecord) {
  return {
    AliasName: alias.name,
    AliasArn: aliasArn(alias),
    TargetKeyId: alias.targetKeyId,
    CreationDate: new Date(alias.createdAt),
    LastUpdatedDate: new Date(alias.updatedAt),
  };
}

/** AWS answers characters as observed in https://github.com/hashicorp/terraform-provider-aws/issues/12891. */
function checkName(name: string): void {
  if (!name.startsWith("alias/")) {
    throw validation(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  }
  if (name.includes(":")) throw validation(`${name} contains invalid characters for an alias`);
  if (name.startsWith("alias/aws/"))
    throw new KmsError("NotAuthorizedException", "The prefix alias/aws/ is reserved");
}

function aliasTarget(call: Call, keyId: string): KeyRecord {
  if (/(^|:)alias\//.test(keyId)) throw validation("Aliases must refer to keys. Not aliases");
  return usableKey(call, keyId, "keys");
}

/** An alias and its key, both of which the caller must be allowed to change it on. */
function findAlias(call: Call, name: string): { alias: AliasRecord; key: KeyRecord | undefined } {
  checkName(name);
  authorizeAlias(call, name);
  const alias = call.visible.alias(call, name) && call.store.alias(call, name);
  if (!alias) throw aliasNotFound(aliasArn({ account: call.account, region: call.region, name }));
  const key = call.store.key(call, alias.targetKeyId);
  if (key) authorizeKey(call, key);
  return { alias, key };
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html: on the alias only the caller's policies count. */
function authorizeAlias(call: Call, name: string): void {
  const { account, region } = call;
  authorizeAccount(call, call.operation, aliasArn({ account, region, name }));
}
