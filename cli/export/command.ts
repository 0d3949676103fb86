import { access } from "node:fs/promises";
import { text as textOf } from "node:stream/consumers";
import {
  type BackedUpDistribution,
  type Backup,
  fingerprintOf,
  sealBackup,
} from "../../provider/keys/backup/backup.js";
import { type BackupKey, newPassphrase, recipientKey } from "../../provider/keys/backup/backupKeys.js";
import { isReferenceToSecret } from "../../provider/keys/backup/restore.js";
import { type Keyring, kcvsOf } from "../../provider/keys/keyring.js";
import { isSealed, parseKeystore } from "../../provider/keys/keystores/keystore.js";
import { KeystoreSession } from "../../provider/keys/keystores/session.js";
import { readSecret, readText } from "../../provider/keys/readReference.js";
import { isReference } from "../../provider/keys/reference.js";
import { parseKmsArn } from "../../provider/kms/arn.js";
import { KmsConnections } from "../../provider/kms/client/client.js";
import type { Say } from "../../provider/say.js";
import { backupText } from "../backupText.js";
import { EXIT, UsageError } from "../exitCodes.js";
import { print, printNote } from "../print.js";
import { readOptionFile } from "../readOptionFile.js";
import { type ExportedState, exportedStates, type StateOptions } from "../state/load.js";
import { type RegionState, readStack, type StackState } from "../state/stack.js";
import { wrapped } from "../text.js";
import { writePrivate } from "../writePrivate.js";
import { exportedKey, unsealed } from "./keyring.js";
import { exportPublicHalves, type PublicFormat, type PublicOptions } from "./publicHalves.js";

export interface ExportOptions extends StateOptions {
  key?: string;
  out?: string;
  /** Only the public halves are written; excludes the options that make a backup. */
  public?: boolean;
  format?: PublicFormat;
  /** A backup whose fingerprint is printed; excludes the options that make a backup. */
  fingerprint?: string;
  passphrase?: string;
  recipient?: string;
  keystore?: string;
  force?: boolean;
}

/** `keymgmt export`. Returns the exit code. */
export async function exportKey(options: ExportOptions): Promise<number> {
  const { key, out, fingerprint, force = false, state } = options;
  if (fingerprint !== undefined) return printFingerprint(fingerprint);
  if (options.public) return exportPublicHalves(publicOptions(options));
  if (options.format !== undefined) throw new UsageError("Expected --format with --public alone.");
  if (key === undefined || out === undefined)
    throw new UsageError("Expected --key and --out, or --fingerprint alone.");
  if ((state?.length ?? 1) !== 1)
    throw new UsageError("Expected one --state: a backup is of one stack's key.");
  const connections = new KmsConnections();
  const backupKey = await backupKeyOf(options, connections.say);
  if (out !== "-" && !force && (await exists(out)))
    throw new UsageError(
      `Expected --out to name a file that does not exist; ${out} exists. Give another name, or --force.`,
    );
  const [exported] = (await exportedStates(options, "--show-secrets")) as [ExportedState];
  const backup = await backupOf(connections, exported, { ...options, key });
  const jwe = `${await sealBackup(backup, backupKey)}\n`;
  if (out === "-") process.stdout.write(jwe);
  else await writeBackup(out, jwe, force);
  const where = out === "-" ? "the standard output" : `${out}, for your user alone to read`;
  const note = wrapped(`Written to ${where}. ${howToOpen(options, backupKey)} ${FINGERPRINT}`);
  printNote(`${backupText(backup)}\n${note}${fingerprintOf(jwe)}\n`);
  return EXIT.fine;
}

function publicOptions({
  key,
  state,
  passphrase,
  recipient,
  keystore,
  ...others
}: ExportOptions): PublicOptions {
  const secrets = { passphrase, recipient, keystore };
  const [excess] = Object.entries(secrets).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (excess !== undefined)
    throw new UsageError(`Expected --public without --${excess}: it writes no secret, and opens none.`);
  if (key === undefined) throw new UsageError("Expected --key with --public.");
  if ((state?.length ?? 1) !== 1) throw new UsageError("Expected one --state: a key is of one stack.");
  return { ...others, key, state };
}

