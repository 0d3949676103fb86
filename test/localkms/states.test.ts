import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GetKeyPolicyCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
  type KMSClient,
  ListAliasesCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import { STATE_TABLE } from "../../localkms/keys/stateTable.js";
import {
  createEnabledKey,
  createExternalKey,
  createKey,
  refusal,
  start,
  stateOf,
  type TestKms,
  WEST,
} from "./support.js";

/**
 * AWS's key-state table, written out here a second time from
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html: what each operation does to a key in each state.
 * ok: carried out. D: DisabledException. I: KMSInvalidStateException. Updating is not reachable yet.
 */
const STATES = [
  "Enabled",
  "Disabled",
  "PendingDeletion",
  "PendingReplicaDeletion",
  "PendingImport",
  "Creating",
] as const;
type State = (typeof STATES)[number];

const EXPECTED: Record<string, string> = {
  DescribeKey: "ok ok ok ok ok ok",
  ListAliases: "ok ok ok ok ok ok",
  ListResourceTags: "ok ok ok ok ok ok",
  GetKeyPolicy: "ok ok ok ok ok ok",
  PutKeyPolicy: "ok ok ok ok ok ok",
  UpdateKeyDescription: "ok ok I I ok ok",
  TagResource: "ok ok I I ok ok",
  UntagResource: "ok ok I I ok ok",
  CreateAlias: "ok ok I I ok ok",
  UpdateAlias: "ok ok I I ok ok",
  EnableKey: "ok ok I I I I",
  DisableKey: "ok ok I I I I",
  ScheduleKeyDeletion: "ok ok I I ok ok",
  CancelKeyDeletion: "I I ok ok I I",
  ReplicateKey: "ok D I I I I",
  GetParametersForImport: "ok ok I I ok I",
  ImportKeyMaterial: "ok ok I I ok I",
  DeleteImportedKeyMaterial: "ok ok ok ok ok I",
  Encrypt: "ok D I I I I",
  Decrypt: "ok D I I I I",
  ReEncrypt: "ok D I I I I",
  GenerateDataKey: "ok D I I I I",
  GenerateDataKeyWithoutPlaintext: "ok D I I I I",
};

const WORDS: Record<State, string> = {
  Enabled: "enabled",
  Disabled: "disabled",
  PendingDeletion: "pending deletion",
  PendingReplicaDeletion: "pending replica deletion",
  PendingImport: "pending import",
  Creating: "creating",
};

const policy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: "*", Action: "kms:*", Resource: "*" }],
});
const Plaintext = Buffer.from("x");
/** The state is checked before the token: a garbage one tells an allowed import (InvalidImportToken) from a refused one. */
const garbage = { ImportToken: Buffer.alloc(100), EncryptedKeyMaterial: Buffer.alloc(256) };

interface Subject {
  client: KMSClient;
  KeyId: string;
  ciphertext: Uint8Array;
  otherKey: string;
}

const newAlias = () => `alias/state-${randomUUID()}`;

const REQUESTS: Record<keyof typeof EXPECTED, (subject: Subject) => Promise<unknown>> = {
  DescribeKey: ({ client, KeyId }) => client.send(new DescribeKeyCommand({ KeyId })),
  ListAliases: ({ client, KeyId }) => client.send(new ListAliasesCommand({ KeyId })),
  ListResourceTags: ({ client, KeyId }) => client.send(new ListResourceTagsCommand({ KeyId })),
  GetKeyPolicy: ({ client, KeyId }) => client.send(new GetKeyPolicyCommand({ KeyId })),
  PutKeyPolicy: ({ client, KeyId }) => client.send(new PutKeyPolicyCommand({ KeyId, Policy: policy })),
  UpdateKeyDescription: ({ client, KeyId }) =>
    client.send(new UpdateKeyDescriptionCommand({ KeyId, Description: "d" })),
  TagResource: ({ client, KeyId }) =>
    client.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: "k", TagValue: "v" }] })),
  UntagResource: ({ client, KeyId }) => client.send(new UntagResourceCommand({ KeyId, TagKeys: ["k"] })),
  CreateAlias: ({ client, KeyId }) =>
    client.send(new CreateAliasCommand({ AliasName: newAlias(), TargetKeyId: KeyId })),
  UpdateAlias: async ({ client, KeyId, otherKey }) => {
    const AliasName = newAlias();
    await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: otherKey }));
    await client.send(new UpdateAliasCommand({ AliasName, TargetKeyId: KeyId }));
  },
  EnableKey: ({ client, KeyId }) => client.send(new EnableKeyCommand({ KeyId })),
  DisableKey: ({ client, KeyId }) => client.send(new DisableKeyCommand({ KeyId })),
  ScheduleKeyDeletion: ({ client, KeyId }) => client.send(new ScheduleKeyDeletionCommand({ KeyId })),
  CancelKeyDeletion: ({ client, KeyId }) => client.send(new CancelKeyDeletionCommand({ KeyId })),
  ReplicateKey: ({ client, KeyId }) =>
    client.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: "ap-south-1" })),
  GetParametersForImport: ({ client, KeyId }) =>
    client.send(
      new GetParametersForImportCommand({
        KeyId,
        WrappingAlgorithm: "RSAES_OAEP_SHA_256",
        WrappingKeySpec: "RSA_2048",
      }),
    ),
  ImportKeyMaterial: async ({ client, KeyId }) => {
    const ExpirationModel = "KEY_MATERIAL_DOES_NOT_EXPIRE";
    const request = client.send(new ImportKeyMaterialCommand({ KeyId, ExpirationModel, ...garbage }));
    await request.catch((error) => {
      if (error.name !== "InvalidImportTokenException") throw error;
    });
  },
  DeleteImportedKeyMaterial: ({ client, KeyId }) =>
    client.send(new DeleteImportedKeyMaterialCommand({ KeyId })),
  Encrypt: ({ client, KeyId }) => client.send(new EncryptCommand({ KeyId, Plaintext })),
  Decrypt: ({ client, KeyId, ciphertext }) =>
    client.send(new DecryptCommand({ KeyId, CiphertextBlob: ciphertext })),
  ReEncrypt: async ({ client, KeyId, otherKey }) => {
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId: otherKey, Plaintext }));
    await client.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: KeyId }));
  },
  GenerateDataKey: ({ client, KeyId }) =>
    client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256" })),
  GenerateDataKeyWithoutPlaintext: ({ client, KeyId }) =>
    client.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, KeySpec: "AES_256" })),
};

