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
  roleArn: pulumi.Input<string>;
  /** Name of the session in CloudTrail. */
  sessionName?: pulumi.Input<string>;
  externalId?: pulumi.Input<string>;
  /**
   * Life time of a session in seconds: 900 to the maximum that the role sets, 43200 at the most; 3600 at the most where the credentials
   * are a role's themselves (role chaining). Sessions are renewed while an update runs, so a short one is enough.
   */
  durationSeconds?: pulumi.Input<number>;
}

/** An OIDC token for sts:AssumeRoleWithWebIdentity. */
export interface WebIdentity {
  roleArn: pulumi.Input<string>;
  /**
   * Path of the file that holds the token; it is read each time a token is needed. Without it: GitHub Actions is asked for one, in a job
   * with `permissions: id-token: write`.
   */
  tokenFile?: pulumi.Input<string>;
}

/** RSA key that AWS KMS makes to wrap material on its way. */
export type WrappingKeySpec = "RSA_4096" | "RSA_3072" | "RSA_2048";

/** Type of a managed key, by Vault's name. AWS KMS takes aes256-gcm96. */
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
}

/** KMS keys that exist: those behind an alias, or listed by version. One of the two. */
export interface Adopt {
  /** Alias such as `alias/hashicorp/orders-1700000000`. Its KMS key becomes the latest version, its name and time the distribution's. */
  aliasName?: pulumi.Input<string>;
  /** Id or ARN of a KMS key by version of the key. */
  versions?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
