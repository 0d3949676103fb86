import { aliasArn as aliasArnOf } from "../awskms/arn";
import { difference } from "../schema/compare";
import { schemaMistakes } from "../schema/validate";
import { type Resource, STATE_VERSION, type Values } from "./resource";

const namedInThisRun = new Set<string>();

/**
 * Name, time and alias of a distribution. A resource of its own because an output that only an updated resource
 * computes is unknown in a preview: this one never updates, so consumers of the alias do not look changed.
 */
export const distributionAlias: Resource = {
  async check(_olds, news) {
    // An order that means nothing must not replace the alias, and the distribution with it.
    const inputs = { ...news };
    for (const list of ["purpose", "replicaRegions"]) {
      if (Array.isArray(inputs[list])) inputs[list] = [...inputs[list]].sort();
    }
    return { inputs, mistakes: schemaMistakes("DistributionAlias", inputs) };
  },

  async diff(_id, olds, news) {
    const { replaces } = difference("DistributionAlias", olds, news);
    return { changes: replaces.length > 0, replaces };
  },

  async create(inputs) {
    let seconds = Math.floor(Date.now() / 1000);
    while (namedInThisRun.has(`${inputs.keyName}-${seconds}`)) seconds += 1; // one key may go to several KmsProviders at once
    const name = `${inputs.keyName}-${seconds}`;
    const aliasName = `alias/${inputs.aliasPrefix}/${name}`;
    namedInThisRun.add(name);
    const aliasArn = aliasArnOf(String(inputs.region), String(inputs.accountId), aliasName);
    const outputs: Values = {
      ...inputs,
      name,
      aliasName,
      aliasArn,
      distributionTime: new Date(seconds * 1000).toISOString(),
      stateVersion: STATE_VERSION,
    };
    return { id: name, outputs };
  },

  async read(id, outputs) {
    return { id, outputs };
  },

  async update(_id, olds) {
    return olds;
  },

  async delete() {},
};
