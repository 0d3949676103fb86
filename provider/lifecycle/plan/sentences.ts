/** Sentences about a plan, for a preview and for the update after it. Pure. */

import type { Adopt } from "../../schema/types";
import { isUnknown, type Unknown } from "../../schema/unknowns";
import { kmsKeysOf, versionsOf } from "../../state/records";
import type { KmsKeyRecords, MetadataInputs } from "../../state/types";
import { TEXT_NAMES } from "../metadata/aspects";
import type { Target } from "../target";
import { makesNew } from "./adoptRules";
import { type Desired, type Known, publishedUntil, servingVersion, versionInUse } from "./known";
import type { Step } from "./steps";

/** Metadata in planned inputs, of which any may be unknown. */
type Planned = Partial<Record<keyof MetadataInputs, unknown>>;

interface Described extends MetadataInputs {
  name: string;
  stack: string;
  versions: KmsKeyRecords;
  key: { name: string };
}

/**
 * @param old the distribution in the state
 * @param steps the steps of an update, planned from the state alone
 * @param replaces properties whose change replaces it
 */
export function sentencesOf(
  old: Described,
  news: Planned & { stack?: unknown; adopt?: Adopt | Unknown },
  steps: Step[],
  replaces: string[],
): string[] {
  const { stack, adopt } = news;
  const sentences = keptSentences(old.name, old, news);
  if (typeof stack === "string" && old.stack !== stack)
    sentences.push(
      `this stack is called ${stack} now, and was ${old.stack}: the KMS keys of ${old.name} get the tag keymgmt:stack "${stack}" in every Region`,
    );
  const held = kmsKeysOf(old.versions).map(({ record }) => record.keyArn);
  if (replaces.length > 0 && held.length > 0 && (!adopt || (!isUnknown(adopt) && makesNew(adopt))))
    sentences.push(
      `${old.name} is replaced because of ${replaces.join(", ")}: its versions get other KMS keys, which cannot decrypt what was encrypted under ${held.join(", ")}`,
    );
  // A version that is newer than all existing ones belongs to a rotation.
  const newest = versionsOf(old.versions).at(-1) ?? 0;
  for (const step of steps)
    if (step.do === "createKey" && step.version < newest)
      sentences.push(
        `version ${step.version} of key "${old.key.name}" has no KMS key in ${step.region}: a former one is recovered if AWS shows it; otherwise it gets a new one, which cannot decrypt what was encrypted under the former one`,
      );
  return sentences;
}

/** Which version the alias stays on, and until when; undefined where it is on the latest, or moves to it now. */
export function sentenceOfWait(
  desired: Desired,
  known: Known,
  { owner, aliasName, publishBefore }: Pick<Target, "owner" | "aliasName" | "publishBefore">,
): string | undefined {
  const { latest } = desired;
  const signing = servingVersion(desired, known);
  if (signing >= latest) return undefined;
  const record = known.records[latest];
  const until = record && publishedUntil(desired, record);
  const version = `version ${latest} of key "${owner.key.name}"`;
  return until === undefined
    ? `this update makes ${version} and publishes its public key; version ${signing} goes on signing, and the first update ${publishBefore} after this one (\`publishBefore\`) moves ${aliasName}`
    : `${version} is published, and version ${signing} goes on signing: the first update from ${new Date(until).toISOString()} on moves ${aliasName}. To move it now: \`publishBefore: "0"\``;
}

/**
 * That the alias moves to a version that was published and waited (`publishBefore`); undefined where it does not.
 *
 * @param known with the records of the primary, which alone say when a version was published
 */
export function sentenceOfMove(
  desired: Desired,
  known: Known,
  { owner, aliasName, region }: Pick<Target, "owner" | "aliasName" | "region">,
): string | undefined {
  const version = servingVersion(desired, known);
  const { publishedAt } = known.records[version] ?? {};
  if (publishedAt === undefined || version === versionInUse(known)) return undefined;
  return `this update moves ${aliasName} in ${region} to version ${version} of key "${owner.key.name}", whose public key is published since ${publishedAt}`;
}

/** Which versions an update disables in a Region; undefined where it disables none. */
export function sentenceOfDisabled(steps: Step[], key: string): string | undefined {
  const disabled = steps.flatMap((step) => (step.do === "disable" ? [step] : []));
  if (disabled.length === 0) return undefined;
  const versions = disabled.map(({ version }) => version).join(", ");
  const [one, it] = disabled.length === 1 ? ["KMS key of version", "it"] : ["KMS keys of versions", "them"];
  return `this update disables the ${one} ${versions} of key "${key}" in ${disabled[0]!.region}: what is encrypted under ${it} cannot be decrypted there until \`minEnabledVersion\` is lowered again`;
}

/** Sentences about texts that the program no longer sets. @param name the distribution, and its Region */
export function keptSentences(name: string, old: MetadataInputs, news: Planned): string[] {
  return TEXT_NAMES.filter(
    (what) => typeof old[what] === "string" && (news[what] ?? undefined) === undefined,
  ).map(
    (what) =>
      `the program no longer sets \`${what}\` of ${name}: its KMS keys keep the ${what} that they have, and it is not compared from now on`,
  );
}
