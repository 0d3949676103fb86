/** The steps of a plan. Each is data: what it does, of which version, in which Region. Run twice, none does harm. */
import type { KeyState } from "../../kms/keyState";
import type { KmsKeyRecord, KmsKeyRecords } from "../../state/types";
import type { Candidate, PendingMaterial, SeenReplica, Unrecorded } from "./known";

/** One version in one Region. `isCandidate`: the KMS key that may be the version's, not one that is known to be. */
interface Of {
  version: number;
  region: string;
  isCandidate?: true;
  /** Removal: a KMS key that the state does not know. */
  keyId?: string;
}

/** What each step needs, and what its outcome is. "pendingDeletion": the KMS key waits for its deletion, which the state did not know. */
export interface Steps {
  /** Looks for KMS keys of the key that AWS has and the state does not. */
  findOrphans: [object, { candidates: Record<number, Candidate>; isPermitted: boolean }];
  /** Looks at the KMS keys and the alias that the program names. */
  adopt: [
    object,
    {
      records: KmsKeyRecords;
      candidates: Record<number, Candidate>;
      target?: string;
      /** No other KMS keys are to be looked for. */
      isAll: boolean;
    },
  ];
  /** Looks at one KMS key; undefined where it is not there. */
  inspect: [Of, KmsKeyRecord | undefined];
  /** Looks for the other Regions that hold the KMS key of the version in use. */
  findReplicas: [Of, SeenReplica[]];
  /** Looks whether the alias points to a KMS key of the records; "" where it does not. */
  findAlias: [{ region: string; isThorough?: true }, string];
  /** On demand: looks which later versions the KMS key holds. */
  probeVersions: [Of, KmsKeyRecords];
  /** On demand: looks for a material of a rotation that was cut short. */
  findPending: [Of & { to: number }, PendingMaterial | undefined];
  /** Removal: looks whose a KMS key is. */
  checkOwner: [Of, boolean];
  /** Removal: looks for KMS keys of the distribution that the state does not know, as an update that was killed leaves them. */
  findRemovalOrphans: [object, Unrecorded[]];
  /** Removal: looks for replicas that no KeyReplica has. */
  findStrayReplicas: [object, Record<number, string[]>];

  createKey: [Of, KmsKeyRecord];
  replicate: [Of, { state: KeyState; isMade: boolean }];
  /** Tags a candidate without material as having a pending claim, because the import will enable it. */
  markClaimPending: [Of, undefined];
  cancelDeletion: [Of, KeyState];
  /** Imports a version's material, for the first time or again. "other": AWS says that the KMS key has another. */
  import: [Of, Partial<KmsKeyRecord> | "other" | "pendingDeletion"];
  /** On demand: a replica takes a version that its primary holds. */
  joinVersion: [Of, KmsKeyRecord];
  /** On demand: imports a version as new material, which waits for its rotation. */
  importNewMaterial: [Of, PendingMaterial];
  /** On demand: has AWS use the material that waits. */
  rotate: [Of, undefined];
  enable: [Of, undefined | "pendingDeletion"];
  disable: [Of, undefined | "pendingDeletion"];
  /** Tags, key policy and description. */
  syncMetadata: [Of, { claim?: string } | "pendingDeletion"];
  /** A replica's record goes: AWS has deleted it, and it can be made again. */
  forget: [Of, undefined];
  /** false: an alias of that name exists. */
  createAlias: [Of, boolean];
  /** false: it is gone. A KeyState: the KMS key is not Enabled, and the alias was not moved to it. */
  moveAlias: [Of, boolean | KeyState];
  /** Another stack has the alias: the next name is taken. */
  useNextName: [{ region: string }, undefined];
  deleteAlias: [{ region: string }, undefined];
  scheduleDeletion: [Of, undefined];
  /** Another stack has taken the KMS key over, or it was adopted: it stays as it is. */
  leaveAlone: [Of & { why: Stays }, undefined];
  /** Nothing more can be done. */
  refuse: [{ why: Refusal; version: number; region: string }, never];
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
  | "replica left out";

export type StepName = keyof Steps;
export type Step = { [Name in StepName]: { do: Name } & Steps[Name][0] }[StepName];
export type StepOf<Name extends StepName> = { do: Name } & Steps[Name][0];
export type OutcomeOf<Name extends StepName> = Steps[Name][1];
