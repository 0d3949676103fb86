import assert from "node:assert/strict";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateGrantCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateMacCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  GetPublicKeyCommand,
  ImportKeyMaterialCommand,
  type KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeyPoliciesCommand,
  ListKeyRotationsCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
  UpdatePrimaryRegionCommand,
  VerifyCommand,
  VerifyMacCommand,
} from "@aws-sdk/client-kms";
import { API } from "../../src/api/model.js";
import { STATE_TABLE } from "../../src/keys/stateTable.js";
import { HANDLERS } from "../../src/operations/handlers.js";
import { guide, rule } from "../rule.js";
import {
  ACCOUNT,
  createEnabledKey,
  createKey,
  EAST,
  getParameters,
  importMaterial,
  start,
  stateOf,
  type TestKms,
  WEST,
} from "../support.js";

/**
 * AWS's key-state table, written out a second time from AWS's page and not from the local KMS's own table. Columns, in
 * this order; `ok`: carried out, `D`: DisabledException, `I`: KMSInvalidStateException, `U`: UnsupportedOperationException,
 * since only a key of origin EXTERNAL comes into that state.
 */
const STATES = [
  "Enabled",
  "Disabled",
  "PendingDeletion",
  "PendingReplicaDeletion",
  "PendingImport",
  "Creating",
  "Updating",
] as const;
type State = (typeof STATES)[number];

const WORDS: Record<State, string> = {
  Enabled: "enabled",
  Disabled: "disabled",
  PendingDeletion: "pending deletion",
  PendingReplicaDeletion: "pending replica deletion",
  PendingImport: "pending import",
  Creating: "creating",
  Updating: "updating",
};

/** A multi-Region key in some state. Its ciphertext was made before it came into it. */
interface Subject {
  readonly client: KMSClient;
  readonly KeyId: string;
  readonly Arn: string;
  readonly ciphertext: Uint8Array;
  /** An Enabled key in the same Region. */
  readonly otherKey: string;
}

interface Row {
  readonly states: string;
  readonly request: (subject: Subject) => Promise<unknown>;
  /** What the key must be; a multi-Region key of CreateKey's defaults where the operation does not mind. */
  readonly key?: CreateKeyCommandInput;
  /** It changes the key's state, so that each request needs a key of its own. */
  readonly changesState?: true;
}

