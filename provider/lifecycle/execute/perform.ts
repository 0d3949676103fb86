/** Each step, with AWS. What it gives goes into what is known (plan/apply.ts). */
import { createAlias, deleteAlias, moveAlias } from "../../kms/aliases";
import { isPendingDeletion, LONGEST_WINDOW_DAYS, setEnabled, tagList, waitEnabled } from "../../kms/kmsKeys";
import { rotateOnDemand } from "../../kms/rotation";
import { LEAVING, PENDING_CLAIM } from "../../kms/taggedKeys";
import { sayingIfItFails } from "../../say";
import type { KmsKeyRecord } from "../../state/types";
import { findOrphans } from "../claims/orphans";
import { isTakenOver } from "../claims/ownership";
import { tagsIfPermitted, unlessTakenOver } from "../claims/ownershipCheck";
import { findRemovalOrphans } from "../claims/removalOrphans";
import { type Desired, type Known, recordFor, sharedOf } from "../plan/known";
import type { OutcomeOf, StepName, StepOf } from "../plan/steps";
import type { Place } from "../regionalDistribution";
import { adoptKmsKeys } from "./adopt";
import { findAlias } from "./aliases";
import { createKey } from "./createKey";
import { cancelDeletion, schedule } from "./deletion";
import { findPending, importNewMaterial, importStep, importVersion, probe } from "./importMaterial";
import { refusalOf } from "./refusals";
import { findReplicas, findStrayReplicas, inspect, replicate } from "./replicas";
import { syncMetadata } from "./syncMetadata";

type Performances = {
  [Name in StepName]: (
    place: Place,
    step: StepOf<Name>,
    known: Known,
    desired: Desired,
  ) => Promise<OutcomeOf<Name> extends undefined ? void : OutcomeOf<Name>>;
};

export function perform<Name extends StepName>(
  place: Place,
  desired: Desired,
  known: Known,
  step: StepOf<Name>,
): Promise<OutcomeOf<Name>> {
  const work = () => PERFORM[step.do as Name](place, step, known, desired) as Promise<OutcomeOf<Name>>;
  const { version, region, isCandidate } = step as Partial<StepOf<"import">>;
  if (version === undefined) return work();
  if (isCandidate) return namingCandidate(place, version, known.candidates[version]!.record, work);
  if (!CHANGING.has(step.do) || region !== place.region) return work();
  return unlessTakenOver(place, version, recordFor(known, version), work);
}

/** What changes a KMS key of the state, but for a rotation, whose calls are counted. */
const CHANGING: ReadonlySet<StepName> = new Set(["import", "enable", "disable", "cancelDeletion"]);

