/** The operations that the life cycle calls, on an account as a value. A refusal is thrown with AWS's name for it. */
import { generateKeyPairSync } from "node:crypto";
import type { KmsInput, KmsOperation } from "../../../../../provider/kms/client/operations";
import {
  type Aws,
  currentOf,
  type KmsKey,
  keyIn,
  type Material,
  regionsOf,
  stateOf,
  withAlias,
  withKey,
} from "./model";
import { ACCOUNT, arnOf, type Call, found, Refusal, usable } from "./table";

/** https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html */
const DEFAULT_POLICY = JSON.stringify({
  Version: "2012-10-17",
  Id: "key-default-1",
  Statement: [
    {
      Sid: "Enable IAM User Permissions",
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: "kms:*",
      Resource: "*",
    },
  ],
});

/** Of RSA_2048, as the world's program asks; nothing is really wrapped to it (clock.ts). */
export const WRAPPING_KEY = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({
  type: "spki",
  format: "der",
});

/** The account after it, and the answer. */
type Answer = [aws: Aws, answer: object];
type Operations = { [Op in KmsOperation]?: (call: Call, input: KmsInput<Op>) => Answer };

const tagsOf = (tags: { TagKey?: string; TagValue?: string }[] = []) =>
  Object.fromEntries(tags.map(({ TagKey, TagValue }) => [TagKey!, TagValue!]));

function metadataOf({ aws, region }: Call, key: KmsKey): object {
  const replicas = regionsOf(aws, key.id).filter((one) => one !== key.primaryRegion);
  const related = (one: string) => ({ Arn: arnOf(one, key.id), Region: one });
  return {
    KeyId: key.id,
    Arn: arnOf(region, key.id),
    KeyState: stateOf(key),
    Origin: "EXTERNAL",
    KeySpec: key.keySpec,
    Description: key.description,
    CurrentKeyMaterialId: materialId(key, currentOf(key)),
    MultiRegion: key.role !== undefined,
    ...(key.role && {
      MultiRegionConfiguration: {
        MultiRegionKeyType: key.role,
        PrimaryKey: related(key.primaryRegion),
        ReplicaKeys: replicas.map(related),
      },
    }),
  };
}

const materialId = ({ id }: KmsKey, material: Material | undefined) => material && `${id}/${material.bytes}`;

/** Related keys, each changed. */
function withRelated(aws: Aws, id: string, change: (key: KmsKey) => KmsKey): Aws {
  let now = aws;
  for (const region of regionsOf(aws, id)) now = withKey(now, region, change(keyIn(now, region, id)!));
  return now;
}

function changed(
  operation: KmsOperation,
  call: Call,
  id: string | undefined,
  change: Partial<KmsKey>,
): Answer {
  return [withKey(call.aws, call.region, { ...usable(operation, call, id), ...change }), {}];
}

