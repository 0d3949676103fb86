import * as pulumi from "@pulumi/pulumi";

type Options = pulumi.CustomResourceOptions;

/**
 * Options of the KeyReplica that a KeyDistribution declares in a Region, with the replica's former names if the distribution was renamed.
 * Without them a rename would delete the replicas, whose KMS keys are in use.
 */
export function replicaOptions(
  { parent, protect, retainOnDelete, aliases }: Options,
  region: string,
): Options {
  const named = (former: string | pulumi.Alias): string | pulumi.Alias => {
    if (typeof former === "string")
      return `${former.replace(":KeyDistribution::", ":KeyReplica::")}-${region}`;
    return former.name === undefined ? former : { ...former, name: `${former.name}-${region}` };
  };
  const ofReplica = aliases?.map((alias) =>
    pulumi.output(alias as pulumi.Input<string | pulumi.Alias>).apply(named),
  );
  return { parent, protect, retainOnDelete, aliases: ofReplica as Options["aliases"] };
}
