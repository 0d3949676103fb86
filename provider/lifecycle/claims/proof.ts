/**
 * What must be shown of a KMS key before it is used though no state knows it: that it was made for this key (its claim), and that
 * nobody was given more than the program gives (its key policy, and grants).
 */

import type { Kms } from "../../kms/client/client";
import type { KeyState } from "../../kms/keyState";
import { ifPermitted, permitted } from "../../kms/optional";
import { CLAIM, type TaggedKey } from "../../kms/taggedKeys";
import type { KmsKeyRecord } from "../../state/types";
import { isDefaultPolicy, samePolicy } from "../metadata/keyPolicy";
import type { RegionalDistribution } from "../regionalDistribution";
import { isClaimOf } from "./claim";

/** A KMS key that could be a version's, and why it is left alone. */
export interface Doubtful {
  version: number;
  key: TaggedKey;
  state: KeyState;
  /** "it has no tag keymgmt:claim". */
  doubt: string;
}

/**
 * @param distribution that it was made for
 * @param others every KMS key of the Region that is tagged
 * @returns why it is not used; undefined where nothing speaks against it
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

/** A replica that is there while the state does not know it: its primary is this stack's, but anybody may have made the replica. */
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

/** Whether it is the replica's own key policy that lets nobody see it: who may see the primary's may see its. */
async function isHidden({ primary }: RegionalDistribution, there: Kms, KeyId: string): Promise<boolean> {
  const isShown = (kms: Kms) => permitted(() => kms.call("GetKeyPolicy", { KeyId, PolicyName: "default" }));
  return (await isShown(there)) === undefined && (await isShown(primary)) !== undefined;
}

/** Why others may use the KMS key: its key policy or a grant. Warns where the permission to read them is missing. */
async function accessDoubt(
  { owner }: RegionalDistribution,
  kms: Kms,
  keyId: string,
  policies: (string | undefined)[],
): Promise<string | undefined> {
  const accountId = String(owner.kms.accountId);
  const loses = (what: string) =>
    `whether ${what} gives others the use of a KMS key that is recovered is not seen`;
  const policy = await ifPermitted(kms, loses("its key policy"), () =>
    kms.call("GetKeyPolicy", { KeyId: keyId, PolicyName: "default" }),
  );
  const seen = policy?.Policy;
  if (seen !== undefined && !isDefaultPolicy(seen, accountId)) {
    const isExpected = policies.some((policy) => policy !== undefined && samePolicy(policy, seen));
    if (!isExpected) return "its key policy is neither the program's nor AWS's default";
  }
  const listed = await ifPermitted(kms, loses("a grant"), () => kms.call("ListGrants", { KeyId: keyId }));
  const [grant] = listed?.Grants ?? [];
  return grant && `a grant (${grant.GrantId}) gives the use of it to ${grant.GranteePrincipal}`;
}
