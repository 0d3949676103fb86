// Generated from schema.json by `make generate`. Do not edit.

import type * as pulumi from "@pulumi/pulumi";
import type {
  Adopt,
  AssumeRole,
  Credentials,
  KeyType,
  Purpose,
  Restore,
  RotationStrategy,
  WebIdentity,
  WrappingKeySpec,
} from "./types";

/** What a program gives a KmsProvider. */
export interface KmsProviderArgs {
  /** AWS KMS is the only kind of KMS. Default: `awskms`. A change replaces the resource. */
  provider?: pulumi.Input<"awskms">;
  /**
   * AWS Region that holds the KMS keys: the primary Region of multi-Region keys. A change replaces the
   * resource.
   */
  keyCollection: pulumi.Input<string>;
  /**
   * AWS access keys. They take precedence over every other source. Without them: `webIdentity` or `profile`
   * where set, then the environment, the shared config and credentials files, a web identity token file, and
   * the role of the container (ECS, EKS) or EC2 instance.
   */
  credentials?: pulumi.Input<Credentials>;
  /**
   * Profile of the shared AWS config and credentials files (SSO, `credential_process` and `source_profile`
   * included).
   */
  profile?: pulumi.Input<string>;
  /**
   * A role to assume with the credentials that were found. Of a list, each role is assumed with the
   * credentials of the one before it (role chaining).
   */
  assumeRole?: pulumi.Input<AssumeRole | pulumi.Input<AssumeRole>[]>;
  /** A role to assume with an OIDC token, for CI without long-lived keys. */
  webIdentity?: pulumi.Input<WebIdentity>;
  /**
   * Endpoint of AWS KMS, for VPC endpoints and local stand-ins; https unless it is this machine. `{region}`
   * in it is replaced by the Region. Or a map from Region to URL, which then must have each Region that is
   * used. Default: the environment's `AWS_KMS_ENDPOINT` or `AWS_ENDPOINT_URL_KMS`, the profile's, then AWS's
   * own. The environment and AWS profiles can name only AWS's hosts and this machine.
   */
  endpoint?: pulumi.Input<string | Record<string, pulumi.Input<string>>>;
  /** RSA key that AWS KMS generates to wrap key material for its import. Default: `RSA_4096`. */
  wrappingKeySpec?: pulumi.Input<WrappingKeySpec>;
  /** Tags for every KMS key that is distributed through this KmsProvider. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * Requests per second by operation (for example `{ GetParametersForImport: 5 }`), for accounts whose KMS
   * quotas were raised. Or "aws": the quotas are read from AWS Service Quotas in each Region; without the
   * permission servicequotas:ListServiceQuotas AWS's default quotas are assumed, with a warning. Default:
   * AWS's documented quotas.
   */
  quotas?: pulumi.Input<string | Record<string, pulumi.Input<number>>>;
  /**
   * Regions that do not answer: no request is sent there. Every preview lists the work that waits there, and
   * the first update without the Region in the list does it. With `keyCollection` in the list, everything
   * that is distributed through this KmsProvider is left as it is. A plain value, no Output.
   */
  unreachableRegions?: string[];
  /**
   * First part of the alias of every distribution: `alias/<aliasPrefix>/<key name>-<unix timestamp>`. The
   * default is that of Vault's key management engine; without aliases of Vault's, give a name of your own, or
   * give applications an alias of your own by `extraAliases`. Default: `hashicorp`. A change replaces the
   * resource.
   */
  aliasPrefix?: pulumi.Input<string>;
}

/** What a program gives a ManagedKey. */
export interface ManagedKeyArgs {
  /**
   * Name of the key, in aliases and tags. Default: the name of the resource. A change replaces the resource.
   */
  name?: pulumi.Input<string>;
  /** Type of the key. Default: `aes256-gcm96`. A change replaces the resource. */
  type?: pulumi.Input<KeyType>;
  /**
   * Regions that may hold replicas. If there are any, every version is a multi-Region KMS key. A plain value,
   * no Output. A change replaces the resource.
   */
  replicaRegions?: string[];
  /** Versions below it are disabled in AWS. They are enabled again when it is lowered. Default: `1`. */
  minEnabledVersion?: pulumi.Input<number>;
  /**
   * Whether the key, and its material with it, may be deleted or replaced. It must be true in the state
   * before that. While it is false, no KMS key of it is scheduled for deletion unless the update has seen the
   * program declare the key, and the SDK sets Pulumi's own `protect`. A plain value, no Output. Default:
   * `false`.
   */
  deletionAllowed?: boolean;
  /**
   * Time between rotations: `90d`, `12w`, `1y`, or ISO 8601 (`P3M`); at least a day. An update on or after
   * `rotateAfter` rotates the key.
   */
  rotationPeriod?: pulumi.Input<string>;
  /** Any change of this value rotates the key. */
  rotationTrigger?: pulumi.Input<string>;
  /**
   * The owner's material for the next version, or where to read it: `env://NAME`, `file:///path` or
   * `exec:command`; the last two may give raw bytes too. Symmetric: bytes in base64, hex or a JWK (32 of an
   * AES key; of an HMAC key at least as many as its hash has, 128 at the most). Asymmetric: a private key in
   * PEM (PKCS #8, PKCS #1 or SEC 1), DER or a JWK. A change is a new version. A reference that holds
   * `{version}` names the material of each version, and then `rotationTrigger` or `rotationPeriod` makes a
   * new one. Default: a key from the system's CSPRNG.
   */
  material?: pulumi.Input<string>;
  /**
   * Where the passphrase is read that opens an encrypted private key in `material`: `env://NAME`,
   * `file:///path` or `exec:command`. It may hold `{version}`.
   */
  materialPassphrase?: pulumi.Input<string>;
  /**
   * Where the material is kept. `state`: in the stack's state, as a Pulumi secret. `env://NAME` or
   * `file:///path`: in the state, sealed by the 256-bit root key that is there.
   * `awskms://alias/NAME?region=REGION`, `awskms://KEY-ID?region=REGION` or `awskms:///ARN`, each with
   * `profile` and `endpoint` where needed: in the state, sealed by data keys of that KMS key. `none`: only
   * where `material` names it. `pkcs11:token=NAME?module-path=/PATH&pin-source=env://NAME`, with `token` or
   * `serial`, and `env://`, `file://` or `exec:` as source of the PIN: in an HSM, which generates and wraps
   * it. A change seals the material again; keys of an HSM stay in it. Default: `state`.
   */
  keystore?: pulumi.Input<string>;
  /**
   * A backup from which the key gets its versions. It is read only when the resource is created. Default:
   * what `keymgmt import` has put into the stack's configuration.
   */
  restore?: pulumi.Input<Restore>;
}

