import { isDeepStrictEqual } from "node:util";
import { KeymgmtError } from "../errors";
import { refuseOtherKey, restoredFrom, restoreMistakes } from "../keys/backup/restore";
import { ifRootKeyAvailable, isUnsealed, withNewClaimSecret } from "../keys/claimSecret";
import { sayIfLong } from "../keys/generating";
import { isSame } from "../keys/keyCheckValue";
import {
  describeVersions,
  formatKeyring,
  jwksOf,
  type Keyring,
  keyIdOf,
  parseKeyring,
  versionIdentity,
} from "../keys/keyring";
import { emptyKeyring, isFromHsm, withVersion } from "../keys/keystores/addVersion";
import type { KeystoreInputs } from "../keys/keystores/keystore";
import { isInPlace, movedKeyring, withIdentities } from "../keys/keystores/moveKeyring";
import { materialOfVersion, refuseUnnamedReference } from "../keys/keystores/readVersion";
import { type KeyType, keyTypeOf } from "../keys/keyTypes";
import { materialMistakes } from "../keys/materialInputs";
import { parseRotationPeriod } from "../keys/period";
import { readKey, readPassphrase } from "../keys/readReference";
import { isReference, passphraseOf, referenceTo } from "../keys/reference";
import { planRotation } from "../keys/rotation";
import { showsPublicKeysOf } from "../keys/shownPublicKeys";
import { isRegion } from "../kms/endpoints/regions";
import { deletionNotAllowed } from "../lifecycle/deletionProtection";
import type { Run } from "../run";
import { difference } from "../schema/compare";
import { defaultOf } from "../schema/definition";
import type { Restore } from "../schema/types";
import { isUnknown, known } from "../schema/unknowns";
import { schemaMistakes, withDefaults } from "../schema/validate";
import { STATE_VERSION } from "../state/migrations";
import type { PlannedInputs } from "../state/read";
import type { KeyRef, KmsRef, ManagedKeyInputs, ManagedKeyOutputs } from "../state/types";
import { primaryMistakes } from "./distributionPlan";
import { abilityMistakes, chinaMistakes, wrappingMistakes } from "./keyTypeRules";
import type { StatefulResource, Values } from "./resource";
import {
  aliasLengthMistakes,
  aliasPartMistakes,
  partitionMistakes,
  regionMistakes,
  wholeNumberMistakes,
} from "./rules";

/** Inputs that `diff` does not compare: versions are planned from `material`, and `restore` is read only when the key is created. */
const NOT_COMPARED = ["material", "materialPassphrase", "restore", "stack", "formerStacks"];

