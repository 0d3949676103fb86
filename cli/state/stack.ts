/** The keys in a stack's state (`pulumi stack export`). No secret is read. */
import type { ExpiryPlan } from "../../provider/keys/expiry.js";
import { relatedKeyArn } from "../../provider/kms/arn.js";
import { type Owner, ownerOf } from "../../provider/lifecycle/owner.js";
import { UNKNOWN } from "../../provider/schema/unknowns.js";
import { readVisibleOutputs } from "../../provider/state/read.js";
import type {
  DistributionRef,
  KmsKeyRecord,
  KmsRef,
  ManagedKeyOutputs,
  Outputs,
  RegionalOutputs,
  ResourceName,
} from "../../provider/state/types.js";
import { type KmsProviderState, kmsProviderState, regionIn } from "./kmsProvider.js";
import { type Names, namesIn } from "./names.js";

export interface StackState extends Names {
  /** `project/stack`, from the state's URNs; the source of an empty state. */
  title: string;
  /** Without a resource: nothing in it says of which stack it is. */
  isEmpty: boolean;
  /** When it was written, ISO 8601 UTC. */
  asOf?: string;
  keys: ManagedKeyState[];
  regions: RegionState[];
  /** Its KmsProviders. */
  providers: KmsProviderState[];
}

const KEY_STATE = [
  "name",
  "type",
  "latestVersion",
  "minEnabledVersion",
  "deletionAllowed",
  "formerStacks",
] as const;

/** Outputs of a ManagedKey. A state of release 0.1.0 has no `stack`. */
export type ManagedKeyState = Pick<ManagedKeyOutputs, (typeof KEY_STATE)[number] | "stack" | "rotateAfter">;

/** A distribution in one of its Regions: a KeyDistribution or a KeyReplica. */
export interface RegionState {
  region: string;
  primary: boolean;
  /** The owner of its KMS keys, and their desired settings. Without the keyring. */
  owner: Owner;
  outputs: RegionalOutputs;
  /** `outputs.versions`, ascending. */
  versions: VersionState[];
  /** Errors of the last update, which was not completed. */
  failures: string[];
  /** Another resource has replaced it, and the engine has yet to delete it. */
  replaced: boolean;
  /** Its KmsProvider. */
  kmsProvider: KmsProviderState;
}

export interface VersionState extends KmsKeyRecord {
  version: number;
  /** ARNs of replicas that a rotation has created ahead of their KeyReplicas. */
  replicaArns: string[];
}

type Values = Record<string, unknown>;

export interface Exported {
  urn: string;
  type: string;
  inputs?: Values;
  outputs?: Values;
  initErrors?: string[];
  delete?: boolean;
}

/** The resources, and other members that the engine may write. A stack that was never updated has none. */
export interface Deployment {
  resources?: Exported[] | null;
  pending_operations?: { resource: Exported }[] | null;
  manifest?: { time?: string };
  snippets?: unknown;
  extensions?: unknown;
}

export const TYPE = /^pulumi-nodejs:dynamic\/keymgmt:(\w+)$/;

/** The mark of a secret in a state: pulumi/pulumi sdk/go/common/resource/sig. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** Reads an export. `source` names it in messages. Throws where one of our resources cannot be read: `sweep` might delete a key that was overlooked. */
export function readStack(text: string, source: string): StackState {
  const { resources, asOf } = parseExport(text, source);
  const of = (name: ResourceName) => resources.filter(({ type }) => TYPE.exec(type)?.[1] === name);
  const regions = [
    ...of("KeyDistribution").map((resource) => primaryRegion(resource, source)),
    ...of("KeyReplica").map((resource) => replicaRegion(resource, source)),
  ];
  const [, stack, project] = /^urn:pulumi:([^:]+)::([^:]+)::/.exec(resources[0]?.urn ?? "") ?? [];
  const title = stack === undefined ? undefined : `${project}/${stack}`;
  const keys = of("ManagedKey").map((resource) => visibleIn("ManagedKey", resource, KEY_STATE, source));
  const owners = regions.map(({ owner }) => owner);
  return {
    ...namesIn(title, keys, owners),
    title: title ?? source,
    isEmpty: resources.length === 0,
    asOf,
    keys,
    regions,
    providers: of("KmsProvider").map((resource) =>
      kmsProviderState(
        visibleIn("KmsProvider", resource, [], source),
        `${resource.urn} in ${source}`,
        resource.urn.split("::").at(-1),
      ),
    ),
  };
}

