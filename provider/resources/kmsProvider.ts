import { KeymgmtError } from "../errors";
import { identify } from "../kms/client/account";
import { isUnreachable, withUnreachableAdvice } from "../kms/client/unreachable";
import { lackOfCredentials } from "../kms/credentials/seen";
import { isLeftOut } from "../kms/endpoints/connection";
import { endpointMistakes, withoutEndpointMistakes } from "../kms/endpoints/endpoint";
import type { Run } from "../run";
import { difference } from "../schema/compare";
import { isUnknown, known } from "../schema/unknowns";
import { schemaMistakes, withDefaults } from "../schema/validate";
import { STATE_VERSION } from "../state/migrations";
import type { KmsProviderInputs, KmsProviderOutputs } from "../state/types";
import type { StatefulResource, Values } from "./resource";
import { roleMistakes } from "./roleRules";
import { aliasPartMistakes, regionMistakes, tagMistakes } from "./rules";

/** The account and Region of distributions, and how to reach them. Asks STS for the account of the credentials; calls no KMS operation. */
export const kmsProvider = (run: Run): StatefulResource<"KmsProvider"> => ({
  async check(olds, news, isPreview) {
    const inputs = withDefaults("KmsProvider", news);
    const mistakes = [
      ...schemaMistakes("KmsProvider", inputs),
      ...regionMistakes("keyCollection", inputs.keyCollection, olds?.keyCollection),
      ...aliasPartMistakes("aliasPrefix", inputs.aliasPrefix),
      ...tagMistakes(inputs.tags),
      ...endpointInputMistakes(inputs.endpoint, inputs.keyCollection),
      ...quotaMistakes(inputs.quotas),
      ...roleMistakes(inputs),
      ...reservedPrefixMistakes(inputs.aliasPrefix),
      ...unreachableMistakes(inputs, olds),
    ];
    if (olds) run.declared.recordCheck("KmsProvider", inputs);
    else if (isPreview && mistakes.length === 0) sayIfNoCredentials(run, inputs);
    return { inputs, mistakes };
  },

  async diff(_id, olds, news) {
    const { changed, replaces } = difference("KmsProvider", olds, news);
    // A refresh compares too, but with the inputs of the last update.
    if (run.declared.matchCheck("KmsProvider", news))
      run.declared.recordUnreachable(olds, known(news.unreachableRegions));
    return { changes: changed.length > 0, replaces };
  },

  async create(inputs) {
    const outputs = await identified(run, inputs);
    run.created.recordKmsProvider({
      accountId: outputs.accountId,
      keyCollection: inputs.keyCollection,
    });
    return { id: `${outputs.accountId}/${inputs.keyCollection}`, outputs };
  },

  async read(id, outputs) {
    return { id, outputs };
  },

  async update(_id, olds, news) {
    const { accountId, credentialSource } = olds;
    if (isLeftOut(news)) return { ...news, accountId, credentialSource, stateVersion: STATE_VERSION };
    const outputs = await identified(run, news).catch((error) => {
      throw isUnreachable(error) ? withUnreachableAdvice(error, olds) : error;
    });
    if (outputs.accountId !== olds.accountId) {
      throw new KeymgmtError(
        "AccountMismatch",
        `Expected credentials of AWS account ${olds.accountId}, which holds the KMS keys of this KmsProvider, got credentials of account ${outputs.accountId}. Use credentials of ${olds.accountId}, or declare a second KmsProvider for ${outputs.accountId}.`,
      );
    }
    return outputs;
  },

  async delete() {},
});

async function identified(run: Run, inputs: KmsProviderInputs): Promise<KmsProviderOutputs> {
  const { accountId, credentialSource } = await identify(inputs, run.connections);
  return { ...inputs, accountId, credentialSource, stateVersion: STATE_VERSION };
}

/** Only of a new KmsProvider: later previews may well run where no credentials are, as in a pull request. */
function sayIfNoCredentials(run: Run, { credentials, profile, webIdentity, keyCollection }: Values): void {
  if ([credentials, profile, webIdentity].some((input) => input !== undefined)) return;
  const lack = lackOfCredentials({ keyCollection: String(keyCollection) });
  if (lack !== undefined) run.say(lack);
}

function endpointInputMistakes(value: unknown, keyCollection: unknown): string[] {
  const endpoint = known(value);
  if (typeof endpoint === "string") return endpointMistakes(endpoint);
  if (typeof endpoint !== "object" || endpoint === null || Array.isArray(endpoint)) return [];
  const texts = Object.entries(endpoint).filter(([, url]) => typeof url === "string" && !isUnknown(url));
  return [
    ...endpointMistakes(Object.fromEntries(texts)),
    ...withoutEndpointMistakes(endpoint, [known(keyCollection)]),
  ];
}

function quotaMistakes(value: unknown): string[] {
  const quotas = known(value);
  return typeof quotas === "string" && quotas !== "aws"
    ? [
        `Expected \`quotas\` to be "aws" (read them from Service Quotas) or requests a second by operation, such as { GetParametersForImport: 5 }; got ${JSON.stringify(quotas)}.`,
      ]
    : [];
}

/** A new KmsProvider must be reachable: its account is not known yet. */
function unreachableMistakes(
  { unreachableRegions, keyCollection }: Values,
  olds: Values | undefined,
): string[] {
  if (!Array.isArray(unreachableRegions)) return [];
  const isTwice = new Set(unreachableRegions).size < unreachableRegions.length;
  return [
    ...unreachableRegions.flatMap((region) =>
      regionMistakes("unreachableRegions", region, [olds?.keyCollection, olds?.unreachableRegions].flat()),
    ),
    ...(isTwice ? ["Expected `unreachableRegions` to name each Region once; one comes twice."] : []),
    ...(olds === undefined && unreachableRegions.includes(keyCollection)
      ? [
          `Expected \`unreachableRegions\` of a new KmsProvider without its \`keyCollection\`, got "${keyCollection}": nothing can be made there now. Give it a \`keyCollection\` that answers.`,
        ]
      : []),
  ];
}

/** `alias/aws/` is AWS's own (CreateAlias's reference). */
function reservedPrefixMistakes(prefix: unknown): string[] {
  return typeof prefix === "string" && /^aws(\/|$)/.test(prefix)
    ? [`Expected \`aliasPrefix\` not to be under "aws", which is reserved for AWS's own keys; what came is.`]
    : [];
}
