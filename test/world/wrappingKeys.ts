import {
  ImportKeyPool,
  type RsaWrappingKeySpec,
  type WrappingPair,
} from "../../local-kms/src/crypto/importKeyPool";

const PAIRS = 3;

const take = ImportKeyPool.prototype.take;
const start = ImportKeyPool.prototype.start;
const generator = new ImportKeyPool({ RSA_2048: 0, RSA_3072: 0, RSA_4096: 0 });
const pairs = new Map<RsaWrappingKeySpec, Promise<WrappingPair>[]>();
let turn = 0;

/**
 * Lets every local KMS of this process give out the same few wrapping keys in turn: to generate one takes longer than the rest of
 * an import. mocha requires this file, so that this is so in each test file that does not ask for `useFreshWrappingKeys`.
 */
function share(): void {
  ImportKeyPool.prototype.start = () => undefined;
  ImportKeyPool.prototype.take = (spec) => {
    const known = pairs.get(spec) ?? [];
    pairs.set(spec, known);
    const index = turn++ % PAIRS;
    known[index] ??= take.call(generator, spec);
    return known[index];
  };
}

/** For tests of the wrapping keys themselves: each is given out once, as AWS does. Call it in a `describe`. */
export function useFreshWrappingKeys(): void {
  before(() => {
    Object.assign(ImportKeyPool.prototype, { start, take });
  });
  after(share);
}

share();
