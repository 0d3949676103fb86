/**
 * Composes the inputs of resources. Each class registers the result of the function with its name. A resource that uses another one has that
 * one's values in its own inputs.
 */
import * as pulumi from "@pulumi/pulumi";
import { adoptionOf, configuredRestore, restoredElsewhere } from "./adoption";
import { type Composed, defined, keptBy } from "./dynamicResource";
import type {
  KeyDistributionInputs,
  KeyReplicaInputs,
  KmsProviderArgs,
  ManagedKeyArgs,
} from "./generated/inputs";
import { type KeyVersions, type KmsConnection, keyVersions, kmsConnection } from "./generated/passedOn";
import { properties } from "./generated/properties";
import type { KmsKeyVersion, Restore } from "./generated/types";
import { plainValues } from "./outputs";
import { replicaOptions } from "./replicaOptions";
import { byPath, isPlain, secretsAmong } from "./secretInputs";
import { Turns } from "./turns";

type Options = pulumi.CustomResourceOptions;
type Values = Record<string, pulumi.Input<unknown>>;

interface KmsProviderKept {
  /** Tags and settings of roles, by path. Messages of every resource that uses the KmsProvider could repeat them. */
  repeatable: Values;
  /** Names of the KeyDistributions that use it, by their keys. */
  distributions: Map<KeyVersions, string>;
  /** Whether no value of it can be a secret. */
  isOpen: boolean;
  /** What decides whether a key can be distributed, where it is no Output. */
  decisive: Record<string, string>;
  connection?: Promise<pulumi.Inputs>;
  turns: Turns;
}

const DECISIVE = ["keyCollection", "aliasPrefix", "wrappingKeySpec"] as const;

export function composeKmsProvider(_name: string, args: KmsProviderArgs, opts: Options): Composed {
  const credentials = args.credentials === undefined ? undefined : pulumi.secret(args.credentials);
  const unreachableRegions = args.unreachableRegions?.length
    ? [...args.unreachableRegions].sort()
    : undefined;
  const repeatable = { ...defined({ tags: args.tags }), ...byPath("assumeRole", args.assumeRole) };
  return {
    inputs: { ...args, credentials, unreachableRegions },
    context: { secretInputs: secretsAmong(repeatable) },
    opts,
    plain: { unreachableRegions },
    kept: {
      repeatable,
      distributions: new Map(),
      isOpen: credentials === undefined && isPlain(args),
      decisive: Object.fromEntries(
        DECISIVE.flatMap((name) => (typeof args[name] === "string" ? [[name, args[name]]] : [])),
      ),
      turns: new Turns(REPLICATED_AT_ONCE),
    } satisfies KmsProviderKept,
  };
}

interface ManagedKeyKept {
  keystore: pulumi.Input<string>;
  material?: pulumi.Input<string>;
  materialPassphrase?: pulumi.Input<string>;
  restore?: pulumi.Input<Restore | undefined>;
  /** Of the KmsProviders that distribute the key, what is known when the program has run to its first wait. */
  distributedBy: Record<string, string>[];
  versions?: Promise<pulumi.Inputs>;
}

/** Enough that the engine always has one to do. */
const KEYS_AT_ONCE = 8;
/** They keep a quota of one import a second busy, and leave the engine's workers to replicas. */
const REPLICATED_AT_ONCE = 3;

/** Those of a program, by the stack's own resource: the Automation API runs several programs in a process. */
const turnsOfKeys = new WeakMap<object, Turns>();

function turnOfKey() {
  const program = pulumi.runtime.getStackResource() ?? turnsOfKeys;
  const turns = turnsOfKeys.get(program) ?? new Turns(KEYS_AT_ONCE);
  turnsOfKeys.set(program, turns);
  return turns.next();
}

