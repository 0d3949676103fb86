import type { Scope } from "../../../cli/iam-policy/policy";
import type { Feature } from "../../../provider/kms/permissions";
import type { Life } from "../life";

/** A life, and what comes of it without each of some permissions. */
export interface TriedLife {
  name: string;
  /** Whose permissions it is there to try. */
  feature: Feature;
  /** What its policy is for. */
  features: Feature[];
  replicated?: boolean;
  /** Makes what must be there before, as the account's root; returns what the policy must name. */
  given?(url: string, accountId: string): Promise<Partial<Scope>>;
  live(life: Life): Promise<void>;
  /** What happens without each of these permissions. */
  without: Record<string, string>;
  /** Operations of features that its policy is not for: they are tried, and refused. */
  refused?: string[];
}
