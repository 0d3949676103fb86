import * as pulumi from "@pulumi/pulumi";
import { DynamicResource, given, outputs } from "./dynamicResource";
import type { KeyDistribution } from "./keyDistribution";
import { secretsAmong } from "./secretInputs";
import type { KmsKeyVersion } from "./types";

export interface KeyReplicaArgs {
  /** The KeyDistribution to replicate. */
  distribution: KeyDistribution;
  /** Region of the replica; one of the key's `replicaRegions`. A change replaces. */
  region: pulumi.Input<string>;
  /** Days (7 to 30, by default 30) between scheduling the deletion of a KMS key and AWS deleting it. */
  deletionWindowDays?: pulumi.Input<number>;
  /** Key policy, a JSON document; AWS does not copy the primary's. By default AWS's default key policy. */
  policy?: pulumi.Input<string>;
  /** Description of the replica KMS keys. AWS shows it in plain text, in CloudTrail too. Removing it leaves it in AWS. */
  description?: pulumi.Input<string>;
  /** Tags, over those of the KmsProvider. `aws:` and `keymgmt:` are reserved. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * A distribution in one more Region: a replica KMS key for each version, each with its own import of the same material,
 * behind an alias of the same name. What one Region encrypts, the other decrypts.
 */
export class KeyReplica extends DynamicResource {
  declare readonly region: pulumi.Output<string>;
  /** The same as the distribution's. Known in every preview after the first update. */
  declare readonly aliasName: pulumi.Output<string>;
  /** ARN of the alias in this Region. Known in every preview after the first update. */
  declare readonly aliasArn: pulumi.Output<string>;
  declare readonly deletionWindowDays: pulumi.Output<number>;
  declare readonly policy: pulumi.Output<string | undefined>;
  declare readonly description: pulumi.Output<string | undefined>;
  declare readonly tags: pulumi.Output<Record<string, string> | undefined>;
  /** Latest version of the key. */
  declare readonly keyVersion: pulumi.Output<number>;
  /** UTC date on or after which the material was imported (YYYY-MM-DD), where it expires. */
  declare readonly importedOn: pulumi.Output<string | undefined>;
  /** UTC date from which an update imports the material again (YYYY-MM-DD). */
  declare readonly renewAfter: pulumi.Output<string | undefined>;
  /** Id of the latest version's replica; the same as its primary's. */
  declare readonly keyId: pulumi.Output<string>;
  /** ARN of the latest version's replica. */
  declare readonly keyArn: pulumi.Output<string>;
  /** Replica KMS keys by version. */
  declare readonly versions: pulumi.Output<Record<string, KmsKeyVersion>>;
  /** Id of the KMS key that the alias points to, as last seen. */
  declare readonly aliasTarget: pulumi.Output<string>;
  /** What the last refresh found to differ in AWS, in words. The next update takes back what the program gives otherwise, and what holds the key together. */
  declare readonly drift: pulumi.Output<string[] | undefined>;
  /** Regions that the last refresh could not look at: what this resource says of them is as last known. Not there where all was seen. */
  declare readonly notSeen: pulumi.Output<string[] | undefined>;
  /** Shape of this resource's state. */
  declare readonly stateVersion: pulumi.Output<number>;

  constructor(name: string, args: KeyReplicaArgs, opts: pulumi.CustomResourceOptions = {}) {
    const { distribution, region, ...rest } = args;
    const { tags, description, policy } = args;
    const ref = distribution.ref();
    const aliasArn = pulumi
      .all([distribution.aliasArn, region])
      .apply(([arn, replicaRegion]) => arn.replace(/^(arn:[^:]+:kms):[^:]+:/, `$1:${replicaRegion}:`));
    super(
      "KeyReplica",
      name,
      {
        ...given(rest),
        region,
        distribution: ref,
        ...given({ ignored: opts.ignoreChanges }),
        secretInputs: secretsAmong({
          tags,
          description,
          policy,
          ...distribution.repeatable("distribution.kms"),
        }),
        aliasName: distribution.aliasName,
        aliasArn,
        ...outputs("keyVersion", "importedOn", "renewAfter"),
        ...outputs("keyId", "keyArn", "versions", "aliasTarget", "drift", "notSeen", "stateVersion"),
      },
      opts,
    );
  }
}
