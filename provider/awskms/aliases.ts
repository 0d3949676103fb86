import { isKeymgmtError, KeymgmtError } from "../errors";
import type { CallContext, Kms } from "./client";
import { eventually } from "./eventually";
import { say } from "./say";
import { TAG, tagsOf } from "./taggedKeys";

/** KMS keys of one distribution: those that the state has, and by its tag those that it has not. */
export interface OwnKmsKeys {
  distribution: string;
  keyIds: string[];
}

/**
 * Has the alias point to `keyId`: one CreateAlias where there is none yet, one UpdateAlias where it pointed elsewhere, no
 * call where it points there already.
 *
 * @param target id of the KMS key that the alias points to, as far as is known
 * @param ours what an alias may be moved away from
 */
export async function ensureAlias(
  kms: Kms,
  aliasName: string,
  keyId: string,
  target: string | undefined,
  ours: OwnKmsKeys,
  context: CallContext,
): Promise<void> {
  if (target === keyId) return;
  if (target !== undefined && (await moved(kms, aliasName, keyId, context))) return;
  try {
    await eventually(
      `KMS key ${keyId} to be visible in ${kms.region}`,
      () => kms.call("CreateAlias", { AliasName: aliasName, TargetKeyId: keyId }, context),
      { error: (error) => isKeymgmtError(error, "NotFound") },
    );
  } catch (error) {
    if (!isKeymgmtError(error, "AlreadyExists")) throw error;
    await takeOver(kms, aliasName, keyId, ours, context);
  }
}

/** DeleteAlias. An alias that is gone is as wanted. */
export async function deleteAlias(kms: Kms, aliasName: string, context: CallContext): Promise<void> {
  try {
    await kms.call("DeleteAlias", { AliasName: aliasName }, context);
  } catch (error) {
    if (!isKeymgmtError(error, "NotFound")) throw error;
  }
}

/** UpdateAlias; false where the alias is gone. */
async function moved(kms: Kms, aliasName: string, keyId: string, context: CallContext): Promise<boolean> {
  try {
    await kms.call("UpdateAlias", { AliasName: aliasName, TargetKeyId: keyId }, context);
    return true;
  } catch (error) {
    if (isKeymgmtError(error, "NotFound")) return false;
    throw error;
  }
}

/** The alias exists: it is moved if one of our KMS keys has it (an answer was lost, an update killed), and left alone otherwise. */
async function takeOver(
  kms: Kms,
  aliasName: string,
  keyId: string,
  ours: OwnKmsKeys,
  context: CallContext,
): Promise<void> {
  if (await hasAlias(kms, keyId, aliasName, context)) return;
  const move = () => kms.call("UpdateAlias", { AliasName: aliasName, TargetKeyId: keyId }, context);
  for (const other of ours.keyIds.filter((id) => id !== keyId))
    if (await hasAlias(kms, other, aliasName, context)) return void (await move());
  const holder = await distributionBehind(kms, aliasName, context);
  if (holder === ours.distribution) {
    await move();
    return say(
      `${aliasName} in ${kms.region} pointed to another KMS key of this distribution, of an update that was killed; it points to ${keyId} now. The other one is left as it is: keymgmt sweep lists it`,
    );
  }
  const unseen = isKeymgmtError(holder)
    ? ` Whether an update that was killed made that one cannot be seen without ${holder.context.permission}: grant it, and run again.`
    : "";
  throw new KeymgmtError(
    "AlreadyExists",
    `Expected ${aliasName} in ${kms.region} to be free or to point to a KMS key of this distribution; it points to another KMS key, and was left alone.${unseen} See whose it is: aws kms describe-key --region ${kms.region} --key-id ${aliasName}`,
    { ...context, region: kms.region, keyId: aliasName },
  );
}

/** What distribution the tags of the alias's KMS key name; AccessDenied where they may not be read, undefined where there are none. */
async function distributionBehind(
  kms: Kms,
  aliasName: string,
  context: CallContext,
): Promise<string | KeymgmtError | undefined> {
  try {
    const keyId = await targetOf(kms, aliasName, context);
    return keyId && (await tagsOf(kms, keyId))[TAG.distribution];
  } catch (error) {
    if (isKeymgmtError(error, "AccessDenied")) return error;
    if (isKeymgmtError(error, "NotFound")) return undefined;
    throw error;
  }
}

async function hasAlias(kms: Kms, keyId: string, aliasName: string, context: CallContext): Promise<boolean> {
  return (await aliasesOf(kms, keyId, context)).includes(aliasName);
}

/** Names of the aliases that point to a KMS key. */
export async function aliasesOf(kms: Kms, keyId: string, context: CallContext = {}): Promise<string[]> {
  const names: string[] = [];
  let marker: string | undefined;
  do {
    const page = await kms.call("ListAliases", { KeyId: keyId, Marker: marker }, context);
    names.push(...(page.Aliases ?? []).map(({ AliasName }) => AliasName!));
    marker = page.Truncated ? page.NextMarker : undefined;
  } while (marker);
  return names;
}

/** Id of the KMS key that an alias points to; "" where there is no such alias. Needs kms:DescribeKey. */
export async function targetOf(kms: Kms, aliasName: string, context: CallContext = {}): Promise<string> {
  try {
    return (await kms.call("DescribeKey", { KeyId: aliasName }, context)).KeyMetadata!.KeyId!;
  } catch (error) {
    if (isKeymgmtError(error, "NotFound")) return "";
    throw error;
  }
}
