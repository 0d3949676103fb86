import assert from "node:assert/strict";
import { ACCOUNT, EAST, post, SIGNED, type TestKms } from "../support.js";

/** An answer as it goes over the wire: a recording is compared with that, and not with what an SDK makes of it. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each operation has its own answer.
  readonly body: any;
}

export type Input = Readonly<Record<string, unknown>>;

export async function ask(kms: TestKms, operation: string, input: Input, region = EAST): Promise<Answer> {
  const authorization = SIGNED.replace(EAST, region);
  const { status, text } = await post(kms.url, operation, JSON.stringify(input), { authorization });
  return { status, body: text === "" ? undefined : JSON.parse(text) };
}

/** The answer to a request that is carried out. */
export async function carriedOut(kms: TestKms, operation: string, input: Input, region = EAST) {
  const { status, body } = await ask(kms, operation, input, region);
  assert.equal(status, 200, `${operation}: ${JSON.stringify(body)}`);
  return body;
}

/** That a request is refused with this error and this text; without a text where AWS sends none. */
export async function refused(
  kms: TestKms,
  [operation, input, region = EAST]: [operation: string, input: Input, region?: string],
  name: string,
  message?: string,
): Promise<void> {
  const wanted = { status: 400, body: message === undefined ? { __type: name } : { __type: name, message } };
  assert.deepEqual(await ask(kms, operation, input, region), wanted, operation);
}

/** A new key's metadata. */
export async function created(kms: TestKms, input: Input = {}, region = EAST) {
  return (await carriedOut(kms, "CreateKey", input, region)).KeyMetadata;
}

export const described = async (kms: TestKms, KeyId: string, region = EAST) =>
  (await carriedOut(kms, "DescribeKey", { KeyId }, region)).KeyMetadata;

/** KeyMetadata that has exactly these members, and those that every key has. */
export function isMetadata(actual: Input, members: Input): void {
  const { KeyId, Arn, CreationDate } = actual;
  assert.equal(typeof CreationDate, "number");
  assert.match(String(Arn), new RegExp(`^arn:aws:kms:[a-z0-9-]+:${ACCOUNT}:key/${KeyId}$`));
  const usual = {
    AWSAccountId: ACCOUNT,
    Arn,
    CreationDate,
    KeyId,
    KeyManager: "CUSTOMER",
    MultiRegion: false,
  };
  assert.deepEqual(actual, { ...usual, Description: "", ...members });
}

export const SYMMETRIC = {
  CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
  EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
  KeySpec: "SYMMETRIC_DEFAULT",
  KeyUsage: "ENCRYPT_DECRYPT",
};

export const base64 = (text: string | Uint8Array) => Buffer.from(text).toString("base64");
