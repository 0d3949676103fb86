/** What must hold after every failure. AWS's side is read with plain clients. */
import {
  type KeyMetadata,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
} from "@aws-sdk/client-kms";
import { parseKeyring } from "../../../provider/keys/keyring";
import { wrappableVersion } from "../../../provider/keys/keystores/readVersion";
import type { KmsConnection } from "../../../provider/kms/endpoints/connection";
import { importMaterial } from "../../../provider/kms/kmsKeys";
import type { KmsKeyRecords } from "../../../provider/state/types";
import { openKms } from "../../world/kms";
import { withoutKms } from "../keys/keystores/withoutKms";
import type { Bench } from "./bench";
import { type End, HOME, REGIONS } from "./scenarios";

/** Applications go on: what was encrypted decrypts in every Region, and so does what is encrypted now. */
export async function stillServes(bench: Bench, regions: string[], lowest: number): Promise<string[]> {
  const wrong: string[] = [];
  for (const region of regions)
    await bench.seal(region).catch((error) => wrong.push(`nothing can be encrypted in ${region}: ${error}`));
  return [...wrong, ...(await decryptable(bench, regions, lowest))];
}

/** Nothing lost and nothing unaccounted for. */
export async function violations(bench: Bench, end: Exclude<End, { removed: unknown }>): Promise<string[]> {
  const { regions, latest, lowest = 1 } = end;
  const wrong = await stillEncrypts(bench, regions, recordsOf(bench)[latest]?.keyId);
  wrong.push(...(await decryptable(bench, regions, lowest)));
  for (const region of regions) wrong.push(...(await accounted(bench, region, end)));
  return [...wrong, ...(await otherMaterial(bench))];
}

/** Each KMS key has the material that the keyring says: AWS takes no other a second time. */
async function otherMaterial(bench: Bench): Promise<string[]> {
  const keyring = parseKeyring(String(bench.program.outputs("key").keyring), "aes256-gcm96");
  const kms = openKms(bench.program.outputs("distribution").kms as KmsConnection);
  const wrong: string[] = [];
  for (const [version, { keyId, adopted }] of Object.entries(recordsOf(bench))) {
    if (adopted) continue;
    const how = { wrappingKeySpec: "RSA_2048", importType: "EXISTING_KEY_MATERIAL" } as const;
    const material = await wrappableVersion(
      withoutKms(),
      keyring,
      { key: String(bench.program.outputs("key").name) },
      Number(version),
    );
    await importMaterial(kms, keyId, material, how, {}).catch((error) =>
      wrong.push(`KMS key ${keyId} does not have the material of version ${version}: ${error}`),
    );
  }
  return wrong;
}

const recordsOf = (bench: Bench) => bench.program.outputs("distribution").versions as KmsKeyRecords;

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
  const disabled = Object.entries(recordsOf(bench))
    .filter(([version]) => Number(version) < lowest)
    .map(([, { keyId }]) => keyId);
  const wrong: string[] = [];
  for (const { text, blob } of bench.sealed.filter(({ keyId }) => !disabled.includes(keyId))) {
    for (const region of regions) {
      const found = await bench
        .application(region)
        .decrypt(blob)
        .then((opened) => opened.text)
        .catch((error) => `${error}`);
      if (found !== text) wrong.push(`"${text}" does not decrypt in ${region}: ${found}`);
    }
  }
  return wrong;
}

/**
 * A run that failed, unlike one that was killed, can say what it made: every KMS key with our tags is in the state, or
 * named to the user, who may give up now: by its id, or by the tag to look for.
 */
export async function unaccounted(bench: Bench, failure: Error): Promise<string[]> {
  const said = [failure.message, ...bench.lines].join("\n");
  const wrong: string[] = [];
  for (const region of REGIONS) {
    const known = knownIn(bench, region);
    for (const { KeyId, KeyState } of await kmsKeys(bench, region)) {
      if (KeyState!.endsWith("Deletion") || known.includes(KeyId!) || said.includes(KeyId!)) continue;
      const distribution = (await tagsOf(bench, region, KeyId!))["keymgmt:distribution"];
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
  { latest, lowest = 1, oneKmsKey }: Exclude<End, { removed: unknown }>,
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
  for (const seen of await kmsKeys(bench, region)) {
    const keyId = seen.KeyId!;
    if (!ids.has(keyId)) {
      if (!seen.KeyState!.startsWith("Pending") && !bench.lines.some((line) => line.includes(keyId)))
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
  return [...wrong, ...(await aliasMistakes(bench, region, [bench.aliasName]))];
}

async function tagMistakes(bench: Bench, region: string, keyId: string, version: number): Promise<string[]> {
  const tags = await tagsOf(bench, region, keyId);
  const { name } = bench.program.outputs("distribution");
  return tags["keymgmt:version"] === String(version) && tags["keymgmt:distribution"] === name
    ? []
    : [`KMS key ${keyId} of version ${version} in ${region} is tagged ${JSON.stringify(tags)}`];
}

async function tagsOf(bench: Bench, region: string, keyId: string): Promise<Record<string, string>> {
  const { Tags } = await bench.application(region).send(new ListResourceTagsCommand({ KeyId: keyId }));
  return Object.fromEntries(Tags!.map(({ TagKey, TagValue }) => [TagKey, TagValue]));
}

async function aliasMistakes(bench: Bench, region: string, wanted: string[]): Promise<string[]> {
  const { Aliases } = await bench.application(region).send(new ListAliasesCommand({}));
  const names = Aliases!
    .map(({ AliasName }) => AliasName!)
    .filter((name) => name.startsWith("alias/hashicorp/"));
  return names.join() === wanted.join() ? [] : [`aliases in ${region}: ${names}, not ${wanted}`];
}

/** After a deletion every KMS key waits for its own, and no alias is left. */
export async function removalViolations(bench: Bench): Promise<string[]> {
  const wrong: string[] = [];
  for (const region of REGIONS) {
    for (const { KeyId, KeyState } of await kmsKeys(bench, region))
      if (!KeyState!.endsWith("Deletion")) wrong.push(`KMS key ${KeyId} in ${region} is ${KeyState}`);
    wrong.push(...(await aliasMistakes(bench, region, [])));
  }
  return wrong;
}

async function kmsKeys(bench: Bench, region: string): Promise<KeyMetadata[]> {
  const application = bench.application(region);
  const { Keys } = await application.send(new ListKeysCommand({}));
  return Promise.all(Keys!.map(({ KeyId }) => application.describe(KeyId!)));
}
