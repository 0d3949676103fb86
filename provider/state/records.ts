/** KMS keys by version, as the state holds them. */
import type { KmsKeyRecord, KmsKeyRecords } from "./types";

/** Numbers of the versions there are records of, ascending. */
export function versionsOf(records: KmsKeyRecords): number[] {
  return Object.keys(records)
    .map(Number)
    .sort((a, b) => a - b);
}

/** A KMS key: the first version that it holds with its record, and all versions, which are one unless it rotates on demand. */
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
