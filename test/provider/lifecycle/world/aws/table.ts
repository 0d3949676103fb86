/** Which operation AWS allows on a KMS key in which state, and how it refuses. */
import type { KmsOperation } from "../../../../../provider/kms/client/operations";
import { type Aws, type KmsKey, keyIn, stateOf } from "./model";

export const ACCOUNT = "111122223333";

export class Refusal extends Error {
  readonly $metadata = { httpStatusCode: 400 };

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

export interface Call {
  aws: Aws;
  region: string;
}

export const arnOf = (region: string, id: string) => `arn:aws:kms:${region}:${ACCOUNT}:key/${id}`;

/** Columns of AWS's table: Enabled, Disabled, PendingDeletion and PendingReplicaDeletion, PendingImport. */
const ALLOWED: Partial<Record<KmsOperation, string>> = {
  CreateAlias: "E D PI",
  UpdateAlias: "E D PI",
  GetParametersForImport: "E D PI",
  ImportKeyMaterial: "E D PI",
  EnableKey: "E D",
  DisableKey: "E D",
  ReplicateKey: "E",
  RotateKeyOnDemand: "E",
  TagResource: "E D PI",
  UntagResource: "E D PI",
  UpdateKeyDescription: "E D PI",
  ScheduleKeyDeletion: "E D PI",
  CancelKeyDeletion: "PD",
};
const SHORT = {
  Enabled: "E",
  Disabled: "D",
  PendingDeletion: "PD",
  PendingReplicaDeletion: "PD",
  PendingImport: "PI",
} as const;
const WORDS = {
  Enabled: "enabled",
  Disabled: "disabled",
  PendingDeletion: "pending deletion",
  PendingReplicaDeletion: "pending replica deletion",
  PendingImport: "pending import",
} as const;

/** A KMS key in a state that allows the operation. */
export function usable(operation: KmsOperation, { aws, region }: Call, id: string | undefined): KmsKey {
  const key = found({ aws, region }, id);
  const state = stateOf(key);
  const allowed = ALLOWED[operation];
  if (allowed === undefined || allowed.split(" ").includes(SHORT[state])) return key;
  const arn = arnOf(region, key.id);
  if (operation === "CancelKeyDeletion")
    throw new Refusal("KMSInvalidStateException", `${arn} is not pending deletion.`);
  if (state === "Disabled") throw new Refusal("DisabledException", `${arn} is disabled.`);
  throw new Refusal("KMSInvalidStateException", `${arn} is ${WORDS[state]}.`);
}

/** By id, ARN or alias. */
export function found({ aws, region }: Call, named = ""): KmsKey {
  const { aliases } = aws.regions[region]!;
  const id = named.startsWith("alias/") ? (aliases[named] ?? "") : named.replace(/^arn:.*:key\//, "");
  const key = keyIn(aws, region, id);
  if (!key) throw new Refusal("NotFoundException", `Key '${named}' does not exist`);
  return key;
}
