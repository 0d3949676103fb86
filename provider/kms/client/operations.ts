import type * as Sdk from "@aws-sdk/client-kms";

interface Operations {
  CancelKeyDeletion: [Sdk.CancelKeyDeletionCommandInput, Sdk.CancelKeyDeletionCommandOutput];
  CreateAlias: [Sdk.CreateAliasCommandInput, Sdk.CreateAliasCommandOutput];
  CreateKey: [Sdk.CreateKeyCommandInput, Sdk.CreateKeyCommandOutput];
  Decrypt: [Sdk.DecryptCommandInput, Sdk.DecryptCommandOutput];
  DeleteAlias: [Sdk.DeleteAliasCommandInput, Sdk.DeleteAliasCommandOutput];
  DeleteImportedKeyMaterial: [
    Sdk.DeleteImportedKeyMaterialCommandInput,
    Sdk.DeleteImportedKeyMaterialCommandOutput,
  ];
  DescribeKey: [Sdk.DescribeKeyCommandInput, Sdk.DescribeKeyCommandOutput];
  DisableKey: [Sdk.DisableKeyCommandInput, Sdk.DisableKeyCommandOutput];
  EnableKey: [Sdk.EnableKeyCommandInput, Sdk.EnableKeyCommandOutput];
  GenerateDataKey: [Sdk.GenerateDataKeyCommandInput, Sdk.GenerateDataKeyCommandOutput];
  GetKeyPolicy: [Sdk.GetKeyPolicyCommandInput, Sdk.GetKeyPolicyCommandOutput];
  GetParametersForImport: [Sdk.GetParametersForImportCommandInput, Sdk.GetParametersForImportCommandOutput];
  GetPublicKey: [Sdk.GetPublicKeyCommandInput, Sdk.GetPublicKeyCommandOutput];
  ImportKeyMaterial: [Sdk.ImportKeyMaterialCommandInput, Sdk.ImportKeyMaterialCommandOutput];
  ListAliases: [Sdk.ListAliasesCommandInput, Sdk.ListAliasesCommandOutput];
  ListGrants: [Sdk.ListGrantsCommandInput, Sdk.ListGrantsCommandOutput];
  ListKeys: [Sdk.ListKeysCommandInput, Sdk.ListKeysCommandOutput];
  ListResourceTags: [Sdk.ListResourceTagsCommandInput, Sdk.ListResourceTagsCommandOutput];
  PutKeyPolicy: [Sdk.PutKeyPolicyCommandInput, Sdk.PutKeyPolicyCommandOutput];
  ReplicateKey: [Sdk.ReplicateKeyCommandInput, Sdk.ReplicateKeyCommandOutput];
  RotateKeyOnDemand: [Sdk.RotateKeyOnDemandCommandInput, Sdk.RotateKeyOnDemandCommandOutput];
  ScheduleKeyDeletion: [Sdk.ScheduleKeyDeletionCommandInput, Sdk.ScheduleKeyDeletionCommandOutput];
  TagResource: [Sdk.TagResourceCommandInput, Sdk.TagResourceCommandOutput];
  UntagResource: [Sdk.UntagResourceCommandInput, Sdk.UntagResourceCommandOutput];
  UpdateAlias: [Sdk.UpdateAliasCommandInput, Sdk.UpdateAliasCommandOutput];
  UpdateKeyDescription: [Sdk.UpdateKeyDescriptionCommandInput, Sdk.UpdateKeyDescriptionCommandOutput];
}

/** The KMS operations this project calls. */
export type KmsOperation = keyof Operations;
export type KmsInput<Op extends KmsOperation> = Operations[Op][0];
export type KmsOutput<Op extends KmsOperation> = Operations[Op][1];
