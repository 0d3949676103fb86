/**
 * Whose a KMS key is. Every step that touches one which the state does not account for, and every deletion, asks here.
 *
 * The rule: a KMS key is ours where its tag `keymgmt:stack` is this stack's name or a former name of it, and its
 * tag `keymgmt:key` is the key's name. Another stack's name makes it another's, whatever its other tags say: two stacks of one
 * program have the same project and key names, may be made in the same second, and may even hold the same own material. A KMS
 * key without `keymgmt:stack` is nobody's of this project. Where the tags may not be read, nothing is known, and what is not
 * known is left alone and said.
 *
 * The tags are what anybody who may tag can write. So one that no state knows is used only where it proves more (proof.ts).
 *
 * A KMS key that the state names is ours unless its tags, where they may be read, say that another stack has taken it over, or
 * have another claim than the state.
 * An alias is whose its KMS key is: it is moved only where AWS shows that it points to a KMS key of the distribution's records.
 */
import { CLAIM, TAG } from "../../kms/taggedKeys";
import type { Owner } from "../owner";

export type Ownership = "ours" | "another's" | "nobody's" | "not known";

type Us = { stack: string; key: { name: string; formerStacks?: string[] } };

/** @param tags of the KMS key; undefined where they may not be read */
export function ownershipOf(tags: Record<string, string> | undefined, us: Us): Ownership {
  if (tags === undefined) return "not known";
  const { [TAG.stack]: stack, [TAG.key]: key } = tags;
  if (stack === undefined) return "nobody's";
  return stackNames(us).includes(stack) && key === us.key.name ? "ours" : "another's";
}

/** The tags that say whose a KMS key is. A value of the wrong form was written by hand; it is treated as missing. */
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

/** Whether it could be ours with tags that it lacks: somebody may have taken them away. */
export function mayBeOurs(tags: Record<string, string> | undefined, us: Us): boolean {
  const there = ownerTags(tags);
  const names = [TAG.stack, TAG.key, TAG.distribution];
  const isComplete = names.every((name) => there[name] !== undefined);
  return (
    !isComplete && ownershipOf({ [TAG.stack]: us.stack, [TAG.key]: us.key.name, ...there }, us) === "ours"
  );
}

/** Like `mayBeOurs`, for a KMS key behind an alias of the key's form: a tag with another key's name was not written by this stack, and is ignored. */
export function mayBeOursBehindAlias(tags: Record<string, string> | undefined, us: Us): boolean {
  const { [TAG.key]: key, ...others } = tags ?? {};
  return mayBeOurs(key === us.key.name ? tags : others, us);
}

/**
 * Whether another stack has taken over a KMS key of the state. What its tags do not show to be another stack's stays this one's.
 *
 * @param claim that the state has of it
 */
export function isTakenOver(tags: Record<string, string> | undefined, us: Us, claim?: string): boolean {
  const { [TAG.stack]: stack, [CLAIM]: seen } = ownerTags(tags);
  const isAnothers = stack !== undefined && !stackNames(us).includes(stack);
  return isAnothers || (claim !== undefined && seen !== undefined && seen !== claim);
}

/**
 * The KMS keys of the key that are ours. A former name of this stack may be another stack's by now. An update after a rename
 * has written the present name on all that the stack had then, so KMS keys with a former name count only where none has the
 * present one, or where they are of a distribution of which another one has it: that update was cut short.
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
