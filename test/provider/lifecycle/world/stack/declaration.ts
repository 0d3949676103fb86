/** The resources of a stack's program and what the SDK hands from one to the other, as in support/program.ts. */
import type { Values } from "../../../../../provider/resources/resource";
import { materialOf } from "../aws/materials";
import { ACCOUNT } from "../aws/table";
import { HOME } from "./program";
import type { ResourceState, ResourceType, Side } from "./side";

/** A KmsProvider's outputs. It is left out of the walk: it asks STS, calls no KMS operation, and never changes here. */
export const KMS = {
  keyCollection: HOME,
  aliasPrefix: "hashicorp",
  accountId: ACCOUNT,
  wrappingKeySpec: "RSA_2048",
};

type Apply = (type: ResourceType, name: string, inputs: Values) => Promise<ResourceState>;

export async function declare(side: Side, apply: Apply): Promise<void> {
  const { stack, program, replicaRegions, own } = side;
  const key = await apply("managedKey", "key", {
    name: "orders",
    replicaRegions: [...replicaRegions],
    stack,
    minEnabledVersion: program.minimum,
    ...(own
      ? { material: materialOf(own, program.version).toString("base64") }
      : { rotationTrigger: String(program.version) }),
  });
  if (program.distribution !== undefined) await distribute(side, key, apply);
}

async function distribute(side: Side, key: ResourceState, apply: Apply): Promise<void> {
  const { stack, program, strategy: rotationStrategy } = side;
  const { distribution, replicas, replica } = program;
  const {
    name,
    type,
    minEnabledVersion,
    deletionAllowed,
    keyVersion,
    keyring,
    formerStacks,
    replicaRegions,
  } = key.outputs;
  const alias = await apply("distributionAlias", `alias${distribution}`, {
    keyName: name,
    keyId: key.id,
    replicaRegions,
    aliasPrefix: KMS.aliasPrefix,
    region: HOME,
    accountId: ACCOUNT,
    deletionAllowed,
    makesNew: false,
    kms: KMS,
    stack,
    formerStacks,
    rotationStrategy,
    purpose: ["encrypt", "decrypt"],
    protection: "hsm",
  });
  const { aliasName, aliasArn, distributionTime } = alias.outputs;
  const keyRef = {
    ...{ id: key.id, name, type, replicaRegions, minEnabledVersion, deletionAllowed },
    ...{ keyVersion, keyring, formerStacks },
  };
  const shared = { name: alias.outputs.name, stack, kms: KMS, key: keyRef };
  const given = await apply("keyDistribution", `distribution${distribution}`, {
    ...{ ...shared, aliasName, aliasArn, distributionTime, rotationStrategy },
  });
  // The SDK hands on what the distribution says, which may have another name than was asked for.
  const { outputs } = given;
  for (const region of replicas)
    await apply("keyReplica", `replica-${region}${replica}`, {
      distribution: { ...shared, name: outputs.name, versions: outputs.versions, rotationStrategy },
      region,
      aliasName: outputs.aliasName,
      aliasArn: outputs.aliasArn,
    });
}