const HOUR = 3_600_000;
const Plaintext = Buffer.from("x");
const external = { Origin: "EXTERNAL" } as const;
const signing = { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" } as const;
const hmac = { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" } as const;
const signed = { SigningAlgorithm: "ECDSA_SHA_256", Message: Buffer.from("x") } as const;
const newAlias = () => `alias/state-${randomUUID()}`;
const everyone = { Effect: "Allow", Principal: "*", Action: "kms:*", Resource: "*" };
const policy = JSON.stringify({ Version: "2012-10-17", Statement: [everyone] });

async function aliasOf({ client }: Subject, TargetKeyId: string): Promise<string> {
  const AliasName = newAlias();
  await client.send(new CreateAliasCommand({ AliasName, TargetKeyId }));
  return AliasName;
}

const GranteePrincipal = `arn:aws:iam::${ACCOUNT}:role/grantee`;
const noGrant = "0".repeat(64);

/** The state is checked before the bytes (or the grant), so a request with wrong ones is carried out when it is refused for them. */
const refusedOnlyAs = (expected: string, request: Promise<unknown>) =>
  request.catch((error) => {
    if (error.name !== expected) throw error;
  });

const usesMaterial = "ok D  I  I  I  I  ok";
const inEveryState = "ok ok ok ok ok ok ok";

const TABLE: Record<string, Row> = {
  CancelKeyDeletion: {
    //       E  D  PD PR PI Cr Up
    states: "I  I  ok ok I  I  I",
    changesState: true,
    request: ({ client, KeyId }) => client.send(new CancelKeyDeletionCommand({ KeyId })),
  },
  CreateAlias: {
    states: "ok ok I  I  ok ok ok",
    request: (subject) => aliasOf(subject, subject.KeyId),
  },
  CreateGrant: {
    states: usesMaterial,
    request: ({ client, KeyId }) =>
      client.send(new CreateGrantCommand({ KeyId, GranteePrincipal, Operations: ["DescribeKey"] })),
  },
  Decrypt: {
    states: usesMaterial,
    request: ({ client, KeyId, ciphertext }) =>
      client.send(new DecryptCommand({ KeyId, CiphertextBlob: ciphertext })),
  },
  DeleteImportedKeyMaterial: {
    states: "ok ok ok ok ok I  I",
    key: external,
    changesState: true,
    request: ({ client, KeyId }) => client.send(new DeleteImportedKeyMaterialCommand({ KeyId })),
  },
  DeriveSharedSecret: {
    states: usesMaterial,
    key: { KeySpec: "ECC_NIST_P256", KeyUsage: "KEY_AGREEMENT" },
    request: ({ client, KeyId }) => {
      const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const PublicKey = publicKey.export({ format: "der", type: "spki" });
      const request = { KeyId, PublicKey, KeyAgreementAlgorithm: "ECDH" } as const;
      return client.send(new DeriveSharedSecretCommand(request));
    },
  },
  DescribeKey: {
    states: inEveryState,
    request: ({ client, KeyId }) => client.send(new DescribeKeyCommand({ KeyId })),
  },
  DisableKey: {
    states: "ok ok I  I  I  I  I",
    changesState: true,
    request: ({ client, KeyId }) => client.send(new DisableKeyCommand({ KeyId })),
  },
  DisableKeyRotation: {
    states: "ok D  I  I  U  I  I",
    request: ({ client, KeyId }) => client.send(new DisableKeyRotationCommand({ KeyId })),
  },
  EnableKey: {
    states: "ok ok I  I  I  I  I",
    changesState: true,
    request: ({ client, KeyId }) => client.send(new EnableKeyCommand({ KeyId })),
  },
  EnableKeyRotation: {
    states: "ok D  I  I  U  I  I",
    request: ({ client, KeyId }) => client.send(new EnableKeyRotationCommand({ KeyId })),
  },
  Encrypt: {
    states: usesMaterial,
    request: ({ client, KeyId }) => client.send(new EncryptCommand({ KeyId, Plaintext })),
  },
  GenerateDataKey: {
    states: usesMaterial,
    request: ({ client, KeyId }) => client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256" })),
  },
  GenerateDataKeyPair: {
    states: usesMaterial,
    request: ({ client, KeyId }) =>
      client.send(new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: "ECC_NIST_P256" })),
  },
  GenerateDataKeyPairWithoutPlaintext: {
    states: usesMaterial,
    request: ({ client, KeyId }) =>
      client.send(new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId, KeyPairSpec: "ECC_NIST_P256" })),
  },
  GenerateDataKeyWithoutPlaintext: {
    states: usesMaterial,
    request: ({ client, KeyId }) =>
      client.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, KeySpec: "AES_256" })),
  },
  GenerateMac: {
    states: usesMaterial,
    key: hmac,
    request: ({ client, KeyId }) =>
      client.send(new GenerateMacCommand({ KeyId, MacAlgorithm: "HMAC_SHA_256", Message: Plaintext })),
  },
  GetKeyPolicy: {
    states: inEveryState,
    request: ({ client, KeyId }) => client.send(new GetKeyPolicyCommand({ KeyId })),
  },
  GetKeyRotationStatus: {
    states: inEveryState,
    request: ({ client, KeyId }) => client.send(new GetKeyRotationStatusCommand({ KeyId })),
  },
  GetParametersForImport: {
    states: "ok ok I  I  ok I  I",
    key: external,
    request: ({ client, KeyId }) => getParameters(client, KeyId),
  },
  // AWS's page has no word for asymmetric keys that wait for their material, since it is older than their import.
  GetPublicKey: {
    states: usesMaterial,
    key: signing,
    request: ({ client, KeyId }) => client.send(new GetPublicKeyCommand({ KeyId })),
  },
  ImportKeyMaterial: {
    states: "ok ok I  I  ok I  ok",
    key: external,
    request: ({ client, KeyId }) => {
      const garbage = { ImportToken: Buffer.alloc(100), EncryptedKeyMaterial: Buffer.alloc(256) };
      const ExpirationModel = "KEY_MATERIAL_DOES_NOT_EXPIRE";
      const request = client.send(new ImportKeyMaterialCommand({ KeyId, ExpirationModel, ...garbage }));
      return refusedOnlyAs("InvalidImportTokenException", request);
    },
  },
  ListAliases: {
    states: inEveryState,
    request: ({ client, KeyId }) => client.send(new ListAliasesCommand({ KeyId })),
  },
  ListGrants: {
    states: inEveryState,
    request: ({ client, KeyId }) => client.send(new ListGrantsCommand({ KeyId })),
  },
  ListKeyPolicies: {
    states: inEveryState,
    request: ({ client, KeyId }) => client.send(new ListKeyPoliciesCommand({ KeyId })),
  },
  ListKeyRotations: {
    states: inEveryState,
    request: ({ client, KeyId }) => client.send(new ListKeyRotationsCommand({ KeyId })),
  },
  ListResourceTags: {
    states: inEveryState,
    request: ({ client, KeyId }) => client.send(new ListResourceTagsCommand({ KeyId })),
  },
  PutKeyPolicy: {
    states: inEveryState,
    request: ({ client, KeyId }) => client.send(new PutKeyPolicyCommand({ KeyId, Policy: policy })),
  },
  ReEncrypt: {
    states: usesMaterial,
    request: async ({ client, KeyId, otherKey }) => {
      const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId: otherKey, Plaintext }));
      await client.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: KeyId }));
    },
  },
  ReplicateKey: {
    states: "ok D  I  I  I  I  I",
    changesState: true,
    request: ({ client, KeyId }) =>
      client.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: "ap-south-1" })),
  },
  RetireGrant: {
    states: inEveryState,
    request: ({ client, KeyId }) =>
      refusedOnlyAs("NotFoundException", client.send(new RetireGrantCommand({ KeyId, GrantId: noGrant }))),
  },
  RevokeGrant: {
    states: inEveryState,
    request: ({ client, KeyId }) =>
      refusedOnlyAs("NotFoundException", client.send(new RevokeGrantCommand({ KeyId, GrantId: noGrant }))),
  },
  RotateKeyOnDemand: {
    states: "ok D  I  I  I  I  I",
    request: ({ client, KeyId }) => client.send(new RotateKeyOnDemandCommand({ KeyId })),
  },
  ScheduleKeyDeletion: {
    states: "ok ok I  I  ok ok I",
    changesState: true,
    request: ({ client, KeyId }) => client.send(new ScheduleKeyDeletionCommand({ KeyId })),
  },
  Sign: {
    states: usesMaterial,
    key: signing,
    request: ({ client, KeyId }) => client.send(new SignCommand({ KeyId, ...signed })),
  },
  TagResource: {
    states: "ok ok I  I  ok ok ok",
    request: ({ client, KeyId }) =>
      client.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: "k", TagValue: "v" }] })),
  },
  UntagResource: {
    states: "ok ok I  I  ok ok ok",
    request: ({ client, KeyId }) => client.send(new UntagResourceCommand({ KeyId, TagKeys: ["k"] })),
  },
  // Of the key that the alias shall name; the one that it leaves may be in any state.
  UpdateAlias: {
    states: "ok ok I  I  ok ok ok",
    request: async (subject) => {
      const AliasName = await aliasOf(subject, subject.otherKey);
      await subject.client.send(new UpdateAliasCommand({ AliasName, TargetKeyId: subject.KeyId }));
    },
  },
  UpdateKeyDescription: {
    states: "ok ok I  I  ok ok ok",
    request: ({ client, KeyId }) => client.send(new UpdateKeyDescriptionCommand({ KeyId, Description: "d" })),
  },
  UpdatePrimaryRegion: {
    states: "ok D  I  I  I  I  ok",
    changesState: true,
    request: async ({ client, KeyId }) => {
      const PrimaryRegion = (await client.config.region()) === EAST ? WEST : EAST;
      // Where the key can have a replica and has none yet; what else is wrong is for the operation itself to say.
      await client.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: PrimaryRegion })).catch(() => {});
      await client.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion }));
    },
  },
  Verify: {
    states: usesMaterial,
    key: signing,
    request: ({ client, KeyId }) => {
      const request = client.send(new VerifyCommand({ KeyId, ...signed, Signature: Buffer.alloc(64) }));
      return refusedOnlyAs("KMSInvalidSignatureException", request);
    },
  },
  VerifyMac: {
    states: usesMaterial,
    key: hmac,
    request: ({ client, KeyId }) => {
      const mac = { MacAlgorithm: "HMAC_SHA_256", Message: Plaintext, Mac: Buffer.alloc(32) } as const;
      return refusedOnlyAs("KMSInvalidMacException", client.send(new VerifyMacCommand({ KeyId, ...mac })));
    },
  },
};

