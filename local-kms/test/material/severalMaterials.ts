/** What tests of KMS keys with several imported materials share. */
import {
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  EncryptCommand,
  RotateKeyOnDemandCommand,
} from "@aws-sdk/client-kms";
import { EAST, importer, metadataOf, rotationsOf, start, type TestKms } from "../support.js";

export const DAY = 24 * 3_600_000;
/** How long an on-demand rotation is in progress, in milliseconds. */
export const ROTATING = 60_000;
export const NEW = { ImportType: "NEW_KEY_MATERIAL" } as const;
export const EXISTING = { ImportType: "EXISTING_KEY_MATERIAL" } as const;

/** A local KMS for the tests of one `describe`, and the requests that they make of it. */
export function severalMaterials() {
  let started: TestKms;
  let importing: ReturnType<typeof importer>;
  before(async () => {
    started = await start({
      config: {
        onDemandRotationMillis: ROTATING,
      },
    });
    importing = importer(started);
  });
  after(() => started.close());

  const kms: Pick<TestKms, "client" | "now" | "wait" | "waitDays"> = {
    client: (...given) => started.client(...given),
    now: () => started.now(),
    wait: (millis) => started.wait(millis),
    waitDays: (days) => started.waitDays(days),
  };
  return {
    kms,
    importing: (...given: Parameters<typeof importing>) => importing(...given),
    rotate: (KeyId: string, region = EAST) =>
      kms.client(region).send(new RotateKeyOnDemandCommand({ KeyId })),
    deleting: (KeyId: string, KeyMaterialId?: string, region = EAST) =>
      kms.client(region).send(new DeleteImportedKeyMaterialCommand({ KeyId, KeyMaterialId })),
    currentOf: async (KeyId: string, region = EAST) =>
      (await metadataOf(kms.client(region), KeyId)).CurrentKeyMaterialId!,
    encrypt: async (KeyId: string, region = EAST) =>
      (await kms.client(region).send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("text") })))
        .CiphertextBlob,
    decrypt: (CiphertextBlob: Uint8Array | undefined, region = EAST) =>
      kms.client(region).send(new DecryptCommand({ CiphertextBlob })),
    /** Id, KeyMaterialState and ImportState of each material, oldest first. */
    listed: async (KeyId: string, region = EAST) =>
      (await rotationsOf(kms.client(region), KeyId, "ALL_KEY_MATERIAL")).map((entry) => [
        entry.KeyMaterialId,
        entry.KeyMaterialState,
        entry.ImportState,
      ]),
  };
}
