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
    if (inputs.adoptedAlias !== undefined) return adopted(inputs);
    let seconds = Math.floor(Date.now() / 1000);
    while (namedInThisRun.has(`${inputs.keyName}-${seconds}`)) seconds += 1; // one key may go to several KmsProviders at once
    const name = `${inputs.keyName}-${seconds}`;
    namedInThisRun.add(name);
    return named(inputs, name, `alias/${inputs.aliasPrefix}/${name}`, seconds);
  },

  async read(id, outputs) {
    return { id, outputs };
  },

  async update(_id, olds) {
    return olds;
  },

  async delete() {},
};

/** The name and time that an adopted alias says: Vault's have the form `alias/hashicorp/<key>-<unix timestamp>`. */
function adopted(inputs: Values) {
  const aliasName = String(inputs.adoptedAlias);
  const prefix = `alias/${inputs.aliasPrefix}/`;
  const name = aliasName.startsWith(prefix) ? aliasName.slice(prefix.length) : aliasName.split("/").at(-1)!;
  const [, timestamp] = /-(\d{10})$/.exec(name) ?? [];
  return named(inputs, name, aliasName, timestamp ? Number(timestamp) : Math.floor(Date.now() / 1000));
}

function named(inputs: Values, name: string, aliasName: string, seconds: number) {
  const outputs: Values = {
    ...inputs,
    name,
    aliasName,
    aliasArn: aliasArnOf(String(inputs.region), String(inputs.accountId), aliasName),
    distributionTime: new Date(seconds * 1000).toISOString(),
    stateVersion: STATE_VERSION,
  };
  return { id: name, outputs };
}
