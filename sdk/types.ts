import type * as pulumi from "@pulumi/pulumi";

/** AWS access keys. */
export interface Credentials {
  accessKey: pulumi.Input<string>;
  secretKey: pulumi.Input<string>;
  /** Of temporary credentials. They end while the stack lives: prefer the environment or a role for them. */
  sessionToken?: pulumi.Input<string>;
}

/** A role to assume (sts:AssumeRole). */
export interface AssumeRole {
  /** In the partition of `keyCollection`. */
  roleArn: pulumi.Input<string>;
  /** Name of the session in CloudTrail. */
  sessionName?: pulumi.Input<string>;
  externalId?: pulumi.Input<string>;
  /**
   * Life time of a session in seconds: 900 to the maximum that the role sets, 43200 at the most; 3600 at the most where the credentials
   * are a role's themselves (role chaining: from the second role of a list on, and after `webIdentity`). Sessions are renewed while an
   * update runs, so a short one is enough.
   */
  durationSeconds?: pulumi.Input<number>;
  /** Session tags, 50 at the most. Needs `sts:TagSession`. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Keys of `tags` that the sessions of later roles in a list inherit. */
  transitiveTagKeys?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Who stands behind the session, in CloudTrail, for it and for all that follow in a list. Needs `sts:SetSourceIdentity`.
   */
  sourceIdentity?: pulumi.Input<string>;
  /** Session policy, a JSON document: the session may do what this and the role's policies allow. */
  policy?: pulumi.Input<string>;
  /** ARNs of managed policies as session policies, 10 at the most. */
  policyArns?: pulumi.Input<pulumi.Input<string>[]>;
}

/** An OIDC token for sts:AssumeRoleWithWebIdentity. */
export interface WebIdentity {
  /** In the partition of `keyCollection`. */
  roleArn: pulumi.Input<string>;
  /**
   * Where the token is: the path of a file, `env://NAME`, `file:///path` or `exec:command`; it is read each time a token is needed.
   * Without it: GitHub Actions is asked for one, in a job with `permissions: id-token: write`.
   */
  tokenFile?: pulumi.Input<string>;
  /** Audience of the token that GitHub Actions is asked for. Default: `sts.amazonaws.com`, in aws-cn `sts.amazonaws.com.cn`. */
  audience?: pulumi.Input<string>;
}

/** RSA key that AWS KMS makes to wrap material on its way. */
export type WrappingKeySpec = "RSA_4096" | "RSA_3072" | "RSA_2048";

/** Type of a managed key, by Vault's name. AWS KMS takes aes256-gcm96, but for its Regions of China, where symmetric keys have 128 bits (SM4). */
export type KeyType = "aes256-gcm96";

/** How a rotation reaches AWS. */
export type RotationStrategy = "manual" | "on-demand";

/** What a distributed key may be used for. */
export type Purpose = "encrypt" | "decrypt";

/** One version of a managed key, without its material. */
export interface KeyVersion {
  version: number;
  /** ISO 8601 UTC. */
  createdAt: string;
  /** Key check value: first 5 bytes of the AES-CMAC of 16 zero bytes (ANSI X9.24-1), in hex. */
  kcv: string;
  enabled: boolean;
}

/** The KMS key of one version in one Region. */
export interface KmsKeyVersion {
  keyId: string;
  keyArn: string;
  /** State of the KMS key as last seen: Enabled, Disabled, PendingImport, PendingDeletion, …, or Deleted. */
  state: string;
  /** Key check value of the material that was imported; not known of an adopted KMS key's. */
  kcv?: string;
  /** It was there before and is managed as it is: its material is not in the keyring. */
  adopted?: boolean;
  /** ISO 8601 UTC. */
  importedAt?: string;
  /** ISO 8601 UTC. */
  validTo?: string;
  /** AWS's id of the material. */
  keyMaterialId?: string;
  /** Regions in which a rotation has made a replica ready. */
  replicas?: string[];
  /** Region of its primary, where that was moved outside the stack (UpdatePrimaryRegion), as a refresh has last seen it. */
  primaryRegion?: string;
  /** Its tag `keymgmt:claim`: a nonce and a MAC under a secret of the keyring, which prove that the KMS key was made for this key. */
  claim?: string;
  /** It was found in AWS and not in the state; the next update gives it its tags, policy and description. */
  recovered?: boolean;
  /** A refresh found its tags `keymgmt:*` changed; the next update sets them again. */
  untagged?: boolean;
}

/** KMS keys that exist: those behind an alias, or listed by version, or both. */
export interface Adopt {
  /**
   * Alias such as `alias/hashicorp/orders-1700000000`. Its name and time are the distribution's; without `versions` its KMS
   * key becomes the latest version.
   */
  aliasName?: pulumi.Input<string>;
  /** Id or ARN of a KMS key by version of the key. None at all (`{}`): new KMS keys are made, whatever there is. */
  versions?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * Key check values by version, of versions whose material the key holds: AWS is asked to take it, which it does only where
   * it is the same, and the KMS key then becomes like one that this stack made. Without it a KMS key stays as it is.
   */
  kcvs?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * A backup of `keymgmt export`, from which a new key gets its versions. `keymgmt import` writes it into the stack's
 * configuration. It holds no secret.
 */
export interface Restore {
  /** Where the backup is: `file:///path`, `env://NAME` or `exec:command`. */
  from: pulumi.Input<string>;
  /** Where the passphrase that opens it is read from: `env://NAME`, `file:///path` or `exec:command`. */
  passphrase?: pulumi.Input<string>;
  /** Where the private key that opens it is read from, in its place. */
  identity?: pulumi.Input<string>;
  /**
   * SHA-256 of the backup in hex, as `keymgmt export` printed it. A file with another is refused, and without it no key is made from
   * a backup.
   */
  fingerprint?: pulumi.Input<string>;
  /** Key check values of its versions, from version 1 on. A backup that holds others is refused. */
  kcvs: pulumi.Input<pulumi.Input<string>[]>;
  /** UTC date of its latest version (YYYY-MM-DD), from which `rotationPeriod` counts; by default today. */
  rotatedOn?: pulumi.Input<string>;
  /** KMS keys and aliases that there are. A KeyDistribution in one of their Regions adopts them. */
  distributions?: pulumi.Input<pulumi.Input<RestoredDistribution>[]>;
}

/** What AWS holds of a key in one account and primary Region. */
export interface RestoredDistribution {
  /** Primary Region. */
  region: pulumi.Input<string>;
  accountId: pulumi.Input<string>;
  aliasName: pulumi.Input<string>;
  /** ARN of the KMS key by version. */
  versions: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Key check values by version, of versions whose material the backup holds. */
  kcvs: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
