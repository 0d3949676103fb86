/** The keys that are measured, as a program declares them. */
const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");

const { KEYS, FIRST, ENDPOINT, QUOTAS, REPLICAS, ROTATION } = process.env;

const replicaRegions = ["us-east-1", "eu-west-1"].slice(0, Number(REPLICAS));

const kms = new KmsProvider("prod", {
  keyCollection: "us-west-1",
  endpoint: ENDPOINT,
  quotas: QUOTAS ? JSON.parse(QUOTAS) : undefined,
});
for (let n = 0; n < Number(KEYS); n++) {
  const name = `key-${Number(FIRST ?? 0) + n}`;
  new KeyDistribution(name, {
    kms,
    key: new ManagedKey(name, { replicaRegions, rotationTrigger: ROTATION || undefined }),
  }).replicate();
}