export function composeManagedKey(name: string, args: ManagedKeyArgs, opts: Options): Composed {
  const stack = stackName();
  const turn = turnOfKey();
  const { defaults } = properties.ManagedKey;
  const { deletionAllowed = defaults.deletionAllowed, keystore = defaults.keystore } = args;
  const replicaRegions = [...(args.replicaRegions ?? [])].sort();
  const material = args.material === undefined ? undefined : pulumi.secret(args.material);
  const materialPassphrase =
    args.materialPassphrase === undefined ? undefined : pulumi.secret(args.materialPassphrase);
  const restore = args.restore ?? configuredRestore(args.name ?? name);
  const distributedBy: ManagedKeyKept["distributedBy"] = [];
  return {
    inputs: {
      name,
      ...defined(args),
      material,
      materialPassphrase,
      restore,
      replicaRegions: replicaRegions.length > 0 ? replicaRegions : undefined,
    },
    context: turn.begun.then(() => ({ stack, distributedBy })),
    answered: turn.end,
    opts: {
      ...opts,
      // A retained key is not deleted in AWS, so it must be possible to remove it from the state.
      protect: opts.protect ?? (!deletionAllowed && !opts.retainOnDelete),
      // So a replacement (`up --replace`) starts with the deletion, and the provider refuses it while the state still has the key.
      // Otherwise it would start with the new key, and the refusal would come too late.
      deleteBeforeReplace: opts.deleteBeforeReplace ?? !deletionAllowed,
    },
    plain: { replicaRegions },
    kept: {
      keystore,
      material,
      materialPassphrase,
      restore,
      distributedBy,
    } satisfies ManagedKeyKept,
  };
}

type DistributionArgs = KeyDistributionInputs & { kms: KmsConnection; key: KeyVersions };

interface KeyDistributionKept {
  name: string;
  args: DistributionArgs;
  opts: Options;
  movedAlias?: pulumi.Input<string>;
}

export function composeKeyDistribution(name: string, args: DistributionArgs, opts: Options): Composed {
  const distributions = distributeOnce(name, args);
  const { kms, ...rest } = args;
  const { key, tags, description, policy } = rest;
  const { restore, distributedBy } = keptBy<ManagedKeyKept>(key);
  const adoption = adoptionOf(restore, kms, args);
  // A connection with a secret is an input of its own, so that the engine keeps no more than the secret itself encrypted. One of which
  // changes are ignored is too, because the engine compares the inputs that the program sends.
  const connection = { kms: connectionOf(kms) };
  const { isOpen, turns, decisive } = keptBy<KmsProviderKept>(kms);
  distributedBy.push(decisive);
  const turn = key.replicaRegions.length > 0 ? turns.next() : undefined;
  const isIgnored = opts.ignoreChanges?.some((path) => /^kms\b/.test(path));
  const [inputs, contextual] = isOpen && !isIgnored ? [{}, connection] : [connection, {}];
  return {
    inputs: { ...rest, ...inputs, key: versionsOf(key), adopt: adoption?.adopt },
    context: Promise.resolve(turn?.begun).then(() => ({
      ...contextual,
      movedAlias: adoption?.movedAlias,
      declared: distributions.size,
      restoredElsewhere: restore && restoredElsewhere(restore, kms),
      stack: stackName(),
      // Two resources may have one name under different parents.
      place: opts.parent ? pulumi.interpolate`${opts.parent.urn}::${name}` : name,
      ignored: opts.ignoreChanges,
      secretInputs: secretsAmong({ tags, description, policy, ...repeatable(kms, "kms") }),
    })),
    answered: turn?.end,
    opts: dependingOn([kms, key], opts),
    kept: { name, args, opts, movedAlias: adoption?.movedAlias } satisfies KeyDistributionKept,
  };
}

/** The outputs that a KeyReplica reads from its KeyDistribution. */
interface Distribution {
  readonly name: pulumi.Output<string>;
  readonly aliasName: pulumi.Output<string>;
  readonly aliasArn: pulumi.Output<string>;
  readonly versions: pulumi.Output<Record<string, KmsKeyVersion>>;
}

type ReplicaArgs = KeyReplicaInputs & { distribution: Distribution };

