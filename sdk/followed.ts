import * as pulumi from "@pulumi/pulumi";

type Aliases = pulumi.CustomResourceOptions["aliases"];

/**
 * What a distribution makes follows it through a rename: the distribution's earlier names with the type of the child in their
 * URNs and `suffix` behind them. Without this a rename would delete its alias and its replicas, whose KMS keys are in use.
 */
export function followed(aliases: Aliases, type: string, suffix = ""): Aliases {
  return aliases?.map((alias) =>
    pulumi.output(alias as pulumi.Input<string | pulumi.Alias>).apply((earlier): string | pulumi.Alias => {
      if (typeof earlier === "string")
        return earlier.replace(":KeyDistribution::", `:${type}::`).concat(suffix);
      return earlier.name === undefined ? earlier : { ...earlier, name: `${earlier.name}${suffix}` };
    }),
  ) as Aliases;
}
