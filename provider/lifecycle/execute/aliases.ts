/** Where aliases point. */

import { isKeymgmtError } from "../../errors";
import { aliasesOf, targetOf } from "../../kms/aliases";
import type { Kms } from "../../kms/client/client";
import { eventually } from "../../kms/eventually";
import { undefinedIfDenied } from "../../kms/optional";
import { TAG, tagsOf } from "../../kms/taggedKeys";
import type { Owner } from "../owner";
import { aliasOf, type Known } from "../plan/known";
import type { StepOf } from "../plan/steps";
import type { RegionalDistribution } from "../regionalDistribution";

/** Id of the recorded KMS key that the alias points to, or "". ListAliases may lag behind a write: a thorough search waits for it. */
export async function findAlias(
  { kms, aliasName }: RegionalDistribution,
  { isThorough, name: extra }: StepOf<"findAlias">,
  known: Known,
): Promise<string> {
  const { records, orphans = [] } = known;
  const { target } = aliasOf(known, extra);
  const name = extra ?? aliasName;
  const ours = [...Object.values(records), ...orphans].map(({ keyId }) => keyId);
  const keyIds = [...new Set(ours)].reverse();
  if (target && keyIds.includes(target)) keyIds.unshift(...keyIds.splice(keyIds.indexOf(target), 1));
  const look = async () => {
    for (const keyId of keyIds) if ((await aliasesOf(kms, keyId)).includes(name)) return keyId;
    return "";
  };
  if (!isThorough) return look();
  const seen = await undefinedIfDenied(() => targetOf(kms, name));
  if (seen !== undefined && seen !== "") return keyIds.includes(seen) ? seen : "";
  return eventually("the alias to be listed", look, { result: (keyId) => keyId === "" }, LAG_SECONDS).catch(
    (error) => {
      if (isKeymgmtError(error, "Timeout")) return "";
      throw error;
    },
  );
}

/** Id of the KMS key that an alias points to, or "". It needs no permission for that KMS key, which may be anybody's. */
export async function lookAtAlias(
  { run, kms }: RegionalDistribution,
  { name }: StepOf<"lookAtAlias">,
): Promise<string> {
  const aliases = await run.listings.aliases(kms);
  return aliases.find((alias) => alias.name === name)?.keyId ?? "";
}

/** What `holderAt` says of the KMS key behind an alias. */
export async function holderOf(
  { run, kms, owner }: RegionalDistribution,
  name: string,
): Promise<string | undefined> {
  const keyId = await run.listings.aliasTarget(kms, name);
  return keyId === undefined ? undefined : holderAt(kms, owner, keyId);
}

/**
 * The distribution and the stack that a KMS key has in its tags, where they are others than these. Anybody may have written
 * them, so nothing follows from them but what people are told.
 */
export async function holderAt(kms: Kms, owner: Owner, keyId: string): Promise<string | undefined> {
  const tags = await undefinedIfDenied(() => tagsOf(kms, keyId));
  if (!tags) return undefined;
  const { [TAG.distribution]: distribution, [TAG.stack]: stack } = tags;
  if (distribution === undefined || (stack === owner.stack && distribution === owner.distribution))
    return undefined;
  return `${keyId} of ${distribution}${stack === undefined ? "" : ` in stack ${stack}`}`;
}

/** How long ListAliases may lag behind CreateAlias. */
const LAG_SECONDS = 10;
