import type { Values } from "../../provider/resources/resource";
import { isStrict } from "./localKms";

/** A program in us-west-1: a KmsProvider, a key, its distribution, and a replica for each of `replicas`. */
export interface Declaration {
  kms?: Values;
  key?: Values;
  distribution?: Values;
  replicas?: readonly string[];
  replica?: Values;
  /** Replicas are named by their Region and this. */
  suffix?: string;
  /** Names of the resources, where they are others than "kms", "key" and "distribution". */
  names?: { kms?: string; key?: string; distribution?: string };
  /** false: only the KmsProvider and the key are declared. */
  isDistributed?: boolean;
}

/** What the engine does with a resource that the program declares. */
type Apply = (type: string, name: string, inputs: Values) => Promise<{ id: string; outputs: Values }>;

/** Declares all of it in order, and hands on what the SDK hands from one resource to the next (sdk/compose.ts). */
export async function declare(stack: string, declaration: Declaration, apply: Apply): Promise<void> {
  const { key = {}, distribution = {}, replicas = [], replica = {}, suffix = "" } = declaration;
  const { names: renamed, isDistributed = true } = declaration;
  const names = { kms: "kms", key: "key", distribution: "distribution", ...renamed };
  const provider = await apply("kmsProvider", names.kms, {
    keyCollection: "us-west-1",
    wrappingKeySpec: "RSA_2048",
    quotas: LIFTED,
    ...declaration.kms,
  });
  const managed = await apply("managedKey", names.key, {
    name: "orders",
    replicaRegions: [],
    stack,
    ...key,
  });
  if (!isDistributed) return;
  const { provider: _, credentialSource, stateVersion, ...kms } = provider.outputs;
  const { type, replicaRegions, minEnabledVersion, deletionAllowed, keyVersion, keyring, formerStacks } =
    managed.outputs;
  const { adopt, movedAlias } = adoptionIn(distribution);
  const keyRef = {
    id: managed.id,
    name: managed.outputs.name,
    type,
    replicaRegions,
    minEnabledVersion,
    deletionAllowed,
    keyVersion,
    keyring,
    formerStacks,
    keystore: key.keystore,
    material: key.material,
    materialPassphrase: key.materialPassphrase,
  };
  const shared = { stack, kms, key: keyRef };
  const { outputs: held } = await apply("keyDistribution", names.distribution, {
    ...shared,
    place: names.distribution,
    ...distribution,
    adopt,
    movedAlias,
  });
  const { validFor, renewBefore, rotationStrategy, publishBefore, extraAliases } = distribution;
  const passedOn = { validFor, renewBefore, rotationStrategy, publishBefore, extraAliases, movedAlias };
  for (const region of replicas)
    await apply("keyReplica", `${region}${suffix}`, {
      distribution: { ...shared, name: held.name, versions: held.versions, ...passedOn },
      region,
      aliasName: held.aliasName,
      aliasArn: held.aliasArn,
      ...replica,
    });
}

/** As sdk/adoption.ts has it. */
function adoptionIn({ adopt, extraAliases }: Values) {
  const { aliasName, ...others } = (adopt ?? {}) as { aliasName?: string; versions?: object };
  const isMoved = aliasName !== undefined && (extraAliases as string[] | undefined)?.includes(aliasName);
  const adopted = isMoved ? others.versions && others : adopt;
  return {
    adopt: adopted as { aliasName?: string; versions?: object } | undefined,
    movedAlias: isMoved ? aliasName : undefined,
  };
}

/** Quotas of the account, lifted so that tests do not wait for them. */
export const LIFTED = Object.fromEntries(
  "CreateKey RotateKeyOnDemand GetParametersForImport ImportKeyMaterial ReplicateKey CreateAlias UpdateAlias DeleteAlias EnableKey DisableKey ScheduleKeyDeletion CancelKeyDeletion PutKeyPolicy TagResource UntagResource UpdateKeyDescription"
    .split(" ")
    .map((operation) => [operation, 1000]),
);

/** What programs on the real engine declare: in a strict run AWS's own quotas. */
export const QUOTAS = isStrict ? undefined : LIFTED;
