/** What must hold after every failure. AWS's side is read with plain clients. */

import { createPublicKey } from "node:crypto";
import { GetParametersForImportCommand, ImportKeyMaterialCommand } from "@aws-sdk/client-kms";
import { heldMaterial, parseKeyring, type VersionJwk } from "../../../provider/keys/keyring";
import type { KeyType } from "../../../provider/keys/keyTypes";
import type { KmsKeyRecords } from "../../../provider/state/types";
import type { Application } from "../../world/application";
import { ABROAD, FAR, HOME, recordsOf } from "../../world/scene";
import type { Bench } from "./bench";
import type { End } from "./scenarios";

const EVERYWHERE = [HOME, ABROAD, FAR];

/** Applications go on: what was encrypted decrypts in every Region, and so does what is encrypted now. */
export async function stillServes(bench: Bench, regions: string[], lowest: number): Promise<string[]> {
  const wrong: string[] = [];
  for (const region of regions)
    await bench.seal(region).catch((error) => wrong.push(`nothing can be encrypted in ${region}: ${error}`));
  return [...wrong, ...(await decryptable(bench, regions, lowest))];
}

/** Nothing lost and nothing unaccounted for. */
export async function violations(bench: Bench, end: Exclude<End, { removed: unknown }>): Promise<string[]> {
  const { regions, latest, lowest = 1, signing = latest } = end;
  const wrong = await stillEncrypts(bench, regions, recordsOf(bench.program)[signing]?.keyId);
  wrong.push(...(await decryptable(bench, regions, lowest)));
  for (const region of regions) wrong.push(...(await accounted(bench, region, end)));
  for (const region of EVERYWHERE.filter((one) => !regions.includes(one)))
    wrong.push(...(await remaining(bench, region)));
  return [...wrong, ...(await otherMaterial(bench))];
}

/** Each KMS key has the material that the keyring says: AWS takes no other a second time. */
async function otherMaterial({ program, scene }: Bench): Promise<string[]> {
  const { keyring: text, type } = program.outputs("key");
  const keyring = parseKeyring(String(text), String(type));
  const wrong: string[] = [];
  for (const [version, { keyId, adopted }] of Object.entries(recordsOf(program))) {
    if (adopted) continue;
    const material = heldMaterial(keyring, keyring.keys[Number(version) - 1] as VersionJwk);
    await importAgain(scene.in(HOME), keyId, keyring.type, material).catch((error) =>
      wrong.push(`KMS key ${keyId} does not have the material of version ${version}: ${error}`),
    );
  }
  return wrong;
}

async function importAgain(
  application: Application,
  keyId: string,
  { wrapping, hasSeveralMaterials }: KeyType,
  material: Buffer,
): Promise<void> {
  const WrappingAlgorithm = wrapping.algorithm;
  const parameters = await application.send(
    new GetParametersForImportCommand({ KeyId: keyId, WrappingAlgorithm, WrappingKeySpec: "RSA_2048" }),
  );
  const publicKey = createPublicKey({ key: Buffer.from(parameters.PublicKey!), format: "der", type: "spki" });
  await application.send(
    new ImportKeyMaterialCommand({
      KeyId: keyId,
      ImportToken: parameters.ImportToken,
      EncryptedKeyMaterial: wrapping.wrap(material, publicKey),
      ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
      ...(hasSeveralMaterials && { ImportType: "EXISTING_KEY_MATERIAL" }),
    }),
  );
}

async function stillEncrypts(bench: Bench, regions: string[], keyId: string | undefined): Promise<string[]> {
  const wrong: string[] = [];
  for (const region of regions) {
    try {
      const sealed = await bench.seal(region);
      if (sealed.keyId !== keyId)
        wrong.push(`the alias in ${region} points to ${sealed.keyId}, not ${keyId}`);
    } catch (error) {
      wrong.push(`nothing can be encrypted in ${region}: ${error}`);
    }
  }
  return wrong;
}

/** Everything but what is under a KMS key of a version below the lowest: that is disabled, on purpose. */
async function decryptable(bench: Bench, regions: string[], lowest: number): Promise<string[]> {
  const disabled = Object.entries(recordsOf(bench.program))
    .filter(([version]) => Number(version) < lowest)
    .map(([, { keyId }]) => keyId);
  const sealed = bench.sealed.filter(({ keyId }) => !disabled.includes(keyId));
  const lost = await Promise.all(regions.map((region) => bench.scene.at(region).lost(sealed)));
  return lost.flat();
}

/**
 * A run that failed, unlike one that was killed, can say what it made: every KMS key with our tags is in the state, or
 * named to the user, who may give up now: by its id, or by the tag to look for.
 */
