// Generated from schema.json by `make generate`. Do not edit.

import type {
  Adopt,
  AssumeRole,
  Credentials,
  DistributionRef,
  KeyType,
  KeyVersion,
  KeyVersions,
  KmsConnection,
  KmsKeyVersion,
  MetadataSnapshot,
  Purpose,
  Restore,
  RotationStrategy,
  WebIdentity,
  WrappingKeySpec,
} from "./types";

/** KmsProviderOutputs of a state. */
export type KmsProviderOutputs = {
  /** AWS KMS is the only kind of KMS. */
  provider: string;
  /** AWS Region that holds the KMS keys: the primary Region of multi-Region keys. */
  keyCollection: string;
  /**
   * AWS access keys. They take precedence over every other source. Without them: `webIdentity` or `profile`
   * where set, then the environment, the shared config and credentials files, a web identity token file, and
   * the role of the container (ECS, EKS) or EC2 instance.
   */
  credentials?: Credentials;
  /**
   * Profile of the shared AWS config and credentials files (SSO, `credential_process` and `source_profile`
   * included).
   */
  profile?: string;
  /**
   * A role to assume with the credentials that were found. Of a list, each role is assumed with the
   * credentials of the one before it (role chaining).
   */
  assumeRole?: AssumeRole | AssumeRole[];
  /** A role to assume with an OIDC token, for CI without long-lived keys. */
  webIdentity?: WebIdentity;
  /**
   * Endpoint of AWS KMS, for VPC endpoints and local stand-ins; https unless it is this machine. `{region}`
   * in it is replaced by the Region. Or a map from Region to URL, which then must have each Region that is
   * used. Default: the environment's `AWS_KMS_ENDPOINT` or `AWS_ENDPOINT_URL_KMS`, the profile's, then AWS's
   * own. The environment and AWS profiles can name only AWS's hosts and this machine.
   */
  endpoint?: string | Record<string, string>;
  /** RSA key that AWS KMS generates to wrap key material for its import. */
  wrappingKeySpec: WrappingKeySpec;
  /**
   * Which of the tags, the description, the policy and the settings of roles the program marks secret: none
   * of their values is in a message or in `drift`. Set by the SDK.
   */
  secretInputs?: string[];
  /** Tags for every KMS key that is distributed through this KmsProvider. */
  tags?: Record<string, string>;
  /**
   * Requests per second by operation (for example `{ GetParametersForImport: 5 }`), for accounts whose KMS
   * quotas were raised. Default: AWS's documented quotas.
   */
  quotas?: Record<string, number>;
  /**
   * Regions that do not answer: no request is sent there. Every preview lists the work that waits there, and
   * the first update without the Region in the list does it. With `keyCollection` in the list, everything
   * that is distributed through this KmsProvider is left as it is.
   */
  unreachableRegions?: string[];
  /** First part of every alias: `alias/<aliasPrefix>/<key name>-<unix timestamp>`. */
  aliasPrefix: string;
  /** AWS account that the credentials belong to. */
  accountId: string;
  /** Source that the credentials come from. */
  credentialSource: string;
  /** Version of the format of this resource's state. */
  stateVersion: number;
};

/** KmsProviderInputs of a state. */
export type KmsProviderInputs = Pick<
  KmsProviderOutputs,
  | "provider"
  | "keyCollection"
  | "credentials"
  | "profile"
  | "assumeRole"
  | "webIdentity"
  | "endpoint"
  | "wrappingKeySpec"
  | "secretInputs"
  | "tags"
  | "quotas"
  | "unreachableRegions"
  | "aliasPrefix"
>;

