import type { WrappingPairs } from "./importKeyPool.js";
import { makePair, type RsaWrappingKeySpec, type WrappingPair } from "./wrappingPair.js";

const pairs = new Map<RsaWrappingKeySpec, Promise<WrappingPair>>();

/**
 * The setting `importKeyPool.reuse`: one pair of each spec, made when it is first asked for, for every import token of
 * every local KMS of the process. What only the wrapping key tells apart is not told apart then: the sets of one KMS key
 * with the same algorithm and spec. A token of another KMS key or algorithm or spec, and an expired one, is refused as ever.
 */
export const reusedPairs: WrappingPairs = {
  start: () => undefined,
  take: (spec) => {
    const pair = pairs.get(spec) ?? makePair(spec);
    pairs.set(spec, pair);
    return pair;
  },
  close: () => undefined,
};
