/** What a stack's state (`pulumi stack export`) says of its keys. Nothing secret is read out of it. */
import { parseKmsArn, relatedKeyArn } from "../../provider/kms/arn.js";
import { type Owner, ownerOf } from "../../provider/lifecycle/owner.js";
import { UNKNOWN } from "../../provider/schema/unknowns.js";
import type { KmsKeyRecord, KmsKeyRecords, RegionalOutputs } from "../../provider/state/types.js";
import { namesIn } from "./names.js";
import { regionIn, type StatedKms, statedKms } from "./stated.js";

export interface StackState {
  /**
   * `organization/project/stack`, as its ManagedKeys and distributions say; none where it has neither. After a rename there are
   * two while an update has not gone through, the new one first.
   */
  names: string[];
  /** Names that it had before: KMS keys of its may still be tagged with them. */
  formerNames: string[];
  /** `project/stack`, from the state's URNs. */
  title: string;
  /** When it was written, ISO 8601 UTC. */
  asOf?: string;
  keys: ManagedKeyState[];
  regions: RegionState[];
  /** Names of its distributions, those included whose first KMS key an update was yet to record. */
  distributions: string[];
  /** Its KmsProviders. */
  providers: StatedKms[];
}

export interface ManagedKeyState {
  name: string;
  type: string;
  latestVersion: number;
  minEnabledVersion: number;
  /** UTC date, YYYY-MM-DD. */
  rotateAfter?: string;
  deletionAllowed: boolean;
  /** Not in states of earlier releases. */
  stack?: string;
  formerStacks: string[];
}

/** A distribution in one of its Regions: a KeyDistribution or a KeyReplica. */
export interface RegionState {
  region: string;
  primary: boolean;
  /** Whose its KMS keys are, and what they are to be. Without the keyring. */
  owner: Owner;
  outputs: RegionalOutputs;
  /** `outputs.versions`, ascending. */
  versions: VersionState[];
  /** The last update failed half-way, or the resource waits to be deleted in a replacement. */
  unsettled: boolean;
  /** It waits to be deleted in a replacement. */
  leaving: boolean;
  /** Its KmsProvider. */
  stated: StatedKms;
}

export interface VersionState extends KmsKeyRecord {
  version: number;
  /** ARNs of replicas that a rotation has made ready. */
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

/** Its resources, and what else an engine may have written; a stack that was never updated has none. */
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

/** Newer shapes of state than this are not guessed at. */
const STATE_VERSION = 1;

/** Reads an export. `source` names it in messages. Throws where anything of ours cannot be read: a key overlooked might be deleted. */
export function readStack(text: string, source: string): StackState {
  const { resources, asOf } = parseExport(text, source);
  const ours = resources.flatMap((resource) => {
    const name = TYPE.exec(resource.type)?.[1];
    return name === undefined
      ? []
      : [{ name, resource, outputs: withoutSecrets(resource.outputs ?? {}) as Values }];
  });
  for (const { resource, outputs } of ours) {
    if (typeof outputs.stateVersion === "number" && outputs.stateVersion > STATE_VERSION)
      throw new Error(
        `Expected ${resource.urn} in ${source} to be written by this release or an earlier one; a newer one did. Install the newest pulumi-keymgmt.`,
      );
  }
  const of = (type: string) => ours.filter(({ name }) => name === type);
  const regions = [
    ...of("KeyDistribution").map(({ resource, outputs }) => primaryRegion(resource, outputs, source)),
    ...of("KeyReplica").map(({ resource, outputs }) => replicaRegion(resource, outputs, source)),
  ];
  const [, stack, project] = /^urn:pulumi:([^:]+)::([^:]+)::/.exec(resources[0]?.urn ?? "") ?? [];
  const title = stack === undefined ? undefined : `${project}/${stack}`;
  const keys = of("ManagedKey").map(({ outputs }) => managedKey(outputs));
  const owners = regions.map(({ owner }) => owner);
  return {
    ...namesIn(title, keys, owners),
    title: title ?? source,
    asOf,
    keys,
    regions,
    distributions: of("DistributionAlias").map(({ outputs }) => String(outputs.name)),
    providers: of("KmsProvider").map(({ resource: { urn }, outputs }) =>
      statedKms(outputs, `${urn} in ${source}`, urn.split("::").at(-1)),
    ),
  };
}

/** The resources of an export, as they stand there. */
export function parseExport(text: string, source: string): { resources: Exported[]; asOf?: string } {
  const { resources, manifest } = deploymentOf(text, source);
  return { resources: resources ?? [], asOf: manifest?.time };
}

/** The whole of an export, as it stands there. */
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

function managedKey(outputs: Values): ManagedKeyState {
  const { name, type, latestVersion, minEnabledVersion, rotateAfter, stack } =
    outputs as unknown as ManagedKeyState;
  const { deletionAllowed = false, formerStacks = [] } = outputs as Partial<ManagedKeyState>;
  return { name, type, latestVersion, minEnabledVersion, rotateAfter, deletionAllowed, stack, formerStacks };
}

function primaryRegion(resource: Exported, outputs: Values, source: string): RegionState {
  const kms = (outputs.kms ?? {}) as Values;
  const region = outputs.primaryRegion ?? kms.keyCollection;
  return regional(resource, outputs, { ...outputs, kms }, region, true, source);
}

function replicaRegion(resource: Exported, outputs: Values, source: string): RegionState {
  const distribution = (outputs.distribution ?? {}) as Values;
  return regional(resource, outputs, distribution, outputs.region, false, source);
}

function regional(
  resource: Exported,
  outputs: Values,
  distribution: Values,
  named: unknown,
  primary: boolean,
  source: string,
): RegionState {
  const where = `${resource.urn} in ${source}`;
  const region = regionIn(named, where);
  const kms = (distribution.kms ?? {}) as Values;
  const records = outputs.versions;
  if (typeof records !== "object" || records === null || typeof distribution.stack !== "string")
    throw new Error(
      `Expected ${where} to say its KMS keys (\`versions\`) and its stack in plain text; it does not. Its KMS keys cannot be told from others.`,
    );
  return {
    region,
    primary,
    owner: ownerOf(distribution as unknown as Parameters<typeof ownerOf>[0], outputs),
    outputs: {
      ...(outputs as unknown as RegionalOutputs),
      // Where the description is a secret, none would say that there is to be none.
      ...(isSecret(resource.outputs?.description) && { description: UNKNOWN }),
    },
    versions: Object.entries(records as KmsKeyRecords)
      .map(([version, record]) => versionState(Number(version), record, where))
      .sort((a, b) => a.version - b.version),
    unsettled: Boolean(resource.initErrors?.length || resource.delete),
    leaving: resource.delete ?? false,
    stated: statedKms({ keyCollection: region, ...kms }, where),
  };
}

function versionState(version: number, record: KmsKeyRecord, where: string): VersionState {
  parseKmsArn(record.keyArn);
  const replicaArns = (record.replicas ?? []).map((region) =>
    relatedKeyArn(record.keyArn, regionIn(region, where)),
  );
  return { ...record, version, replicaArns };
}
