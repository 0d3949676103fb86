/**
 * What must be proved of a KMS key that is in no state before it is used: that it was created for this key (by its claim), and that nobody
 * else may use it (by its key policy and grants).
 */

import type { Kms } from "../../kms/client/client";
import type { KeyState } from "../../kms/keyState";
import { keyPolicyOf } from "../../kms/kmsKeys";
import { undefinedIfDenied, warnIfDenied } from "../../kms/optional";
import { CLAIM, type TaggedKey } from "../../kms/taggedKeys";
import type { KmsKeyRecord } from "../../state/types";
import { isDefaultPolicy, samePolicy } from "../metadata/keyPolicy";
import type { RegionalDistribution } from "../regionalDistribution";
import { isClaimOf } from "./claim";

/** A KMS key that may belong to a version, and the reason why it is left alone. */
export interface Doubtful {
  version: number;
  key: TaggedKey;
  state: KeyState;
  /** "it has no tag keymgmt:claim". */
  doubt: string;
}

/**
 * @param distribution the distribution that it was created for
 * @param others all tagged KMS keys of the Region
 * @returns the reason why it is not used; undefined if there is none
 */
export async function doubtOf(
  regional: RegionalDistribution,
  version: number,
  key: TaggedKey,
  distribution: string,
  others: TaggedKey[],
): Promise<string | undefined> {
  const { [CLAIM]: claim } = key.tags;
  if (claim === undefined)
    return `it has no tag ${CLAIM}, which would prove that it was made for this key (release 0.1.0 gave none)`;
  if (!(await isProved(regional, version, claim, distribution)))
    return `its tag ${CLAIM} was not made with the keyring of key "${regional.owner.key.name}" for version ${version} of ${distribution}`;
  const same = copyOf(claim, key.keyId, others);
  if (same) return `${same.keyArn} has the same tag ${CLAIM}: one of the two was copied`;
  return accessDoubt(regional, regional.kms, key.keyId, [
    regional.inputs.policy,
    regional.last?.inputs.policy,
  ]);
}

/** Another KMS key that has the same claim: one of the two was copied. */
export function copyOf(claim: string | undefined, keyId: string, tagged: TaggedKey[]): TaggedKey | undefined {
  return tagged.find((other) => other.keyId !== keyId && other.tags[CLAIM] === claim);
}

/** Whether the claim was made with the keyring of the distribution's key. */
export async function isProved(
  regional: RegionalDistribution,
  version: number,
  claim: string | undefined,
  distribution: string,
): Promise<boolean> {
  if (claim === undefined) return false;
  const secret = await regional.claimSecret();
  if (!secret) return false;
  try {
    return isClaimOf(secret, regional.claimed(version, distribution), claim);
  } finally {
    secret.fill(0);
  }
}

/** The same for a replica that exists and is not in the state. Its primary is this stack's, but anybody may have created the replica. */
export async function replicaDoubt(
  regional: RegionalDistribution,
  there: Kms,
  primary: Pick<KmsKeyRecord, "keyId" | "claim">,
  tags: Record<string, string> | undefined,
  policy: string | undefined,
): Promise<string | undefined> {
  const { keyId } = primary;
  const doubt = claimDoubt(primary, tags);
  if (doubt !== undefined) return doubt;
  if (await isHidden(regional, there, keyId)) return "it does not show its key policy, as its primary does";
  return accessDoubt(regional, there, keyId, [policy, regional.inputs.policy, regional.last?.inputs.policy]);
}

export function claimDoubt(
  { claim }: Pick<KmsKeyRecord, "claim">,
  tags: Record<string, string> | undefined,
): string | undefined {
  const hasOtherClaim = claim !== undefined && tags !== undefined && tags[CLAIM] !== claim;
  return hasOtherClaim ? `its tag ${CLAIM} is not its primary's` : undefined;
}

/** Whether the replica's own key policy hides that policy: the primary's key policy can be read, and the replica's cannot. */
async function isHidden({ primary }: RegionalDistribution, there: Kms, keyId: string): Promise<boolean> {
  const isShown = (kms: Kms) => undefinedIfDenied(() => keyPolicyOf(kms, keyId));
  return (await isShown(there)) === undefined && (await isShown(primary)) !== undefined;
}

/** Why others may use the KMS key: its key policy or a grant. Warns if the permission to read them is missing. */
async function accessDoubt(
  { owner }: RegionalDistribution,
  kms: Kms,
  keyId: string,
  policies: (string | undefined)[],
): Promise<string | undefined> {
  const accountId = String(owner.kms.accountId);
  const loses = (what: string) => `whether ${what} lets others use a recovered KMS key is not checked`;
  const seen = await warnIfDenied(kms, loses("its key policy"), () => keyPolicyOf(kms, keyId));
  if (seen !== undefined && !isDefaultPolicy(seen, accountId)) {
    const isExpected = policies.some((policy) => policy !== undefined && samePolicy(policy, seen));
    if (!isExpected) return "its key policy is neither the program's nor AWS's default";
  }
  const listed = await warnIfDenied(kms, loses("a grant"), () => kms.call("ListGrants", { KeyId: keyId }));
  const [grant] = listed?.Grants ?? [];
  return grant && `a grant (${grant.GrantId}) lets ${grant.GranteePrincipal} use it`;
}
