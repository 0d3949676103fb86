import { aliasesOf } from "../../provider/kms/aliases.js";
import type { Kms } from "../../provider/kms/client/client.js";
import { isLeftOut } from "../../provider/kms/endpoints/connection.js";
import { describeKmsKey, type SeenKmsKey } from "../../provider/kms/kmsKeys.js";
import { listTaggedKeys, TAG } from "../../provider/kms/taggedKeys.js";
import type { Aws } from "../aws.js";
import { UsageError } from "../exitCodes.js";
import { type ProviderRegion, providerRegionsOf } from "../state/regions.js";
import type { StackState } from "../state/stack.js";

/** One Region of one account, with a client. */
export interface Place {
  accountId: string;
  kms: Kms;
}

/** A KMS key with our tags. */
export interface FoundKey extends SeenKmsKey {
  place: Place;
  region: string;
  keyId: string;
  keyArn: string;
  /** `organization/project/stack`; undefined where the tag is missing. */
  stack: string | undefined;
  key: string | undefined;
  distribution: string;
  version: string | undefined;
  /** Names of the aliases that point to it. */
  aliases: string[];
}

/**
 * The places to list: each Region that the states name, through its KmsProvider, and the Regions of `more` in every account. A
 * Region of an account that two KmsProviders reach is one place. Regions in `unreachableRegions` are returned as `leftOut`.
 */
export async function placesOf(
  aws: Aws,
  states: StackState[],
  more: string[],
): Promise<{ places: Place[]; leftOut: string[] }> {
  const reaches = states.flatMap(providerRegionsOf);
  const providers = reaches.map(({ kmsProvider }) => kmsProvider);
  if (providers.length === 0) providers.push(...more.slice(0, 1).map((keyCollection) => ({ keyCollection })));
  const wanted: ProviderRegion[] = [
    ...reaches,
    ...providers.flatMap((kmsProvider) => more.map((region) => ({ kmsProvider, region }))),
  ];
  if (wanted.length === 0) throw new UsageError("Expected at least one --region: the states name none.");
  const places = new Map<string, Place>();
  const leftOut = new Set<string>();
  for (const { kmsProvider, region } of wanted) {
    if (isLeftOut(kmsProvider, region)) {
      leftOut.add(region);
      continue;
    }
    const { accountId, kms } = await aws.reach(kmsProvider, region);
    const id = `${accountId}/${region}`;
    if (!places.has(id)) places.set(id, { accountId, kms });
  }
  return {
    places: [...places.values()].sort((a, b) => (placeId(a) < placeId(b) ? -1 : 1)),
    leftOut: [...leftOut].sort(),
  };
}

/** Account and Region. */
export const placeId = ({ accountId, kms }: Place) => `${accountId}/${kms.region}`;

/** Every KMS key with our tags in these places, with its state and its aliases. */
export async function findKeys(places: Place[]): Promise<FoundKey[]> {
  const found = await Promise.all(places.map(findIn));
  return found.flat();
}

async function findIn(place: Place): Promise<FoundKey[]> {
  const { kms } = place;
  const tagged = await listTaggedKeys(kms);
  const keys = await Promise.all(
    tagged.map(async ({ keyId, keyArn, tags }) => {
      const seen = await describeKmsKey(kms, keyId);
      return {
        place,
        region: kms.region,
        keyId,
        keyArn,
        stack: tags[TAG.stack],
        key: tags[TAG.key],
        distribution: tags[TAG.distribution]!,
        version: tags[TAG.version],
        ...seen,
        aliases: seen.state === "Deleted" ? [] : await aliasesOf(kms, keyId),
      };
    }),
  );
  return keys.filter(({ state }) => state !== "Deleted");
}