export const OPERATIONS: Operations = {
  CreateKey({ aws, region }, { KeySpec = "SYMMETRIC_DEFAULT", MultiRegion, Tags, Policy, Description = "" }) {
    const made = aws.made + 1;
    const id = `${MultiRegion ? "mrk-" : ""}k${made}`;
    const role = MultiRegion ? { role: "PRIMARY" as const } : {};
    const key: KmsKey = {
      ...{ id, keySpec: KeySpec, ...role, primaryRegion: region, enabled: true, materials: [] },
      ...{ tags: tagsOf(Tags), policy: Policy, description: Description },
    };
    const now = withKey({ ...aws, made }, region, key);
    return [now, { KeyMetadata: metadataOf({ aws: now, region }, key) }];
  },

  ReplicateKey(call, { KeyId, ReplicaRegion, Tags, Policy, Description = "" }) {
    const primary = usable("ReplicateKey", call, KeyId);
    const there = ReplicaRegion!;
    if (primary.role !== "PRIMARY")
      throw new Refusal("UnsupportedOperationException", `${primary.id} is not a multi-region primary key.`);
    if (keyIn(call.aws, there, primary.id))
      throw new Refusal("AlreadyExistsException", "You can create only one replica of each primary key.");
    const materials = primary.materials.map((material) => ({ ...material, isPresent: false }));
    const key: KmsKey = {
      ...{ ...primary, role: "REPLICA", enabled: true, materials },
      ...{ tags: tagsOf(Tags), policy: Policy, description: Description },
    };
    return [withKey(call.aws, there, key), {}];
  },

  GetParametersForImport(call, { KeyId }) {
    const { id } = usable("GetParametersForImport", call, KeyId);
    const ParametersValidTo = new Date(Date.now() + 24 * 3_600_000);
    return [
      call.aws,
      {
        KeyId: arnOf(call.region, id),
        ImportToken: Buffer.from(id),
        PublicKey: WRAPPING_KEY,
        ParametersValidTo,
      },
    ];
  },

  ImportKeyMaterial(call, { KeyId, EncryptedKeyMaterial, ImportToken, ImportType, KeyMaterialId }) {
    const key = usable("ImportKeyMaterial", call, KeyId);
    if (Buffer.from(ImportToken!).toString() !== key.id)
      throw new Refusal("InvalidImportTokenException", "The import token is another KMS key's.");
    const bytes = Buffer.from(EncryptedKeyMaterial!).toString("base64");
    const isFirst = key.materials.length === 0;
    const isNew = (ImportType ?? (isFirst ? "NEW_KEY_MATERIAL" : "")) === "NEW_KEY_MATERIAL";
    const known = key.materials.find((material) => material.bytes === bytes);
    if (isNew) refuseNew(key, known);
    else if (!known || (KeyMaterialId !== undefined && KeyMaterialId !== materialId(key, known)))
      throw new Refusal("IncorrectKeyMaterialException", "It is not what was imported before.");
    const material: Material = { bytes, isPermanent: isFirst, ...known, isPresent: true };
    const materials = known
      ? key.materials.map((other) => (other === known ? material : other))
      : [...key.materials, material];
    // "When this operation is successful, the state of the KMS key changes to Enabled", also of one that was disabled.
    const enabled = key.enabled || stateOf(key) === "PendingImport";
    let aws = call.aws;
    // Replicas await what the primary gets; AWS never copies it.
    if (isNew)
      aws = withRelated(aws, key.id, (one) => ({
        ...one,
        materials: [...one.materials, { ...material, isPresent: false }],
      }));
    return [
      withKey(aws, call.region, { ...key, materials, enabled }),
      { KeyMaterialId: materialId(key, material) },
    ];
  },

  RotateKeyOnDemand(call, { KeyId }) {
    const key = usable("RotateKeyOnDemand", call, KeyId);
    if (key.role === "REPLICA")
      throw new Refusal("UnsupportedOperationException", `${key.id} is not a multi-region primary key.`);
    const waiting = key.materials.find(({ isPermanent }) => !isPermanent);
    const related = regionsOf(call.aws, key.id).map((region) => keyIn(call.aws, region, key.id)!);
    const isEverywhere = related.every(({ materials }) => materials.at(-1)!.isPresent);
    if (!waiting || !isEverywhere)
      throw new Refusal(
        "KMSInvalidStateException",
        `No available key material pending rotation for the key: ${key.id}.`,
      );
    const now = withRelated(call.aws, key.id, (one) => ({
      ...one,
      materials: one.materials.map((material) => ({ ...material, isPermanent: true })),
    }));
    return [now, {}];
  },

  DeleteImportedKeyMaterial(call, { KeyId }) {
    const key = found(call, KeyId);
    const current = currentOf(key);
    const materials = key.materials.map((one) => (one === current ? { ...one, isPresent: false } : one));
    return [withKey(call.aws, call.region, { ...key, materials }), {}];
  },

  EnableKey: (call, { KeyId }) => changed("EnableKey", call, KeyId, { enabled: true }),
  DisableKey: (call, { KeyId }) => changed("DisableKey", call, KeyId, { enabled: false }),

  ScheduleKeyDeletion(call, { KeyId }) {
    const { id, role } = usable("ScheduleKeyDeletion", call, KeyId);
    const isWaiting = role === "PRIMARY" && regionsOf(call.aws, id).length > 1;
    return changed("ScheduleKeyDeletion", call, KeyId, { deletion: { isWaiting } });
  },

  CancelKeyDeletion: (call, { KeyId }) =>
    changed("CancelKeyDeletion", call, KeyId, { deletion: undefined, enabled: false }),

  CreateAlias(call, { AliasName, TargetKeyId }) {
    const { id } = usable("CreateAlias", call, TargetKeyId);
    if (call.aws.regions[call.region]!.aliases[AliasName!] !== undefined)
      throw new Refusal("AlreadyExistsException", `An alias with the name ${AliasName} already exists`);
    return [withAlias(call.aws, call.region, AliasName!, id), {}];
  },

  UpdateAlias(call, { AliasName, TargetKeyId }) {
    refuseNoAlias(call, AliasName);
    const { id } = usable("UpdateAlias", call, TargetKeyId);
    return [withAlias(call.aws, call.region, AliasName!, id), {}];
  },

  DeleteAlias(call, { AliasName }) {
    refuseNoAlias(call, AliasName);
    return [withAlias(call.aws, call.region, AliasName!, undefined), {}];
  },

  TagResource(call, { KeyId, Tags }) {
    const { tags } = found(call, KeyId);
    return changed("TagResource", call, KeyId, { tags: { ...tags, ...tagsOf(Tags) } });
  },

  UntagResource(call, { KeyId, TagKeys = [] }) {
    const left = Object.entries(found(call, KeyId).tags).filter(([key]) => !TagKeys.includes(key));
    return changed("UntagResource", call, KeyId, { tags: Object.fromEntries(left) });
  },

  UpdateKeyDescription: (call, { KeyId, Description = "" }) =>
    changed("UpdateKeyDescription", call, KeyId, { description: Description }),

  PutKeyPolicy: (call, { KeyId, Policy }) => changed("PutKeyPolicy", call, KeyId, { policy: Policy }),

  DescribeKey: (call, { KeyId }) => [call.aws, { KeyMetadata: metadataOf(call, found(call, KeyId)) }],

  GetKeyPolicy: (call, { KeyId }) => [call.aws, { Policy: found(call, KeyId).policy ?? DEFAULT_POLICY }],

  ListGrants: (call, { KeyId }) => {
    found(call, KeyId);
    return [call.aws, { Grants: [] }];
  },

  ListKeys: (call) => [
    call.aws,
    {
      Keys: Object.keys(call.aws.regions[call.region]!.keys).map((id) => ({
        KeyId: id,
        KeyArn: arnOf(call.region, id),
      })),
    },
  ],

  ListAliases(call, { KeyId }) {
    const only = KeyId === undefined ? undefined : found(call, KeyId).id;
    const listed = Object.entries(call.aws.regions[call.region]!.aliases)
      .filter(([, id]) => only === undefined || id === only)
      .map(([AliasName, TargetKeyId]) => ({ AliasName, TargetKeyId }));
    return [call.aws, { Aliases: listed }];
  },

  ListResourceTags: (call, { KeyId }) => [
    call.aws,
    {
      Tags: Object.entries(found(call, KeyId).tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
    },
  ],
};

function refuseNew(key: KmsKey, known: Material | undefined): void {
  if (key.role === "REPLICA")
    throw new Refusal("UnsupportedOperationException", "NEW_KEY_MATERIAL goes into the primary key.");
  if (known) throw new Refusal("IncorrectKeyMaterialException", "The KMS key has had it already.");
  if (key.materials.some(({ isPermanent }) => !isPermanent))
    throw new Refusal("KMSInvalidStateException", `${key.id} already has key material pending rotation.`);
}

function refuseNoAlias({ aws, region }: Call, name = ""): void {
  if (aws.regions[region]!.aliases[name] === undefined)
    throw new Refusal("NotFoundException", `Alias ${name} is not found.`);
}

/** Operations that change nothing. */
export const READS: ReadonlySet<KmsOperation> = new Set<KmsOperation>([
  "DescribeKey",
  "GetKeyPolicy",
  "GetParametersForImport",
  "ListAliases",
  "ListGrants",
  "ListKeys",
  "ListResourceTags",
]);