export async function unaccounted(bench: Bench, failure: Error): Promise<string[]> {
  const said = [failure.message, ...bench.scene.lines].join("\n");
  const wrong: string[] = [];
  for (const region of EVERYWHERE) {
    const known = knownIn(bench, region);
    for (const { KeyId, KeyState } of await bench.scene.at(region).keys()) {
      if (KeyState.endsWith("Deletion") || known.includes(KeyId) || said.includes(KeyId)) continue;
      const distribution = (await bench.scene.at(region).tags(KeyId))["keymgmt:distribution"];
      if (distribution !== undefined && !said.includes(`Values=${distribution}`))
        wrong.push(`after "${failure.message}" nobody knows of KMS key ${KeyId} in ${region}, ${KeyState}`);
    }
  }
  return wrong;
}

/** Ids of the KMS keys in a Region that the state or a backup knows: a rotation notes its replicas at the distribution. */
function knownIn({ program, inBackup }: Bench, region: string): string[] {
  const heldBy = (name: string) =>
    Object.values((program.states.get(name)?.outputs.versions ?? {}) as KmsKeyRecords);
  const held = [
    ...heldBy(region === HOME ? "distribution" : region),
    ...heldBy("distribution").filter(({ replicas }) => replicas?.includes(region)),
  ];
  return [...held.map(({ keyId }) => keyId), ...inBackup];
}

/** One KMS key a version (or for all), each known to the state, Enabled or Disabled as wanted, and tagged as ours. */
async function accounted(
  bench: Bench,
  region: string,
  { latest, lowest = 1, oneKmsKey, extraAliases = [] }: Exclude<End, { removed: unknown }>,
): Promise<string[]> {
  const outputs = bench.program.outputs(region === HOME ? "distribution" : region);
  const records = outputs.versions as KmsKeyRecords;
  const wrong: string[] = [];
  const versions = Object.keys(records).map(Number);
  const wanted = Array.from({ length: latest }, (_, index) => index + 1).filter(
    (version) => records[version] !== undefined || version >= lowest,
  );
  if (versions.join() !== wanted.join())
    wrong.push(`the state knows versions ${versions} in ${region}, not ${wanted}`);
  const ids = new Set(Object.values(records).map(({ keyId }) => keyId));
  if (ids.size !== (oneKmsKey ? 1 : wanted.length))
    wrong.push(`${ids.size} KMS keys for versions ${versions}`);
  for (const seen of await bench.scene.at(region).keys()) {
    const keyId = seen.KeyId;
    if (!ids.has(keyId)) {
      if (!seen.KeyState.startsWith("Pending") && !bench.scene.lines.some((line) => line.includes(keyId)))
        wrong.push(`nobody knows of KMS key ${keyId} in ${region}, ${seen.KeyState}`);
      if (seen.KeyState === "PendingImport")
        wrong.push(`KMS key ${keyId} in ${region} was left without material`);
      continue;
    }
    const version = Number(Object.keys(records).find((one) => records[one]!.keyId === keyId));
    const state = oneKmsKey || version >= lowest ? "Enabled" : "Disabled";
    if (seen.KeyState !== state)
      wrong.push(`version ${version} in ${region} is ${seen.KeyState}, not ${state}`);
    if (oneKmsKey && seen.CurrentKeyMaterialId !== records[latest]?.keyMaterialId)
      wrong.push(`version ${latest} in ${region} is not the material in use`);
    if (!records[version]!.adopted) wrong.push(...(await tagMistakes(bench, region, keyId, version)));
    ids.delete(keyId);
  }
  for (const keyId of ids) wrong.push(`KMS key ${keyId} of the state is not in ${region}`);
  return [...wrong, ...(await aliasMistakes(bench, region, [bench.aliasName, ...extraAliases]))];
}

async function tagMistakes(bench: Bench, region: string, keyId: string, version: number): Promise<string[]> {
  const tags = await bench.scene.at(region).tags(keyId);
  const { name } = bench.program.outputs("distribution");
  return tags["keymgmt:version"] === String(version) && tags["keymgmt:distribution"] === name
    ? []
    : [`KMS key ${keyId} of version ${version} in ${region} is tagged ${JSON.stringify(tags)}`];
}

async function aliasMistakes(bench: Bench, region: string, wanted: string[]): Promise<string[]> {
  const targets = await bench.scene.at(region).aliases();
  const names = Object.keys(targets).sort();
  if (names.join() !== wanted.sort().join()) return [`aliases in ${region}: ${names}, not ${wanted}`];
  const isOne = new Set(Object.values(targets)).size <= 1;
  return isOne ? [] : [`aliases in ${region} point to different KMS keys: ${JSON.stringify(targets)}`];
}

/** After a deletion every KMS key waits for its own, and no alias is left. */
export async function removalViolations(bench: Bench): Promise<string[]> {
  return (await Promise.all(EVERYWHERE.map((region) => remaining(bench, region)))).flat();
}

/** What is left in a Region where the stack is not, or not any more. */
async function remaining(bench: Bench, region: string): Promise<string[]> {
  const keys = await bench.scene.at(region).keys();
  const left = keys.filter(({ KeyState }) => !KeyState.endsWith("Deletion"));
  return [
    ...left.map(({ KeyId, KeyState }) => `KMS key ${KeyId} in ${region} is ${KeyState}`),
    ...(await aliasMistakes(bench, region, [])),
  ];
}
