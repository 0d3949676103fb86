/** Creates what the resources of `index.js` declare. */
const { constants, publicEncrypt, randomBytes } = require("node:crypto");
const {
  CreateAliasCommand,
  CreateKeyCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
  KMSClient,
} = require("@aws-sdk/client-kms");

let client;
const kms = ({ endpoint, region }) => (client ??= new KMSClient({ endpoint, region }));

exports.createMaterial = async () => ({
  id: "material",
  outs: { material: randomBytes(32).toString("base64") },
});

exports.createKmsKey = async (inputs) => {
  const { material, aliasName } = inputs;
  const client = kms(inputs);
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ Origin: "EXTERNAL" }));
  const { KeyId, Arn: keyArn } = KeyMetadata;
  const { PublicKey, ImportToken } = await client.send(
    new GetParametersForImportCommand({
      KeyId,
      WrappingAlgorithm: "RSAES_OAEP_SHA_256",
      WrappingKeySpec: "RSA_4096",
    }),
  );
  const EncryptedKeyMaterial = publicEncrypt(
    {
      key: Buffer.from(PublicKey),
      format: "der",
      type: "spki",
      padding: constants.RSA_PKCS1_OAEP_PADDING,
      oaepHash: "sha256",
    },
    Buffer.from(material, "base64"),
  );
  await client.send(
    new ImportKeyMaterialCommand({
      KeyId,
      ImportToken,
      EncryptedKeyMaterial,
      ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }),
  );
  if (aliasName) await client.send(new CreateAliasCommand({ AliasName: aliasName, TargetKeyId: KeyId }));
  return { id: KeyId, outs: { ...inputs, keyArn } };
};

exports.createAlias = async (inputs) => {
  const { keyId, aliasName } = inputs;
  await kms(inputs).send(new CreateAliasCommand({ AliasName: aliasName, TargetKeyId: keyId }));
  return { id: aliasName, outs: inputs };
};

/** What the state of a key has with pulumi-keymgmt. Nothing reads it but the connection. */
const like = JSON.parse(process.env.LIKE || "{}");
/** By alias: the state has the material once. */
const materials = new Map();

exports.AlikeMaterial = {
  check: async (_olds, news) => ({ inputs: { ...like.material.inputs, ...news } }),
  create: async () => {
    const { id, outs } = await exports.createMaterial();
    return { id, outs: { ...like.material.outputs, ...outs } };
  },
};

exports.AlikeKmsKey = {
  check: async (_olds, { aliasName, material, ...news }) => {
    materials.set(aliasName, material);
    return { inputs: { ...like.kmsKey.inputs, ...news, aliasName } };
  },
  create: async (inputs) => {
    const { aliasName, kms } = inputs;
    const connection = { endpoint: kms.endpoint, region: kms.keyCollection };
    const { id } = await exports.createKmsKey({
      ...connection,
      aliasName,
      material: materials.get(aliasName),
    });
    return { id, outs: { ...like.kmsKey.outputs, ...inputs } };
  },
};
