/** Where the alias points. */

import { isKeymgmtError } from "../../errors";
import { aliasesOf, targetOf } from "../../kms/aliases";
import { eventually } from "../../kms/eventually";
import { undefinedIfDenied } from "../../kms/optional";
import type { Known } from "../plan/known";
import type { StepOf } from "../plan/steps";
import type { RegionalDistribution } from "../regionalDistribution";

/** Id of the recorded KMS key that the alias points to, or "". ListAliases may lag behind a write: a thorough search waits for it. */
export async function findAlias(
  { kms, aliasName }: RegionalDistribution,
  { isThorough }: StepOf<"findAlias">,
  { records, alias, orphans = [] }: Known,
): Promise<string> {
  const ours = [...Object.values(records), ...orphans].map(({ keyId }) => keyId);
  const keyIds = [...new Set(ours)].reverse();
  if (alias.target && keyIds.includes(alias.target))
    keyIds.unshift(...keyIds.splice(keyIds.indexOf(alias.target), 1));
  const look = async () => {
    for (const keyId of keyIds) if ((await aliasesOf(kms, keyId)).includes(aliasName)) return keyId;
    return "";
  };
  if (!isThorough) return look();
  const seen = await undefinedIfDenied(() => targetOf(kms, aliasName));
  if (seen !== undefined && seen !== "") return keyIds.includes(seen) ? seen : "";
  return eventually("the alias to be listed", look, { result: (keyId) => keyId === "" }, LAG_SECONDS).catch(
    (error) => {
      if (isKeymgmtError(error, "Timeout")) return "";
      throw error;
    },
  );
}

/** How long ListAliases may lag behind CreateAlias. */
const LAG_SECONDS = 10;
