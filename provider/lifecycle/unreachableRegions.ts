/**
 * Regions that the program leaves out of every call (`unreachableRegions` of the KmsProvider) while they do not answer: what is not done
 * there, and said instead. Pure. A resource of such a Region keeps its state as it is, so that what is owed there is found, as any
 * difference is, once the Region is off the list.
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

/** Regions that are left out, of those that a distribution may be in. */
export function leftOutOf(kms: KmsRef, replicaRegions: string[]): string[] {
  return [kms.keyCollection, ...replicaRegions].filter((region) => isLeftOut(kms, region)).sort();
}

/**
 * What a preview says of a resource in a Region that is left out.
 *
 * @param last what the state says
 * @param now what the program says
 * @param steps what an update would do, as far as the state tells
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
  const owed = [
    ...(lacking.length > 0
      ? [
          `${versions} of key "${name}", with its material, tags, policy and description, and the alias on the latest`,
        ]
      : []),
    ...differing.map((part) => `the new ${part} of every version`),
    ...renewed,
    ...switched,
  ];
  const isHome = role === "primary";
  const named = listedRegionFor(owner.kms, region);
  const why = named === region ? "" : ` names ${named}, the primary Region`;
  const what = `${region} is left out (\`unreachableRegions\`${why}): nothing is sent for ${resource}${isHome ? " and its KeyReplicas" : ""}, and it stays as it is.`;
  const meaning =
    lacking.length > 0 && named === region && !isHome
      ? ` What is encrypted under ${versions} elsewhere cannot be decrypted in ${region} until that is made good.`
      : "";
  const good =
    owed.length === 0
      ? " Nothing is owed there yet."
      : ` Owed there: ${owed.join("; ")}.${meaning} One update makes all of it good once ${named} answers and is off the list.`;
  return `${what}${good}${isHome ? ` ${waysWithoutHome(name)}` : ""}`;
}

/** The primary Region is down. */
function waysWithoutHome(key: string): string {
  return `Its replicas in other Regions go on with the versions that they have. Another Region cannot be made the primary's meanwhile: UpdatePrimaryRegion needs both. To encrypt under new material meanwhile, distribute key "${key}" through a second KmsProvider as well, whose \`keyCollection\` answers: new KMS keys and a new alias, which cannot decrypt what was encrypted under these.`;
}

/** What a preview says of a rotation that does not wait for Regions. */
export function sentenceOfRotationWithout(
  key: string,
  { do: how, version }: StepOf<"createKey"> | StepOf<"importNewMaterial">,
  regions: string[],
): string {
  const names = regions.join(", ");
  if (how === "importNewMaterial")
    return `the rotation of key "${key}" on demand is refused where ${names}, which \`unreachableRegions\` names, holds a replica: AWS rotates only when every replica has the new material`;
  return `version ${version} of key "${key}" is made without ${names}, which \`unreachableRegions\` names: where ${regions.length === 1 ? "that Region holds" : "these hold"} replicas, what is encrypted under it elsewhere cannot be decrypted there until that is made good`;
}

/** A Region that is left out gets nothing new. */
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

/** Throws where a resource that is to be deleted is in a Region that is left out: it stays in the state. */
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
    `Expected ${region} to answer before ${what} is deleted; \`unreachableRegions\` of the KmsProvider names ${named}, so nothing was sent there, and the resource stays in the state. Declare it until then: when ${named} answers again, take it off the list and run \`pulumi up\`, and delete after that. Or give the resource up with \`pulumi state delete\`: its alias and ${arns.join(", ")} then stay in ${region}, usable, billed, and managed by nobody.`,
    { region },
  );
}
