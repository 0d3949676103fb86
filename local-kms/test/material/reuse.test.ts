import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { GetParametersForImportCommand } from "@aws-sdk/client-kms";
import {
  createExternalKey,
  getParameters,
  importMaterial,
  refusal,
  start,
  stateOf,
  type TestKms,
} from "../support.js";

const DAY = 24 * 60 * 60 * 1000;

describe("local KMS: importKeyPool.reuse", () => {
  let kms: TestKms;
  let KeyId: string;
  beforeEach(async () => {
    kms = await start({ config: { importKeyPool: { reuse: true } } });
    KeyId = (await createExternalKey(kms.client())).KeyId;
  });
  afterEach(() => kms.close());

  /** What an import is refused with, of material under one set's public key with another set's token. */
  const mixed = async (
    { PublicKey }: Awaited<ReturnType<typeof getParameters>>,
    { ImportToken }: Awaited<ReturnType<typeof getParameters>>,
  ) => {
    const parameters = { PublicKey, ImportToken, $metadata: {} };
    return (await refusal(importMaterial(kms.client(), KeyId, randomBytes(32), {}, parameters))).name;
  };

  it("gives out one wrapping key a spec, with a token of its own each time", async () => {
    const other = await createExternalKey(kms.client());
    const sets = [
      await getParameters(kms.client(), KeyId),
      await getParameters(kms.client(), KeyId),
      await getParameters(kms.client(), other.KeyId),
    ];
    const distinct = (values: (Uint8Array | undefined)[]) =>
      new Set(values.map((bytes) => Buffer.from(bytes!).toString("hex"))).size;
    assert.equal(distinct(sets.map(({ PublicKey }) => PublicKey)), 1);
    assert.equal(distinct(sets.map(({ ImportToken }) => ImportToken)), 3);
    await importMaterial(kms.client(), KeyId, randomBytes(32), {}, sets[0]);
    assert.equal(await stateOf(kms.client(), KeyId), "Enabled");
  });

  it("refuses a token of another KMS key, wrapping algorithm or wrapping key spec, as without it", async () => {
    const own = await getParameters(kms.client(), KeyId);
    const other = await createExternalKey(kms.client());
    assert.equal(
      await mixed(own, await getParameters(kms.client(), other.KeyId)),
      "InvalidImportTokenException",
    );
    const bySha1 = { KeyId, WrappingAlgorithm: "RSAES_OAEP_SHA_1", WrappingKeySpec: "RSA_2048" } as const;
    const sha1 = await kms.client().send(new GetParametersForImportCommand(bySha1));
    assert.equal(await mixed(own, sha1), "InvalidCiphertextException");
    assert.equal(
      await mixed(own, await getParameters(kms.client(), KeyId, "RSA_3072")),
      "ValidationException",
    );
    assert.equal(await stateOf(kms.client(), KeyId), "PendingImport");
  }).timeout(60_000);

  it("refuses a token that has expired, though its wrapping key is still given out", async () => {
    const old = await getParameters(kms.client(), KeyId);
    kms.wait(DAY);
    const later = await getParameters(kms.client(), KeyId);
    assert.deepEqual(later.PublicKey, old.PublicKey);
    assert.equal(await mixed(later, old), "ExpiredImportTokenException");
  });

  it("is off unless asked for, and named at start", async () => {
    const usual = await start();
    const named = ({ leniencies }: TestKms) => leniencies.some((phrase) => /wrapping keys/.test(phrase));
    assert.deepEqual([usual, kms].map(named), [false, true]);
    await usual.close();
  });

  it("cannot tell apart two sets of one KMS key that differ in nothing but their tokens", async () => {
    const [first, second] = [
      await getParameters(kms.client(), KeyId),
      await getParameters(kms.client(), KeyId),
    ];
    const parameters = { ...first, ImportToken: second.ImportToken };
    await importMaterial(kms.client(), KeyId, randomBytes(32), {}, parameters);
  });
});