/** Operations on imported material need a key of that origin; for the others the origin does not matter. */
const NEEDS_IMPORT = ["GetParametersForImport", "ImportKeyMaterial", "DeleteImportedKeyMaterial"];

describe("local KMS: the key-state table", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start({ config: { replicaCreatingMillis: 3_600_000 } });
  });
  after(() => kms.close());

  async function subjectIn(state: State, external: boolean): Promise<Subject & { Arn: string }> {
    const home = kms.client();
    const replicated = state === "PendingReplicaDeletion" || state === "Creating";
    const client = state === "Creating" ? kms.client(WEST) : home;
    const create = state === "PendingImport" ? createExternalKey : external ? createEnabledKey : createKey;
    const { KeyId, Arn } = await create(home, { MultiRegion: true });
    const usable =
      state === "PendingImport" ? undefined : await home.send(new EncryptCommand({ KeyId, Plaintext }));
    if (replicated) await home.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
    if (state === "Disabled") await home.send(new DisableKeyCommand({ KeyId }));
    if (state.endsWith("Deletion")) await home.send(new ScheduleKeyDeletionCommand({ KeyId }));
    assert.equal(await stateOf(client, KeyId), state);
    const { KeyId: otherKey } = await createKey(client);
    // A key that never had material has no ciphertext: any other's says IncorrectKey before the state is looked at.
    const ciphertext = usable?.CiphertextBlob ?? (await ciphertextOf(KeyId));
    return {
      client,
      KeyId,
      Arn: Arn.replace("us-east-1", await client.config.region()),
      ciphertext,
      otherKey,
    };
  }

  /** The ciphertext of a related key elsewhere would look the same: header with the key id, then anything. */
  async function ciphertextOf(KeyId: string): Promise<Uint8Array> {
    const other = await createKey(kms.client(), { MultiRegion: true });
    const { CiphertextBlob } = await kms.client().send(new EncryptCommand({ KeyId: other.KeyId, Plaintext }));
    const forged = Buffer.from(CiphertextBlob!);
    forged.write(KeyId, forged.indexOf(other.KeyId));
    return forged;
  }

  it("has a row for every operation that the table in the source has", () => {
    assert.deepEqual(Object.keys(EXPECTED).sort(), Object.keys(STATE_TABLE).sort());
  });

  for (const [operation, row] of Object.entries(EXPECTED)) {
    for (const [i, verdict] of row.split(" ").entries()) {
      const state = STATES[i]!;
      const does = verdict === "ok" ? "is carried out" : "is refused";
      it(`${operation} ${does} on a key that is ${WORDS[state]}`, async () => {
        const subject = await subjectIn(state, NEEDS_IMPORT.includes(operation));
        const request = REQUESTS[operation]!(subject);
        if (verdict === "ok") {
          await request;
          return;
        }
        const { name, message } = await refusal(request);
        assert.equal(name, verdict === "D" ? "DisabledException" : "KMSInvalidStateException");
        const is = operation === "CancelKeyDeletion" ? "not pending deletion" : WORDS[state];
        assert.equal(message, `${subject.Arn} is ${is}.`);
      });
    }
  }
});
