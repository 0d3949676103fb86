/** KMS keys that a stack has scheduled for deletion: they have its tags, and no state records them. */

import { isKeymgmtError, type KeymgmtError } from "../../provider/errors.js";
import type { Kms } from "../../provider/kms/client/client.js";
import { isPendingDeletion } from "../../provider/kms/keyState.js";
import { describeKmsKey, otherRegions, type SeenKmsKey } from "../../provider/kms/kmsKeys.js";
import { undefinedIfDenied } from "../../provider/kms/optional.js";
import { listTaggedKeys, TAG, type TaggedKey } from "../../provider/kms/taggedKeys.js";
import { oursAmong } from "../../provider/lifecycle/claims/ownership.js";
import type { Aws } from "../aws.js";
import { type ProviderRegion, providerRegionsOf } from "../state/regions.js";
import type { StackState } from "../state/stack.js";
import type { Observations } from "./observe.js";
import { unseenBy } from "./unseen.js";

export interface ScheduledKey extends TaggedKey, SeenKmsKey {
  accountId: string;
  region: string;
}

export interface Scheduled {
  keys: ScheduledKey[];
  /** Regions that could not be observed, by reason. */
  unseen: Map<string, string[]>;
}

interface Listing {
  accountId: string;
  kms: Kms;
  keys: TaggedKey[];
}

/** KMS keys with our tags. Listing takes a call for each KMS key of the account, so each Region is listed once. */
export class RegionListings {
  readonly #asked = new Map<string, Promise<TaggedKey[]>>();

  constructor(private readonly aws: Aws) {}

  /** Returns the reason where a Region cannot be listed. */
  async of({ kmsProvider, region }: ProviderRegion): Promise<Listing | string> {
    try {
      const { accountId, kms } = await this.aws.reach(kmsProvider, region);
      const id = placeOf(accountId, region);
      const asked = this.#asked.get(id) ?? listTaggedKeys(kms);
      this.#asked.set(id, asked);
      return { accountId, kms, keys: await asked };
    } catch (error) {
      if (!isKeymgmtError(error)) throw error;
      return unseenBy(error).unseen;
    }
  }
}

/**
 * Lists the Regions that the state names, and those in which AWS shows replicas of its KMS keys.
 *
 * @param more Regions that are listed too
 * @param arns of the KMS keys in records
 */
export async function scheduledBy(
  state: StackState,
  more: string[],
  observations: Observations,
  listings: RegionListings,
  arns: Set<string>,
): Promise<Scheduled> {
  const found = new Map<string, ScheduledKey[]>();
  const unseen = new Map<string, Set<string>>();
  const fail = (reason: string, region: string) =>
    unseen.set(reason, (unseen.get(reason) ?? new Set()).add(region));
  const reaches = [...reachesOf(state, more), ...replicasSeen(state, observations)];
  for (const reach of reaches) {
    const { kmsProvider, region } = reach;
    const listing = await listings.of(reach);
    if (typeof listing === "string") {
      fail(listing, region);
      continue;
    }
    const place = placeOf(listing.accountId, region);
    if (found.has(place)) continue;
    const lost = keysOf(state, listing.keys).filter(({ keyArn }) => !arns.has(keyArn));
    const keys = await described(listing, lost, (error) => fail(unseenBy(error).unseen, region));
    found.set(place, keys);
    reaches.push(
      ...keys
        .flatMap((key) => otherRegions(key, region))
        .map((related) => ({ kmsProvider, region: related })),
    );
  }
  return {
    keys: [...found.values()].flat().filter(({ state: now }) => isPendingDeletion(now)),
    unseen: new Map([...unseen].map(([reason, regions]) => [reason, [...regions].sort()])),
  };
}

/** The Regions that the state names, and `more` in each of its accounts. */
export function reachesOf(state: StackState, more: string[]): ProviderRegion[] {
  const named = providerRegionsOf(state);
  const accounts = new Map(named.map(({ kmsProvider }) => [kmsProvider.accountId, kmsProvider]));
  return [
    ...named,
    ...[...accounts.values()].flatMap((kmsProvider) => more.map((region) => ({ kmsProvider, region }))),
  ];
}

const placeOf = (accountId: string, region: string) => `${accountId}/${region}`;

/** Includes KMS keys with a former name of the stack that an update reclaims: after they left the state no update tags them anew. */
function keysOf({ names, keys }: StackState, tagged: TaggedKey[]): TaggedKey[] {
  const ours = keys.flatMap(({ name, stack = "", formerStacks }) =>
    oursAmong(tagged, { stack, key: { name, formerStacks } }),
  );
  return tagged.filter((key) => names.includes(key.tags[TAG.stack] ?? "") || ours.includes(key));
}

async function described(
  { accountId, kms }: Listing,
  keys: TaggedKey[],
  refused: (error: KeymgmtError) => void,
): Promise<ScheduledKey[]> {
  const asked = keys.map(async (key) => {
    const seen = await undefinedIfDenied(() => describeKmsKey(kms, key.keyId), refused);
    return seen === undefined ? [] : [{ ...key, ...seen, accountId, region: kms.region }];
  });
  return (await Promise.all(asked)).flat();
}

/** Regions in which AWS shows replicas of the KMS keys in the state. A KeyReplica that was deleted is no longer in the state. */
function replicasSeen(state: StackState, observations: Observations): ProviderRegion[] {
  return state.regions.flatMap((own) => {
    const observation = observations.get(own);
    const keys = observation !== undefined && "keys" in observation ? [...observation.keys.values()] : [];
    return keys
      .flatMap((key) => otherRegions(key, own.region))
      .map((region) => ({ kmsProvider: own.kmsProvider, region }));
  });
}
