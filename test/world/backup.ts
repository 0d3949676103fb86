import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { type Backup, fingerprintOf, sealBackup } from "../../provider/keys/backup/backup";
import { recipientKey } from "../../provider/keys/backup/backupKeys";
import { kcvOf, parseKeyring } from "../../provider/keys/keyring";
import { parseKmsArn } from "../../provider/kms/arn";
import type { Adopt, Restore } from "../../provider/schema/types";
import { versionsOf } from "../../provider/state/records";
import type { KmsKeyRecords } from "../../provider/state/types";
import type { Program } from "./program";

export interface BackedUp {
  restore: Restore;
  adopt: Adopt;
}

/**
 * A backup of a program's key, in variables of this process's environment, and what `keymgmt import` makes of it. Of a program
 * whose keystore is the state.
 */
export async function backUp(program: Program, changes: Partial<Backup> = {}): Promise<BackedUp> {
  const { name, type, replicaRegions, minEnabledVersion, keyring: text } = program.outputs("key");
  const keyring = parseKeyring(String(text), String(type));
  const kcvs = keyring.keys.map((_, index) => kcvOf(keyring, index + 1));
  const distribution = program.states.get("distribution")!.outputs;
  const records = distribution.versions as KmsKeyRecords;
  const held = versionsOf(records).filter((version) => !records[version]!.adopted);
  const adopt = {
    aliasName: String(distribution.aliasName),
    versions: Object.fromEntries(versionsOf(records).map((version) => [version, records[version]!.keyArn])),
    kcvs: Object.fromEntries(held.map((version) => [version, kcvs[version - 1]!])),
  };
  const { region, accountId } = parseKmsArn(String(distribution.keyArn));
  const backup: Backup = {
    backup: 1,
    madeAt: new Date().toISOString(),
    stack: "organization/shop/dev",
    key: { name, type, replicaRegions, minEnabledVersion } as Backup["key"],
    keyring,
    kcvs,
    distributions: [{ ...adopt, region, accountId, replicas: [] }],
    ...changes,
  };
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  process.env.KEYMGMT_TEST_BACKUP = await sealBackup(backup, await recipientKey(pemOf(publicKey, "spki")));
  process.env.KEYMGMT_TEST_IDENTITY = pemOf(privateKey, "pkcs8");
  const restore = {
    from: "env://KEYMGMT_TEST_BACKUP",
    identity: "env://KEYMGMT_TEST_IDENTITY",
    fingerprint: fingerprintOf(process.env.KEYMGMT_TEST_BACKUP),
    kcvs,
  };
  return { restore, adopt };
}

export function forgetBackup(): void {
  delete process.env.KEYMGMT_TEST_BACKUP;
  delete process.env.KEYMGMT_TEST_IDENTITY;
}

function pemOf(key: KeyObject, type: "spki" | "pkcs8"): string {
  return String(key.export({ format: "pem", type } as { format: "pem"; type: "spki" }));
}