/** A key with its versions and their material. A KeyDistribution imports them into AWS; this resource calls AWS only for a root key. */
export const managedKey = (run: Run): StatefulResource<"ManagedKey"> => ({
  async check(olds, { distributedBy, ...news }, isPreview) {
    const filled = withDefaults("ManagedKey", { replicaRegions: [], ...news });
    if (Array.isArray(filled.replicaRegions)) filled.replicaRegions = [...filled.replicaRegions].sort();
    const plan = planRotation(olds, filled, run.now(), isPreview);
    const inputs: Values = { ...filled, ...plan, formerStacks: formerStacksOf(olds, filled.stack) };
    run.declared.stack = known(filled.stack as string | undefined) ?? run.declared.stack;
    if (olds) run.declared.recordCheck("ManagedKey", inputs);
    const mistakes = [
      ...schemaMistakes("ManagedKey", inputs),
      ...aliasPartMistakes("name", inputs.name),
      ...replicaRegionMistakes(inputs.replicaRegions, olds?.replicaRegions),
      ...partitionMistakes(inputs.name, inputs.replicaRegions),
      // An existing key cannot lose a Region without a replacement, and `check` must not block its removal.
      ...(olds && olds.keystore === inputs.keystore
        ? []
        : chinaMistakes("replicaRegions", inputs.replicaRegions, inputs)),
      ...abilityMistakes(inputs, inputs),
      ...minEnabledVersionMistakes(inputs),
      ...rotationPeriodMistakes(inputs.rotationPeriod),
      ...materialMistakes(olds, inputs),
      ...restoreMistakes(inputs.restore, olds === undefined),
    ];
    // What is wrong anyway is not reported a second time.
    const more = olds ? replacementMistakes(olds, inputs) : distributionMistakes(inputs, distributedBy);
    return { inputs, mistakes: mistakes.length > 0 ? mistakes : more };
  },

  async diff(id, olds, news) {
    if (run.declared.matchCheck("ManagedKey", news)) run.declared.recordKey(id);
    run.keyrings.key(id, olds);
    refuseOtherKey(news.name, news.restore, olds.versions);
    const { changed, replaces } = difference("ManagedKey", olds, news, NOT_COMPARED);
    const keyring = keyringOf(id, olds);
    const moves = news.keystore === "none" && !isInPlace(keyring, keystoreInputs(news));
    if (replaces.length > 0) run.declared.recordReplacedKey(news.name);
    const isRenamed = !isDeepStrictEqual(olds.formerStacks, news.formerStacks);
    const isRotated = news.keyVersion !== olds.latestVersion;
    if (isRotated) sayTrigger(run, olds, news);
    return { changes: changed.length > 0 || moves || isRenamed || isRotated, replaces };
  },

  async create(inputs) {
    const restored = inputs.restore && (await restoredKeyring(run, inputs, inputs.restore));
    const empty = emptyKeyring(keyTypeOf(inputs.type), inputs.keystore);
    const outputs = await withVersions(run, restored ?? empty, inputs, true);
    const id = keyIdOf(parseKeyring(outputs.keyring, inputs.type), inputs.name);
    if (!restored) recordGeneratedMaterial(run, id, 0, inputs);
    run.created.recordKey(id);
    return { id, outputs };
  },

  async read(id, outputs) {
    const keyring = parseKeyring(outputs.keyring, outputs.type);
    if (keyring.claimSecret !== undefined || !isUnsealed(keyring)) return { id, outputs };
    const claiming = await withNewClaimSecret(run.keystores, keyring, outputs.name);
    return { id, outputs: { ...outputs, keyring: formatKeyring(claiming) } };
  },

  async update(id, olds, news) {
    const outputs = await withVersions(run, keyringOf(id, olds), news);
    recordGeneratedMaterial(run, id, olds.latestVersion, news);
    return outputs;
  },

  async delete(_id, outputs) {
    if (outputs.deletionAllowed) return;
    throw deletionNotAllowed("it", outputs.name);
  },
});

/**
 * Also where the trigger is taken away or set back, which may not be meant as a rotation. The values are in Pulumi's own diff, which knows
 * whether they are secret.
 */
function sayTrigger(run: Run, olds: ManagedKeyOutputs, news: PlannedInputs<"ManagedKey">): void {
  const [before, now] = [olds.rotationTrigger, news.rotationTrigger];
  if (before === now || isUnknown(now) || isUnknown(news.keyVersion)) return;
  const how =
    before === undefined ? "is new" : now === undefined ? "was removed, which is a change too" : "changed";
  run.say(
    `key "${news.name}" is rotated to version ${news.keyVersion}, because its \`rotationTrigger\` ${how}`,
  );
}

/** The state keeps this many former names of the stack, newest first. KMS keys that are tagged with one are this stack's. */
const MOST_FORMER_STACKS = 10;

function formerStacksOf(olds: ManagedKeyInputs | undefined, stack: unknown): string[] {
  const { stack: last, formerStacks = [] } = olds ?? {};
  const names = [...(last === undefined ? [] : [last]), ...formerStacks];
  return [...new Set(names)].filter((name) => name !== stack).slice(0, MOST_FORMER_STACKS);
}

/** `replicaRegions` and `minEnabledVersion` come from the program, everything else from the backup. */
async function restoredKeyring(run: Run, inputs: ManagedKeyInputs, restore: Restore): Promise<Keyring> {
  const { name, type, replicaRegions, minEnabledVersion } = inputs;
  const backup = await restoredFrom(restore, { name, type, replicaRegions, minEnabledVersion }, run.say);
  if (backup.keyring.keystore === "none")
    for (const entry of backup.keyring.keys)
      if ("from" in entry)
        refuseUnnamedReference(
          entry.from,
          { key: name, version: Number(entry.kid) },
          keystoreInputs(inputs).reference,
        );
  const before = backup.key.minEnabledVersion;
  if (before !== minEnabledVersion)
    run.say(
      `\`minEnabledVersion\` of key "${name}" was ${before} when its backup was made, and is ${minEnabledVersion} in the program; the program's value is used`,
    );
  if (restore.distributions === undefined && backup.distributions.length > 0) {
    const arns = backup.distributions.flatMap(({ versions, region, accountId }) =>
      Object.values(versions).map((keyId) => `${keyId} in ${region} of account ${accountId}`),
    );
    run.say(
      `the backup of key "${name}" names KMS keys: ${arns.join(", ")}. \`restore.distributions\` does not name them, so a KeyDistribution recovers them only if their tags have this stack's name. New ones cannot decrypt what was encrypted under those; \`keymgmt import\` or \`restore.distributions\` lets it adopt them`,
    );
  }
  return backup.keyring;
}

