import assert from "node:assert/strict";
import { arnOf, type Output, type Requests } from "./requests.js";
import * as rules from "./rules.js";
import { Verdict } from "./verdict.js";
import {
  earliestExpiry,
  isComplete,
  isEverywhere,
  type Key,
  other,
  REGIONS,
  type Region,
  type RegionalKey,
  statesOf,
  type World,
} from "./world.js";

/** Holds all that the KMS shows against the world: every key in each Region, and every ciphertext there ever was. */
export async function audit(world: World, requests: Requests): Promise<void> {
  for (const region of REGIONS) {
    for (const key of world.keys) {
      await auditKey(world, requests, key, region);
      await auditRest(world, requests, key, region);
    }
    await auditAliases(world, requests, region);
    await auditCiphertexts(world, requests, region);
  }
}

/** What DescribeKey shows. Where the documents had left the state open, this is what it is from now on. */
export async function auditKey(world: World, requests: Requests, key: Key, region: Region): Promise<void> {
  const output = await requests.attempt(rules.describing(world, key, region), "DescribeKey", region, {
    KeyId: key.id,
  });
  if (!output) return;
  const regional = key.regions.get(region)!;
  const shown = output.KeyMetadata;
  const states = statesOf(world, key, regional);
  const where = `of ${key.id} in ${region}`;
  assert(
    states.includes(shown.KeyState),
    `Expected KeyState ${where} to be ${states.join(" or ")}, got ${shown.KeyState}`,
  );
  if (states.length > 1) regional.enabled = shown.KeyState === "Enabled";
  assert.equal(shown.Enabled, shown.KeyState === "Enabled", `Enabled ${where}`);
  assert.equal(shown.Arn, arnOf(key, region));
  assert.equal(shown.Origin, key.external ? "EXTERNAL" : "AWS_KMS");
  auditDeletion(shown, regional, where);
  auditRegions(world, shown, key, where);
  auditMaterial(shown, key, regional, where);
}

function auditDeletion(shown: Output, { deletion }: RegionalKey, where: string): void {
  const date = deletion && "at" in deletion ? deletion.at : undefined;
  const window = deletion && "windowDays" in deletion ? deletion.windowDays : undefined;
  assert.equal(millis(shown.DeletionDate), date, `DeletionDate ${where}`);
  assert.equal(shown.PendingDeletionWindowInDays, window, `PendingDeletionWindowInDays ${where}`);
}

/** "Operations such as DescribeKey might display both the old and new primary keys as replicas" while they are Updating. */
function auditRegions(
  { now }: World,
  shown: Output,
  { multiRegion, primary, regions }: Key,
  where: string,
): void {
  assert.equal(shown.MultiRegion, multiRegion, `MultiRegion ${where}`);
  if (!multiRegion || [...regions.values()].some(({ updatingUntil }) => now < updatingUntil)) return;
  const { PrimaryKey, ReplicaKeys } = shown.MultiRegionConfiguration;
  const replicas = [...regions.keys()].filter((region) => region !== primary);
  assert.equal(PrimaryKey.Region, primary, `PrimaryKey ${where}`);
  assert.deepEqual(
    ReplicaKeys.map(({ Region }: { Region: string }) => Region),
    replicas,
    `ReplicaKeys ${where}`,
  );
}

function auditMaterial(shown: Output, key: Key, regional: RegionalKey, where: string): void {
  if (!key.external) assert.equal(shown.ExpirationModel, undefined, `ExpirationModel ${where}`);
  // What is shown while a material is missing, AWS does not say.
  if (!key.external || !isComplete(key, regional)) return;
  const validTo = earliestExpiry(key, regional);
  assert.equal(millis(shown.ValidTo), validTo, `ValidTo ${where}`);
  const model = validTo === undefined ? "KEY_MATERIAL_DOES_NOT_EXPIRE" : "KEY_MATERIAL_EXPIRES";
  assert.equal(shown.ExpirationModel, model, `ExpirationModel ${where}`);
  assert.equal(
    shown.CurrentKeyMaterialId,
    key.materialIds.get(key.materials.at(-1)!),
    `CurrentKeyMaterialId ${where}`,
  );
}

async function auditRest(world: World, requests: Requests, key: Key, region: Region): Promise<void> {
  const regional = key.regions.get(region);
  if (!regional) return;
  const allowed = rules.describing(world, key, region);
  const ask = (operation: string) => requests.attempt(allowed, operation, region, { KeyId: key.id });
  const { Tags } = await ask("ListResourceTags");
  const tags = new Map(Tags.map(({ TagKey, TagValue }: Record<string, string>) => [TagKey, TagValue]));
  assert.deepEqual(tags, regional.tags);
  const { Policy } = await ask("GetKeyPolicy");
  if (regional.policy) assert.deepEqual(JSON.parse(Policy), JSON.parse(regional.policy));
  await auditRotations(world, requests, key, region);
}

