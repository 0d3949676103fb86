/** Performs each step with AWS. plan/apply.ts adds the result to what is known. */
import { createAlias, deleteAlias, moveAlias } from "../../kms/aliases";
import {
  LONGEST_WINDOW_DAYS,
  setEnabled,
  tagList,
  unlessPendingDeletion,
  waitEnabled,
} from "../../kms/kmsKeys";
import { rotateOnDemand } from "../../kms/rotation";
import { PENDING_CLAIM } from "../../kms/taggedKeys";
import { sayingIfItFails } from "../../say";
import type { KmsKeyRecord } from "../../state/types";
import { findOrphans } from "../claims/orphans";
import { isTakenOver } from "../claims/ownership";
import { tagsIfPermitted, unlessTakenOver } from "../claims/ownershipCheck";
import { findRemovalOrphans } from "../claims/removalOrphans";
import { type Desired, type Known, recordFor, sharedOf } from "../plan/known";
import type { OutcomeOf, StepName, StepOf } from "../plan/steps";
import type { RegionalDistribution } from "../regionalDistribution";
import { adoptKmsKeys } from "./adopt";
import { findAlias, holderOf, lookAtAlias } from "./aliases";
import { createKey } from "./createKey";
import { cancelDeletion, schedule } from "./deletion";
import { findPending, importNewMaterial, importStep, importVersion, probe } from "./importMaterial";
import { markReclaimed, unmarkReclaimed } from "./reclaimedReplicas";
import { refusalOf } from "./refusals";
import { findReplicas, findStrayReplicas, inspect, replicate } from "./replicas";
import { syncMetadata } from "./syncMetadata";

type Performances = {
  [Name in StepName]: (
    regional: RegionalDistribution,
    step: StepOf<Name>,
    known: Known,
    desired: Desired,
  ) => Promise<OutcomeOf<Name> extends undefined ? void : OutcomeOf<Name>>;
};

export function perform<Name extends StepName>(
  regional: RegionalDistribution,
  desired: Desired,
  known: Known,
  step: StepOf<Name>,
): Promise<OutcomeOf<Name>> {
  const work = () => PERFORM[step.do as Name](regional, step, known, desired) as Promise<OutcomeOf<Name>>;
  const { version, region, isCandidate } = step as Partial<StepOf<"import">>;
  if (version === undefined) return work();
  if (isCandidate) return namingCandidate(regional, version, known.candidates[version]!.record, work);
  if (!CHANGING.has(step.do) || region !== regional.region) return work();
  return unlessTakenOver(regional, version, recordFor(known, version), work);
}

/** Steps that check the owner before they change a recorded KMS key. Steps of an on-demand rotation do not, because each check is one more call. */
const CHANGING: ReadonlySet<StepName> = new Set(["import", "enable", "disable", "cancelDeletion"]);

