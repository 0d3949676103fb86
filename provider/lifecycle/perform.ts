/** Each step, with AWS. What it gives goes into what is known (plan/apply.ts). */
import { aliasesOf, createAlias, deleteAlias, moveAlias, targetOf } from "../awskms/aliases";
import { relatedKeyArn } from "../awskms/arn";
import type { Kms } from "../awskms/client";
import { eventually } from "../awskms/eventually";
import {
  createKmsKey,
  describeKmsKey,
  LONGEST_WINDOW_DAYS,
  scheduleDeletion,
  setEnabled,
  tagList,
  waitEnabled,
} from "../awskms/kmsKeys";
import { ifPermitted, permitted } from "../awskms/optional";
import { ensureReplicaKey } from "../awskms/replicas";
import { rotateOnDemand } from "../awskms/rotation";
import { sayingIfItFails } from "../awskms/say";
import { findCommand, PENDING_CLAIM, TAG } from "../awskms/taggedKeys";
import { isKeymgmtError, KeymgmtError } from "../errors";
import { adoptKmsKeys } from "./adopt";
import { find, findUnrecorded } from "./find";
import { findPending, importNew, importStep, importVersion, probe } from "./importing";
import { syncMetadata, tagsIfPermitted } from "./metadata";
import { observeAlias } from "./observe";
import { isTakenOver, ownershipOf } from "./ownership";
import type { Place } from "./place";
import type { Known, SeenReplica, Wanted } from "./plan/known";
import type { OutcomeOf, StepName, StepOf } from "./plan/steps";
import { refusalOf } from "./refusals";
import { type KmsKeyRecord, metadataFor, versionsOf } from "./wire";

type Performances = {
  [Name in StepName]: (
    place: Place,
    step: StepOf<Name>,
    known: Known,
    wanted: Wanted,
  ) => Promise<OutcomeOf<Name> extends undefined ? void : OutcomeOf<Name>>;
};

export function perform<Name extends StepName>(
  place: Place,
  wanted: Wanted,
  known: Known,
  step: StepOf<Name>,
): Promise<OutcomeOf<Name>> {
  const work = () => PERFORM[step.do as Name](place, step, known, wanted) as Promise<OutcomeOf<Name>>;
  const { version, isCandidate } = step as Partial<StepOf<"import">>;
  if (!isCandidate || version === undefined) return work();
  return namingCandidate(place, version, known.candidates[version]!.record, work);
}

const PERFORM: Performances = {
  find: (place, _step, known) => find(place, known),
  adopt: (place) => adoptKmsKeys(place),
  inspect,
  findReplicas,
  findAlias,
  probe: (place, { version }, { records }) => probe(place, version, records[version]!),
  findPending: (place, { version, to }, { records }) => findPending(place, version, to, sharedOf(records)),
  async readTags(place, { version }, { records }) {
    return isTakenOver(await tagsIfPermitted(place, records[version]!.keyId), place.owner);
  },
  findUnrecorded: (place, _step, known) => findUnrecorded(place, known),
  findAbandoned,

  createKey,
  replicate,
  async claim(place, { version }, known) {
    const { record } = known.candidates[version]!;
    const Tags = tagList({ [PENDING_CLAIM]: place.owner.distribution });
    await place.kms.call("TagResource", { KeyId: record.keyId, Tags }, place.context(version));
  },
  cancelDeletion(place, { version, region, isCandidate }, known) {
    const record = isCandidate ? known.candidates[version]!.record : recordFor(known, version);
    return cancelDeletion(place, place.at(region), version, record.keyId);
  },
  import: importStep,
  async join(place, { version }, { records }, { primaries }) {
    const { keyMaterialId, kcv, importedAt, validTo, replicas } = primaries[version]!;
    const { keyId, keyArn, state } = sharedOf(records);
    const imported = replicas?.includes(place.region)
      ? { kcv, importedAt, validTo }
      : await importVersion(place, place.region, version, { keyId, keyMaterialId });
    return { ...imported, keyMaterialId, keyId, keyArn, state };
  },
  importNew: (place, { version }, { records }) => importNew(place, version, sharedOf(records)),
  async rotate(place, { version }, { records, pending }) {
    await rotateOnDemand(
      place.kms,
      sharedOf(records).keyId,
      pending!.imported.keyMaterialId!,
      place.context(version),
    );
  },
  enable: (place, { version, region }, known) =>
    setEnabled(place.at(region), recordFor(known, version).keyId, true, place.context(version)),
  disable: (place, { version, region }, known) =>
    setEnabled(place.at(region), recordFor(known, version).keyId, false, place.context(version)),
  syncMetadata: (place, { version }, { records }) => syncMetadata(place, version, records[version]!),
  async forget() {},
  createAlias: (place, { version }, { records }) =>
    createAlias(place.kms, place.aliasName, records[version]!.keyId, place.context(version)),
  async moveAlias(place, { version }, { records }) {
    const { keyId } = records[version]!;
    const state = await waitEnabled(place.kms, keyId, place.context(version));
    if (state !== undefined && state !== "Enabled") return state; // applications could not encrypt
    return moveAlias(place.kms, place.aliasName, keyId, place.context(version));
  },
  async takeNextName(place) {
    const { aliasName } = place;
    place.takeNextName();
    place.run.say(
      `${aliasName} in ${place.region} is another's, made in the same second; it is left alone, and ${place.aliasName} is made instead`,
    );
  },
  deleteAlias: (place) => deleteAlias(place.kms, place.aliasName, place.context()),
  scheduleDeletion: schedule,
  async leave({ owner, run, deletionWindowDays }, { version, why, region }, { records }) {
    const { keyArn } = records[version]!;
    run.say(
      why === "adopted"
        ? `${keyArn} was adopted by ${owner.distribution} and is left as it is; to delete it as well: aws kms schedule-key-deletion --key-id ${keyArn} --pending-window-in-days ${deletionWindowDays}`
        : `${keyArn} in ${region} has the tags of another stack, which has taken it over; it is left alone`,
    );
  },
  async refuse(place, step, known, wanted) {
    throw refusalOf(place, wanted, known, step);
  },
};

