// Generated from schema.json by `make generate`. Do not edit.

/** AWS access keys. */
export interface Credentials {
  /** Access key id. */
  accessKey: string;
  /** Secret access key. */
  secretKey: string;
  /**
   * Session token of temporary credentials. They expire while the stack lives on: prefer the environment or a
   * role for them.
   */
  sessionToken?: string;
}

/** A role to assume (sts:AssumeRole). */
export interface AssumeRole {
  /** ARN of the role, in the partition of `keyCollection`. */
  roleArn: string;
  /** Name of the session in CloudTrail. */
  sessionName?: string;
  /** External id that the role's trust policy asks for. */
  externalId?: string;
  /**
   * Lifetime of a session in seconds: 900 to the maximum that the role sets, at most 43200. At most 3600
   * where the credentials are a role's themselves (role chaining: from the second role of a list on, and
   * after `webIdentity`). Sessions are renewed while an update runs, so a short one is enough. Without it:
   * AWS's 3600.
   */
  durationSeconds?: number;
  /** Session tags, at most 50. Needs `sts:TagSession`. */
  tags?: Record<string, string>;
  /** Keys of `tags` that the sessions of later roles in a list inherit. */
  transitiveTagKeys?: string[];
  /**
   * Source identity of this session and of all later ones in a list, as CloudTrail shows it. Needs
   * `sts:SetSourceIdentity`.
   */
  sourceIdentity?: string;
  /**
   * Session policy, a JSON document: the session may do what both this policy and the role's policies allow.
   */
  policy?: string;
  /** ARNs of managed policies to use as session policies, at most 10. */
  policyArns?: string[];
}

/** An OIDC token for sts:AssumeRoleWithWebIdentity. */
export interface WebIdentity {
  /** ARN of the role, in the partition of `keyCollection`. */
  roleArn: string;
  /**
   * Where the token is read from each time one is needed: the path of a file, `env://NAME`, `file:///path` or
   * `exec:command`. Default: GitHub Actions is asked for a token, in a job with `permissions: id-token:
   * write`.
   */
  tokenFile?: string;
  /**
   * Audience of the token that GitHub Actions is asked for. Default: `sts.amazonaws.com`, in aws-cn
   * `sts.amazonaws.com.cn`.
   */
  audience?: string;
}

/** Spec of the RSA key that AWS KMS generates to wrap key material for its import. */
export type WrappingKeySpec = "RSA_4096" | "RSA_3072" | "RSA_2048";

/**
 * Type of a managed key, by Vault's name where it has one. AWS KMS accepts aes256-gcm96 in all Regions
 * outside China; in its China Regions symmetric keys have 128 bits (SM4).
 */
export type KeyType =
  | "aes256-gcm96"
  | "rsa-2048"
  | "rsa-3072"
  | "rsa-4096"
  | "ecdsa-p256"
  | "ecdsa-p384"
  | "ecdsa-p521"
  | "ecdsa-secp256k1"
  | "ed25519"
  | "hmac-sha224"
  | "hmac-sha256"
  | "hmac-sha384"
  | "hmac-sha512";

/** What a distributed key may be used for. */
export type Purpose =
  | "encrypt"
  | "decrypt"
  | "sign"
  | "verify"
  | "generateMac"
  | "verifyMac"
  | "keyAgreement";

/** How a rotation reaches AWS. */
export type RotationStrategy = "manual" | "on-demand";

/** What the SDK passes from a KmsProvider to the resources that use it. */
export interface KmsConnection {
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
  wrappingKeySpec?: WrappingKeySpec;
  /** Tags for every KMS key that is distributed through this KmsProvider. */
  tags?: Record<string, string>;
  /**
   * Requests per second by operation (for example `{ GetParametersForImport: 5 }`), for accounts whose KMS
   * quotas were raised. Or "aws": the quotas are read from AWS Service Quotas in each Region; without the
   * permission servicequotas:ListServiceQuotas AWS's default quotas are assumed, with a warning. Default:
   * AWS's documented quotas.
   */
  quotas?: string | Record<string, number>;
  /**
   * Regions that do not answer: no request is sent there. Every preview lists the work that waits there, and
   * the first update without the Region in the list does it. With `keyCollection` in the list, everything
   * that is distributed through this KmsProvider is left as it is.
   */
  unreachableRegions?: string[];
  /**
   * First part of the alias of every distribution: `alias/<aliasPrefix>/<key name>-<unix timestamp>`. The
   * default is that of Vault's key management engine; without aliases of Vault's, give a name of your own, or
   * give applications an alias of your own by `extraAliases`.
   */
  aliasPrefix: string;
  /** AWS account that the credentials belong to. */
  accountId?: string;
}

