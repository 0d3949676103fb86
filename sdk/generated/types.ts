// Generated from schema.json by `make generate`. Do not edit.

import type * as pulumi from "@pulumi/pulumi";

/** AWS access keys. */
export interface Credentials {
  /** Access key id. */
  accessKey: pulumi.Input<string>;
  /** Secret access key. */
  secretKey: pulumi.Input<string>;
  /**
   * Session token of temporary credentials. They expire while the stack lives on: prefer the environment or a
   * role for them.
   */
  sessionToken?: pulumi.Input<string>;
}

/** A role to assume (sts:AssumeRole). */
export interface AssumeRole {
  /** ARN of the role, in the partition of `keyCollection`. */
  roleArn: pulumi.Input<string>;
  /** Name of the session in CloudTrail. */
  sessionName?: pulumi.Input<string>;
  /** External id that the role's trust policy asks for. */
  externalId?: pulumi.Input<string>;
  /**
   * Lifetime of a session in seconds: 900 to the maximum that the role sets, at most 43200. At most 3600
   * where the credentials are a role's themselves (role chaining: from the second role of a list on, and
   * after `webIdentity`). Sessions are renewed while an update runs, so a short one is enough. Without it:
   * AWS's 3600.
   */
  durationSeconds?: pulumi.Input<number>;
  /** Session tags, at most 50. Needs `sts:TagSession`. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Keys of `tags` that the sessions of later roles in a list inherit. */
  transitiveTagKeys?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Source identity of this session and of all later ones in a list, as CloudTrail shows it. Needs
   * `sts:SetSourceIdentity`.
   */
  sourceIdentity?: pulumi.Input<string>;
  /**
   * Session policy, a JSON document: the session may do what both this policy and the role's policies allow.
   */
  policy?: pulumi.Input<string>;
  /** ARNs of managed policies to use as session policies, at most 10. */
  policyArns?: pulumi.Input<pulumi.Input<string>[]>;
}

/** An OIDC token for sts:AssumeRoleWithWebIdentity. */
export interface WebIdentity {
  /** ARN of the role, in the partition of `keyCollection`. */
  roleArn: pulumi.Input<string>;
  /**
   * Where the token is read from each time one is needed: the path of a file, `env://NAME`, `file:///path` or
   * `exec:command`. Default: GitHub Actions is asked for a token, in a job with `permissions: id-token:
   * write`.
   */
  tokenFile?: pulumi.Input<string>;
  /**
   * Audience of the token that GitHub Actions is asked for. Default: `sts.amazonaws.com`, in aws-cn
   * `sts.amazonaws.com.cn`.
   */
  audience?: pulumi.Input<string>;
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
  aliasName?: pulumi.Input<string>;
  /**
   * Id or ARN of a KMS key by version of the key. An empty map (`{}`) says that new KMS keys are made, even
   * where AWS has some of this key.
   */
  versions?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * Key check values by version, for versions whose material the key holds. AWS is asked to import that
   * material, which it does only where it is the same as before; the KMS key then becomes like one that this
   * stack made. Without a key check value the KMS key stays as it is.
   */
  kcvs?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * A backup of `keymgmt export`, from which a new key gets its versions. `keymgmt import` writes it into the
 * stack's configuration. It holds no secret.
 */
export interface Restore {
  /** Where the backup is: `file:///path`, `env://NAME` or `exec:command`. */
  from: pulumi.Input<string>;
  /**
   * Where the passphrase that opens the backup is read from: `env://NAME`, `file:///path` or `exec:command`.
   */
  passphrase?: pulumi.Input<string>;
  /** Where the private key that opens the backup is read from, in place of a passphrase. */
  identity?: pulumi.Input<string>;
  /**
   * SHA-256 of the backup in hex, as `keymgmt export` printed it. A file with another one is refused, and
   * without it no key is made from a backup.
   */
  fingerprint?: pulumi.Input<string>;
  /** Key check values of the versions, from version 1 on. A backup that holds others is refused. */
  kcvs: pulumi.Input<pulumi.Input<string>[]>;
  /** UTC date of the latest version (YYYY-MM-DD), from which `rotationPeriod` counts. Default: today. */
  rotatedOn?: pulumi.Input<string>;
  /** Existing KMS keys and aliases of the key. A KeyDistribution in one of their Regions adopts them. */
  distributions?: pulumi.Input<pulumi.Input<RestoredDistribution>[]>;
}

/** What AWS holds of a key in one account and primary Region. The KeyDistribution there adopts it. */
export interface RestoredDistribution {
  /** Primary Region. */
  region: pulumi.Input<string>;
  /** AWS account. */
  accountId: pulumi.Input<string>;
  /** Alias of the distribution. */
  aliasName: pulumi.Input<string>;
  /** ARN of the KMS key by version. */
  versions: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Key check values by version, of versions whose material the backup holds. */
  kcvs: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