/** The KMS key that all versions share where it is rotated on demand. */
function sharedOf(records: Known["records"]): KmsKeyRecord {
  return records[versionsOf(records).at(-1)!]!;
}

/** The record of a version, or of the KMS key that it is about to share. */
function recordFor({ records }: Known, version: number): KmsKeyRecord {
  return records[version] ?? sharedOf(records);
}

/** What AWS shows of a KMS key that may be there, as a record; undefined where it is not. */
async function inspect(
  place: Place,
  { version }: StepOf<"inspect">,
  { records }: Known,
  { role, primaries, minEnabled }: Wanted,
): Promise<KmsKeyRecord | undefined> {
  const context = place.context(version);
  if (role === "primary") {
    const record = records[version]!;
    const seen = await ifPermitted(
      place.kms,
      "a KMS key that seemed to be gone is not looked for again",
      () => describeKmsKey(place.kms, record.keyId, context),
    );
    return seen && { ...record, state: seen.state };
  }
  const { keyId, keyArn: primaryArn, kcv, importedAt, adopted } = primaries[version]!;
  const { state, validTo, keyMaterialId, description } = await describeKmsKey(place.kms, keyId, context);
  const keyArn = relatedKeyArn(primaryArn, place.region);
  if (adopted) return { keyId, keyArn, state, adopted, validTo, keyMaterialId };
  // A rotation has made it: with the tags that it is to have, and the policy and description of the version before.
  if (version >= minEnabled)
    place.has.set(version, { tags: metadataFor(place.owner, version, {}).tags, description });
  return { keyId, keyArn, kcv, state, importedAt, validTo, keyMaterialId, recovered: true };
}

/** Every replica of a version's KMS key, with its state. */
async function findReplicas(
  place: Place,
  { version }: StepOf<"findReplicas">,
  { records }: Known,
  { strategy }: Wanted,
): Promise<SeenReplica[]> {
  const { keyId } = records[version]!;
  const context = place.context(version);
  const { replicaRegions } = await describeKmsKey(place.kms, keyId, context);
  return Promise.all(
    [...replicaRegions].sort().map(async (region) => {
      const there = place.at(region);
      const { state } = await describeKmsKey(there, keyId, context);
      const isLeaving = strategy === "on-demand" && (await isReplicaLeaving(there, place.aliasName, state));
      return { region, state, isLeaving };
    }),
  );
}

/**
 * Whether a replica was given up: it waits for its deletion, or a rotation that failed half-way has taken it back. That
 * leaves it Disabled, and its KeyReplica has deleted the alias there.
 */
async function isReplicaLeaving(there: Kms, aliasName: string, state: string): Promise<boolean> {
  if (state !== "Disabled") return state === "PendingDeletion";
  const loses = "a replica that a failed rotation took back from deletion stays Disabled";
  return (await observeAlias(there, aliasName, loses)) === "";
}

