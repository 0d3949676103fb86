/** A state is not trusted. It is checked against schema.json, and against what the provider relies on, before it is used. */
import { KeymgmtError } from "../errors";
import { parseKmsArn } from "../kms/arn";
import { resourceSpec } from "../schema/definition";
import { type Mistake, mistakesIn } from "../schema/mistakes";
import { isUnknown, type Unknown } from "../schema/unknowns";
import { migrated, STATE_VERSION, type Stored } from "./migrations";
import type { Inputs, KmsKeyRecords, Outputs, ResourceName } from "./types";

/**
 * The outputs of a resource that this release or an earlier one stored, in the form of this release. Throws InvalidInput where they are
 * not valid outputs of the resource.
 *
 * @param where the resource, for errors: "KeyReplica eu-west-1/orders-1700000000"
 */
export function readOutputs<K extends ResourceName>(resource: K, stored: Stored, where: string): Outputs[K] {
  return read(resource, "outputs", stored, where) as Outputs[K];
}

/** The same for planned inputs. */
export function readInputs<K extends ResourceName>(resource: K, stored: Stored, where: string): Inputs[K] {
  return read(resource, "inputs", stored, where) as Inputs[K];
}

/**
 * Planned inputs in a preview: some of them, or parts of them, are unknown. Those that derive from the key and the KmsProvider are
 * missing while the key or the KmsProvider is unknown as a whole.
 */
export type PlannedInputs<K extends ResourceName> = {
  [P in keyof Inputs[K]]: Inputs[K][P] | Unknown | (P extends (typeof FOLLOWS)[number] ? undefined : never);
};
const FOLLOWS = ["keyVersion", "multiRegion", "primaryRegion"] as const;

/** The same as `readInputs` in a preview. `check` has checked the values themselves; an earlier release may have allowed others. */
export function readPlannedInputs<K extends ResourceName>(
  resource: K,
  stored: Stored,
  where: string,
): PlannedInputs<K> {
  return read(resource, "planned inputs", stored, where) as PlannedInputs<K>;
}

/**
 * Outputs of an exported state without secrets. Every property that exists is checked, and `needed` must exist.
 */
export function readVisibleOutputs<K extends ResourceName, N extends keyof Outputs[K] & string>(
  resource: K,
  stored: Stored,
  needed: readonly N[],
  where: string,
): Partial<Outputs[K]> & Pick<Outputs[K], N> {
  return read(resource, "visible outputs", stored, where, needed) as Partial<Outputs[K]> &
    Pick<Outputs[K], N>;
}

type Kind = "inputs" | "planned inputs" | "outputs" | "visible outputs";

function read(
  resource: ResourceName,
  kind: Kind,
  stored: Stored,
  where: string,
  needed?: readonly string[],
): unknown {
  refuseNewer(stored, where);
  const now = migrated(resource, stored);
  const mistakes = stateMistakes(resource, kind, now, needed);
  if (mistakes.length === 0) return now;
  throw new KeymgmtError(
    "InvalidInput",
    `Expected the state of ${where} to be as this release or an earlier one writes it; it is not: ${mistakes.join("; ")}. Nothing was done. Restore the stack's state from a backup (pulumi stack import).`,
  );
}

function refuseNewer({ stateVersion }: Stored, where: string): void {
  if (typeof stateVersion !== "number" || stateVersion <= STATE_VERSION) return;
  throw new KeymgmtError(
    "Unsupported",
    `Expected ${where} to be written by this release or an earlier one; a newer one did. Install the newest pulumi-keymgmt.`,
  );
}

/** Outputs that are missing after a partly failed create. */
const UNFINISHED = ["keyId", "keyArn", "aliasTarget", "aliasArn", "distributionTime"];

/**
 * Outputs that schema.json requires and that a state may lack. Release 0.1.0 did not write the stack of a ManagedKey.
 */
const MAY_LACK: Readonly<Record<ResourceName, readonly string[]>> = {
  KmsProvider: [],
  ManagedKey: ["stack"],
  KeyDistribution: UNFINISHED,
  KeyReplica: UNFINISHED,
};

/** No value is repeated, because a misplaced value may be a secret. */
function stateMistakes(
  resource: ResourceName,
  kind: Kind,
  now: Stored,
  needed?: readonly string[],
): string[] {
  const { properties, inputProperties, required = [] } = resourceSpec(resource);
  const own = isOutputs(kind) ? properties : inputProperties;
  const shape = { properties: own, required: needed ?? required.filter((name) => name in own) };
  const mistakes = mistakesIn(now, shape, true)
    .filter((mistake) => !isMissing(mistake, MAY_LACK[resource]))
    .filter((mistake) => kind !== "planned inputs" || !isOpen(mistake))
    .filter(
      (mistake) => kind !== "visible outputs" || !(isSecretMissing(mistake) || mistake.kind === "value"),
    )
    .map(sentence);
  const hasRecords = isOutputs(kind) && (resource === "KeyDistribution" || resource === "KeyReplica");
  if (mistakes.length > 0 || !hasRecords) return mistakes;
  return recordMistakes((now.versions ?? {}) as KmsKeyRecords);
}

const isOutputs = (kind: Kind) => kind === "outputs" || kind === "visible outputs";

function isMissing({ kind, path }: Mistake, names: readonly string[]): boolean {
  return kind === "missing" && names.includes(path.join("."));
}

/** Comparing or showing a text does not depend on its value. */
function isOpen(mistake: Mistake): boolean {
  const isOfUnknown = "value" in mistake && isUnknown(mistake.value);
  return mistake.kind === "value" || isOfUnknown || isMissing(mistake, FOLLOWS);
}

function isSecretMissing(mistake: Mistake): boolean {
  return mistake.kind === "missing" && mistake.property.secret === true;
}

function sentence(mistake: Mistake): string {
  const path = `\`${mistake.path.join(".")}\``;
  switch (mistake.kind) {
    case "missing":
      return `${path} is missing`;
    case "type":
      return `${path} is not of type ${mistake.expected.join(" or ")}`;
    case "value":
      return `${path} is not one of the allowed values`;
    case "unexpected":
      return `${path} is not known`;
  }
}

function recordMistakes(versions: KmsKeyRecords): string[] {
  return Object.entries(versions).flatMap(([version, { keyArn }]) => [
    ...(/^[1-9]\d*$/.test(version) ? [] : ["`versions` has a name that is no version's number"]),
    ...(isKeyArn(keyArn) ? [] : [`\`versions.${version}.keyArn\` is not the ARN of a KMS key`]),
  ]);
}

function isKeyArn(text: string): boolean {
  try {
    return parseKmsArn(text).kind === "key";
  } catch {
    return false;
  }
}