/** Node's own message would name the temporary file. */
async function writeBackup(out: string, jwe: string, force: boolean): Promise<void> {
  await writePrivate(out, jwe, force).catch(({ code }: NodeJS.ErrnoException) => {
    throw new Error(
      `Expected --out to name a file that can be written; ${out} cannot be (${code}). No backup was made. Make its folder, or give another file.`,
    );
  });
}

const FINGERPRINT =
  "Its fingerprint, which a restore asks for (keymgmt import --fingerprint); keep it where nobody who can write the backup can change it:";

async function printFingerprint(file: string): Promise<number> {
  const text = isReference(file)
    ? await readText(file, "a backup")
    : await (file === "-" ? textOf(process.stdin) : readOptionFile("--fingerprint", file));
  print(`${fingerprintOf(text)}\n`);
  return EXIT.fine;
}

async function backupKeyOf({ passphrase, recipient }: ExportOptions, say: Say): Promise<BackupKey> {
  if ((passphrase === undefined) === (recipient === undefined))
    throw new UsageError("Expected --passphrase or --recipient, one of the two.");
  if (recipient !== undefined) return recipientKey(await readOptionFile("--recipient", recipient));
  // The value is not shown: it may be the passphrase itself.
  if (!isReferenceToSecret(passphrase))
    throw new UsageError(
      "Expected --passphrase to say where it is read from: env://NAME, file:///path (absolute) or exec:command.",
    );
  return newPassphrase(await readSecret(passphrase, "a passphrase", say));
}

function howToOpen({ passphrase, recipient }: ExportOptions, { kid }: BackupKey): string {
  return passphrase === undefined
    ? `It opens with the private key of ${recipient} (thumbprint ${kid}): keymgmt import --identity. Without that key it is lost.`
    : "It opens with the passphrase: keymgmt import --passphrase. Without the passphrase it is lost.";
}

async function backupOf(
  connections: KmsConnections,
  { text, source }: ExportedState,
  { key: name, keystore }: ExportOptions & { key: string },
): Promise<Backup> {
  const { key, keyring: kept } = exportedKey(text, source, name);
  requireKeystoreOption(kept, keystore, name);
  const session = new KeystoreSession((connection) => connections.open(connection), connections.say);
  const keyring = await unsealed(session, kept, name);
  const kcvs = kcvsOf(keyring);
  const state = readStack(text, source);
  return {
    backup: 1,
    madeAt: new Date().toISOString(),
    stack: state.names[0] ?? state.title,
    key,
    keyring,
    kcvs,
    distributions: distributionsOf(state, name, kcvs),
  };
}

/** The caller must name the root key: a state might name somebody else's file, profile or endpoint. */
function requireKeystoreOption(
  { keystore = "state" }: Keyring,
  named: string | undefined,
  key: string,
): void {
  const parsed = parseKeystore(keystore);
  if (!("kind" in parsed) || !isSealed(parsed) || keystore === named) return;
  throw new UsageError(
    `Expected --keystore to name the root key that seals the keyring of "${key}"; the state says ${JSON.stringify(keystore)}. Check whether that is yours, and give it with --keystore.`,
  );
}

/** The key's distributions in the state. An adopted KMS key has no check value, because its material is not in the keyring. */
function distributionsOf({ regions }: StackState, name: string, kcvs: string[]): BackedUpDistribution[] {
  const own = regions.filter(
    ({ owner, replaced, versions }) => owner.key.name === name && !replaced && versions.length > 0,
  );
  return own
    .filter(({ primary }) => primary)
    .map(({ owner, region, outputs: { aliasName }, versions }) => ({
      region,
      accountId: parseKmsArn(versions[0]!.keyArn).accountId,
      aliasName,
      versions: Object.fromEntries(versions.map(({ version, keyArn }) => [version, keyArn])),
      kcvs: Object.fromEntries(
        versions.filter(({ adopted }) => !adopted).map(({ version }) => [version, kcvs[version - 1]!]),
      ),
      replicas: replicasOf(own, owner.distribution),
    }));
}

function replicasOf(regions: RegionState[], distribution: string): string[] {
  return regions
    .filter((one) => !one.primary && one.owner.distribution === distribution)
    .map(({ region }) => region);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
