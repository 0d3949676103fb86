/** What a third party does to a stack's KMS keys and aliases, with an SDK of its own. */
import {
  DeleteAliasCommand,
  DeleteImportedKeyMaterialCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import type { KmsKeyRecord } from "../../../provider/state/types";
import type { Application } from "../../world/application";
import { allowsRoot, keyPolicy } from "../../world/keyPolicy";

export const DRIFTS = [
  "disable",
  "enable",
  "schedule deletion",
  "delete material",
  "move the alias",
  "delete the alias",
  "remove a tag",
  "change a tag",
  "change the policy",
  "change the description",
] as const;

/** Numbers are taken as far as there are Regions and versions. */
export interface Drift {
  what: (typeof DRIFTS)[number];
  region: number;
  version: number;
}

/**
 * Does it, if AWS lets it be done in the state that there is.
 */
export async function disturb(
  { what }: Drift,
  application: Application,
  aliasName: string,
  { keyId, keyMaterialId }: KmsKeyRecord,
  other: KmsKeyRecord,
): Promise<void> {
  const KeyId = keyId;
  switch (what) {
    case "disable":
      await application.send(new DisableKeyCommand({ KeyId }));
      break;
    case "enable":
      await application.send(new EnableKeyCommand({ KeyId }));
      break;
    case "schedule deletion":
      await application.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
      break;
    case "delete material":
      await application.send(new DeleteImportedKeyMaterialCommand({ KeyId, KeyMaterialId: keyMaterialId }));
      break;
    case "move the alias":
      // To another version's. One that points to somebody else's KMS key is left alone.
      await application.send(new UpdateAliasCommand({ AliasName: aliasName, TargetKeyId: other.keyId }));
      break;
    case "delete the alias":
      await application.send(new DeleteAliasCommand({ AliasName: aliasName }));
      break;
    case "remove a tag":
      await application.send(new UntagResourceCommand({ KeyId, TagKeys: ["keymgmt:distribution"] }));
      break;
    case "change a tag":
      await application.send(
        new TagResourceCommand({ KeyId, Tags: [{ TagKey: "keymgmt:version", TagValue: "99" }] }),
      );
      break;
    case "change the policy":
      await application.send(new PutKeyPolicyCommand({ KeyId, Policy: policyOf("Others") }));
      break;
    case "change the description":
      await application.send(new UpdateKeyDescriptionCommand({ KeyId, Description: "others" }));
  }
}

export const policyOf = (Sid: string) => keyPolicy(allowsRoot(Sid));
