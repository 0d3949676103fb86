/** The keys that are measured, as a program declares them. */
const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");

const { KEYS, ENDPOINT, QUOTAS } = process.env;

const kms = new KmsProvider("prod", {
  keyCollection: "us-west-1",
  endpoint: ENDPOINT,
  quotas: QUOTAS && JSON.parse(QUOTAS),
});
for (let n = 0; n < Number(KEYS); n++) {
  const name = `key-${n}`;
  new KeyDistribution(name, { kms, key: new ManagedKey(name) });
}