/** Material that the CSPRNG has just generated cannot have a KMS key yet. The user's own material may have one. */
function recordGeneratedMaterial(
  run: Run,
  id: string,
  before: number,
  { keyVersion, material }: ManagedKeyInputs,
): void {
  if (material !== undefined) return;
  for (let version = before + 1; version <= keyVersion; version++) run.created.recordMaterial(id, version);
}

/** The keyring in the state. Its id, keystore and public keys must match the rest of the state. */
function keyringOf(id: string, outputs: ManagedKeyOutputs): Keyring {
  const { name, type, keystore, keyring: text } = outputs;
  const keyring = parseKeyring(text, type);
  if (!showsPublicKeysOf(keyring, outputs))
    throw new KeymgmtError(
      "KeystoreUnavailable",
      `Expected the public keys of key "${name}" in the state (\`versions\`, \`jwks\`) to be those of its keyring; they are others. Somebody else has written the state: restore it from a backup, and look at what was published from it. Nothing was changed.`,
      { key: name },
    );
  const [held, kept] = [keyIdOf(keyring, name), keyring.keystore ?? "state"];
  if (held === id && kept === keystore) return keyring;
  throw new KeymgmtError(
    "KeystoreUnavailable",
    `Expected the keyring of key "${name}" in the state to be of ${id}, in the keystore "${keystore}"; it is of ${held}, in "${kept}". Restore the stack's state from a backup; nothing was changed.`,
    { key: name },
  );
}

/** The outputs with every version up to the planned one, stored in the keystore of the inputs. */
async function withVersions(
  run: Run,
  keyring: Keyring,
  inputs: ManagedKeyInputs,
  isNew = false,
): Promise<ManagedKeyOutputs> {
  const { material: own, materialPassphrase: __, restore: _, ...rest } = inputs;
  const place = keystoreInputs(inputs);
  const { keystores } = run;
  let grown = isInPlace(keyring, place)
    ? await withIdentities(keystores, keyring, place)
    : await movedKeyring(keystores, keyring, place);
  while (grown.keys.length < inputs.keyVersion) {
    const material = isFromHsm(place) ? undefined : await nextMaterial(run, grown, place, own);
    grown = await withVersion(keystores, grown, place, material, run.now());
    refuseTwin(grown);
  }
  grown = await ensureClaimSecret(run, grown, place.key, isNew);
  const jwks = jwksOf(grown, inputs.minEnabledVersion);
  return {
    ...rest,
    latestVersion: grown.keys.length,
    versions: describeVersions(grown, inputs.minEnabledVersion),
    ...(jwks !== undefined && { jwks }),
    keyring: formatKeyring(grown),
    stateVersion: STATE_VERSION,
  };
}

/** A keyring of release 0.1.0 gets its claim secret as soon as the root key that seals it is available. */
async function ensureClaimSecret(run: Run, keyring: Keyring, key: string, isNew: boolean): Promise<Keyring> {
  if (keyring.claimSecret !== undefined) return keyring;
  const add = () => withNewClaimSecret(run.keystores, keyring, key);
  return isNew ? add() : ((await ifRootKeyAvailable(add)) ?? keyring);
}

type KeystoreNames = Pick<ManagedKeyInputs, "name" | "keystore" | "material" | "materialPassphrase">;

function keystoreInputs({ name, keystore, material, materialPassphrase }: KeystoreNames): KeystoreInputs {
  const reference = isReference(material) ? material : undefined;
  return { key: name, keystore, reference, passphrase: materialPassphrase };
}

