/**
 * What `bench/keymgmt` is measured against: the same KMS keys by plain dynamic resources, and nothing else. No ownership, no drift, no
 * rotation, no waiting for quotas. Each key is two resources, or three where its alias is one of its own. With LIKE, a JSON text of inputs and
 * outputs, the two have these in the state, and as short a text of code as pulumi-keymgmt.
 */
const pulumi = require("@pulumi/pulumi");

const { KEYS, ENDPOINT, RESOURCES, LIKE } = process.env;

// A provider that only requires its module serializes to a few hundred bytes.
const materials = { create: () => require(`${process.cwd()}/provider`).createMaterial() };
const kmsKeys = { create: (inputs) => require(`${process.cwd()}/provider`).createKmsKey(inputs) };
const aliases = { create: (inputs) => require(`${process.cwd()}/provider`).createAlias(inputs) };

class Material extends pulumi.dynamic.Resource {
  constructor(name) {
    const secret = { additionalSecretOutputs: ["material"] };
    super(materials, name, { material: undefined }, secret, "bench", "Material");
  }
}

class KmsKey extends pulumi.dynamic.Resource {
  constructor(name, args) {
    super(kmsKeys, name, { ...args, keyArn: undefined }, {}, "bench", "KmsKey");
  }
}

class Alias extends pulumi.dynamic.Resource {
  constructor(name, args) {
    super(aliases, name, args, {}, "bench", "Alias");
  }
}

/** Its code is the text that pulumi-keymgmt has in the place of a serialized closure. */
class Alike extends pulumi.CustomResource {
  constructor(name, type, props, options) {
    const __provider = `exports.handler = () => require(${JSON.stringify(`${process.cwd()}/provider`)}).${type};`;
    super(`pulumi-nodejs:dynamic/bench:${type}`, name, { ...props, __provider }, options);
  }
}

for (let n = 0; n < Number(KEYS); n++) {
  const name = `key-${n}`;
  const connection = { endpoint: ENDPOINT, region: "us-west-1" };
  const aliasName = `alias/${name}`;
  if (LIKE) {
    const secret = { additionalSecretOutputs: ["material"] };
    const { material } = new Alike(name, "AlikeMaterial", { material: undefined }, secret);
    new Alike(name, "AlikeKmsKey", { aliasName, material });
    continue;
  }
  const { material } = new Material(name);
  if (RESOURCES === "2") {
    new KmsKey(name, { ...connection, material, aliasName });
  } else {
    const { id } = new KmsKey(name, { ...connection, material });
    new Alias(name, { ...connection, keyId: id, aliasName });
  }
}