/** What a program gives a KeyDistribution. */
export interface KeyDistributionInputs {
  /**
   * What the key is for, one KeyUsage of AWS KMS: encrypt and decrypt (aes, rsa), sign and verify (rsa,
   * ecdsa), generateMac and verifyMac (hmac), or keyAgreement (ecdsa-p256, ecdsa-p384, ecdsa-p521). Default:
   * what its type allows; sign and verify where it allows several. A change replaces the resource.
   */
  purpose?: pulumi.Input<pulumi.Input<Purpose>[]>;
  /** AWS KMS keeps every key in HSMs. Default: `hsm`. A change replaces the resource. */
  protection?: pulumi.Input<"hsm">;
  /**
   * How a rotation reaches AWS: `manual` makes a new KMS key for each version, behind one alias. With
   * `on-demand` one KMS key holds all versions, and AWS rotates it, at most 25 times. Default: `manual`. A
   * change replaces the resource.
   */
  rotationStrategy?: pulumi.Input<RotationStrategy>;
  /** Days from the scheduling of a KMS key's deletion to its deletion by AWS: 7 to 30. Default: `30`. */
  deletionWindowDays?: pulumi.Input<number>;
  /**
   * Key policy, a JSON document. Default: AWS's default key policy. If AWS KMS does not know one of its users
   * or roles yet, the update waits for at most two minutes. Removing it leaves the policy in AWS as it is.
   */
  policy?: pulumi.Input<string>;
  /**
   * Description of the KMS keys. AWS shows it in plain text, in CloudTrail too. Removing it leaves the
   * description in AWS as it is.
   */
  description?: pulumi.Input<string>;
  /** Tags, which take precedence over those of the KmsProvider. `aws:` and `keymgmt:` are reserved. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * Time after which AWS lets the material expire: `90d`, `12w`, or ISO 8601 (`P3M`); at most 365 days.
   * Default: it does not expire. An update before that imports it again.
   */
  validFor?: pulumi.Input<string>;
  /** How long before the material expires an update imports it again. Default: a third of `validFor`. */
  renewBefore?: pulumi.Input<string>;
  /**
   * For sign and verify: how long the public key of a new version is published (`jwks`) before AWS KMS signs
   * with it: `24h`, `7d`, or ISO 8601 (`PT36H`). A rotation makes the new version, and the first update after
   * that time moves the alias to it. `0`, or no `publishBefore` any more, moves it now. `minEnabledVersion`
   * rises in an update after the one that moves the alias. Default: the alias moves in the rotation.
   */
  publishBefore?: pulumi.Input<string>;
  /**
   * Further aliases with names of your own, such as `alias/orders`, for applications. In every Region of the
   * distribution they point where `aliasName` points, and are moved right after it. One that exists is used
   * only where it points to a KMS key of this distribution, or where `adopt.aliasName` names it; any other is
   * refused before anything is changed. One that is removed from the list is deleted, unless it points
   * elsewhere now.
   */
  extraAliases?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Existing KMS keys, for example Vault's, to manage as they are. It is read only when the distribution is
   * created. For a restored key, the KMS keys of its backup are adopted in place of these. `{ versions: {} }`
   * says that new KMS keys are made, even where AWS has some of this key.
   */
  adopt?: pulumi.Input<Adopt>;
}

/** What a program gives a KeyReplica. */
export interface KeyReplicaInputs {
  /** Region of the replica; one of the key's `replicaRegions`. A change replaces the resource. */
  region: pulumi.Input<string>;
  /** Days from the scheduling of a KMS key's deletion to its deletion by AWS: 7 to 30. Default: `30`. */
  deletionWindowDays?: pulumi.Input<number>;
  /**
   * Key policy, a JSON document. AWS does not copy the primary key's. Default: AWS's default key policy. If
   * AWS KMS does not know one of its users or roles yet, the update waits for at most two minutes. Removing
   * it leaves the policy in AWS as it is.
   */
  policy?: pulumi.Input<string>;
  /**
   * Description of the KMS keys. AWS shows it in plain text, in CloudTrail too. Removing it leaves the
   * description in AWS as it is.
   */
  description?: pulumi.Input<string>;
  /** Tags, which take precedence over those of the KmsProvider. `aws:` and `keymgmt:` are reserved. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
