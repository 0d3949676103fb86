import type { KeymgmtError } from "../../provider/errors.js";
import { isKeymgmtError } from "../../provider/errors.js";
import { type Aws, lookAtAlias, lookAtKey, type ReachOptions, reached, type SeenKey } from "../look.js";
import type { RegionState } from "../state/stack.js";

/** What AWS shows of a distribution in one Region. */
export interface SeenRegion {
  keys: Map<number, SeenKey>;
  /** Id of the KMS key that the alias points to; undefined where it is gone. */
  aliasTarget: string | undefined;
}

/** Why a Region could not be looked at. */
export interface Unseen {
  unseen: string;
}

/** Asks AWS for every version and the alias. With credentials of another account nothing is asked: ids would mean other keys. */
export async function observe(
  aws: Aws,
  state: RegionState,
  options: ReachOptions,
): Promise<SeenRegion | Unseen> {
  const connection = reached(state.connection, options);
  try {
    const accountId = await aws.accountOf(connection);
    const { accountId: held = accountId } = state.connection;
    if (accountId !== held)
      return { unseen: `the credentials are of account ${accountId}, and its KMS keys in ${held}` };
    const kms = aws.open(connection, state.region);
    const keys = await Promise.all(
      state.versions.map(async ({ version, keyId }) => [version, await lookAtKey(kms, keyId)] as const),
    );
    return { keys: new Map(keys), aliasTarget: await lookAtAlias(kms, state.aliasName) };
  } catch (error) {
    if (!isKeymgmtError(error)) throw error;
    return { unseen: (error as KeymgmtError).message };
  }
}
