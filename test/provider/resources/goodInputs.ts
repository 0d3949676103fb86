/** Inputs as the SDK sends them, all of which pass `check`; the secrets among them are planted, to be searched for. */

import type { dynamic } from "@pulumi/pulumi";
import { dynamicProvider } from "../../../provider/dynamic";
import { resourcesOf } from "../../../provider/resources";
import type { Values } from "../../../provider/resources/resource";
import { Run } from "../../../provider/run";

export const credentials = {
  accessKey: "PLANTEDACCESSKEYID00",
  secretKey: "planted+secret/access+key/0000000000000",
  sessionToken: "planted-session-token",
};

/** 32 bytes that spell "planted material", and are not all ASCII; as base64, base64url and hex they are searched for. */
export const plantedBytes = Buffer.from("planted material planted mater\u00e9");
export const material = plantedBytes.toString("base64");

export const keyring = JSON.stringify({
  keys: [{ kty: "oct", alg: "A256GCM", kid: "1", k: plantedBytes.toString("base64url"), iat: 1_760_000_000 }],
});

const connection = {
  keyCollection: "us-west-1",
  credentials,
  profile: "prod",
  assumeRole: {
    roleArn: "arn:aws:iam::111122223333:role/keys",
    durationSeconds: 900,
    tags: { team: "payments" },
    transitiveTagKeys: ["team"],
    sourceIdentity: "ci",
    policy: '{"Version":"2012-10-17","Statement":[]}',
    policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
  },
  webIdentity: { roleArn: "arn:aws:iam::111122223333:role/ci", tokenFile: "token.jwt" },
  endpoint: "https://kms.{region}.example.com",
  aliasPrefix: "hashicorp",
  wrappingKeySpec: "RSA_4096",
  tags: { team: "payments" },
  quotas: { GetParametersForImport: 5 },
};

export const kmsRef = { ...connection, accountId: "111122223333" };

export const keyRef = {
  id: "orders-0123456789",
  name: "orders",
  type: "aes256-gcm96",
  replicaRegions: ["eu-west-1", "us-east-1"],
  minEnabledVersion: 1,
  keyVersion: 1,
  keyring,
};

const primaryRecord = {
  keyId: "mrk-1234abcd12ab34cd56ef1234567890ab",
  keyArn: "arn:aws:kms:us-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",
  state: "Enabled",
  kcv: "0123456789",
  importedAt: "2026-01-31T12:00:00.000Z",
};

const named = {
  name: "orders-1760000000",
  aliasName: "alias/hashicorp/orders-1760000000",
  aliasArn: "arn:aws:kms:us-west-1:111122223333:alias/hashicorp/orders-1760000000",
};
const distributionTime = "2025-10-09T08:53:20.000Z";

const metadata = {
  deletionWindowDays: 30,
  policy: '{"Version":"2012-10-17","Statement":[]}',
  description: "orders",
  tags: { app: "shop" },
};

export const inputs = {
  KmsProvider: { provider: "awskms", ...connection },
  ManagedKey: {
    name: "orders",
    type: "aes256-gcm96",
    replicaRegions: ["eu-west-1", "us-east-1"],
    minEnabledVersion: 1,
    deletionAllowed: false,
    rotationTrigger: "2026-01",
    material,
    keystore: "state",
  },
  KeyDistribution: {
    kms: kmsRef,
    key: keyRef,
    purpose: ["encrypt", "decrypt"],
    protection: "hsm",
    rotationStrategy: "manual",
    ...metadata,
    ...named,
    distributionTime,
    stack: "org/shop/prod",
  },
  KeyReplica: {
    distribution: {
      name: named.name,
      stack: "org/shop/prod",
      kms: kmsRef,
      key: keyRef,
      versions: { "1": primaryRecord },
    },
    region: "eu-west-1",
    ...metadata,
    aliasName: named.aliasName,
    aliasArn: named.aliasArn.replace("us-west-1", "eu-west-1"),
  },
} satisfies Record<string, Values>;

export type Type = keyof typeof inputs;

export const resources = resourcesOf(new Run());

/** The same as Pulumi calls them. */
export const providers = Object.fromEntries(
  Object.entries(resources).map(([type, resource]) => [type, dynamicProvider(resource)]),
) as Record<Type, dynamic.ResourceProvider>;

/** A resource of a run of its own, as Pulumi calls it. */
export const providerOf = (type: Type): dynamic.ResourceProvider =>
  dynamicProvider(resourcesOf(new Run())[type]);

export const types = Object.keys(inputs) as Type[];

/** The inputs of a type with some of them changed; a dotted name reaches inside, `undefined` removes. */
export function inputsOf(type: Type, changes: Values = {}): Values {
  const copy = structuredClone(inputs[type]) as Values;
  for (const [path, value] of Object.entries(changes)) put(copy, path.split("."), value);
  return copy;
}

/** What `check` has to say about the inputs, sentence by sentence. */
export async function mistakesOf(type: Type, changes: Values = {}, olds?: Values): Promise<string[]> {
  return (await resourcesOf(new Run())[type].check(olds, inputsOf(type, changes), true)).mistakes;
}

/** The inputs as `check` plans them. A new distribution is given the names of `inputs`, as if it had been made at that time. */
export async function checked(
  type: Type,
  changes: Values = {},
  olds?: Values,
  isPreview?: boolean,
): Promise<Values> {
  const run = new Run();
  run.created.recordMaterial(keyRef.id, 1);
  run.created.recordKmsProvider(kmsRef);
  const { inputs: planned } = await resourcesOf(run)[type].check(olds, inputsOf(type, changes), isPreview);
  return type === "KeyDistribution" && !olds ? { ...planned, ...named, distributionTime } : planned;
}

/** Outputs as a finished create leaves them in state: what it computes. */
export async function outputsOf(type: Type, changes: Values = {}): Promise<Values> {
  const values = await checked(type, changes);
  switch (type) {
    case "KmsProvider":
      return { ...values, accountId: "111122223333", credentialSource: "credentials", stateVersion: 2 };
    case "ManagedKey":
      return (await resources.ManagedKey.create(values)).outputs;
    case "KeyDistribution": {
      const { keyId, keyArn } = primaryRecord;
      const versions = { "1": primaryRecord };
      return { ...values, versions, keyId, keyArn, aliasTarget: keyId, stateVersion: 2 };
    }
    case "KeyReplica": {
      const { versions: _versions, ...distribution } =
        values.distribution as typeof inputs.KeyReplica.distribution;
      const keyArn = primaryRecord.keyArn.replace("us-west-1", "eu-west-1");
      const versions = { "1": { ...primaryRecord, keyArn } };
      const { keyId } = primaryRecord;
      return {
        ...values,
        distribution,
        versions,
        keyId,
        keyArn,
        aliasTarget: keyId,
        stateVersion: 2,
      };
    }
  }
}

/** Every path in a value, containers and array items included, dotted. */
export function pathsIn(value: unknown, prefix = ""): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    prefix + name,
    ...pathsIn(inner, `${prefix}${name}.`),
  ]);
}

function put(target: Values, [name = "", ...rest]: string[], value: unknown): void {
  if (rest.length) put(target[name] as Values, rest, value);
  else if (value === undefined) delete target[name];
  else target[name] = value;
}

/** What `check` says of a key in a Region of China. */
export const inChina = (property: string, region: string) =>
  `Expected \`${property}\` to be outside of China for key "orders" of type aes256-gcm96, got "${region}": AWS KMS takes only 128-bit material (SM4) for symmetric keys in its China Regions (aws-cn), and this key's has 256 bits. Use another Region, or a KMS key with material of AWS's own there.`;