async function auditRotations(world: World, requests: Requests, key: Key, region: Region): Promise<void> {
  const input = { KeyId: key.id, IncludeKeyMaterial: "ALL_KEY_MATERIAL" };
  // The table of key states has no column for it.
  const allowed = rules.describing(world, key, region).open(true, "KMSInvalidStateException");
  const output = await requests.attempt(allowed, "ListKeyRotations", region, input);
  if (!output) return;
  const rows: Output[] = output.Rotations;
  const belonging = rows.filter(({ KeyMaterialState }) => !KeyMaterialState.startsWith("PENDING"));
  const shown = belonging.map(({ KeyMaterialState }) => KeyMaterialState).toReversed();
  const [, ...earlier] = key.materials;
  const current = key.materials.length > 0 ? ["CURRENT"] : [];
  assert.deepEqual(shown.toSorted(), [...earlier.map(() => "NON_CURRENT"), ...current].toSorted());
  if (!key.external) return;
  const { imports } = key.regions.get(region)!;
  for (const [at, material] of key.materials.entries()) {
    const row = rows.find(({ KeyMaterialId }) => KeyMaterialId === key.materialIds.get(material));
    assert.equal(row?.KeyMaterialState, at === earlier.length ? "CURRENT" : "NON_CURRENT");
    assert.equal(row.ImportState, imports.has(material) ? "IMPORTED" : "PENDING_IMPORT");
    assert.equal(millis(row.ValidTo), imports.get(material)?.validTo);
  }
  auditWaiting(key, region, rows);
}

/** Material that waits for its rotation: "imported into the primary Region key but not all of the replica Region keys", or into all. */
function auditWaiting(key: Key, region: Region, rows: Output[]): void {
  const waiting = rows.filter(({ KeyMaterialState }) => KeyMaterialState.startsWith("PENDING"));
  const id = key.pending === undefined ? undefined : key.materialIds.get(key.pending);
  const has = (where: Region) => key.regions.get(where)?.imports.get(key.pending!);
  const isDoubtful = [...key.regions.get(region)!.imports.values()].some(({ doubtful }) => doubtful);
  const others = waiting.filter(({ KeyMaterialId }) => KeyMaterialId !== id);
  if (!isDoubtful) assert(others.every(({ ImportState }) => ImportState === "PENDING_IMPORT"));
  if (key.pending === undefined) return;
  if (!has(key.primary) || !has(region) || has(other(region))?.doubtful || has(region)?.doubtful) return;
  const state = isEverywhere(key, key.pending)
    ? "PENDING_ROTATION"
    : "PENDING_MULTI_REGION_IMPORT_AND_ROTATION";
  const row = waiting.find(({ KeyMaterialId }) => KeyMaterialId === id);
  assert.equal(row?.KeyMaterialState, state);
  assert.equal(row.ImportState, "IMPORTED");
}

async function auditAliases({ aliases }: World, requests: Requests, region: Region): Promise<void> {
  const { Aliases } = await requests.attempt(new Verdict(), "ListAliases", region, {});
  const shown = Aliases.filter(({ AliasName }: Output) => !AliasName.startsWith("alias/aws/"));
  const expected = [...aliases].filter(([alias]) => alias.startsWith(`${region} `));
  assert.deepEqual(
    new Map(shown.map(({ AliasName, TargetKeyId }: Output) => [`${region} ${AliasName}`, TargetKeyId])),
    new Map(expected.map(([alias, { id }]) => [alias, id])),
  );
}

/** Where each ciphertext decrypts, and that it is by its own material. */
async function auditCiphertexts(world: World, requests: Requests, region: Region): Promise<void> {
  for (const ciphertext of world.ciphertexts) {
    const { key, material, blob, plaintext } = ciphertext;
    const verdict = rules.decrypting(world, ciphertext, region, undefined);
    const output = await requests.attempt(verdict, "Decrypt", region, { CiphertextBlob: blob });
    if (!output) continue;
    assert.equal(Buffer.from(output.Plaintext, "base64").toString(), plaintext);
    assert.equal(output.KeyId, arnOf(key, region));
    const known = key.materialIds.get(material) ?? output.KeyMaterialId;
    assert.equal(output.KeyMaterialId, known, "decrypted by the material that it was encrypted by");
    key.materialIds.set(material, known);
  }
}

const millis = (seconds: number | undefined) =>
  seconds === undefined ? undefined : Math.round(seconds * 1000);