/** The resources of an export, unchanged. */
export function parseExport(text: string, source: string): { resources: Exported[]; asOf?: string } {
  const { resources, manifest } = deploymentOf(text, source);
  return { resources: resources ?? [], asOf: manifest?.time };
}

/** The deployment of an export, unchanged. */
export function deploymentOf(text: string, source: string): Deployment {
  let exported: { deployment?: Deployment | null };
  try {
    exported = JSON.parse(text);
  } catch {
    throw new Error(`Expected ${source} to be what \`pulumi stack export\` writes; it is not JSON.`);
  }
  if (exported?.deployment === null) return {};
  if (typeof exported?.deployment !== "object")
    throw new Error(
      `Expected ${source} to be what \`pulumi stack export\` writes; it has no \`deployment\`.`,
    );
  const { resources } = exported.deployment;
  if (resources && !Array.isArray(resources))
    throw new Error(
      `Expected ${source} to be what \`pulumi stack export\` writes; its \`resources\` are no list.`,
    );
  return exported.deployment;
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (isSecret(value)) return undefined;
  if (typeof value !== "object" || value === null) return value;
  const plain = Object.entries(value).filter(([, inner]) => !isSecret(inner));
  return Object.fromEntries(plain.map(([name, inner]) => [name, withoutSecrets(inner)]));
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && SIGNATURE in value;
}

/** A resource's outputs without its secrets. Throws where a needed output is missing or encrypted. */
export function visibleIn<K extends ResourceName, N extends keyof Outputs[K] & string>(
  type: K,
  { urn, outputs = {} }: Exported,
  needed: readonly N[],
  source: string,
) {
  return readVisibleOutputs(type, withoutSecrets(outputs) as Values, needed, `${urn} in ${source}`);
}

function primaryRegion(resource: Exported, source: string): RegionState {
  const needed = ["name", "stack", "key", "versions", "aliasName"] as const;
  const outputs = visibleIn("KeyDistribution", resource, needed, source);
  const region = outputs.primaryRegion ?? outputs.kms?.keyCollection;
  return regional(resource, outputs, outputs, region, true, source);
}

function replicaRegion(resource: Exported, source: string): RegionState {
  const outputs = visibleIn("KeyReplica", resource, ["distribution", "versions", "aliasName"], source);
  return regional(resource, outputs, outputs.distribution, outputs.region, false, source);
}

/** @param distribution has no `kms` where the whole of `kms` is a secret */
function regional(
  resource: Exported,
  outputs: RegionalOutputs & ExpiryPlan,
  { kms, ...distribution }: Omit<DistributionRef, "kms"> & { kms?: KmsRef; requestedName?: string },
  named: string | undefined,
  primary: boolean,
  source: string,
): RegionState {
  const where = `${resource.urn} in ${source}`;
  const region = regionIn(named, where);
  const visibleKms = kms ?? ({ keyCollection: region } as KmsRef);
  return {
    region,
    primary,
    owner: ownerOf({ ...distribution, kms: visibleKms }, outputs),
    outputs: {
      ...outputs,
      // A description that is a secret is unknown here. Leaving it out would mean that none is desired.
      ...(isSecret(resource.outputs?.description) && { description: UNKNOWN }),
    },
    versions: Object.entries(outputs.versions)
      .map(([version, record]) => versionState(Number(version), record, where))
      .sort((a, b) => a.version - b.version),
    failures: [resource.initErrors ?? []].flat().map(String),
    replaced: resource.delete ?? false,
    kmsProvider: kmsProviderState(visibleKms, where),
  };
}

function versionState(version: number, record: KmsKeyRecord, where: string): VersionState {
  const replicaArns = (record.replicas ?? []).map((region) =>
    relatedKeyArn(record.keyArn, regionIn(region, where)),
  );
  return { ...record, version, replicaArns };
}
