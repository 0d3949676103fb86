import type { Restore } from "../schema/types";
import { isUnknown, known, UNKNOWN } from "../schema/unknowns";
import { findKeyType, type KeyType } from "./keyTypes";
import { dateAfter, dateOfUpdate, parseRotationPeriod, utcDate } from "./period";
import { isReference, namesEachVersion } from "./reference";

/** The inputs of a ManagedKey that control its rotation. Planning precedes validation, so a value may have any type. */
export interface RotationInputs {
  type?: string;
  rotationPeriod?: string;
  rotationTrigger?: string;
  material?: string;
  restore?: unknown;
}

/**
 * The plan that `check` adds to the inputs: the version, so that a preview shows it, and its dates (UTC, YYYY-MM-DD), because the engine
 * passes the inputs of the last update to `check`, but no outputs. The sentinel UNKNOWN stands for an unknown value.
 */
export interface RotationPlan {
  /** The latest version after the update. */
  keyVersion: number | string;
  rotatedOn: string;
  rotateAfter?: string;
}

/**
 * Decides from the inputs of the last update and the new inputs whether the key gets a new version. It does if `rotationTrigger` or
 * `material` changed, or if `rotateAfter` is today or earlier.
 */
export function planRotation(
  olds: (RotationInputs & Partial<RotationPlan>) | undefined,
  news: RotationInputs,
  now: Date,
  isPreview?: boolean,
): RotationPlan {
  const updatedOn = dateOfUpdate(now, isPreview);
  if (typeof olds?.keyVersion !== "number") return withDue(firstPlan(news, updatedOn), news);

  const same = withDue({ keyVersion: olds.keyVersion, rotatedOn: olds.rotatedOn ?? updatedOn }, news);
  const next = withDue({ keyVersion: olds.keyVersion + 1, rotatedOn: updatedOn }, news);
  if (materialChanged(findKeyType(news.type), olds.material, news.material)) return next;
  if (!isUnknown(news.rotationTrigger) && olds.rotationTrigger !== news.rotationTrigger) return next;
  const due = known(same.rotateAfter);
  if (due !== undefined && due <= utcDate(now)) return next;
  const undecided = [news.material, news.rotationTrigger, news.rotationPeriod].some(isUnknown);
  return undecided ? withDue({ keyVersion: UNKNOWN, rotatedOn: UNKNOWN }, news) : same;
}

/** A new key begins with version 1, a restored key with all versions of its backup. A due rotation follows in the next update. */
function firstPlan({ restore }: RotationInputs, updatedOn: string): RotationPlan {
  const { kcvs, rotatedOn = updatedOn } = (known(restore) ?? {}) as Partial<Restore>;
  if (isUnknown(restore) || isUnknown(kcvs)) return { keyVersion: UNKNOWN, rotatedOn };
  return { keyVersion: Array.isArray(kcvs) ? kcvs.length : 1, rotatedOn };
}

/**
 * Whether `material` holds new material. Removing it does not change the existing versions. A reference is not read here: another
 * reference means new material, unless it names every version and so also says where the existing ones are.
 */
export function materialChanged(type: KeyType | undefined, old: unknown, now: unknown): boolean {
  const material = known(now);
  if (typeof material !== "string") return false;
  if (isReference(material)) return old !== material && !namesEachVersion(material);
  return old !== material && (typeof old !== "string" || !isSameMaterial(type, old, material));
}

function isSameMaterial(type: KeyType | undefined, a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => type?.material.parse(text));
  if (!left || !right || !("material" in left) || !("material" in right)) return a === b;
  const same = left.material.equals(right.material);
  left.material.fill(0);
  right.material.fill(0);
  return same;
}

function withDue(plan: RotationPlan, inputs: RotationInputs): RotationPlan {
  if (isUnknown(inputs.rotationPeriod)) return { ...plan, rotateAfter: UNKNOWN };
  const period =
    typeof inputs.rotationPeriod === "string" ? parseRotationPeriod(inputs.rotationPeriod) : undefined;
  return period ? { ...plan, rotateAfter: dateAfter(plan.rotatedOn, period) } : plan;
}
