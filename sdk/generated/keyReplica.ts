// Generated from schema.json by `make generate`. Do not edit.

import * as pulumi from "@pulumi/pulumi";
import { composeKeyReplica } from "../compose";
import { registration } from "../dynamicResource";
import type { KeyReplicaInputs } from "./inputs";
import type { KeyDistribution } from "./keyDistribution";
import type { KmsKeyVersion } from "./types";

/** What a program gives a KeyReplica. */
export interface KeyReplicaArgs extends KeyReplicaInputs {
  /** The KeyDistribution to replicate. */
  distribution: KeyDistribution;
}

/**
 * A distribution in one more Region: for each version a replica KMS key with its own import of the same
 * material, behind an alias of the same name. What one Region encrypts, the other decrypts.
 */
export class KeyReplica extends pulumi.CustomResource {
  /** Region of the replica; one of the key's `replicaRegions`. */
  declare readonly region: pulumi.Output<string>;
  /** Days from the scheduling of a KMS key's deletion to its deletion by AWS: 7 to 30. */
  declare readonly deletionWindowDays: pulumi.Output<number>;
  /**
   * Key policy, a JSON document. AWS does not copy the primary key's. Default: AWS's default key policy. If
   * AWS KMS does not know one of its users or roles yet, the update waits for at most two minutes. Removing
   * it leaves the policy in AWS as it is.
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
   * Alias that applications use, `alias/<aliasPrefix>/<key name>-<unix timestamp>`. It stays the same for as
   * long as the distribution lives, and is known in every preview after the first update.
   */
  declare readonly aliasName: pulumi.Output<string>;
  /** ARN of the alias in this Region. Known in every preview after the first update. */
  declare readonly aliasArn: pulumi.Output<string>;
  /** Latest version of the key. Planned by `check`. */
  declare readonly keyVersion: pulumi.Output<number>;
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
  /** Id of the latest version's replica; the same as its primary's. */
  declare readonly keyId: pulumi.Output<string>;
  /** ARN of the latest version's replica. */
  declare readonly keyArn: pulumi.Output<string>;
  /** Replica KMS keys by version. */
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

  constructor(name: string, args: KeyReplicaArgs, opts: pulumi.CustomResourceOptions = {}) {
    const composed = composeKeyReplica(name, args, opts);
    const { type, props, opts: options, complete } = registration("KeyReplica", composed);
    super(type, name, props, options);
    complete(this);
  }
}