type Verdict = "ok" | "D" | "I" | "U";

/** A row by state. */
const verdictsOf = ({ states }: Row) => {
  const columns = states.split(/\s+/) as Verdict[];
  return new Map(STATES.map((state, i) => [state, columns[i]!]));
};

/** "Encrypt: carried out on Enabled and Updating; DisabledException on Disabled; …" */
function title(operation: string, verdicts: Map<State, Verdict>): string {
  const on = (verdict: Verdict) => STATES.filter((state) => verdicts.get(state) === verdict);
  if (on("ok").length === STATES.length) return `${operation}: carried out in every key state`;
  const parts = [
    ["carried out", on("ok")],
    ["DisabledException", on("D")],
    ["KMSInvalidStateException", on("I")],
    ["UnsupportedOperationException", on("U")],
  ] as const;
  const named = parts.filter(([, states]) => states.length > 0);
  return `${operation}: ${named.map(([what, states]) => `${what} on ${sentence(states)}`).join("; ")}`;
}

const sentence = (words: readonly string[]) =>
  words.length === 1 ? words[0]! : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

/** AWS's words of a refusal: the footnotes under its table. */
function expected(operation: string, state: State, verdict: Verdict, arn: string): string {
  if (verdict === "ok") return "ok";
  if (verdict === "U")
    return `UnsupportedOperationException: ${arn} origin is EXTERNAL which is not valid for this operation.`;
  const error = verdict === "D" ? "DisabledException" : "KMSInvalidStateException";
  return `${error}: ${arn} is ${operation === "CancelKeyDeletion" ? "not pending deletion" : WORDS[state]}.`;
}

