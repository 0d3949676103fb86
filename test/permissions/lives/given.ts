/** What is in an account before a life begins, made by its root. */
import { randomBytes } from "node:crypto";
import { CreateAliasCommand, CreateKeyCommand } from "@aws-sdk/client-kms";
import type { Scope } from "../../../cli/iam-policy/policy";
import { AES_256 } from "../../../provider/keys/keyTypes";
import { importMaterial } from "../../../provider/kms/kmsKeys";
import { inMemory } from "../../../provider/kms/wrapping";
import { strayKey } from "../../cli/support";
import { Application } from "../../world/application";
import { openKms } from "../../world/kms";
import { HOME, STACK } from "../life";

export const ADOPTED = "alias/hashicorp/orders-1700000000";

/** A KMS key as Vault leaves it: imported, behind an alias, without a tag of ours. */
export async function adopted(url: string, accountId: string): Promise<Partial<Scope>> {
  const owner = new Application({ url }, HOME, accountId);
  const { KeyMetadata } = await owner.send(new CreateKeyCommand({ Origin: "EXTERNAL" }));
  const credentials = { accessKey: accountId, secretKey: "secret" };
  const kms = openKms({ keyCollection: HOME, endpoint: url, credentials });
  await importMaterial(
    kms,
    KeyMetadata!.KeyId!,
    inMemory(randomBytes(32), AES_256.wrapping),
    { wrappingKeySpec: "RSA_2048" },
    {},
  );
  await owner.send(new CreateAliasCommand({ AliasName: ADOPTED, TargetKeyId: KeyMetadata!.KeyId! }));
  return { adoptedArns: [KeyMetadata!.Arn!] };
}

/** A KMS key that nothing accounts for, old enough not to be in the making, and one of another stack. */
export async function stray(url: string, accountId: string): Promise<Partial<Scope>> {
  const owner = new Application({ url }, HOME, accountId);
  await strayKey(owner, { stack: STACK, distribution: "gone-1", version: "1" });
  return foreign(url, accountId);
}

export async function foreign(url: string, accountId: string): Promise<Partial<Scope>> {
  const owner = new Application({ url }, HOME, accountId);
  await strayKey(owner, { stack: "organization/shop/prod", distribution: "theirs-1", version: "1" }, true);
  return {};
}

export async function rootKey(url: string, accountId: string): Promise<Partial<Scope>> {
  const owner = new Application({ url }, HOME, accountId);
  const { KeyMetadata } = await owner.send(new CreateKeyCommand({}));
  await owner.send(new CreateAliasCommand({ AliasName: "alias/root", TargetKeyId: KeyMetadata!.KeyId! }));
  return { rootKeyArns: [KeyMetadata!.Arn!] };
}
