import { QUOTAS } from "../../world/declaration";

export const HOME = "us-west-1";
export const ABROAD = "eu-west-1";

const connection = (url: string) =>
  `{ keyCollection: "${HOME}", endpoint: "${url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)} }`;

/** A replicated key, a key in one Region, and a key that is not distributed. Statement by statement, in order. */
const whole = {
  orders: `const orders = new ManagedKey("orders", { replicaRegions: ["${ABROAD}"] });`,
  ordersProd: `const ordersProd = new KeyDistribution("orders-prod", { kms, key: orders });`,
  ordersAbroad: `ordersProd.replicate();`,
  ordersAlias: `exports.orders = ordersProd.aliasName;`,
  bills: `const bills = new ManagedKey("bills");`,
  billsProd: `const billsProd = new KeyDistribution("bills-prod", { kms, key: bills }); exports.bills = billsProd.aliasName;`,
  spare: `new ManagedKey("spare");`,
};

export type Statements = Partial<Record<keyof typeof whole, string>>;

/** What takes the distribution of "orders" out and leaves the key. */
export const ORDERS_NOT_DISTRIBUTED: Statements = { ordersProd: "", ordersAbroad: "", ordersAlias: "" };

/** The program, with other statements in the place of some. */
export function program(url: string, others: Statements = {}): string {
  return `
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", ${connection(url)});
    ${Object.values({ ...whole, ...others }).join("\n    ")}
  `;
}

interface OneKey {
  /** Name of the ManagedKey resource, by default "orders". */
  resource?: string;
  /** Its further arguments, as JavaScript. */
  key?: string;
  /** Further arguments of the KeyDistribution, as JavaScript. */
  distribution?: string;
  /** Options of the three resources, as JavaScript. */
  options?: string;
}

/** One key in two Regions. */
export function oneKey(
  url: string,
  { resource = "orders", key = "{}", distribution = "{}", options = "{}" }: OneKey = {},
): string {
  return `
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", ${connection(url)});
    const key = new ManagedKey("${resource}", { replicaRegions: ["${ABROAD}"], ...${key} }, ${options});
    const distribution = new KeyDistribution("prod", { kms, key, ...${distribution} }, ${options});
    distribution.replicate();
    exports.orders = distribution.aliasName;
  `;
}

/** Components of one class, each with a key that is called "orders" in all of them. By name: arguments of its key. */
export function components(url: string, keys: Record<string, string>): string {
  return `
    const pulumi = require("@pulumi/pulumi");
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    class AppKey extends pulumi.ComponentResource {
      constructor(name, args) {
        super("shop:index:AppKey", name);
        const parent = this;
        const kms = new KmsProvider(name, ${connection(url)}, { parent });
        const key = new ManagedKey(name, { name: "orders", replicaRegions: ["${ABROAD}"], ...args }, { parent });
        const distribution = new KeyDistribution(name, { kms, key }, { parent });
        distribution.replicate();
        exports[name] = distribution.aliasName;
      }
    }
    ${Object.entries(keys)
      .map(([name, args]) => `new AppKey("${name}", ${args});`)
      .join("\n    ")}
  `;
}
