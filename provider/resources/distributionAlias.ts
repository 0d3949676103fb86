import { aliasArn as aliasArnOf } from "../kms/arn";
import { nameOf } from "../lifecycle/claims/distributionName";
import { leftOutMistakes } from "../lifecycle/unreachableRegions";
import type { Run } from "../run";
import { difference } from "../schema/compare";
import { hasUnknown, known } from "../schema/unknowns";
import { schemaMistakes } from "../schema/validate";
import { STATE_VERSION } from "../state/migrations";
import type { DistributionAliasInputs, DistributionAliasOutputs, KmsRef } from "../state/types";
import { defaultPurpose, purposeMistakes } from "./keyTypeRules";
import { replacementMistakes } from "./replacement";
import type { StatefulResource, Values } from "./resource";

/** Inputs from which the name is chosen. They are not stored in the state: `check` removes them from the inputs. */
interface NameRequest {
  kms?: KmsRef;
  stack?: string;
  formerStacks?: string[];
  adopts?: boolean;
  makesNew?: boolean;
}

/**
 * Name, time and alias of a distribution. It is a separate resource because the outputs of an updated resource are unknown in a
 * preview. This one never updates, so consumers of the alias do not look changed. The one exception: another stack had the alias,
 * the distribution took the next name, and a refresh has shown that.
 */
export const distributionAlias = (run: Run): StatefulResource<"DistributionAlias"> => {
  const requests = new Map<string, NameRequest>();
  return {
    async check(olds, { kms, stack, formerStacks, adopts, makesNew, keyType, ...news }) {
      const inputs: Values = { ...news, purpose: news.purpose ?? defaultPurpose(keyType) };
      // The order of these lists has no meaning, so a change of it must not replace the alias and the distribution.
      for (const list of ["purpose", "replicaRegions"]) {
        if (Array.isArray(inputs[list])) inputs[list] = [...inputs[list]].sort();
      }
      if (olds) run.declared.recordCheck("DistributionAlias", inputs);
      run.declared.warnOfSharedName(inputs, olds === undefined, run.say);
      requests.set(requestKeyOf(inputs), {
        kms,
        stack,
        formerStacks: known(formerStacks),
        adopts,
        makesNew,
      } as NameRequest);
      const wrong = [
        ...schemaMistakes("DistributionAlias", inputs),
        ...(olds ? purposeMistakes({ type: keyType }, inputs.purpose) : []), // of a new one the KeyDistribution reports it
      ];
      return {
        inputs,
        mistakes: [
          ...wrong,
          ...replacementMistakes("DistributionAlias", wrong.length > 0 ? undefined : olds, inputs, {
            key: olds?.keyName,
            isAllowed: olds?.deletionAllowed === true || adopts === true || inputs.adoptedAlias !== undefined,
          }),
          ...(olds
            ? []
            : leftOutMistakes(
                known(kms as KmsRef | undefined),
                inputs.region,
                `the new distribution of key "${inputs.keyName}" to be`,
                "Distribute the key through a KmsProvider whose `keyCollection` answers.",
              )),
        ],
      };
    },

    async diff(_id, olds, news) {
      // A refresh also compares an alias that the program no longer declares. Its name is free for its successor.
      if (run.declared.matchCheck("DistributionAlias", news)) run.names.reserve(olds.name);
      const { replaces } = difference("DistributionAlias", olds, news);
      const isRenamed = run.names.actualOf(olds.name) !== olds.name;
      return { changes: replaces.length > 0 || isRenamed, replaces };
    },

    async create(inputs) {
      if (inputs.adoptedAlias !== undefined) return adopted(run, inputs, inputs.adoptedAlias);
      const {
        kms,
        stack,
        formerStacks,
        adopts = false,
        makesNew = false,
      } = requests.get(requestKeyOf(inputs))!;
      const { keyId: id, keyName, deletionAllowed = false } = inputs;
      const key = { id, name: keyName, formerStacks, deletionAllowed };
      const name = await nameOf(run, { kms: kms!, stack: stack!, key, adopts, makesNew });
      return { id: name, outputs: named(inputs, name) };
    },

    async read(id, outputs) {
      return { id, outputs };
    },

    async update(_id, olds, news) {
      return named(news, run.names.actualOf(olds.name));
    },

    async delete() {},
  };
};

/** Identifies an alias among those of the program. */
function requestKeyOf({ keyId, keyName, region, accountId, aliasPrefix }: Values): string {
  return JSON.stringify(
    [keyId, keyName, region, accountId, aliasPrefix].map((part) => !hasUnknown(part) && part),
  );
}

/** Takes name and time from an adopted alias. Vault's have the form `alias/hashicorp/<key>-<unix timestamp>`. */
function adopted(run: Run, inputs: DistributionAliasInputs, aliasName: string) {
  const prefix = `alias/${inputs.aliasPrefix}/`;
  const name = aliasName.startsWith(prefix) ? aliasName.slice(prefix.length) : aliasName.split("/").at(-1)!;
  run.names.reserve(name);
  return { id: name, outputs: named(inputs, name, aliasName) };
}

function named(
  inputs: DistributionAliasInputs,
  name: string,
  aliasName = `alias/${inputs.aliasPrefix}/${name}`,
): DistributionAliasOutputs {
  const [, timestamp] = /-(\d{10})$/.exec(name) ?? [];
  const time = timestamp === undefined ? Date.now() : Number(timestamp) * 1000;
  return {
    ...inputs,
    name,
    aliasName,
    aliasArn: aliasArnOf(inputs.region, inputs.accountId, aliasName),
    distributionTime: new Date(Math.floor(time / 1000) * 1000).toISOString(),
    stateVersion: STATE_VERSION,
  };
}
