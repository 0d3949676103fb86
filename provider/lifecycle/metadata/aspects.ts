/**
 * What a KMS key has besides its material and its state: tags, a key policy and a description. How each is compared stands here; a
 * refresh, the sentences of drift, previews and updates go by it. What the program does not give is AWS's default or anybody's: it
 * is not compared. Pure.
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
    drift: (given: string, actual: string, isSecret: boolean) =>
      isSecret
        ? "its description, which the program marks secret, was changed outside this stack"
        : `its description is "${actual}", not "${given}"`,
  },
} as const;

export type TextName = keyof typeof TEXTS;

export const TEXT_NAMES = Object.keys(TEXTS) as TextName[];

/** The texts that a KMS key must be given. */
export function changedTexts(given: MetadataInputs, actual: MetadataInputs): TextName[] {
  return TEXT_NAMES.filter((name) => {
    const text = given[name];
    return text !== undefined && !(actual[name] !== undefined && TEXTS[name].isSame(text, actual[name]));
  });
}

/** The aspects that a KMS key must be given. */
export function changedAspects(given: KmsKeyMetadata, actual: KmsKeyMetadata): ("tags" | TextName)[] {
  const tags = isDeepStrictEqual(given.tags, actual.tags) ? [] : (["tags"] as const);
  return [...tags, ...changedTexts(given, actual)];
}

/** The texts that somebody else has changed. What may not be read is not compared, nor what is unknown. */
export function driftedTexts(given: MetadataInputs, actual: MetadataInputs): TextName[] {
  return changedTexts(given, actual).filter((name) => actual[name] !== undefined && !isUnknown(given[name]));
}