const PERFORM: Performances = {
  findOrphans: (regional, _step, known, desired) => findOrphans(regional, known, desired),
  adopt: (regional) => adoptKmsKeys(regional),
  inspect,
  findReplicas,
  findAlias,
  lookAtAlias,
  probeVersions: (regional, { version }, { records }) => probe(regional, version, records[version]!),
  findPending: (regional, { version, to }, { records }) =>
    findPending(regional, version, to, sharedOf(records)),
  async checkOwner(regional, { version }, { records }) {
    const { keyId, claim } = records[version]!;
    return isTakenOver(await tagsIfPermitted(regional, keyId), regional.owner, claim);
  },
  findRemovalOrphans: (regional, _step, known) => findRemovalOrphans(regional, known),
  findStrayReplicas,

  createKey,
  replicate,
  async markClaimPending(regional, { version }, known) {
    const { record } = known.candidates[version]!;
    const Tags = tagList({ [PENDING_CLAIM]: regional.owner.distribution });
    await regional.kms.call("TagResource", { KeyId: record.keyId, Tags }, regional.context(version));
  },
  async cancelDeletion(regional, { version, region, isCandidate }, known) {
    const { keyId } = isCandidate ? known.candidates[version]!.record : recordFor(known, version);
    if (isForRotation(known, region)) await markReclaimed(regional, { keyId, region, version });
    return cancelDeletion(regional, regional.at(region), version, keyId);
  },
  import: importStep,
  async joinVersion(regional, { version }, { records }, { primaries }) {
    const { keyMaterialId, kcv, importedAt, validTo, replicas } = primaries[version]!;
    const { keyId, keyArn, state, claim } = sharedOf(records);
    const imported = replicas?.includes(regional.region)
      ? { kcv, importedAt, validTo }
      : await importVersion(regional, regional.region, version, { keyId, keyMaterialId });
    return { ...imported, keyMaterialId, keyId, keyArn, state, claim };
  },
  importNewMaterial: (regional, { version }, { records }) =>
    importNewMaterial(regional, version, sharedOf(records)),
  async rotate(regional, { version }, { records, pending }) {
    await rotateOnDemand(
      regional.kms,
      sharedOf(records).keyId,
      pending!.imported.keyMaterialId!,
      regional.context(version),
    );
  },
  enable: (regional, step, known) => switched(regional, step, known, true),
  disable: (regional, step, known) => switched(regional, step, known, false),
  syncMetadata: (regional, { version }, { records }, { primaries }) =>
    unlessPendingDeletion(async () => ({
      claim: await syncMetadata(regional, version, records[version]!, primaries[version]),
    })),
  async forget() {},
  createAlias: (regional, { version, name = regional.aliasName }, { records }) =>
    createAlias(regional.kms, name, records[version]!.keyId, regional.context(version)),
  async moveAlias(regional, { version, region, name = regional.aliasName }, known) {
    const { keyId } = known.records[version]!;
    const state = await waitEnabled(regional.kms, keyId, regional.context(version));
    if (state !== undefined && state !== "Enabled") return state; // applications could not encrypt
    if (known.extraAliases[name]?.isTaken) {
      const holder = await holderOf(regional, name);
      regional.run.say(
        `${name} in ${region} is moved here, because the program names it in \`adopt\`; it pointed to another KMS key${holder === undefined ? "" : `, ${holder}`}`,
      );
    }
    return moveAlias(regional.kms, name, keyId, regional.context(version));
  },
  async useNextName(regional) {
    const { aliasName } = regional;
    regional.useNextName();
    regional.run.say(
      `${aliasName} in ${regional.region} belongs to another stack and was made in the same second; it is left alone, and ${regional.aliasName} is made instead`,
    );
  },
  deleteAlias: (regional, { name = regional.aliasName }) =>
    deleteAlias(regional.kms, name, regional.context()),
  async leaveAlias({ run, owner }, { name, region }) {
    run.say(
      `${name} in ${region} points to no KMS key that goes with ${owner.distribution}, or does not exist; it is left alone`,
    );
  },
  async scheduleDeletion(regional, step, known, desired) {
    await schedule(regional, step, known, desired);
    const { region, version } = step;
    if (!isForRotation(known, region)) return;
    await unmarkReclaimed(regional, { keyId: recordFor(known, version).keyId, region, version });
  },
  async leaveAlone(regional, { version, keyId, why, region }, { records }) {
    const { owner, run, deletionWindowDays } = regional;
    const recorded = records[version];
    const key = recorded?.keyId === keyId ? recorded!.keyArn : keyId!;
    const reasons = {
      adopted: `was adopted by ${owner.distribution} and is left as it is`,
      "taken over": `in ${region} has the tags of another stack, or another claim than the state; it is left alone`,
      "not proved": `in ${region} is tagged as version ${version} of ${owner.distribution}, is not in the state, and does not prove that it is this stack's; it is left alone. \`keymgmt sweep\` lists it`,
      "not known": `in ${region} is tagged as version ${version} of ${owner.distribution}, and is not in the state. Another KMS key was adopted there, so its material may be lost; it is left as it is`,
    };
    const toDelete = `; to delete it as well: ${regional.deletionCommand({ keyId: key }, deletionWindowDays, region)}`;
    run.say(`${key} ${reasons[why]}${why === "taken over" ? "" : toDelete}`);
  },
  async refuse(regional, step, known, desired) {
    const { run, kms, aliasName } = regional;
    const inUse = step.why === "other material" ? await run.listings.aliasTarget(kms, aliasName) : undefined;
    const holder = step.why === "alias taken" ? await holderOf(regional, step.name ?? aliasName) : undefined;
    throw refusalOf(regional, desired, known, step, inUse, holder);
  },
};

/** On demand: whether the replica is pending deletion but for a rotation. */
const isForRotation = ({ replicas }: Known, region: string) =>
  replicas?.some((one) => one.region === region && one.wasPendingDeletion) === true;

function switched(
  regional: RegionalDistribution,
  { version, region }: { version: number; region: string },
  known: Known,
  enabled: boolean,
): Promise<undefined | "pendingDeletion"> {
  const { keyId } = recordFor(known, version);
  return unlessPendingDeletion(async () => {
    await setEnabled(regional.at(region), keyId, enabled, regional.context(version));
    return undefined;
  });
}

/** If the work fails, names the KMS key: it is in no state yet, and its deletion may already be cancelled. */
function namingCandidate<T>(
  regional: RegionalDistribution,
  version: number,
  record: KmsKeyRecord,
  work: () => Promise<T>,
): Promise<T> {
  return sayingIfItFails(
    regional.run.say,
    `KMS key ${record.keyId} in ${regional.region} was being recovered as ${regional.named(version)}, and that failed; the next update continues. To delete the KMS key instead: ${regional.deletionCommand(record, LONGEST_WINDOW_DAYS)}`,
    work,
  );
}