async function outcomeOf(request: Promise<unknown>): Promise<string> {
  return request.then(
    () => "ok",
    (error: Error) => `${error.name}: ${error.message}`,
  );
}

describe("local KMS: the key-state table", () => {
  let kms: TestKms;
  let slow: TestKms;
  const shared = new Map<string, Promise<Subject>>();
  before(async () => {
    kms = await start({ config: { primaryUpdatingMillis: HOUR } });
    slow = await start({ config: { replicaCreatingMillis: HOUR } });
  });
  after(() => Promise.all([kms.close(), slow.close()]));

  /** A key in that state; for operations that leave it so, one for all of them. */
  function subject(state: State, { key = {}, changesState }: Row): Promise<Subject> {
    if (changesState) return makeSubject(state, key);
    const name = `${state} ${JSON.stringify(key)}`;
    const made = shared.get(name) ?? makeSubject(state, key);
    shared.set(name, made);
    return made;
  }

  async function makeSubject(state: State, input: CreateKeyCommandInput): Promise<Subject> {
    const { client: clientIn } = state === "Creating" ? slow : kms;
    const home = clientIn();
    const { KeyId, Arn, material } = await makeKey(home, state, input);
    const ciphertext = input.KeySpec ? Buffer.alloc(0) : await ciphertextOf(home, KeyId, state);
    const away = state === "Creating" || state === "Updating";
    if (away || state === "PendingReplicaDeletion")
      await home.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
    if (state === "Disabled") await home.send(new DisableKeyCommand({ KeyId }));
    if (state.endsWith("Deletion")) await home.send(new ScheduleKeyDeletionCommand({ KeyId }));
    const client = away ? clientIn(WEST) : home;
    if (state === "Updating") {
      if (material) await importMaterial(client, KeyId, material);
      await home.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: WEST }));
    }
    assert.equal(await stateOf(client, KeyId), state);
    const { KeyId: otherKey } = await createKey(client);
    return { client, KeyId, Arn: away ? Arn.replace(EAST, WEST) : Arn, ciphertext, otherKey };
  }

  async function makeKey(client: KMSClient, state: State, input: CreateKeyCommandInput) {
    const key = { MultiRegion: true, ...input };
    if (state === "PendingImport")
      return { ...(await createKey(client, { ...key, ...external })), material: undefined };
    if (input.Origin === "EXTERNAL") return createEnabledKey(client, key);
    return { ...(await createKey(client, key)), material: undefined };
  }

  /**
   * A key that never had material has no ciphertext, and another key's says IncorrectKey before the state is looked
   * at: its own would begin as another's does, but for the key id.
   */
  async function ciphertextOf(client: KMSClient, KeyId: string, state: State): Promise<Uint8Array> {
    const own = state !== "PendingImport";
    const by = own ? KeyId : (await createKey(client, { MultiRegion: true })).KeyId;
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId: by, Plaintext }));
    const ciphertext = Buffer.from(CiphertextBlob!);
    if (!own) ciphertext.write(KeyId, ciphertext.indexOf(by));
    return ciphertext;
  }

  for (const [operation, row] of Object.entries(TABLE)) {
    const verdicts = verdictsOf(row);
    rule(title(operation, verdicts), guide("key-state", "key-state-table"), async () => {
      const outcomes: Record<string, string> = {};
      const wanted: Record<string, string> = {};
      for (const [state, verdict] of verdicts) {
        const one = await subject(state, row);
        outcomes[state] = await outcomeOf(row.request(one));
        wanted[state] = expected(operation, state, verdict, one.Arn);
      }
      assert.deepEqual(outcomes, wanted);
    });
  }

  it("has a row for every operation that names a key", () => {
    const namesKey = (operation: string) => {
      const { input } = API.operations[operation]!;
      return Object.values(API.shapes[input ?? ""]?.members ?? {}).includes("KeyIdType");
    };
    assert.deepEqual(Object.keys(TABLE).sort(), Object.keys(HANDLERS).filter(namesKey).sort());
    assert.deepEqual(Object.keys(STATE_TABLE).sort(), Object.keys(TABLE).sort());
  });
});
