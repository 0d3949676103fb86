// Generated from schema.json by `make generate`. Do not edit.

import * as pulumi from "@pulumi/pulumi";
import { type Composed, registration } from "../dynamicResource";

/**
 * Name and alias of one distribution. A KeyDistribution declares it. It is never updated, so they stay known
 * in every preview. It calls no AWS operation.
 */
export class DistributionAlias extends pulumi.CustomResource {
  /** Name of the key. */
  declare readonly keyName: pulumi.Output<string>;
  /** Id of the ManagedKey. */
  declare readonly keyId: pulumi.Output<string>;
  /** First part of every alias: `alias/<aliasPrefix>/<key name>-<unix timestamp>`. */
  declare readonly aliasPrefix: pulumi.Output<string>;
  /** AWS Region that holds the KMS keys: the primary Region of multi-Region keys. */
  declare readonly region: pulumi.Output<string>;
  /** Regions that may hold replicas. If there are any, every version is a multi-Region KMS key. */
  declare readonly replicaRegions: pulumi.Output<string[] | undefined>;
  /** Purpose of the distribution. */
  declare readonly purpose: pulumi.Output<string[] | undefined>;
  /** Protection of the distribution. */
  declare readonly protection: pulumi.Output<string | undefined>;
  /** Rotation strategy of the distribution. */
  declare readonly rotationStrategy: pulumi.Output<string | undefined>;
  /** AWS account. */
  declare readonly accountId: pulumi.Output<string>;
  /** Name of the distribution: `<key name>-<unix timestamp>`. */
  declare readonly name: pulumi.Output<string>;
  /**
   * Alias that applications use, `alias/<aliasPrefix>/<key name>-<unix timestamp>`. It stays the same for as
   * long as the distribution lives, and is known in every preview after the first update.
   */
  declare readonly aliasName: pulumi.Output<string>;
  /** ARN of the alias in the primary Region. */
  declare readonly aliasArn: pulumi.Output<string>;
  /** When the distribution was made, ISO 8601 UTC. */
  declare readonly distributionTime: pulumi.Output<string>;
  /** Version of the format of this resource's state. */
  declare readonly stateVersion: pulumi.Output<number>;
  /**
   * Existing alias. The distribution takes its name and time from it when it is created; later changes have
   * no effect.
   */
  declare readonly adoptedAlias: pulumi.Output<string | undefined>;
  /** Whether the key may be deleted. Otherwise what would replace the distribution is refused. */
  declare readonly deletionAllowed: pulumi.Output<boolean | undefined>;

  constructor(name: string, composed: Composed) {
    const { type, props, opts: options, complete } = registration("DistributionAlias", composed);
    super(type, name, props, options);
    complete(this);
  }
}
