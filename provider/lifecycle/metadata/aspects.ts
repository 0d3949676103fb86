/**
 * The metadata of a KMS key: tags, key policy and description. This file is the only place that says how each is compared, for a refresh,
 * sentences about drift, previews and updates. What the program does not set is not compared: it is AWS's default, or set by others. Pure.
 */
import { isDeepStrictEqual } from "node:util";
import type { KmsKeyMetadata } from "../../kms/kmsKeys";
import { isUnknown } from "../../schema/unknowns";
import type { MetadataInputs } from "../../state/types";
import { samePolicy } from "./keyPolicy";

/** The aspects that are one text each. */
export const TEXTS = {
  policy: {
    isSame: (one: string, other: string) => samePolicy(one, other),
    drift: () => "its key policy was changed outside this stack",
  },
  description: {
    isSame: (one: string, other: string) => one === other,
    /** One part of a sentence of drift. */
    drift: (desired: string, actual: string, isSecret: boolean) =>
      isSecret
        ? "its description, which the program marks secret, was changed outside this stack"
        : `its description is "${actual}", not "${desired}"`,
  },
} as const;

export type TextName = keyof typeof TEXTS;

export const TEXT_NAMES = Object.keys(TEXTS) as TextName[];

/** The texts that must be sent to a KMS key. */
export function changedTexts(desired: MetadataInputs, actual: MetadataInputs): TextName[] {
  return TEXT_NAMES.filter((name) => {
    const text = desired[name];
    return text !== undefined && !(actual[name] !== undefined && TEXTS[name].isSame(text, actual[name]));
  });
}

/** The aspects that must be sent to a KMS key. */
export function changedAspects(desired: KmsKeyMetadata, actual: KmsKeyMetadata): ("tags" | TextName)[] {
  const tags = isDeepStrictEqual(desired.tags, actual.tags) ? [] : (["tags"] as const);
  return [...tags, ...changedTexts(desired, actual)];
}

/** The texts that somebody else has changed. Texts that cannot be read and unknown texts are not compared. */
export function driftedTexts(desired: MetadataInputs, actual: MetadataInputs): TextName[] {
  return changedTexts(desired, actual).filter(
    (name) => actual[name] !== undefined && !isUnknown(desired[name]),
  );
}