/** Which KMS key of the records the alias points to. ListAliases lags behind a write, so another look is thorough. */
async function findAlias(
  { kms, aliasName }: Place,
  { isThorough }: StepOf<"findAlias">,
  { records, alias, unrecorded = [] }: Known,
): Promise<string> {
  const ours = [...Object.values(records), ...unrecorded].map(({ keyId }) => keyId);
  const keyIds = [...new Set(ours)].reverse();
  if (alias.target && keyIds.includes(alias.target))
    keyIds.unshift(...keyIds.splice(keyIds.indexOf(alias.target), 1));
  const look = async () => {
    for (const keyId of keyIds) if ((await aliasesOf(kms, keyId)).includes(aliasName)) return keyId;
    return "";
  };
  if (!isThorough) return look();
  const seen = await permitted(() => targetOf(kms, aliasName));
  if (seen !== undefined && seen !== "") return keyIds.includes(seen) ? seen : "";
  return eventually("the alias to be listed", look, { result: (keyId) => keyId === "" }, LAG_SECONDS).catch(
    (error) => {
      if (isKeymgmtError(error, "Timeout")) return "";
      throw error;
    },
  );
}

/** How long ListAliases may lag behind CreateAlias. */
const LAG_SECONDS = 10;

/**
 * Regions for which rotations have made replicas and in which the alias is gone. Its KeyReplica deletes the alias first, so
 * what is left there is nobody's; where the alias is, the KeyReplica was retained (`retainOnDelete`), and all that is its.
 */
async function findAbandoned(place: Place, _step: object, { records }: Known): Promise<string[]> {
  const regions = [...new Set(Object.values(records).flatMap(({ replicas }) => replicas ?? []))];
  const loses = "replicas that no KeyReplica has taken up are left to themselves";
  const targets = await Promise.all(
    regions.map(async (region) => ({
      region,
      target: await observeAlias(place.at(region), place.aliasName, loses),
    })),
  );
  return targets.filter(({ target }) => target === "").map(({ region }) => region);
}

/** CreateKey has no idempotency token: where its answer is lost, the KMS key is looked for by its tags before another is made. */
async function createKey(
  place: Place,
  { version }: StepOf<"createKey">,
  { excluded }: Known,
  { isNew, fresh }: Wanted,
): Promise<KmsKeyRecord> {
  const { kms, run } = place;
  const kcv = place.kcv(version);
  if (!isNew && !fresh.includes(version))
    run.say(
      `${place.named(version)} gets a new KMS key in ${kms.region}: what was encrypted under one that it had before cannot be decrypted by it`,
    );
  try {
    const made = await createKmsKey(
      kms,
      place.metadata(version),
      place.isMultiRegion,
      place.context(version),
    );
    return { ...made, state: "PendingImport", kcv };
  } catch (error) {
    if (!isKeymgmtError(error, "OutcomeUnknown")) throw error;
    run.listings.forget(kms);
    const lost = await madeByLostAnswer(place, version, excluded);
    if (!lost) throw notShown(place, error);
    const seen = await permitted(() => describeKmsKey(kms, lost.keyId, place.context(version)));
    return { ...lost, state: seen?.state ?? "PendingImport", kcv, recovered: true };
  }
}

/** Needs kms:ListKeys and kms:ListResourceTags. */
async function madeByLostAnswer(
  place: Place,
  version: number,
  excluded: string[],
): Promise<Pick<KmsKeyRecord, "keyId" | "keyArn"> | undefined> {
  const { kms, owner, run } = place;
  const { distribution } = owner;
  const listed = await ifPermitted(kms, "the outcome of CreateKey cannot be found out", () =>
    run.listings.taggedKeys(kms),
  );
  if (!listed)
    throw new KeymgmtError(
      "OutcomeUnknown",
      `The answer to CreateKey was lost in ${kms.region}, and listing KMS keys is not permitted, so whether version ${version} has a KMS key is not known. Nothing more was made. Find it with: ${findCommand(kms.region, distribution)} — then grant kms:ListKeys and kms:ListResourceTags and run the update again, which recovers that key.`,
      { operation: "CreateKey", region: kms.region, version },
    );
  const found = listed.find(
    ({ keyId, tags }) =>
      !excluded.includes(keyId) &&
      ownershipOf(tags, owner) === "ours" &&
      tags[TAG.distribution] === distribution &&
      tags[TAG.version] === String(version),
  );
  return found && { keyId: found.keyId, keyArn: found.keyArn };
}

/** AWS shows no such KMS key: none was made, or it does not show yet. Whoever does not run again can look for it. */
function notShown({ region, owner }: Place, lost: KeymgmtError): KeymgmtError {
  const message = `${lost.message} To look for it yourself: ${findCommand(region, owner.distribution)}`;
  return new KeymgmtError(lost.code, message, lost.context, { cause: lost });
}