/** ManagedKeyOutputs of a state. */
export type ManagedKeyOutputs = {
  /** Name of the key, in aliases and tags. Default: the name of the resource. */
  name: string;
  /** Type of the key. */
  type: KeyType;
  /** Regions that may hold replicas. If there are any, every version is a multi-Region KMS key. */
  replicaRegions: string[];
  /** Versions below it are disabled in AWS. They are enabled again when it is lowered. */
  minEnabledVersion: number;
  /**
   * Whether the key, and its material with it, may be deleted or replaced. It must be true in the state
   * before that. While it is false, no KMS key of it is scheduled for deletion unless the update has seen the
   * program declare the key, and the SDK sets Pulumi's own `protect`.
   */
  deletionAllowed: boolean;
  /**
   * Time between rotations: `90d`, `12w`, `1y`, or ISO 8601 (`P3M`); at least a day. An update on or after
   * `rotateAfter` rotates the key.
   */
  rotationPeriod?: string;
  /** Any change of this value rotates the key. */
  rotationTrigger?: string;
  /**
   * Where the material is kept. `state`: in the stack's state, as a Pulumi secret. `env://NAME`,
   * `file:///path` or `awskms://alias/NAME?region=…`: in the state, sealed by that root key. `none`: only
   * where `material` names it. `pkcs11:token=NAME?module-path=/…&pin-source=env://NAME`: in an HSM, which
   * generates and wraps it. A change seals the material again; keys of an HSM stay in it.
   */
  keystore: string;
  /** Latest version after the update. A preview shows `1 => 2` when a rotation is due. Planned by `check`. */
  keyVersion: number;
  /**
   * UTC date of the latest version (YYYY-MM-DD). Recorded by `check`; unknown in a preview that makes a
   * version.
   */
  rotatedOn: string;
  /**
   * UTC date from which an update rotates the key (YYYY-MM-DD). Recorded by `check`; unknown in a preview
   * that makes a version.
   */
  rotateAfter?: string;
  /** Number of the latest version. */
  latestVersion: number;
  /** All versions, without their material. */
  versions: KeyVersion[];
  /**
   * All versions with their material, as `keystore` says: a JWK set (RFC 7517) whose keys are in the clear,
   * sealed as JWE (RFC 7516), or left out.
   */
  keyring: string;
  /** Version of the format of this resource's state. */
  stateVersion: number;
  /** Name of the stack, `organization/project/stack`, which the KMS keys are tagged with. Set by the SDK. */
  stack: string;
  /**
   * Former names of the stack (`organization/project/stack`), newest first, at most 10. KMS keys that are
   * tagged with one of them belong to this stack. Planned by `check`.
   */
  formerStacks: string[];
};

/** ManagedKeyInputs of a state. */
export type ManagedKeyInputs = Pick<
  ManagedKeyOutputs,
  | "name"
  | "type"
  | "replicaRegions"
  | "minEnabledVersion"
  | "deletionAllowed"
  | "rotationPeriod"
  | "rotationTrigger"
  | "keystore"
  | "keyVersion"
  | "rotatedOn"
  | "rotateAfter"
  | "stack"
  | "formerStacks"
> & {
  /**
   * The owner's material for the next version: 32 bytes in base64, hex or a JWK, or where to read it:
   * `env://NAME`, `file:///path` or `exec:command`; the last two may give raw bytes too. A change is a new
   * version. A reference that holds `{version}` names the material of each version, and then
   * `rotationTrigger` or `rotationPeriod` makes a new one. Default: 32 bytes of the system's CSPRNG.
   */
  material?: string;
  /**
   * A backup from which the key gets its versions. It is read only when the resource is created. Default:
   * what `keymgmt import` has put into the stack's configuration.
   */
  restore?: Restore;
};

/** DistributionAliasOutputs of a state. */
export type DistributionAliasOutputs = {
  /** Name of the key. */
  keyName: string;
  /** Id of the ManagedKey. */
  keyId: string;
  /** First part of every alias: `alias/<aliasPrefix>/<key name>-<unix timestamp>`. */
  aliasPrefix: string;
  /** AWS Region that holds the KMS keys: the primary Region of multi-Region keys. */
  region: string;
  /** Regions that may hold replicas. If there are any, every version is a multi-Region KMS key. */
  replicaRegions?: string[];
  /** Purpose of the distribution. */
  purpose?: string[];
  /** Protection of the distribution. */
  protection?: string;
  /** Rotation strategy of the distribution. */
  rotationStrategy?: string;
  /** AWS account. */
  accountId: string;
  /** Name of the distribution: `<key name>-<unix timestamp>`. */
  name: string;
  /**
   * Alias that applications use, `alias/<aliasPrefix>/<key name>-<unix timestamp>`. It stays the same for as
   * long as the distribution lives, and is known in every preview after the first update.
   */
  aliasName: string;
  /** ARN of the alias in the primary Region. */
  aliasArn: string;
  /** When the distribution was made, ISO 8601 UTC. */
  distributionTime: string;
  /** Version of the format of this resource's state. */
  stateVersion: number;
  /**
   * Existing alias. The distribution takes its name and time from it when it is created; later changes have
   * no effect.
   */
  adoptedAlias?: string;
  /** Whether the key may be deleted. Otherwise what would replace the distribution is refused. */
  deletionAllowed?: boolean;
};

/** DistributionAliasInputs of a state. */
export type DistributionAliasInputs = Pick<
  DistributionAliasOutputs,
  | "keyName"
  | "keyId"
  | "aliasPrefix"
  | "region"
  | "replicaRegions"
  | "purpose"
  | "protection"
  | "rotationStrategy"
  | "accountId"
  | "adoptedAlias"
  | "deletionAllowed"
>;

