/** KMS keys by version, as the state holds them. */
import type { KmsKeyRecord, KmsKeyRecords } from "./types";

/** Numbers of the recorded versions, ascending. */
export function versionsOf(records: KmsKeyRecords): number[] {
  return Object.keys(records)
    .map(Number)
    .sort((a, b) => a - b);
}

/** A KMS key: its first version with the record, and all its versions. It has several only with on-demand rotation. */
export interface HeldVersions {
  version: number;
  record: KmsKeyRecord;
  versions: number[];
}

/** Each KMS key once. */
export function kmsKeysOf(records: KmsKeyRecords): HeldVersions[] {
  const found = new Map<string, HeldVersions>();
  for (const version of versionsOf(records)) {
    const record = records[version]!;
    const held = found.get(record.keyId);
    if (held) held.versions.push(version);
    else found.set(record.keyId, { version, record, versions: [version] });
  }
  return [...found.values()];
}
