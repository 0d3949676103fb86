import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Backup } from "../../provider/keys/backup/backup.js";
import {
  fingerprintMalformed,
  fingerprintMissing,
  isFingerprint,
  isReferenceToSecret,
  openBackupAt,
} from "../../provider/keys/backup/restore.js";
import { isReference } from "../../provider/keys/reference.js";
import { sayOnce } from "../../provider/say.js";
import type { Restore } from "../../provider/schema/types.js";
import { visible } from "../../provider/secrecy/visible.js";
import { backupText } from "../backupText.js";
import { EXIT, UsageError } from "../exitCodes.js";
import { print } from "../print.js";
import { type ProjectOptions, runPulumi } from "../state/pulumi.js";
import { readStack } from "../state/stack.js";
import { count, date, wrapped } from "../text.js";

export interface ImportOptions extends ProjectOptions {
  passphrase?: string;
  identity?: string;
  fingerprint?: string;
}

/**
 * `keymgmt import`. Returns the exit code. The result goes into the stack's configuration and not into a program: it concerns one
 * stack, once, and `pulumi config rm` removes it. It holds only references, no secrets, so it may be committed.
 */
export async function importKey(
  file: string,
  { passphrase, identity, fingerprint, ...project }: ImportOptions,
): Promise<number> {
  if ((passphrase === undefined) === (identity === undefined))
    throw new UsageError("Expected --passphrase or --identity, one of the two.");
  // The value is not shown: it may be the passphrase itself.
  if (!isReferenceToSecret(passphrase ?? identity))
    throw new UsageError(
      "Expected --passphrase or --identity to say where it is read from: env://NAME, file:///path (absolute) or exec:command.",
    );
  if (fingerprint === undefined) throw new UsageError(fingerprintMissing("--fingerprint"));
  if (!isFingerprint(fingerprint)) throw new UsageError(fingerprintMalformed("--fingerprint"));
  const from = isReference(file) ? file : pathToFileURL(resolve(file)).href;
  const place = { from, passphrase, identity, fingerprint };
  const backup = await openBackupAt(place, sayOnce());
  print(backupText(backup));
  await refuseExisting(backup, project);
  const name = `keymgmt:restore.${backup.key.name}`;
  const value = JSON.stringify(restoreOf(backup, place));
  await runPulumi(["config", "set", name, value, "--plaintext"], project, "keep what the update needs", "");
  print(`\n${nextSteps(backup, name)}`);
  return EXIT.fine;
}

/** A restore only creates: the update would refuse the configuration, or ignore it. */
async function refuseExisting({ key }: Backup, project: ProjectOptions): Promise<void> {
  const text = await runPulumi(["stack", "export"], project, "give the stack's state", "");
  const { keys, names, title } = readStack(text, "pulumi stack export");
  const existing = keys.find(({ name }) => name === key.name);
  if (existing === undefined) return;
  const stack = names[0] ?? title;
  throw new UsageError(
    `Expected a stack without the ManagedKey "${key.name}"; ${stack} has it, with ${count(existing.latestVersion, "version")}. A restore only creates a key, so nothing was stored. Give another --stack, or keep the key that is there.`,
  );
}

function restoreOf({ keyring, kcvs, distributions }: Backup, place: Omit<Restore, "kcvs">): object {
  const rotatedOn = date(new Date(keyring.keys.at(-1)!.iat * 1000).toISOString());
  const adopted = distributions.map(({ replicas: _, ...distribution }) => distribution);
  return { ...place, kcvs, rotatedOn, distributions: adopted };
}

function nextSteps({ key, stack, distributions }: Backup, name: string): string {
  const steps = [
    `Stored in the stack's configuration as ${name}: references, no secret. The next \`pulumi up\` creates ManagedKey "${key.name}" with these versions.`,
  ];
  if (distributions.length > 0)
    steps.push(
      `Its KeyDistribution adopts the KMS keys and the alias. If ${stack} still exists elsewhere, take them out of its state with \`pulumi state delete --force --target-dependents <URN of the ManagedKey>\`, and do not destroy it: without the permission to read tags that would schedule their deletion.`,
    );
  if (key.replicaRegions.length > 0)
    steps.push(`The ManagedKey must have \`replicaRegions\`: ${key.replicaRegions.join(", ")}.`);
  steps.push(`Remove the configuration after the update: pulumi config rm ${name}`);
  return steps.map((step) => wrapped(visible(step))).join("");
}
