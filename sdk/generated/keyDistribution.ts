// Generated from schema.json by `make generate`. Do not edit.

import * as pulumi from "@pulumi/pulumi";
import { composeKeyDistribution } from "../compose";
import { registration } from "../dynamicResource";
import type { KeyDistributionInputs } from "./inputs";
import type { KmsProvider } from "./kmsProvider";
import type { ManagedKey } from "./managedKey";
import type { Adopt, KmsKeyVersion, Purpose, RotationStrategy } from "./types";

/** What a program gives a KeyDistribution. */
export interface KeyDistributionArgs extends KeyDistributionInputs {
  /** The KmsProvider to distribute through. */
  kms: KmsProvider;
  /** The ManagedKey to distribute. */
  key: ManagedKey;
}

/**
 * A key given to AWS KMS: for each version a KMS key with imported material, behind one alias that stays the
 * same through rotations. In Vault: `vault write keymgmt/kms/<kms>/key/<key>`.
 */
export class KeyDistribution extends pulumi.CustomResource {
  /**
   * What the key is for, one KeyUsage of AWS KMS: encrypt and decrypt (aes, rsa), sign and verify (rsa,
   * ecdsa), generateMac and verifyMac (hmac), or keyAgreement (ecdsa-p256, ecdsa-p384, ecdsa-p521). Default:
   * what its type allows; sign and verify where it allows several.
   */
  declare readonly purpose: pulumi.Output<Purpose[]>;
  /** AWS KMS keeps every key in HSMs. */
  declare readonly protection: pulumi.Output<string>;
  /**
   * How a rotation reaches AWS: `manual` makes a new KMS key for each version, behind one alias. With
   * `on-demand` one KMS key holds all versions, and AWS rotates it, at most 25 times.
   */
  declare readonly rotationStrategy: pulumi.Output<RotationStrategy>;
  /** Days from the scheduling of a KMS key's deletion to its deletion by AWS: 7 to 30. */
  declare readonly deletionWindowDays: pulumi.Output<number>;
  /**
   * Key policy, a JSON document. Default: AWS's default key policy. If AWS KMS does not know one of its users
   * or roles yet, the update waits for at most two minutes. Removing it leaves the policy in AWS as it is.
   */
  declare readonly policy: pulumi.Output<string | undefined>;
  /**
   * Description of the KMS keys. AWS shows it in plain text, in CloudTrail too. Removing it leaves the
   * description in AWS as it is.
   */
  declare readonly description: pulumi.Output<string | undefined>;
  /** Tags, which take precedence over those of the KmsProvider. `aws:` and `keymgmt:` are reserved. */
  declare readonly tags: pulumi.Output<Record<string, string> | undefined>;
  /**
   * Time after which AWS lets the material expire: `90d`, `12w`, or ISO 8601 (`P3M`); at most 365 days.
   * Default: it does not expire. An update before that imports it again.
   */
  declare readonly validFor: pulumi.Output<string | undefined>;
  /** How long before the material expires an update imports it again. Default: a third of `validFor`. */
  declare readonly renewBefore: pulumi.Output<string | undefined>;
  /**
   * For sign and verify: how long the public key of a new version is published (`jwks`) before AWS KMS signs
   * with it: `24h`, `7d`, or ISO 8601 (`PT36H`). A rotation makes the new version, and the first update after
   * that time moves the alias to it. `0`, or no `publishBefore` any more, moves it now. `minEnabledVersion`
   * rises in an update after the one that moves the alias. Default: the alias moves in the rotation.
   */
  declare readonly publishBefore: pulumi.Output<string | undefined>;
  /**
   * Further aliases with names of your own, such as `alias/orders`, for applications. In every Region of the
   * distribution they point where `aliasName` points, and are moved right after it. One that exists is used
   * only where it points to a KMS key of this distribution, or where `adopt.aliasName` names it; any other is
   * refused before anything is changed. One that is removed from the list is deleted, unless it points
   * elsewhere now.
   */
  declare readonly extraAliases: pulumi.Output<string[] | undefined>;
  /**
   * Existing KMS keys, for example Vault's, to manage as they are. It is read only when the distribution is
   * created. For a restored key, the KMS keys of its backup are adopted in place of these. `{ versions: {} }`
   * says that new KMS keys are made, even where AWS has some of this key.
   */
  declare readonly adopt: pulumi.Output<Adopt | undefined>;
  /**
   * Name of the distribution: `<key name>-<unix timestamp>`. Chosen by `check` of the update that makes it.
   */
  declare readonly name: pulumi.Output<string>;
  /**
   * Alias that applications use, `alias/<aliasPrefix>/<key name>-<unix timestamp>`. It stays the same for as
   * long as the distribution lives, and is known in every preview after the first update.
   */
  declare readonly aliasName: pulumi.Output<string>;
  /** ARN of the alias in the primary Region. Known in every preview after the first update. */
  declare readonly aliasArn: pulumi.Output<string>;
  /** When the distribution was made, ISO 8601 UTC. */
  declare readonly distributionTime: pulumi.Output<string>;
  /** Latest version of the key. Planned by `check`. */
  declare readonly keyVersion: pulumi.Output<number>;
  /** Whether the KMS keys are multi-Region. Planned by `check`. */
  declare readonly multiRegion: pulumi.Output<boolean>;
  /** Region of the primary KMS keys. Planned by `check`. */
  declare readonly primaryRegion: pulumi.Output<string>;
  /**
   * What a removal does. The engine calls no provider for it in a preview, so this is what the preview shows.
   * Recorded by `check`.
   */
  declare readonly onRemoval: pulumi.Output<string | undefined>;
  /**
   * UTC date on or after which the material that AWS holds was imported (YYYY-MM-DD), where it expires.
   * Recorded by `check`; unknown in a preview that imports it.
   */
  declare readonly importedOn: pulumi.Output<string | undefined>;
  /**
   * UTC date from which an update imports the material again (YYYY-MM-DD). Recorded by `check`; unknown in a
   * preview that imports it.
   */
  declare readonly renewAfter: pulumi.Output<string | undefined>;
  /**
   * With `rotationStrategy` on-demand: how many of AWS's 25 rotations of the KMS key are left. Rotations
   * before this distribution reclaimed the KMS key are counted.
   */
  declare readonly rotationsLeft: pulumi.Output<number | undefined>;
  /** Id of the latest version's KMS key. */
  declare readonly keyId: pulumi.Output<string>;
  /** ARN of the latest version's KMS key. */
  declare readonly keyArn: pulumi.Output<string>;
  /** KMS keys by version. */
  declare readonly versions: pulumi.Output<Record<string, KmsKeyVersion>>;
  /** Id of the KMS key that the alias points to, as last seen. */
  declare readonly aliasTarget: pulumi.Output<string>;
  /**
   * What the last refresh found to differ in AWS, in words. The next update restores what the program
   * declares and what the key needs to work.
   */
  declare readonly drift: pulumi.Output<string[] | undefined>;
  /**
   * Regions that the last refresh could not read, because nothing answered there or `unreachableRegions`
   * names them: what this resource says of them is as last seen. Unset where all were read.
   */
  declare readonly notSeen: pulumi.Output<string[] | undefined>;
  /** Version of the format of this resource's state. */
  declare readonly stateVersion: pulumi.Output<number>;

  constructor(name: string, args: KeyDistributionArgs, opts: pulumi.CustomResourceOptions = {}) {
    const composed = composeKeyDistribution(name, args, opts);
    const { type, props, opts: options, complete } = registration("KeyDistribution", composed);
    super(type, name, props, options);
    complete(this);
  }
}
