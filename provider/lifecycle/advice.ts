/** Advice for users when the provider refuses to continue. Each sentence is written once here, and messages combine them. Pure. */

import { tagCommand } from "../kms/taggedKeys";
import type { Adopt } from "../schema/types";

/** For Pulumi a resource with another name is another resource, unless this option says that it is the same one. */
export const OLD_NAME = '`aliases: [{ name: "<old name>" }]`';

export const ADVICE = {
  resourceRenamed: `Was the resource renamed? Give it its old name again, or ${OLD_NAME}.`,

  keyRenamed: (key: string) => `Was the ManagedKey renamed? Give it \`name: "${key}"\` and ${OLD_NAME}.`,

  restore: (key: string) =>
    `Restore key "${key}" from its backup (\`restore\`; keymgmt import), which has their material.`,

  /** @param tags the missing tags */
  tagAsOurs: (region: string, keyId: string, tags: Record<string, string>) =>
    `If it is this stack's, set its tags and run the update again: ${tagCommand(region, keyId, tags)}.`,

  newKmsKeys:
    "To leave them and make new KMS keys, which cannot decrypt what was encrypted before: `adopt: { versions: {} }` of the KeyDistribution.",
} as const;

/** The input as a program has it: `adopt: { aliasName: "alias/…", versions: { 1: "…" } }`. */
export function adoptInput({ aliasName, versions, kcvs }: Adopt): string {
  const parts = [
    ...(aliasName === undefined ? [] : [`aliasName: "${aliasName}"`]),
    ...(versions === undefined ? [] : [`versions: { ${byVersion(versions)} }`]),
    ...(kcvs === undefined ? [] : [`kcvs: { ${byVersion(kcvs)} }`]),
  ];
  return `\`adopt: { ${parts.join(", ")} }\` of the KeyDistribution`;
}

function byVersion(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([version, value]) => `${version}: "${value}"`)
    .join(", ");
}
