/**
 * Who owns a KMS key. Every step that changes a KMS key which is not in the state, and every deletion, asks here.
 *
 * The rule: a KMS key is ours if its tag `keymgmt:stack` is the current or a former name of this stack, and its tag `keymgmt:key` is the
 * name of the key. With the name of another stack it is that stack's, whatever its other tags are: two stacks of one program have the
 * same project and key names, may be created in the same second, and may even use the same material. A KMS key without `keymgmt:stack`
 * is not one of this project's. Without permission to read the tags the owner is not known; the KMS key is left alone, with a message.
 *
 * Anybody with permission to tag can write these tags. So a KMS key that is in no state must also prove its origin (proof.ts).
 *
 * A KMS key in the state is ours unless its tags show another stack's name, or another claim than the state.
 * An alias has the owner of its KMS key. It is moved only if AWS shows that it points to a KMS key of the distribution's records.
 */
import { CLAIM, TAG } from "../../kms/taggedKeys";
import type { Owner } from "../owner";

export type Ownership = "ours" | "another's" | "nobody's" | "not known";

type Us = { stack: string; key: { name: string; formerStacks?: string[] } };

/** @param tags of the KMS key; undefined without permission to read them */
export function ownershipOf(tags: Record<string, string> | undefined, us: Us): Ownership {
  if (tags === undefined) return "not known";
  const { [TAG.stack]: stack, [TAG.key]: key } = tags;
  if (stack === undefined) return "nobody's";
  return stackNames(us).includes(stack) && key === us.key.name ? "ours" : "another's";
}

/** The tags that name the owner of a KMS key. A value of a wrong form was written by hand and is treated as missing. */
export function ownerTags(tags: Record<string, string> = {}): Record<string, string> {
  const { [TAG.stack]: stack, [TAG.version]: version, ...others } = tags;
  return {
    ...others,
    ...(stack !== undefined && IS_STACK.test(stack) && { [TAG.stack]: stack }),
    ...(version !== undefined && IS_VERSION.test(version) && { [TAG.version]: version }),
  };
}

/** `organization/project/stack` */
const IS_STACK = /^[^/]+\/[^/]+\/[^/]+$/;
/** Release 0.1.0 wrote "2 of orders-1700000000" while it was proving a candidate. */
const IS_VERSION = /^\d+( of .*)?$/;

/** Whether it could be ours if the missing tags were there: somebody may have removed them. */
export function mayBeOurs(tags: Record<string, string> | undefined, us: Us): boolean {
  const there = ownerTags(tags);
  const names = [TAG.stack, TAG.key, TAG.distribution];
  const isComplete = names.every((name) => there[name] !== undefined);
  return (
    !isComplete && ownershipOf({ [TAG.stack]: us.stack, [TAG.key]: us.key.name, ...there }, us) === "ours"
  );
}

/** The same for a KMS key behind an alias that looks like the key's. This stack did not write a tag with another key's name, so it is ignored. */
export function mayBeOursBehindAlias(tags: Record<string, string> | undefined, us: Us): boolean {
  const { [TAG.key]: key, ...others } = tags ?? {};
  return mayBeOurs(key === us.key.name ? tags : others, us);
}

/**
 * Whether another stack has taken over a KMS key of the state. Unless its tags show that, it stays this stack's.
 *
 * @param claim the claim in the state
 */
export function isTakenOver(tags: Record<string, string> | undefined, us: Us, claim?: string): boolean {
  const { [TAG.stack]: stack, [CLAIM]: seen } = ownerTags(tags);
  const isAnothers = stack !== undefined && !stackNames(us).includes(stack);
  return isAnothers || (claim !== undefined && seen !== undefined && seen !== claim);
}

/**
 * The KMS keys of the key that are ours. Another stack may have a former name of this stack now. The update after a rename tags all KMS
 * keys of the stack with the current name. So KMS keys with a former name are ours only if none has the current name, or if another KMS
 * key of the same distribution has it, because that update was interrupted.
 */
export function oursAmong<K extends { tags: Record<string, string> }>(keys: K[], us: Us): K[] {
  const ours = keys.filter(
    ({ tags }) => tags[TAG.distribution] !== undefined && ownershipOf(tags, us) === "ours",
  );
  const present = ours.filter(({ tags }) => tags[TAG.stack] === us.stack);
  const distributions = new Set(present.map(({ tags }) => tags[TAG.distribution]));
  const former = ours.filter((key) => !present.includes(key));
  return present.length > 0
    ? [...present, ...former.filter(({ tags }) => distributions.has(tags[TAG.distribution]))]
    : former;
}

/** The stack's name, and its former names. */
function stackNames({ stack, key: { formerStacks = [] } }: Us): string[] {
  return [stack, ...formerStacks];
}

/** Whether a KMS key of ours still has a former name of the stack. */
export function hasFormerStack(tags: Record<string, string>, { stack }: Pick<Owner, "stack">): boolean {
  return tags[TAG.stack] !== stack;
}
