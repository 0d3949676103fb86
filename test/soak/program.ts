import { QUOTAS } from "../world/declaration";

export const HOME = "us-west-1";
export const ABROAD = "eu-west-1";

/** A resource's name, and the names it had before that the program gives as `aliases`. */
export interface Named {
  name: string;
  aliases: string[];
}

/** Whether a resource of the state is this one of the program. */
export const isNamed = ({ name, aliases }: Named, urn = "") =>
  [name, ...aliases].includes(urn.split("::").at(-1)!);

export interface Adopt {
  aliasName: string;
  versions?: Record<string, string>;
}

/** One component with a key in it, as the program declares it. */
export interface Declared {
  component: Named;
  key: Named;
  /** The key's own name where the program gives it; else it is the resource's. */
  keyName?: string;
  distribution: Named;
  distributed: boolean;
  replicated: boolean;
  trigger: number;
  minEnabledVersion: number;
  deletionAllowed: boolean;
  adopt?: Adopt;
}

export const START: Declared = {
  component: { name: "keys", aliases: [] },
  key: { name: "orders", aliases: [] },
  distribution: { name: "orders-prod", aliases: [] },
  distributed: true,
  replicated: true,
  trigger: 1,
  minEnabledVersion: 1,
  deletionAllowed: false,
};

/** The program's text. What is declared in the same component shares it, and the KmsProvider in it. */
export function programOf(declared: Declared[], url: string, providerInside: boolean): string {
  const settings = { keyCollection: HOME, endpoint: url, wrappingKeySpec: "RSA_2048", quotas: QUOTAS };
  return `
    const pulumi = require("@pulumi/pulumi");
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const provider = (options) => new KmsProvider("prod", ${JSON.stringify(settings)}, options);
    ${providerInside ? "" : "const shared = provider();"}
    const components = {};
    function component(name, options) {
      const parent = new pulumi.ComponentResource("shop:index:Keys", name, {}, options);
      return { parent, kms: ${providerInside ? "provider({ parent })" : "shared"} };
    }
    ${declared.map(keyOf).join("")}`;
}

function keyOf(one: Declared): string {
  const key = {
    name: one.keyName,
    replicaRegions: [ABROAD],
    rotationTrigger: String(one.trigger),
    minEnabledVersion: one.minEnabledVersion,
    deletionAllowed: one.deletionAllowed,
  };
  const { component, key: named, distribution } = one;
  const adopt = one.adopt ? `, adopt: ${JSON.stringify(one.adopt)}` : "";
  return `
    {
      const { parent, kms } = (components["${component.name}"] ??= component("${component.name}", { ${aliasesOf(component)} }));
      const key = new ManagedKey("${named.name}", ${JSON.stringify(key)}, { parent, ${aliasesOf(named)} });
      ${one.distributed ? `const distribution = new KeyDistribution("${distribution.name}", { kms, key${adopt} }, { parent, ${aliasesOf(distribution)} });` : ""}
      ${one.distributed && one.replicated ? "distribution.replicate();" : ""}
    }`;
}

const aliasesOf = ({ aliases }: Named) =>
  aliases.length ? `aliases: ${JSON.stringify(aliases.map((name) => ({ name })))}` : "";
