import { randomBytes } from "node:crypto";
import { CreateAliasCommand, type CreateKeyCommandInput, ReplicateKeyCommand } from "@aws-sdk/client-kms";
import { createExternalKey, importMaterial } from "../../local-kms/test/support";
import type { Application } from "./application";

export const VAULTS_ALIAS = "alias/hashicorp/orders-1700000000";

/** A KMS key as Vault leaves it: imported, behind an alias or not, without a tag of ours. */
export async function vaultKey(
  home: Application,
  aliasName?: string,
  { material = randomBytes(32), ...input }: CreateKeyCommandInput & { material?: Buffer } = {},
): Promise<{ keyId: string; keyArn: string }> {
  const { KeyId, Arn } = await createExternalKey(home, { Description: "Vault's", ...input });
  await importMaterial(home, KeyId, material);
  if (aliasName) await home.send(new CreateAliasCommand({ AliasName: aliasName, TargetKeyId: KeyId }));
  return { keyId: KeyId, keyArn: Arn };
}

/** The same in two Regions. */
export async function replicatedVaultKey(home: Application, abroad: Application): Promise<void> {
  const material = randomBytes(32);
  const { keyId } = await vaultKey(home, VAULTS_ALIAS, { material, MultiRegion: true });
  await home.send(new ReplicateKeyCommand({ KeyId: keyId, ReplicaRegion: abroad.region }));
  while ((await abroad.describe(keyId)).KeyState === "Creating");
  await importMaterial(abroad, keyId, material, { ImportType: "EXISTING_KEY_MATERIAL" });
  await abroad.send(new CreateAliasCommand({ AliasName: VAULTS_ALIAS, TargetKeyId: keyId }));
}
