import type { Feature } from "../../provider/kms/permissions.js";

/** Features with a flag of the same name, and the flag's help text. */
export const OPTIONAL = {
  drift: "seeing and repairing what was changed in AWS",
  recovery: "recovering KMS keys after an interrupted update, and reclaiming them from deletion",
  adoption: "adoption of existing KMS keys",
  onDemandRotation: "rotation within one KMS key",
  changes: "changed tags, policies and descriptions",
  sealing: "keyrings that a KMS key seals",
  quotas: '`quotas: "aws"`, which reads the account\'s quotas from Service Quotas',
  status: "`keymgmt status`",
  sweep: "`keymgmt sweep`",
} as const satisfies Partial<Record<Feature, string>>;

export type FeatureOptions = Partial<Record<keyof typeof OPTIONAL, boolean>>;

/** The features of the flags and, unless `only` is set, those that every key needs. */
export function featuresOf(options: FeatureOptions, multiRegion: boolean, only = false): Feature[] {
  const needed: Feature[] = only ? [] : multiRegion ? ["everyKey", "multiRegion"] : ["everyKey"];
  return [
    ...needed,
    ...(Object.keys(OPTIONAL) as (keyof typeof OPTIONAL)[]).filter((feature) => options[feature]),
  ];
}
