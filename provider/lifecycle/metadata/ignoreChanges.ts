/**
 * Properties in the program's `ignoreChanges`. They are neither compared nor sent. The SDK puts the list into the inputs, because the engine
 * does not pass it to a dynamic provider. Pure.
 */
import type { KmsKeyMetadata } from "../../kms/kmsKeys";
import type { MetadataInputs, MetadataSnapshot } from "../../state/types";
import { TEXT_NAMES, type TextName } from "./aspects";

/** Whether the key policy or the description is ignored. */
export function isIgnored(inputs: MetadataInputs, property: TextName): boolean {
  return covers(inputs, [property]);
}

/**
 * Whether a tag of the resource is ignored or, if the resource does not set it, a tag of its KmsProvider. The tags `keymgmt:*` are never
 * ignored, because KMS keys are recognised by them.
 */
export function isTagIgnored(inputs: MetadataInputs, name: string): boolean {
  if (name.startsWith("keymgmt:")) return false;
  if (inputs.tags && name in inputs.tags) return covers(inputs, ["tags", name]);
  return covers(inputs, ["kms", "tags", name]) || covers(inputs, ["distribution", "kms", "tags", name]);
}

/** The metadata that is compared and sent. */
export function withoutIgnored(metadata: KmsKeyMetadata, inputs: MetadataInputs): KmsKeyMetadata {
  const kept = TEXT_NAMES.filter((name) => !isIgnored(inputs, name));
  return {
    ...Object.fromEntries(kept.map((name) => [name, metadata[name]])),
    tags: Object.fromEntries(Object.entries(metadata.tags).filter(([name]) => !isTagIgnored(inputs, name))),
  };
}

/** Whether a refresh found other metadata, and the next update must apply the program's again. */
export function mustApplyAgain(applied: MetadataSnapshot = {}, inputs: MetadataInputs): boolean {
  return (
    TEXT_NAMES.some((name) => applied[name] !== undefined && !isIgnored(inputs, name)) ||
    Object.keys({ ...applied.kmsTags, ...applied.tags }).some((name) => !isTagIgnored(inputs, name))
  );
}

function covers({ ignored = [] }: MetadataInputs, path: string[]): boolean {
  return ignored.some((text) => {
    const parts = partsOf(text);
    return parts.length <= path.length && parts.every((part, index) => part === "*" || part === path[index]);
  });
}

/**
 * `tags.team`, `tags["cost.center"]`.
 * Source: https://www.pulumi.com/docs/iac/concepts/options/ignorechanges/ (property paths)
 */
function partsOf(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)].map(
    ([, quoted, plain]) => plain ?? quoted!.replaceAll(/\\(.)/g, "$1"),
  );
}