async function replicate(
  place: Place,
  { version, region }: StepOf<"replicate">,
  known: Known,
  { role, primaries }: Wanted,
): Promise<OutcomeOf<"replicate">> {
  const there = place.at(region);
  const { keyId } = role === "replica" ? primaries[version]! : known.records[version]!;
  const metadata =
    role === "replica" ? place.metadata(version) : await metadataOfInUse(place, known, version, there);
  const { made, state } = await ensureReplicaKey(
    place.primary,
    there,
    keyId,
    metadata,
    place.context(version),
  );
  return { state, isMade: made };
}

/** A rotation's replica starts with the policy and description of the one in use; KeyReplica brings its own afterwards. */
async function metadataOfInUse(place: Place, { inUse, alias }: Known, version: number, there: Kms) {
  const keyId = inUse ?? alias.target!;
  const described = await there.call("DescribeKey", { KeyId: keyId });
  const policy = await ifPermitted(
    there,
    "a new version's replica has AWS's default key policy until its KeyReplica is updated",
    () => there.call("GetKeyPolicy", { KeyId: keyId, PolicyName: "default" }),
  );
  const description = described.KeyMetadata?.Description || undefined;
  return metadataFor(place.owner, version, { policy: policy?.Policy, description });
}

/** CancelKeyDeletion. Gives the state after it: AWS leaves the key Disabled, or PendingImport where its material is not there. */
export async function cancelDeletion(
  place: Place,
  kms: Kms,
  version: number,
  keyId: string,
): Promise<string> {
  const context = place.context(version);
  await kms.call("CancelKeyDeletion", { KeyId: keyId }, context).catch((error) => {
    // It was taken back meanwhile: by an earlier attempt whose answer was lost, or by somebody else.
    if (!isKeymgmtError(error, "InvalidState")) throw error;
  });
  const seen = await ifPermitted(kms, "the state after CancelKeyDeletion is taken to be Disabled", () =>
    eventually(`KMS key ${keyId} to be taken back from deletion`, () => describeKmsKey(kms, keyId, context), {
      result: ({ state }) => state === "PendingDeletion" || state === "PendingReplicaDeletion",
    }),
  );
  return seen?.state ?? "Disabled";
}

async function schedule(
  place: Place,
  { version, region, isCandidate, keyId }: StepOf<"scheduleDeletion">,
  known: Known,
  { removal }: Wanted,
): Promise<undefined> {
  if (isCandidate) return giveBack(place, version, known);
  const days = removal ? place.deletionWindowDays : LONGEST_WINDOW_DAYS;
  const id = keyId ?? recordFor(known, version).keyId;
  await scheduleDeletion(place.at(region), id, days, place.context(version));
}

/** A candidate with other material: its deletion is scheduled again, and its tags are as they were. */
async function giveBack(place: Place, version: number, known: Known): Promise<undefined> {
  const { record, isClaimed, isNamed, former } = known.candidates[version]!;
  const { kms, owner } = place;
  const context = place.context(version);
  if (isClaimed) {
    const tags = { [TAG.distribution]: former ?? owner.distribution, [TAG.version]: String(version) };
    await kms.call("TagResource", { KeyId: record.keyId, Tags: tagList(tags) }, context);
    await permitted(() =>
      kms.call("UntagResource", { KeyId: record.keyId, TagKeys: [PENDING_CLAIM] }, context),
    );
  }
  await scheduleDeletion(kms, record.keyId, LONGEST_WINDOW_DAYS, context);
  if (isNamed)
    throw refusalOf(place, {} as Wanted, known, {
      do: "refuse",
      why: "other material",
      version,
      region: place.region,
    });
  place.run.say(
    `KMS key ${record.keyId} in ${place.region} is tagged as ${place.named(version)} and has other material; its deletion is scheduled again, in ${LONGEST_WINDOW_DAYS} days. What was encrypted under it cannot be decrypted by another KMS key`,
  );
  return undefined;
}

/** Names a KMS key that no state knows of yet, and whose deletion may be cancelled by now, where the work on it fails. */
function namingCandidate<T>(
  place: Place,
  version: number,
  record: KmsKeyRecord,
  work: () => Promise<T>,
): Promise<T> {
  return sayingIfItFails(
    place.run.say,
    `KMS key ${record.keyId} in ${place.region} was being recovered as ${place.named(version)} when that failed; the next update goes on with it. To leave it to its deletion instead: ${place.deletionCommand(record, LONGEST_WINDOW_DAYS)}`,
    work,
  );
}
