/** What the state of a stack holds, and what one resource hands to another, as schema.json describes it. */
import type { KmsConnection } from "../kms/endpoints/connection";
import type { WrappingKeySpec } from "../kms/wrappingKey";

/** KmsConnection of schema.json: a KmsProvider as its users see it. */
export interface KmsRef extends KmsConnection {
  aliasPrefix: string;
  wrappingKeySpec?: WrappingKeySpec;
  tags?: Record<string, string>;
}

/** KeyVersions of schema.json: a ManagedKey as its users see it. The keyring goes to the run alone (keyrings.ts). */
export interface KeyRef {
  id: string;
  name: string;
  type: string;
  replicaRegions: string[];
  minEnabledVersion: number;
  /** Not in states of before. */
  deletionAllowed?: boolean;
  /** Names that the stack had before (`organization/project/stack`), newest first: its KMS keys may still have them. */
  formerStacks?: string[];
  keyVersion: number;
}

/** KmsKeyVersion of schema.json: the KMS key of one version in one Region. */
export interface KmsKeyRecord {
  keyId: string;
  keyArn: string;
  /** AWS's KeyState as last seen, or "Deleted". */
  state: string;
  /** Of the material that was imported; not known of an adopted KMS key's. */
  kcv?: string;
  /** It was there before and is managed as it is: its material is not in the keyring. */
  adopted?: true;
  importedAt?: string;
  validTo?: string;
  keyMaterialId?: string;
  replicas?: string[];
  /** Region of its primary, where somebody has moved that, as a refresh has last seen it. */
  primaryRegion?: string;
  /** Its tag `keymgmt:claim`; not there where release 0.1.0 made it, or the program named it. */
  claim?: string;
  /** It was found in AWS and not in the state; its tags, policy and description are not as they should be yet. */
  recovered?: true;
  /** A refresh found its tags `keymgmt:*` changed. */
  untagged?: true;
}

/** KMS keys by version, from "1". */
export type KmsKeyRecords = Record<string, KmsKeyRecord>;

/** A new KMS key for each version behind one alias, or one KMS key that holds them all. */
export type RotationStrategy = "manual" | "on-demand";

/** Inputs that become metadata of a KMS key. */
export interface MetadataInputs {
  tags?: Record<string, string>;
  policy?: string;
  description?: string;
  /** Paths of `ignoreChanges`. */
  ignored?: string[];
}

/** The part of a distribution's or replica's outputs that says what one Region holds. */
export interface RegionalOutputs extends MetadataInputs {
  aliasName: string;
  versions: KmsKeyRecords;
  /** The latest version's KMS key as the last finished update left it. */
  keyId?: string;
  keyArn?: string;
  aliasTarget?: string;
  /** What a refresh found to differ in AWS, in words. */
  drift?: string[];
  /** What the last update gave, where a refresh found other metadata that is not ignored: the outputs then say what AWS has. */
  applied?: GivenMetadata;
  /** An update that was to give other metadata failed half-way: some KMS keys have it, and the outputs say what the others have. */
  isHalfGiven?: true;
  /** Which metadata the program marks secret. */
  secretInputs?: string[];
}

/** Tags, policy and description: what the last update gave, or what AWS shows. `kmsTags` are the KmsProvider's. */
export interface GivenMetadata extends MetadataInputs {
  kmsTags?: Record<string, string>;
}
