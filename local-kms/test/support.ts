import { constants, createPublicKey, publicEncrypt, randomBytes } from "node:crypto";
import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DescribeKeyCommand,
  GetParametersForImportCommand,
  type GetParametersForImportCommandOutput,
  ImportKeyMaterialCommand,
  type ImportKeyMaterialCommandInput,
  type IncludeKeyMaterial,
  type KeyMetadata,
  KMSClient,
  ListKeyRotationsCommand,
  type RotationsListEntry,
} from "@aws-sdk/client-kms";
import { type LocalKms, type LocalKmsOptions, startLocalKms } from "../src/index.js";
import { watchAnswers } from "./server/answers.js";

export const ACCOUNT = "111122223333";
export const EAST = "us-east-1";
export const WEST = "eu-west-1";

/** What sends commands. */
type Client = Pick<KMSClient, "send">;
const DAY = 24 * 60 * 60 * 1000;

/** A local KMS of a test's own, with a clock that the test moves. Closing it fails where an answer was not AWS's. */
export interface TestKms extends LocalKms {
  client(region?: string, accessKeyId?: string): KMSClient;
  /** The clock's time. */
  now(): Date;
  /** Moves the clock ahead. */
  wait(millis: number): void;
  waitDays(days: number): void;
}

export async function start(options: LocalKmsOptions = {}): Promise<TestKms> {
  let ahead = 0;
  const now = () => new Date(Date.now() + ahead);
  const config = {
    replicaCreatingMillis: 0,
    primaryUpdatingMillis: 0,
    onDemandRotationMillis: 0,
    now,
    ...options.config,
  };
  const kms = await startLocalKms({ ...options, config });
  const endWatch = watchAnswers(kms.port);
  const clients = new Map<string, KMSClient>();
  return {
    ...kms,
    now,
    wait: (millis) => {
      ahead += millis;
    },
    waitDays: (days) => {
      ahead += days * DAY;
    },
    client: (region = EAST, accessKeyId = ACCOUNT) => {
      const client = clients.get(region + accessKeyId) ?? clientFor(kms.url, region, accessKeyId);
      clients.set(region + accessKeyId, client);
      return client;
    },
    close: async () => {
      for (const client of clients.values()) client.destroy();
      await kms.close();
      endWatch();
    },
  };
}

/** One attempt: a test sees every refusal. */
export function clientFor(
  url: string,
  region = EAST,
  accessKeyId = ACCOUNT,
  secretAccessKey = "any",
  sessionToken?: string,
): KMSClient {
  return new KMSClient({
    region,
    endpoint: url,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
  });
}

/** A signature of the caller in ACCOUNT; the local KMS does not verify it. */
export const SIGNED = `AWS4-HMAC-SHA256 Credential=${ACCOUNT}/20261124/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=00`;

/** A request as it goes over the wire, for what no SDK sends. A header that is undefined is left out. */
export async function post(
  url: string,
  operation: string,
  body: string,
  headers: Record<string, string | undefined> = {},
) {
  const all = {
    authorization: SIGNED,
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": `TrentService.${operation}`,
    ...headers,
  };
  const given = Object.entries(all).filter(([, value]) => value !== undefined) as [string, string][];
  const response = await fetch(url, { method: "POST", headers: given, body });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export { temporaryFolder } from "../../test/temporaryFolders.js";

export interface Refusal {
  name: string;
  message: string;
  status: number | undefined;
}

/** What a request is refused with; fails where it is not. */
export async function refusal(request: Promise<unknown>): Promise<Refusal> {
  const answer = await request.then(
    () => undefined,
    (error: Error & { $metadata?: { httpStatusCode?: number } }) => error,
  );
  if (!answer) throw new Error("Expected a refusal, and the request was carried out");
  return { name: answer.name, message: answer.message, status: answer.$metadata?.httpStatusCode };
}

/** What CreateKey always shows. */
export type CreatedKey = KeyMetadata & { KeyId: string; Arn: string; CreationDate: Date };

export async function createKey(client: Client, input: CreateKeyCommandInput = {}): Promise<CreatedKey> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand(input));
  return KeyMetadata as CreatedKey;
}

export const createExternalKey = (client: Client, input: CreateKeyCommandInput = {}) =>
  createKey(client, { Origin: "EXTERNAL", ...input });

export async function metadataOf(client: Client, KeyId: string): Promise<KeyMetadata> {
  return (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata!;
}

export const stateOf = async (client: KMSClient, KeyId: string) => (await metadataOf(client, KeyId)).KeyState;

export const getParameters = (
  client: Client,
  KeyId: string,
  spec: "RSA_2048" | "RSA_3072" | "RSA_4096" = "RSA_2048",
) =>
  client.send(
    new GetParametersForImportCommand({
      KeyId,
      WrappingAlgorithm: "RSAES_OAEP_SHA_256",
      WrappingKeySpec: spec,
    }),
  );

/** Wraps material as a customer would, by node:crypto. */
export function wrap(publicKey: Uint8Array, material: Uint8Array, oaepHash = "sha256"): Buffer {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, material);
}

export type ImportOptions = Partial<ImportKeyMaterialCommandInput>;

/** Gives material to a key with a set of its own, or with one that the test already has. */
export async function importMaterial(
  client: Client,
  KeyId: string,
  material: Uint8Array = randomBytes(32),
  options: ImportOptions = {},
  parameters?: GetParametersForImportCommandOutput,
) {
  const { ImportToken, PublicKey } = parameters ?? (await getParameters(client, KeyId));
  return client.send(
    new ImportKeyMaterialCommand({
      KeyId,
      ImportToken,
      EncryptedKeyMaterial: wrap(PublicKey!, material),
      ExpirationModel: options.ValidTo ? "KEY_MATERIAL_EXPIRES" : "KEY_MATERIAL_DOES_NOT_EXPIRE",
      ...options,
    }),
  );
}

/** A key with material, and that material. */
export async function createEnabledKey(client: KMSClient, input: CreateKeyCommandInput = {}) {
  const material = randomBytes(32);
  const key = await createExternalKey(client, input);
  await importMaterial(client, key.KeyId, material);
  return { KeyId: key.KeyId, Arn: key.Arn, material };
}

/** Imports with one set of parameters a key and Region, while it is valid: it takes time to make an RSA pair. */
export function importer(kms: TestKms) {
  const sets = new Map<string, GetParametersForImportCommandOutput>();
  return async (KeyId: string, material: Uint8Array, options: ImportOptions = {}, region = EAST) => {
    const client = kms.client(region);
    const name = `${region} ${KeyId}`;
    const known = sets.get(name);
    const isValid = known && known.ParametersValidTo! > kms.now();
    const parameters = isValid ? known : await getParameters(client, KeyId);
    sets.set(name, parameters);
    return importMaterial(client, KeyId, material, options, parameters);
  };
}

/** What ListKeyRotations lists, page by page. */
export async function rotationsOf(
  client: KMSClient,
  KeyId: string,
  IncludeKeyMaterial?: IncludeKeyMaterial,
  Limit?: number,
): Promise<RotationsListEntry[]> {
  const rotations: RotationsListEntry[] = [];
  for (let Marker: string | undefined; ; ) {
    const page = await client.send(new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial, Limit, Marker }));
    rotations.push(...page.Rotations!);
    Marker = page.NextMarker;
    if (!page.Truncated) return rotations;
  }
}
