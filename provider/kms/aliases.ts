import { isKeymgmtError } from "../errors";
import type { CallContext, Kms } from "./client/client";
import { eventually } from "./eventually";

/** An alias as ListAliases shows it. */
export interface SeenAlias {
  /** `alias/…` */
  name: string;
  /** Id of its KMS key. AWS's own aliases may have none yet. */
  keyId?: string;
}

/** CreateAlias. False where an alias of that name exists. Waits for a new KMS key to become visible. */
export async function createAlias(
  kms: Kms,
  aliasName: string,
  keyId: string,
  context: CallContext,
): Promise<boolean> {
  try {
    await eventually(
      `KMS key ${keyId} to be visible in ${kms.region}`,
      () => kms.call("CreateAlias", { AliasName: aliasName, TargetKeyId: keyId }, context),
      { error: (error) => isKeymgmtError(error, "NotFound") },
    );
    return true;
  } catch (error) {
    if (isKeymgmtError(error, "AlreadyExists")) return false;
    throw error;
  }
}

/** UpdateAlias. False where the alias does not exist. */
export async function moveAlias(
  kms: Kms,
  aliasName: string,
  keyId: string,
  context: CallContext,
): Promise<boolean> {
  try {
    await kms.call("UpdateAlias", { AliasName: aliasName, TargetKeyId: keyId }, context);
    return true;
  } catch (error) {
    if (isKeymgmtError(error, "NotFound")) return false;
    throw error;
  }
}

/** DeleteAlias. An alias that does not exist is a success. */
export async function deleteAlias(kms: Kms, aliasName: string, context: CallContext): Promise<void> {
  try {
    await kms.call("DeleteAlias", { AliasName: aliasName }, context);
  } catch (error) {
    if (!isKeymgmtError(error, "NotFound")) throw error;
  }
}

/** Names of the aliases that point to a KMS key. Empty where AWS does not know the key. */
export async function aliasesOf(kms: Kms, keyId: string, context: CallContext = {}): Promise<string[]> {
  try {
    return (await listAliases(kms, keyId, context)).map(({ name }) => name);
  } catch (error) {
    if (isKeymgmtError(error, "NotFound")) return [];
    throw error;
  }
}

/** The aliases of a Region, or those that point to one KMS key. */
export async function listAliases(kms: Kms, keyId?: string, context: CallContext = {}): Promise<SeenAlias[]> {
  const aliases: SeenAlias[] = [];
  let marker: string | undefined;
  do {
    const page = await kms.call("ListAliases", { KeyId: keyId, Limit: 100, Marker: marker }, context);
    aliases.push(
      ...(page.Aliases ?? []).map(({ AliasName, TargetKeyId }) => ({ name: AliasName!, keyId: TargetKeyId })),
    );
    marker = page.Truncated ? page.NextMarker : undefined;
  } while (marker);
  return aliases;
}

/** Id of the KMS key that an alias points to, or "" where the alias does not exist. Needs kms:DescribeKey. */
export async function targetOf(kms: Kms, aliasName: string, context: CallContext = {}): Promise<string> {
  try {
    return (await kms.call("DescribeKey", { KeyId: aliasName }, context)).KeyMetadata!.KeyId!;
  } catch (error) {
    if (isKeymgmtError(error, "NotFound")) return "";
    throw error;
  }
}
