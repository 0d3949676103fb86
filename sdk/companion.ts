import * as pulumi from "@pulumi/pulumi";

type Options = pulumi.CustomResourceOptions;

/**
 * Options of a resource that a KeyDistribution declares, and that lives and dies with it.
 *
 * @param type of the companion
 * @param suffix what its name has behind that of the distribution
 */
export function companionOptions(
  { parent, protect, retainOnDelete, aliases }: Options,
  type: string,
  suffix = "",
): Options {
  return { parent, protect, retainOnDelete, aliases: aliasesOfRenamedParent(aliases, type, suffix) };
}

/**
 * The companion's former names, where its distribution was renamed. Without them a rename would delete its alias and its
 * replicas, whose KMS keys are in use.
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