/** The material of the program where it has some, else material from the CSPRNG. */
async function nextMaterial(
  run: Run,
  { type, keys }: Keyring,
  { key, passphrase }: KeystoreInputs,
  own: string | undefined,
): Promise<Buffer> {
  const version = keys.length + 1;
  if (own === undefined) return sayIfLong(run.say, type, { key, version }, () => type.material.generate());
  const what = materialOfVersion({ key, version });
  const opening = passphraseOf(version, passphrase);
  return isReference(own)
    ? readKey(type, referenceTo(version, own), what, run.say, opening)
    : parsedMaterial(type, own, await readPassphrase(opening, what, run.say));
}

/** The latest version must differ from every earlier one. */
function refuseTwin(keyring: Keyring): void {
  const latest = keyring.keys.length;
  const identity = versionIdentity(keyring, latest);
  const isTwin = (index: number) => isSame(versionIdentity(keyring, index + 1), identity);
  const twin = keyring.keys.slice(0, -1).findIndex((_, index) => isTwin(index)) + 1;
  if (twin === 0) return;
  throw new KeymgmtError(
    "InvalidInput",
    `Expected new \`material\`; what came is that of version ${twin} (key check value ${identity.kcv}). Give new material: ${keyring.type.material.recipe}`,
  );
}

function parsedMaterial({ material }: KeyType, own: string, passphrase: string | undefined): Buffer {
  const parsed = material.parse(own, undefined, passphrase);
  if ("mistake" in parsed) throw new KeymgmtError("InvalidInput", parsed.mistake);
  return parsed.material;
}

function replicaRegionMistakes(regions: unknown, former: unknown): string[] {
  if (!Array.isArray(regions)) return [];
  const twice = regions.filter((region, index) => !isUnknown(region) && regions.indexOf(region) !== index);
  return [
    ...regions.flatMap((region) => regionMistakes("replicaRegions", region, former)),
    ...twice
      .filter(isRegion)
      .map((region) => `Expected \`replicaRegions\` to name each Region once, got "${region}" twice.`),
  ];
}

/**
 * What a KeyDistribution would refuse of a new key, when the key is there and can change no more.
 *
 * @param distributedBy what the SDK knows of the KmsProviders that distribute the key: those of their arguments that are no outputs
 */
function distributionMistakes(inputs: Values, distributedBy: unknown): string[] {
  const key = inputs as Partial<KeyRef>;
  const mistakes = ((distributedBy ?? []) as Partial<KmsRef>[]).flatMap(
    ({ keyCollection, wrappingKeySpec, aliasPrefix = defaultOf<string>("KmsProvider", "aliasPrefix") }) => [
      ...primaryMistakes(key, { keyCollection }),
      ...partitionMistakes(key.name, key.replicaRegions, keyCollection),
      ...chinaMistakes("keyCollection", keyCollection, key),
      ...wrappingMistakes(key, wrappingKeySpec),
      ...aliasLengthMistakes(aliasPrefix, key.name),
    ],
  );
  return [...new Set(mistakes)];
}

function minEnabledVersionMistakes(inputs: Values): string[] {
  const latest = typeof inputs.keyVersion === "number" ? inputs.keyVersion : undefined;
  return wholeNumberMistakes("minEnabledVersion", inputs.minEnabledVersion, 1, latest);
}

function rotationPeriodMistakes(value: unknown): string[] {
  const period = known(value);
  if (typeof period !== "string" || parseRotationPeriod(period)) return [];
  return [
    `Expected \`rotationPeriod\` to be a duration from a day to 100 years, such as "90d", "12w", "1y" or ISO 8601 "P3M"; what came is none.`,
  ];
}

/** A replacement generates a new key and destroys the material of the old one. */
function replacementMistakes(olds: ManagedKeyInputs, inputs: Values): string[] {
  if (olds.deletionAllowed) return [];
  const { replaces } = difference("ManagedKey", olds, inputs, NOT_COMPARED);
  if (replaces.length === 0) return [];
  const what = replaces.map((name) => `\`${name}\``).join(" and ");
  return [
    `${what} cannot change: key "${olds.name}" would be replaced and its material destroyed, while \`deletionAllowed\` is false in the state. Keep ${what}, or declare a new ManagedKey beside this one. Only if nothing needs the material any more, two updates replace the key. They destroy the material, and nothing decrypts what was encrypted under it: first \`deletionAllowed: true\` with ${what} as before, and \`pulumi up\`; then the change, and \`pulumi up\`.`,
  ];
}
