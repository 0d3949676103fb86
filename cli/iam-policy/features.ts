import type { Feature } from "../../provider/kms/permissions.js";

/** Features that a flag of the same name asks for, and its help. */
export const OPTIONAL = {
  drift: "seeing and repairing what was changed in AWS",
  recovery: "finding KMS keys again after a killed update, and coming back from deletion",
  adoption: "adoption of KMS keys that exist",
  onDemandRotation: "rotation within one KMS key",
  changes: "changed tags, policies and descriptions",
  sealing: "keyrings that a KMS key seals",
  status: "`keymgmt status`",
  sweep: "`keymgmt sweep`",
} as const satisfies Partial<Record<Feature, string>>;

export type FeatureOptions = Partial<Record<keyof typeof OPTIONAL, boolean>>;

/** The features of the flags, and what every key needs unless `only` they are asked for. */
export function featuresOf(options: FeatureOptions, multiRegion: boolean, only = false): Feature[] {
  const needed: Feature[] = only ? [] : multiRegion ? ["everyKey", "multiRegion"] : ["everyKey"];
  return [
    ...needed,
    ...(Object.keys(OPTIONAL) as (keyof typeof OPTIONAL)[]).filter((feature) => options[feature]),
  ];
}
