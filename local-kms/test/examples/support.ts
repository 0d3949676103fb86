import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DecryptCommand, EncryptCommand } from "@aws-sdk/client-kms";
import { type CommandOptions, command } from "../../../test/e2e/support/command.js";
import { ACCOUNT, clientFor, EAST, metadataOf, start, type TestKms, temporaryFolder } from "../support.js";

export const EXAMPLES = join(__dirname, "../../examples");

/** A local KMS as an example finds it, and the environment that its user has set. */
export interface Stage {
  kms: TestKms;
  env: Record<string, string>;
}

/** Declares a test for the local KMS as it is and one for `--profile aws`. */
export function onBoth(title: string, run: (stage: Stage) => Promise<void>): void {
  it(title, () => onStage(undefined, run));
  it(`${title}; as strict as AWS too`, () => onStage("aws", run));
}

export async function onStage(
  profile: "aws" | undefined,
  run: (stage: Stage) => Promise<void>,
): Promise<void> {
  const importKeyPool = { RSA_2048: 0, RSA_3072: 1, RSA_4096: 0 };
  const kms = await start({ config: { profile, importKeyPool } });
  try {
    await run({ kms, env: environment(kms) });
  } finally {
    await kms.close();
  }
}

function environment({ url, credentials }: TestKms): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    AWS_ENDPOINT_URL_KMS: url,
    AWS_REGION: EAST,
    AWS_DEFAULT_REGION: EAST,
    AWS_ACCESS_KEY_ID: credentials?.accessKeyId ?? ACCOUNT,
    AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? "any",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** Runs an example that imports material: it ends well, names the alias and key, which are as it says, and leaves no file. */
export async function importsMaterial(
  { kms, env }: Stage,
  [file, ...args]: [string, ...string[]],
  more: Pick<CommandOptions, "cwd"> & { env?: Record<string, string> },
): Promise<void> {
  const home = await temporaryFolder();
  const folders = { HOME: home, TMPDIR: home };
  const options = { ...more, env: { ...env, ...folders, ...more.env }, seconds: 120 };
  const { stdout, stderr, exitCode } = await command(file, args, options);
  assert.equal(exitCode, 0, stderr);
  const [, alias, arn] =
    /^(alias\/example-\w+) \((arn:\S+)\) encrypts and decrypts with the imported material$/.exec(stdout) ??
    assert.fail(stdout);
  assert.deepEqual(await readdir(home), []);

  const { CreateKey, Encrypt, Decrypt } = kms.counts();
  assert.equal(CreateKey, 1);
  assert.ok(Encrypt && Decrypt);
  await assertUsable(kms, alias!, arn!);
}

/** The alias leads to the key, which has imported material and works. */
export async function assertUsable(kms: TestKms, alias: string, arn: string): Promise<void> {
  await kms.setConsistency(undefined);
  const { accessKeyId = ACCOUNT, secretAccessKey } = kms.credentials ?? {};
  const client = clientFor(kms.url, EAST, accessKeyId, secretAccessKey);
  const { Arn, Origin, KeyState } = await metadataOf(client, alias);
  assert.deepEqual([Arn, Origin, KeyState], [arn, "EXTERNAL", "Enabled"]);
  const Plaintext = Buffer.from("text");
  const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId: alias, Plaintext }));
  const decrypted = await client.send(new DecryptCommand({ CiphertextBlob }));
  assert.deepEqual(Buffer.from(decrypted.Plaintext!), Plaintext);
}
