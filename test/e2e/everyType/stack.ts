/** A stack with keys of each type that AWS KMS imports. */
import { KEY_TYPES, type KeyType, type Usage } from "../../../provider/keys/keyTypes";
import { QUOTAS } from "../../world/declaration";
import { type Use, useOf } from "../../world/uses";
import type { Project } from "../support";

export const [HOME, ABROAD, FAR] = ["us-west-1", "eu-west-1", "us-east-1"] as const;

/** A key and its use. `name` is also that of its resources. */
export interface Life {
  name: string;
  type: KeyType;
  usage: Usage;
  use: Use;
  replicaRegions: string[];
}

/**
 * Each type by its first use, and the smallest of each kind by its second one. Of AES-256 other tests tell: AWS KMS alone reads its
 * ciphertexts.
 */
export const LIVES: readonly Life[] = KEY_TYPES.filter(
  ({ cannot, hasSeveralMaterials }) => !cannot.import && !hasSeveralMaterials,
).flatMap((type) => {
  const isSmallest = /^(RSA_2048|ECC_NIST_P256)$/.test(type.keySpec);
  return type.usages.slice(0, isSmallest ? 2 : 1).map((usage) => ({
    name: `${type.name}-${usage.purposes[0]}`,
    type,
    usage,
    use: useOf(type, usage),
    replicaRegions: type.keySpec === "RSA_4096" ? [ABROAD, FAR] : [ABROAD],
  }));
});

export const regionsOf = ({ replicaRegions }: Life) => [HOME, ...replicaRegions];

/** What the program says of a key. Without `distribution` it is in no KMS. */
export interface Declared {
  key?: object;
  distribution?: object;
}

export function programOf(url: string, declared: (life: Life) => Declared): string {
  const keys = LIVES.map((life) => {
    const { key, distribution } = declared(life);
    const { name, type, usage, replicaRegions } = life;
    return {
      name,
      key: { type: type.name, replicaRegions, deletionAllowed: true, ...key },
      distribution: distribution && { purpose: usage.purposes, ...distribution },
    };
  });
  // Wrapping keys of RSA_2048 are too short for a key on P-521.
  return `
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", {
      keyCollection: "${HOME}", endpoint: "${url}", wrappingKeySpec: "RSA_3072", quotas: ${JSON.stringify(QUOTAS)},
    });
    for (const { name, key: args, distribution } of ${JSON.stringify(keys)}) {
      const key = new ManagedKey(name, args);
      if (distribution) new KeyDistribution(name, { kms, key, ...distribution }).replicate();
    }`;
}

/** What the state says of a key and of its KMS keys. */
export interface Held {
  publicKeys: (string | undefined)[];
  aliasName: string;
  /** Ids of the KMS keys, from version 1 on. */
  keyIds: string[];
}

/** By the key's name. */
export async function heldIn(project: Project, stack: string): Promise<Record<string, Held>> {
  const { resources } = await project.state(stack);
  const outputsOf = (type: string, name: string) =>
    resources.find(({ urn }: { urn: string }) => urn.endsWith(`:${type}::${name}`)).outputs;
  const held = LIVES.map(({ name }) => {
    const { versions, aliasName } = outputsOf("KeyDistribution", name);
    const keyIds = Object.values(versions as Record<string, { keyId: string }>).map(({ keyId }) => keyId);
    const ofKey: { publicKey?: string }[] = outputsOf("ManagedKey", name).versions;
    return [name, { publicKeys: ofKey.map(({ publicKey }) => publicKey), aliasName, keyIds }];
  });
  return Object.fromEntries(held);
}