/** What the SDK passes from a ManagedKey to the resources that use it. */
export interface KeyVersions {
  /** Id of the ManagedKey. */
  id: string;
  /** Name of the key, in aliases and tags. */
  name: string;
  /** Type of the key. */
  type: KeyType;
  /** Regions that may hold replicas. If there are any, every version is a multi-Region KMS key. */
  replicaRegions: string[];
  /** Versions below it are disabled in AWS. They are enabled again when it is lowered. */
  minEnabledVersion: number;
  /** Latest version. */
  keyVersion: number;
  /**
   * All versions: a JWK set whose keys may be sealed or left out, as the keystore says. Read in the update
   * only; in no state.
   */
  keyring?: string;
  /** Keystore that the program names. Read in the update only; in no state. */
  keystore?: string;
  /** Material that the program gives, or where it is read. Read in the update only; in no state. */
  material?: string;
  /** Where the passphrase of the material is read. Read in the update only; in no state. */
  materialPassphrase?: string;
  /**
   * Whether the key, and its material with it, may be deleted or replaced. It must be true in the state
   * before that. While it is false, no KMS key of it is scheduled for deletion unless the update has seen the
   * program declare the key, and the SDK sets Pulumi's own `protect`.
   */
  deletionAllowed?: boolean;
  /**
   * Former names of the stack (`organization/project/stack`), newest first, at most 10. KMS keys that are
   * tagged with one of them belong to this stack. Planned by `check`.
   */
  formerStacks?: string[];
}

/** What the SDK passes from a KeyDistribution to its replicas. */
export interface DistributionRef {
  /** Name of the distribution. */
  name: string;
  /** Stack that owns it. */
  stack: string;
  /** Its KmsProvider. */
  kms: KmsConnection;
  /** Its ManagedKey. */
  key: KeyVersions;
  /** Its KMS keys by version. */
  versions?: Record<string, KmsKeyVersion>;
  /** Time after which AWS lets its material expire. */
  validFor?: string;
  /** How long its public key is published before the alias moves to a new version. */
  publishBefore?: string;
  /** How long before that an update imports it again. */
  renewBefore?: string;
  /** How a rotation reaches AWS. */
  rotationStrategy?: RotationStrategy;
  /** Its further aliases. */
  extraAliases?: string[];
  /** The one of them that is moved from the KMS key that it points to. */
  movedAlias?: string;
}

/** One version of a managed key, without its material. */
export interface KeyVersion {
  /** Number, from 1. */
  version: number;
  /** When it was made, ISO 8601 UTC. */
  createdAt: string;
  /**
   * Key check value, 5 bytes in hex: the first of the AES-CMAC of 16 zero bytes (ANSI X9.24-1), for HMAC keys
   * of the HMAC of no bytes, and for asymmetric keys of `fingerprint`.
   */
  kcv: string;
  /** Whether it is at or above `minEnabledVersion`. */
  enabled: boolean;
  /** Public half of an asymmetric key: SubjectPublicKeyInfo in PEM. */
  publicKey?: string;
  /** SHA-256 of the SubjectPublicKeyInfo in DER, in hex. */
  fingerprint?: string;
}

