import * as pulumi from "@pulumi/pulumi";

type Options = pulumi.CustomResourceOptions;

/**
 * Options of a companion: a resource that a KeyDistribution declares, and that exists as long as the KeyDistribution.
 *
 * @param type type of the companion
 * @param suffix the part of its name after the distribution's name
 */
export function companionOptions(
  { parent, protect, retainOnDelete, aliases }: Options,
  type: string,
  suffix = "",
): Options {
  return { parent, protect, retainOnDelete, aliases: aliasesOfRenamedParent(aliases, type, suffix) };
}

/**
 * The companion's former names if its distribution was renamed. Without them a rename would delete the alias and the replicas, whose KMS
 * keys are in use.
 */
function aliasesOfRenamedParent(
  aliases: Options["aliases"],
  type: string,
  suffix: string,
): Options["aliases"] {
  return aliases?.map((alias) =>
    pulumi.output(alias as pulumi.Input<string | pulumi.Alias>).apply((former): string | pulumi.Alias => {
      if (typeof former === "string")
        return former.replace(":KeyDistribution::", `:${type}::`).concat(suffix);
      return former.name === undefined ? former : { ...former, name: `${former.name}${suffix}` };
    }),
  ) as Options["aliases"];
}
