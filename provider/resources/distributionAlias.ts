import { aliasArn as aliasArnOf } from "../kms/arn";
import { nameOf } from "../lifecycle/claims/distributionName";
import { leftOutMistakes } from "../lifecycle/unreachableRegions";
import type { Run } from "../run";
import { difference } from "../schema/compare";
import { hasUnknown, known } from "../schema/unknowns";
import { schemaMistakes } from "../schema/validate";
import { STATE_VERSION } from "../state/migrations";
import type { DistributionAliasInputs, DistributionAliasOutputs, KmsRef } from "../state/types";
import { defaultPurpose } from "./keyTypeRules";
import { replacementMistakes } from "./replacement";
import type { StatefulResource, Values } from "./resource";

/** What the name is decided by, and what is not kept in the state: `check` takes it out of the inputs. */
interface Seeking {
  kms?: KmsRef;
  stack?: string;
  formerStacks?: string[];
  adopts?: boolean;
  makesNew?: boolean;
}

/**
 * Name, time and alias of a distribution. A resource of its own because an output that only an updated resource
 * computes is unknown in a preview: this one never updates, so consumers of the alias do not look changed. The one exception:
 * another stack had the alias, so that the distribution took the next name, and a refresh has shown it.
 */
export const distributionAlias = (run: Run): StatefulResource<"DistributionAlias"> => {
  const sought = new Map<string, Seeking>();
  return {
    async check(olds, { kms, stack, formerStacks, adopts, makesNew, keyType, ...news }) {
      const inputs: Values = { ...news, purpose: news.purpose ?? defaultPurpose(keyType) };
      // An order that means nothing must not replace the alias, and the distribution with it.
      for (const list of ["purpose", "replicaRegions"]) {
        if (Array.isArray(inputs[list])) inputs[list] = [...inputs[list]].sort();
      }
      if (olds) run.declared.recordCheck("DistributionAlias", inputs);
      run.declared.warnOfSharedName(inputs, olds === undefined, run.say);
      sought.set(seekerOf(inputs), {
        kms,
        stack,
        formerStacks: known(formerStacks),
        adopts,
        makesNew,
      } as Seeking);
      return {
        inputs,
        mistakes: [
          ...schemaMistakes("DistributionAlias", inputs),
          ...replacementMistakes("DistributionAlias", olds, inputs, {
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
      // A refresh also compares one that the program has no more: its name is free for the one that takes its place.
      if (run.declared.matchCheck("DistributionAlias", news)) run.names.reserve(olds.name);
      const { replaces } = difference("DistributionAlias", olds, news);
      const isRenamed = run.names.actualOf(olds.name) !== olds.name;
      return { changes: replaces.length > 0 || isRenamed, replaces };
    },

    async create(inputs) {
      if (inputs.adoptedAlias !== undefined) return adopted(run, inputs, inputs.adoptedAlias);
      const { kms, stack, formerStacks, adopts = false, makesNew = false } = sought.get(seekerOf(inputs))!;
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

/** What tells the aliases of a program apart. */
function seekerOf({ keyId, keyName, region, accountId, aliasPrefix }: Values): string {
  return JSON.stringify(
    [keyId, keyName, region, accountId, aliasPrefix].map((part) => !hasUnknown(part) && part),
  );
}

/** The name and time that an adopted alias says: Vault's have the form `alias/hashicorp/<key>-<unix timestamp>`. */
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
