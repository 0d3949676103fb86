/** What is in an account before a life begins, made by its root. */
import { generateKeyPairSync } from "node:crypto";
import { CreateAliasCommand, CreateKeyCommand } from "@aws-sdk/client-kms";
import type { Scope } from "../../../cli/iam-policy/policy";
import { keyTypeOf } from "../../../provider/keys/keyTypes";
import { strayKey } from "../../cli/support";
import { Application } from "../../world/application";
import { VAULTS_ALIAS, vaultKey } from "../../world/vaultKey";
import { HOME, STACK } from "../life";

/** A KMS key that may be adopted. */
export async function adopted(url: string, accountId: string): Promise<Partial<Scope>> {
  const { keyArn } = await vaultKey(new Application({ url }, HOME, accountId), VAULTS_ALIAS);
  return { adoptedArns: [keyArn] };
}

/** The private key of an asymmetric KMS key that may be adopted: the program has it too. */
export const SIGNING_KEY = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey;

export async function adoptedForSigning(url: string, accountId: string): Promise<Partial<Scope>> {
  const { keyArn } = await vaultKey(new Application({ url }, HOME, accountId), VAULTS_ALIAS, {
    KeySpec: "ECC_NIST_P256",
    KeyUsage: "SIGN_VERIFY",
    material: SIGNING_KEY.export({ type: "pkcs8", format: "der" }),
  });
  return { adoptedArns: [keyArn], keyTypes: [keyTypeOf("ecdsa-p256")] };
}

/** A KMS key that nothing accounts for, old enough not to be in the making, and one of another stack. */
export async function stray(url: string, accountId: string): Promise<Partial<Scope>> {
  const owner = new Application({ url }, HOME, accountId);
  await strayKey(owner, { stack: STACK, key: "gone", distribution: "gone-1", version: "1" });
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