/** KeyDistributionOutputs of a state. */
export type KeyDistributionOutputs = {
  /** The KmsProvider to distribute through. */
  kms: KmsConnection;
  /** The ManagedKey to distribute. */
  key: KeyVersions;
  /** What the key is for. Default: what its type allows, which for aes256-gcm96 is encrypt and decrypt. */
  purpose: Purpose[];
  /** AWS KMS keeps every key in HSMs. */
  protection: string;
  /**
   * How a rotation reaches AWS: `manual` makes a new KMS key for each version, behind one alias. With
   * `on-demand` one KMS key holds all versions, and AWS rotates it, at most 25 times.
   */
  rotationStrategy: RotationStrategy;
  /** Days from the scheduling of a KMS key's deletion to its deletion by AWS: 7 to 30. */
  deletionWindowDays: number;
  /**
   * Key policy, a JSON document. Default: AWS's default key policy. If AWS KMS does not know one of its users
   * or roles yet, the update waits for at most two minutes. Removing it leaves the policy in AWS as it is.
   */
  policy?: string;
  /**
   * Description of the KMS keys. AWS shows it in plain text, in CloudTrail too. Removing it leaves the
   * description in AWS as it is.
   */
  description?: string;
  /**
   * Which of the tags, the description, the policy and the settings of roles the program marks secret: none
   * of their values is in a message or in `drift`. Set by the SDK.
   */
  secretInputs?: string[];
  /** Tags, which take precedence over those of the KmsProvider. `aws:` and `keymgmt:` are reserved. */
  tags?: Record<string, string>;
  /**
   * Time after which AWS lets the material expire: `90d`, `12w`, or ISO 8601 (`P3M`); at most 365 days.
   * Default: it does not expire. An update before that imports it again.
   */
  validFor?: string;
  /** How long before the material expires an update imports it again. Default: a third of `validFor`. */
  renewBefore?: string;
  /**
   * Existing KMS keys, for example Vault's, to manage as they are. It is read only when the distribution is
   * created. For a restored key, the KMS keys of its backup are adopted in place of these. `{ versions: {} }`
   * says that new KMS keys are made, even where AWS has some of this key.
   */
  adopt?: Adopt;
  /** Name of the distribution: `<key name>-<unix timestamp>`. */
  name: string;
  /**
   * Alias that applications use, `alias/<aliasPrefix>/<key name>-<unix timestamp>`. It stays the same for as
   * long as the distribution lives, and is known in every preview after the first update.
   */
  aliasName: string;
  /** ARN of the alias in the primary Region. Known in every preview after the first update. */
  aliasArn: string;
  /** When the distribution was made, ISO 8601 UTC. */
  distributionTime: string;
  /** Name of the stack, `organization/project/stack`, for the tag `keymgmt:stack`. Set by the SDK. */
  stack: string;
  /** Latest version of the key. Planned by `check`. */
  keyVersion: number;
  /** Whether the KMS keys are multi-Region. Planned by `check`. */
  multiRegion: boolean;
  /** Region of the primary KMS keys. Planned by `check`. */
  primaryRegion: string;
  /**
   * UTC date on or after which the material that AWS holds was imported (YYYY-MM-DD), where it expires.
   * Recorded by `check`; unknown in a preview that imports it.
   */
  importedOn?: string;
  /**
   * UTC date from which an update imports the material again (YYYY-MM-DD). Recorded by `check`; unknown in a
   * preview that imports it.
   */
  renewAfter?: string;
  /**
   * With `rotationStrategy` on-demand: how many of AWS's 25 rotations of the KMS key are left. Rotations
   * before this distribution reclaimed the KMS key are counted.
   */
  rotationsLeft?: number;
  /** Id of the latest version's KMS key. */
  keyId: string;
  /** ARN of the latest version's KMS key. */
  keyArn: string;
  /** KMS keys by version. */
  versions: Record<string, KmsKeyVersion>;
  /** Id of the KMS key that the alias points to, as last seen. */
  aliasTarget: string;
  /**
   * What the last refresh found to differ in AWS, in words. The next update restores what the program
   * declares and what the key needs to work.
   */
  drift?: string[];
  /**
   * Regions that the last refresh could not read, because nothing answered there or `unreachableRegions`
   * names them: what this resource says of them is as last seen. Unset where all were read.
   */
  notSeen?: string[];
  /** Version of the format of this resource's state. */
  stateVersion: number;
  /** Name that was asked for, where another stack had its alias and the next name was used. */
  requestedName?: string;
  /**
   * New name of the stack, where an update that was to write it on the KMS keys failed half-way: some of them
   * have it.
   */
  nextStack?: string;
  /**
   * An update that was to set other tags, another policy or description failed half-way: some KMS keys have
   * them.
   */
  isHalfGiven?: boolean;
  /**
   * What the last update set, where a refresh found other tags, another policy or description; this resource
   * then says what AWS has. Nothing that the program marks secret is in it.
   */
  applied?: MetadataSnapshot;
  /**
   * The resource option `ignoreChanges`: what it names of policy, description and tags is neither compared
   * with AWS nor sent. Set by the SDK.
   */
  ignored?: string[];
};