const PERFORM: Performances = {
  findOrphans: (place, _step, known, desired) => findOrphans(place, known, desired),
  adopt: (place) => adoptKmsKeys(place),
  inspect,
  findReplicas,
  findAlias,
  probeVersions: (place, { version }, { records }) => probe(place, version, records[version]!),
  findPending: (place, { version, to }, { records }) => findPending(place, version, to, sharedOf(records)),
  async checkOwner(place, { version }, { records }) {
    const { keyId, claim } = records[version]!;
    return isTakenOver(await tagsIfPermitted(place, keyId), place.owner, claim);
  },
  findRemovalOrphans: (place, _step, known) => findRemovalOrphans(place, known),
  findStrayReplicas,

  createKey,
  replicate,
  async markClaimPending(place, { version }, known) {
    const { record } = known.candidates[version]!;
    const Tags = tagList({ [PENDING_CLAIM]: place.owner.distribution });
    await place.kms.call("TagResource", { KeyId: record.keyId, Tags }, place.context(version));
  },
  async cancelDeletion(place, { version, region, isCandidate }, known) {
    const { keyId } = isCandidate ? known.candidates[version]!.record : recordFor(known, version);
    const state = await cancelDeletion(place, place.at(region), version, keyId);
    const isForRotation = known.replicas?.some((one) => one.region === region && one.wasPendingDeletion);
    if (isForRotation) {
      const Tags = tagList({ [LEAVING]: place.owner.distribution });
      await place.at(region).call("TagResource", { KeyId: keyId, Tags }, place.context(version));
    }
    return state;
  },
  import: importStep,
  async joinVersion(place, { version }, { records }, { primaries }) {
    const { keyMaterialId, kcv, importedAt, validTo, replicas } = primaries[version]!;
    const { keyId, keyArn, state, claim } = sharedOf(records);
    const imported = replicas?.includes(place.region)
      ? { kcv, importedAt, validTo }
      : await importVersion(place, place.region, version, { keyId, keyMaterialId });
    return { ...imported, keyMaterialId, keyId, keyArn, state, claim };
  },
  importNewMaterial: (place, { version }, { records }) =>
    importNewMaterial(place, version, sharedOf(records)),
  async rotate(place, { version }, { records, pending }) {
    await rotateOnDemand(
      place.kms,
      sharedOf(records).keyId,
      pending!.imported.keyMaterialId!,
      place.context(version),
    );
  },
  enable: (place, step, known) => switched(place, step, known, true),
  disable: (place, step, known) => switched(place, step, known, false),
  syncMetadata: (place, { version }, { records }, { primaries }) =>
    unlessPendingDeletion(async () => ({
      claim: await syncMetadata(place, version, records[version]!, primaries[version]),
    })),
  async forget() {},
  createAlias: (place, { version }, { records }) =>
    createAlias(place.kms, place.aliasName, records[version]!.keyId, place.context(version)),
  async moveAlias(place, { version }, { records }) {
    const { keyId } = records[version]!;
    const state = await waitEnabled(place.kms, keyId, place.context(version));
    if (state !== undefined && state !== "Enabled") return state; // applications could not encrypt
    return moveAlias(place.kms, place.aliasName, keyId, place.context(version));
  },
  async useNextName(place) {
    const { aliasName } = place;
    place.useNextName();
    place.run.say(
      `${aliasName} in ${place.region} is another's, made in the same second; it is left alone, and ${place.aliasName} is made instead`,
    );
  },
  deleteAlias: (place) => deleteAlias(place.kms, place.aliasName, place.context()),
  scheduleDeletion: schedule,
  async leaveAlone(place, { version, keyId, why, region }, { records }) {
    const { owner, run, deletionWindowDays } = place;
    const recorded = records[version];
    const key = recorded?.keyId === keyId ? recorded!.keyArn : keyId!;
    const reasons = {
      adopted: `was adopted by ${owner.distribution} and is left as it is`,
      "taken over": `in ${region} has the tags of another stack, which has taken it over, or another claim than the state knows; it is left alone`,
      "not proved": `in ${region} is tagged as version ${version} of ${owner.distribution}, the state does not know it, and nothing proves here that it is this stack's; it is left alone. \`keymgmt sweep\` lists it`,
      "not known": `in ${region} is tagged as version ${version} of ${owner.distribution}, and the state does not know it. As another KMS key was adopted there, nobody may hold its material any more, so it is left as it is`,
    };
    const toDelete = `; to delete it as well: ${place.deletionCommand({ keyId: key }, deletionWindowDays, region)}`;
    run.say(`${key} ${reasons[why]}${why === "taken over" ? "" : toDelete}`);
  },
  async refuse(place, step, known, desired) {
    const { run, kms, aliasName } = place;
    const inUse = step.why === "other material" ? await run.listings.aliasTarget(kms, aliasName) : undefined;
    throw refusalOf(place, desired, known, step, inUse);
  },
};

function switched(
  place: Place,
  { version, region }: { version: number; region: string },
  known: Known,
  enabled: boolean,
): Promise<undefined | "pendingDeletion"> {
  const { keyId } = recordFor(known, version);
  return unlessPendingDeletion(async () => {
    await setEnabled(place.at(region), keyId, enabled, place.context(version));
    return undefined;
  });
}

/** AWS refuses nearly everything of a KMS key that waits for its deletion: the state did not know, and that is cancelled first. */
async function unlessPendingDeletion<T>(work: () => Promise<T>): Promise<T | "pendingDeletion"> {
  try {
    return await work();
  } catch (error) {
    if (isPendingDeletion(error)) return "pendingDeletion";
    throw error;
  }
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