/** The KMS key of one version in one Region. */
export interface KmsKeyVersion {
  /** Id of the KMS key. */
  keyId: string;
  /** ARN of the KMS key. */
  keyArn: string;
  /**
   * State of the KMS key as last seen: Enabled, Disabled, PendingImport, PendingDeletion, …, or Deleted where
   * AWS no longer knows it.
   */
  state: string;
  /** Key check value of the imported material; unknown for an adopted KMS key. */
  kcv?: string;
  /** It existed before and is managed as it is: its material is not in the keyring. */
  adopted?: boolean;
  /** When the material was imported, ISO 8601 UTC. */
  importedAt?: string;
  /**
   * With `publishBefore`, until the alias points to the version: when an update has made its KMS key, ISO
   * 8601 UTC.
   */
  publishedAt?: string;
  /** When the material expires, ISO 8601 UTC. */
  validTo?: string;
  /** AWS's id of the key material. */
  keyMaterialId?: string;
  /** Regions in which a rotation has already made its replica usable. */
  replicas?: string[];
  /**
   * Region of its primary key, as a refresh has last seen it, where somebody has moved that outside the stack
   * (UpdatePrimaryRegion).
   */
  primaryRegion?: string;
  /**
   * Its tag `keymgmt:claim`: a nonce and a MAC under a secret of the keyring, which prove that the KMS key
   * was made for this key.
   */
  claim?: string;
  /** It was found in AWS and not in the state. The next update gives it its tags, policy and description. */
  recovered?: boolean;
  /** A refresh found its tags `keymgmt:*` changed. The next update sets them again. */
  untagged?: boolean;
}

/** Existing KMS keys: the one behind an alias, or those listed by version, or both. */
export interface Adopt {
  /**
   * Alias such as `alias/hashicorp/orders-1700000000`. The distribution takes its name and time from it.
   * Without `versions` its KMS key becomes the key's latest version. If `extraAliases` has the alias, it is
   * moved to the distribution's KMS key instead, and the KMS key that it pointed to is left as it is: also in
   * an update that adds it.
   */
  aliasName?: string;
  /**
   * Id or ARN of a KMS key by version of the key. An empty map (`{}`) says that new KMS keys are made, even
   * where AWS has some of this key.
   */
  versions?: Record<string, string>;
  /**
   * Key check values by version, for versions whose material the key holds. AWS is asked to import that
   * material, which it does only where it is the same as before; the KMS key then becomes like one that this
   * stack made. Without a key check value the KMS key stays as it is.
   */
  kcvs?: Record<string, string>;
}

/**
 * A backup of `keymgmt export`, from which a new key gets its versions. `keymgmt import` writes it into the
 * stack's configuration. It holds no secret.
 */
export interface Restore {
  /** Where the backup is: `file:///path`, `env://NAME` or `exec:command`. */
  from: string;
  /**
   * Where the passphrase that opens the backup is read from: `env://NAME`, `file:///path` or `exec:command`.
   */
  passphrase?: string;
  /** Where the private key that opens the backup is read from, in place of a passphrase. */
  identity?: string;
  /**
   * SHA-256 of the backup in hex, as `keymgmt export` printed it. A file with another one is refused, and
   * without it no key is made from a backup.
   */
  fingerprint?: string;
  /** Key check values of the versions, from version 1 on. A backup that holds others is refused. */
  kcvs: string[];
  /** UTC date of the latest version (YYYY-MM-DD), from which `rotationPeriod` counts. Default: today. */
  rotatedOn?: string;
  /** Existing KMS keys and aliases of the key. A KeyDistribution in one of their Regions adopts them. */
  distributions?: RestoredDistribution[];
}

/** What AWS holds of a key in one account and primary Region. The KeyDistribution there adopts it. */
export interface RestoredDistribution {
  /** Primary Region. */
  region: string;
  /** AWS account. */
  accountId: string;
  /** Alias of the distribution. */
  aliasName: string;
  /** ARN of the KMS key by version. */
  versions: Record<string, string>;
  /** Key check values by version, of versions whose material the backup holds. */
  kcvs: Record<string, string>;
}

/** Tags, policy and description as the last update set them. */
export interface MetadataSnapshot {
  /** Key policy. */
  policy?: string;
  /** Description. */
  description?: string;
  /** Tags of the resource. */
  tags?: Record<string, string>;
  /** Tags of the KmsProvider. */
  kmsTags?: Record<string, string>;
}