export function composeKeyReplica(_name: string, args: ReplicaArgs, opts: Options): Composed {
  const { distribution, region, tags, description, policy } = args;
  const { args: distributed, opts: ofDistribution, movedAlias } = keptBy<KeyDistributionKept>(distribution);
  const ignoreChanges = [...(opts.ignoreChanges ?? []), ...ignoredWith(ofDistribution)];
  const { kms, key, validFor, renewBefore, rotationStrategy, publishBefore, extraAliases } = distributed;
  const aliasArn = pulumi
    .all([distribution.aliasArn, region])
    .apply(([arn, replicaRegion]) => arn.replace(/^(arn:[^:]+:kms):[^:]+:/, `$1:${replicaRegion}:`));
  return {
    inputs: {
      ...args,
      distribution: {
        name: distribution.name,
        versions: distribution.versions,
        stack: stackName(),
        kms: connectionOf(kms),
        key: versionsOf(key),
        ...defined({ validFor, renewBefore, rotationStrategy, publishBefore, extraAliases, movedAlias }),
      },
    },
    context: {
      ignored: ignoreChanges.length > 0 ? ignoreChanges : undefined,
      secretInputs: secretsAmong({ tags, description, policy, ...repeatable(kms, "distribution.kms") }),
      aliasName: distribution.aliasName,
      aliasArn,
    },
    opts: { ...dependingOn([kms, key], opts), ignoreChanges },
  };
}

/** What a KeyReplica gets from its KeyDistribution does not change where that ignores the change. Paths of the KeyReplica. */
function ignoredWith({ ignoreChanges = [] }: Options): string[] {
  const isPassedOn = /^(kms|key|validFor|renewBefore|rotationStrategy|publishBefore|extraAliases)\b/;
  return ignoreChanges.filter((path) => isPassedOn.test(path)).map((path) => `distribution.${path}`);
}

/** The replicas for `replicate()`, one in each of the key's `replicaRegions`: Regions, names and options. */
export function replicasOf(distribution: Distribution): { region: string; name: string; opts: Options }[] {
  const { name, args, opts } = keptBy<KeyDistributionKept>(distribution);
  return args.key.replicaRegions.map((region) => ({
    region,
    name: `${name}-${region}`,
    opts: replicaOptions(opts, region),
  }));
}

/** Returns the distributions of the KmsProvider, to which the program adds others later. */
function distributeOnce(name: string, { kms, key }: DistributionArgs): ReadonlyMap<KeyVersions, string> {
  const { distributions } = keptBy<KmsProviderKept>(kms);
  const first = distributions.get(key);
  if (first !== undefined) {
    const error = new pulumi.RunError(
      `KeyDistribution "${name}" distributes a key through a KmsProvider through which KeyDistribution "${first}" already distributes it. A key can be distributed once through a KmsProvider: use "${first}", or another KmsProvider.`,
    );
    // Pulumi does not show the stack, but lets util.inspect colour it, which may take minutes in Node 20 and others (nodejs/node#64011).
    error.stack = undefined;
    throw error;
  }
  return distributions.set(key, name);
}

/** Of a key what its distributions get. Keystore and material come from the program and not from the state, which somebody else may have written. */
async function versionsOf(key: KeyVersions): Promise<pulumi.Inputs> {
  const { keystore, material, materialPassphrase } = keptBy<ManagedKeyKept>(key);
  return { ...(await keyOf(key)), ...defined({ keystore, material, materialPassphrase }) };
}

function keyOf(key: KeyVersions): Promise<pulumi.Inputs> {
  const kept = keptBy<ManagedKeyKept>(key);
  kept.versions ??= plainValues(key, keyVersions);
  return kept.versions;
}

function connectionOf(kms: KmsConnection): Promise<pulumi.Inputs> {
  const kept = keptBy<KmsProviderKept>(kms);
  kept.connection ??= plainValues(kms, kmsConnection);
  return kept.connection;
}

function repeatable(kms: KmsConnection, prefix: string): Values {
  const entries = Object.entries(keptBy<KmsProviderKept>(kms).repeatable);
  return Object.fromEntries(entries.map(([path, value]) => [`${prefix}.${path}`, value]));
}

/** The options of a resource whose inputs have values of others as `plainValues` has them. */
function dependingOn(others: object[], opts: Options): Options {
  const dependsOn = [...others, ...(opts.dependsOn === undefined ? [] : [opts.dependsOn])];
  return { ...opts, dependsOn: dependsOn as pulumi.Input<pulumi.Resource>[] };
}

/** The name of the stack in the tags of its KMS keys: `organization/project/stack`. */
function stackName(): string {
  return `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
}
