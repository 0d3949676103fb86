import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource, outputs } from "./dynamicResource";
import { followed } from "./followed";
import type { KmsProvider } from "./kmsProvider";
import type { ManagedKey } from "./managedKey";
import { stackName } from "./stackName";

interface DistributionAliasArgs {
  kms: KmsProvider;
  key: ManagedKey;
  purpose: pulumi.Input<pulumi.Input<string>[]>;
  protection: pulumi.Input<string>;
  rotationStrategy: pulumi.Input<string>;
  adoptedAlias?: pulumi.Input<string | undefined>;
  /** The program names KMS keys to adopt. */
  adopts?: pulumi.Input<boolean>;
  /** The program says that new KMS keys are to be made, whatever there is. */
  makesNew?: pulumi.Input<boolean>;
}

/**
 * Name and alias of one distribution. KeyDistribution makes it; programs do not. It never updates, which keeps the alias
 * known in every preview.
 */
export class DistributionAlias extends DynamicResource {
  declare readonly name: pulumi.Output<string>;
  declare readonly aliasName: pulumi.Output<string>;
  declare readonly aliasArn: pulumi.Output<string>;
  declare readonly distributionTime: pulumi.Output<string>;

  constructor(name: string, args: DistributionAliasArgs, opts: pulumi.CustomResourceOptions) {
    const { kms, key, ...rest } = args;
    const { parent, protect, retainOnDelete } = opts;
    const aliases = followed(opts.aliases, "DistributionAlias");
    super(
      "DistributionAlias",
      name,
      {
        ...rest,
        keyName: key.name,
        keyId: key.id,
        deletionAllowed: key.deletionAllowed,
        replicaRegions: key.replicaRegions,
        aliasPrefix: kms.aliasPrefix,
        region: kms.keyCollection,
        accountId: kms.accountId,
        // By these the name is decided. They are not kept in the state.
        kms: kms.connection(),
        stack: stackName(),
        formerStacks: key.formerStacks,
        ...outputs("name", "aliasName", "aliasArn", "distributionTime", "stateVersion"),
      },
      { parent, protect, retainOnDelete, aliases },
    );
  }
}