/** KeyDistributionInputs of a state. */
export type KeyDistributionInputs = Pick<
  KeyDistributionOutputs,
  | "kms"
  | "key"
  | "purpose"
  | "protection"
  | "rotationStrategy"
  | "deletionWindowDays"
  | "policy"
  | "description"
  | "secretInputs"
  | "tags"
  | "validFor"
  | "renewBefore"
  | "adopt"
  | "name"
  | "aliasName"
  | "aliasArn"
  | "distributionTime"
  | "stack"
  | "keyVersion"
  | "multiRegion"
  | "primaryRegion"
  | "importedOn"
  | "renewAfter"
  | "ignored"
>;

/** KeyReplicaOutputs of a state. */
export type KeyReplicaOutputs = {
  /** The KeyDistribution to replicate. */
  distribution: DistributionRef;
  /** Region of the replica; one of the key's `replicaRegions`. */
  region: string;
  /** Days from the scheduling of a KMS key's deletion to its deletion by AWS: 7 to 30. */
  deletionWindowDays: number;
  /**
   * Key policy, a JSON document. AWS does not copy the primary key's. Default: AWS's default key policy. If
   * AWS KMS does not know one of its users or roles yet, the update waits for at most two minutes. Removing
   * it leaves the policy in AWS as it is.
   */
  policy?: string;
  /**
   * Description of the KMS keys. AWS shows it in plain text, in CloudTrail too. Removing it leaves the
   * description in AWS as it is.
   */
  description?: string;
  /**
   * Which of the tags, the description, the policy and the settings of roles the program marks secret: none
   * of their values is in a message or in `drift`. Set by the SDK.
   */
  secretInputs?: string[];
  /** Tags, which take precedence over those of the KmsProvider. `aws:` and `keymgmt:` are reserved. */
  tags?: Record<string, string>;
  /**
   * Alias that applications use, `alias/<aliasPrefix>/<key name>-<unix timestamp>`. It stays the same for as
   * long as the distribution lives, and is known in every preview after the first update.
   */
  aliasName: string;
  /** ARN of the alias in this Region. Known in every preview after the first update. */
  aliasArn: string;
  /** Latest version of the key. Planned by `check`. */
  keyVersion: number;
  /**
   * UTC date on or after which the material that AWS holds was imported (YYYY-MM-DD), where it expires.
   * Recorded by `check`; unknown in a preview that imports it.
   */
  importedOn?: string;
  /**
   * UTC date from which an update imports the material again (YYYY-MM-DD). Recorded by `check`; unknown in a
   * preview that imports it.
   */
  renewAfter?: string;
  /** Id of the latest version's replica; the same as its primary's. */
  keyId: string;
  /** ARN of the latest version's replica. */
  keyArn: string;
  /** Replica KMS keys by version. */
  versions: Record<string, KmsKeyVersion>;
  /** Id of the KMS key that the alias points to, as last seen. */
  aliasTarget: string;
  /**
   * What the last refresh found to differ in AWS, in words. The next update restores what the program
   * declares and what the key needs to work.
   */
  drift?: string[];
  /**
   * Regions that the last refresh could not read, because nothing answered there or `unreachableRegions`
   * names them: what this resource says of them is as last seen. Unset where all were read.
   */
  notSeen?: string[];
  /** Version of the format of this resource's state. */
  stateVersion: number;
  /**
   * New name of the stack, where an update that was to write it on the KMS keys failed half-way: some of them
   * have it.
   */
  nextStack?: string;
  /**
   * An update that was to set other tags, another policy or description failed half-way: some KMS keys have
   * them.
   */
  isHalfGiven?: boolean;
  /**
   * What the last update set, where a refresh found other tags, another policy or description; this resource
   * then says what AWS has. Nothing that the program marks secret is in it.
   */
  applied?: MetadataSnapshot;
  /**
   * The resource option `ignoreChanges`: what it names of policy, description and tags is neither compared
   * with AWS nor sent. Set by the SDK.
   */
  ignored?: string[];
};

/** KeyReplicaInputs of a state. */
export type KeyReplicaInputs = Pick<
  KeyReplicaOutputs,
  | "distribution"
  | "region"
  | "deletionWindowDays"
  | "policy"
  | "description"
  | "secretInputs"
  | "tags"
  | "aliasName"
  | "aliasArn"
  | "keyVersion"
  | "importedOn"
  | "renewAfter"
  | "ignored"
>;
