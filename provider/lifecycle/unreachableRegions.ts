/**
 * Regions that the program leaves out of every call while they do not answer (`unreachableRegions` of the KmsProvider), and the messages
 * about them. Pure. A resource in such a Region keeps its state. So the work that was not done there is a normal difference when the
 * Region is no longer in the list.
 */
import { KeymgmtError } from "../errors";
import { isLeftOut, listedRegionFor } from "../kms/endpoints/connection";
import { known } from "../schema/unknowns";
import { kmsKeysOf, versionsOf } from "../state/records";
import type { KmsKeyRecords, KmsRef } from "../state/types";
import { changedAspects } from "./metadata/aspects";
import { metadataFor } from "./metadata/desired";
import { desiredVersions } from "./plan/known";
import type { Step, StepOf } from "./plan/steps";
import type { Target } from "./target";

/** The Regions of a distribution and its replicas that are left out. */
export function leftOutOf(kms: KmsRef, replicaRegions: string[]): string[] {
  return [kms.keyCollection, ...replicaRegions].filter((region) => isLeftOut(kms, region)).sort();
}

/**
 * The sentence of a preview about a resource in a Region that is left out.
 *
 * @param last from the state
 * @param now from the program
 * @param steps of an update, planned from the state alone
 */
export function sentenceOfLeftOut(
  resource: string,
  last: Target,
  now: Target,
  records: KmsKeyRecords,
  steps: Step[],
): string {
  const { region, role, owner } = now;
  const { keyVersion: latest, minEnabledVersion: minEnabled, name } = owner.key;
  const lacking = desiredVersions({ latest, minEnabled }).filter((version) => !records[version]);
  const versions = `version${lacking.length === 1 ? "" : "s"} ${lacking.join(" and ")}`;
  const [before, after] = [last, now].map((one) => metadataFor(one.owner, 1, one.inputs));
  const differing = changedAspects(after!, before!);
  const switched = versionsOf(records).flatMap((version) => {
    const { state } = records[version]!;
    if (version < minEnabled && state === "Enabled") return [`version ${version} disabled`];
    return version >= minEnabled && state === "Disabled" ? [`version ${version} enabled`] : [];
  });
  const renewed = steps.flatMap((step) =>
    step.do === "import" && records[step.version] ? [`the material of version ${step.version} again`] : [],
  );
  const waiting = [
    ...(lacking.length > 0
      ? [
          `${versions} of key "${name}", with its material, tags, policy and description, and the alias on the latest`,
        ]
      : []),
    ...differing.map((part) => `the new ${part} of every version`),
    ...renewed,
    ...switched,
    ...(steps.some((step) => "name" in step) ? ["`extraAliases` as the program has them"] : []),
  ];
  const isHome = role === "primary";
  const named = listedRegionFor(owner.kms, region);
  const why = named === region ? "" : ` names ${named}, the primary Region`;
  const what = `${region} is left out (\`unreachableRegions\`${why}): nothing is sent for ${resource}${isHome ? " and its KeyReplicas" : ""}, and it stays as it is.`;
  const meaning =
    lacking.length > 0 && named === region && !isHome
      ? ` What is encrypted under ${versions} elsewhere cannot be decrypted in ${region} until that is done.`
      : "";
  const work =
    waiting.length === 0
      ? " No work waits there yet."
      : ` Work that waits there: ${waiting.join("; ")}.${meaning} One update does all of it when ${named} answers and is no longer in the list.`;
  return `${what}${work}${isHome ? ` ${adviceWithoutPrimary(name)}` : ""}`;
}

/** What works and what can be done while the primary Region does not answer. */
function adviceWithoutPrimary(key: string): string {
  return `Its replicas in other Regions work with the versions that they have. The primary cannot move to another Region now, because UpdatePrimaryRegion needs both Regions. To encrypt under new material now, also distribute key "${key}" through a second KmsProvider whose \`keyCollection\` answers: that makes new KMS keys and a new alias, which cannot decrypt what was encrypted under these.`;
}

/** The sentence of a preview about a rotation that skips Regions. */
export function sentenceOfRotationWithout(
  key: string,
  { do: how, version }: StepOf<"createKey"> | StepOf<"importNewMaterial">,
  regions: string[],
): string {
  const names = regions.join(", ");
  if (how === "importNewMaterial")
    return `the rotation of key "${key}" on demand is refused where ${names}, which \`unreachableRegions\` names, holds a replica: AWS rotates only when every replica has the new material`;
  return `version ${version} of key "${key}" is made without ${names}, which \`unreachableRegions\` names: where ${regions.length === 1 ? "that Region holds" : "these hold"} replicas, what is encrypted under it elsewhere cannot be decrypted there until that Region has it too`;
}

/** Nothing new can be created in a Region that is left out. */
export function leftOutMistakes(
  kms: Partial<KmsRef> | undefined,
  region: unknown,
  what: string,
  instead: string,
): string[] {
  const home = known(kms?.keyCollection);
  if (home === undefined || typeof region !== "string") return [];
  const kmsProvider = { keyCollection: home, unreachableRegions: kms!.unreachableRegions };
  if (!isLeftOut(kmsProvider, region)) return [];
  return [
    `Expected ${what} in a Region that is not left out; \`unreachableRegions\` of the KmsProvider names ${listedRegionFor(kmsProvider, region)}, so nothing is sent there. ${instead}`,
  ];
}

/** Throws where a resource to delete is in a Region that is left out. It stays in the state. */
export function refuseLeftOutDeletion(
  what: string,
  kms: KmsRef,
  region: string,
  records: KmsKeyRecords,
): void {
  if (!isLeftOut(kms, region)) return;
  const named = listedRegionFor(kms, region);
  const arns = kmsKeysOf(records).map(({ record }) => record.keyArn);
  throw new KeymgmtError(
    "EndpointUnreachable",
    `Expected ${region} to answer before ${what} is deleted; \`unreachableRegions\` of the KmsProvider names ${named}, so nothing was sent there, and the resource stays in the state. Keep declaring it: when ${named} answers again, remove it from the list and run \`pulumi up\`, and delete the resource after that. Or remove the resource from the state with \`pulumi state delete\`: its alias and ${arns.join(", ")} then stay in ${region}, usable, billed, and managed by nobody.`,
    { region },
  );
}
