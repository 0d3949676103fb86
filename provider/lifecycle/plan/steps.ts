/** The steps of a plan. Each is data: what it does, for which version, in which Region. A step may run twice without harm. */
import type { KeyState } from "../../kms/keyState";
import type { KmsKeyRecord, KmsKeyRecords } from "../../state/types";
import type { Candidate, PendingMaterial, SeenReplica, Unrecorded } from "./known";

/** One version in one Region. With `isCandidate` the step is for the candidate and not for a recorded KMS key. */
interface Of {
  version: number;
  region: string;
  isCandidate?: true;
  /** Removal: a KMS key that is not in the state. */
  keyId?: string;
}

interface Named {
  /** An extra alias; without a name the distribution's own. */
  name?: string;
}

/** Input and outcome of each step. "pendingDeletion": the KMS key is pending deletion, which the state did not say. */
export interface Steps {
  /** Searches for KMS keys of the key that AWS has and the state does not. */
  findOrphans: [object, { candidates: Record<number, Candidate>; isPermitted: boolean }];
  /** Reads the KMS keys and the alias that the program names. */
  adopt: [
    object,
    {
      records: KmsKeyRecords;
      candidates: Record<number, Candidate>;
      target?: string;
      /** No search for other KMS keys follows. */
      isAll: boolean;
    },
  ];
  /** Reads one KMS key; undefined if it does not exist. */
  inspect: [Of, KmsKeyRecord | undefined];
  /** Searches for other Regions that hold the KMS key of the version in use. */
  findReplicas: [Of, SeenReplica[]];
  /** Id of the recorded KMS key that the alias points to; "" if there is none. */
  findAlias: [Named & { region: string; isThorough?: true }, string];
  /** Id of the KMS key that an extra alias points to, whoever owns it; "" if there is no such alias. */
  lookAtAlias: [Required<Named> & { region: string }, string];
  /** On demand: searches for later versions that the KMS key holds. */
  probeVersions: [Of, KmsKeyRecords];
  /** On demand: searches for material of an interrupted rotation. */
  findPending: [Of & { to: number }, PendingMaterial | undefined];
  /** Removal: whether another stack has taken over the KMS key. */
  checkOwner: [Of, boolean];
  /** Removal: searches for KMS keys of the distribution that are not in the state, because an update was killed. */
  findRemovalOrphans: [object, Unrecorded[]];
  /** Removal: searches for replicas that no KeyReplica manages. */
  findStrayReplicas: [object, Record<number, string[]>];

  createKey: [Of, KmsKeyRecord];
  replicate: [Of, { state: KeyState; isMade: boolean }];
  /** Tags a candidate without material as having a pending claim, because the import will enable it. */
  markClaimPending: [Of, undefined];
  cancelDeletion: [Of, KeyState];
  /** Imports a version's material, for the first time or again. "other": AWS refuses it, because the KMS key has other material. */
  import: [Of, Partial<KmsKeyRecord> | "other" | "pendingDeletion"];
  /** On demand: imports a version that the primary holds into a replica. */
  joinVersion: [Of, KmsKeyRecord];
  /** On demand: imports a version as new material, which waits for its rotation. */
  importNewMaterial: [Of, PendingMaterial];
  /** On demand: makes the waiting material the current one. */
  rotate: [Of, undefined];
  enable: [Of, undefined | "pendingDeletion"];
  disable: [Of, undefined | "pendingDeletion"];
  /** Tags, key policy and description. */
  syncMetadata: [Of, { claim?: string } | "pendingDeletion"];
  /** Removes the record of a replica that AWS has deleted. It can be created again. */
  forget: [Of, undefined];
  /** false: an alias of that name exists. */
  createAlias: [Of & Named, boolean];
  /** false: the alias does not exist. A KeyState: the KMS key is not Enabled, so the alias was not moved to it. */
  moveAlias: [Of & Named, boolean | KeyState];
  /** Another stack has the alias, so the next name is used. */
  useNextName: [{ region: string }, undefined];
  deleteAlias: [Named & { region: string }, undefined];
  /** Leaves an extra alias as it is: it points to no KMS key that is this distribution's to remove, or is gone. */
  leaveAlias: [Required<Named> & { region: string }, undefined];
  scheduleDeletion: [Of, undefined];
  /** Leaves a KMS key as it is, for example because it was adopted. */
  leaveAlone: [Of & { why: Stays }, undefined];
  /** The update cannot continue. */
  refuse: [Named & { why: Refusal; version: number; region: string }, never];
}

/** Why a KMS key is left as it is. */
export type Stays = "adopted" | "taken over" | "not known" | "not proved";

export type Refusal =
  | "gone"
  | "not usable"
  | "alias taken"
  | "other material"
  | "adopted, without a replica"
  | "adopted, without its material"
  | "several KMS keys"
  | "disabled on demand"
  | "primary elsewhere"
  | "still signing"
  | "replica left out";

export type StepName = keyof Steps;
export type Step = { [Name in StepName]: { do: Name } & Steps[Name][0] }[StepName];
export type StepOf<Name extends StepName> = { do: Name } & Steps[Name][0];
export type OutcomeOf<Name extends StepName> = Steps[Name][1];
