/** One distribution in one Region: its owner, what its KMS keys should have, and the clients of its Regions. */

import crypto from "node:crypto";
import { CLAIM_SECRET_BYTES, claimSecretOf } from "../keys/claimSecret";
import { type Keyring, kcvOf, parseKeyring } from "../keys/keyring";
import type { KeystoreInputs } from "../keys/keystores/keystore";
import { refuseOtherKeystore } from "../keys/keystores/readVersion";
import { type KeyType, keyTypeOf, usageFor } from "../keys/keyTypes";
import { isReference } from "../keys/reference";
import { aliasArn } from "../kms/arn";
import type { CallContext, Kms } from "../kms/client/client";
import { isLeftOut } from "../kms/endpoints/connection";
import type { ImportOptions, KmsKeyMetadata } from "../kms/kmsKeys";
import type { Run } from "../run";
import { defaultOf } from "../schema/definition";
import type { Adopt } from "../schema/types";
import type { KmsKeyRecord, MetadataInputs } from "../state/types";
import { type Claimed, claimedIn, makeClaim } from "./claims/claim";
import type { ProvidedKeyring } from "./memory/keyrings";
import { metadataFor } from "./metadata/desired";
import type { Owner } from "./owner";
import { contextOf } from "./owner";

export interface RegionalDistributionSettings {
  owner: Owner;
  /** The keyring of the ManagedKey. A removal may not have it. */
  keyring?: ProvidedKeyring;
  region: string;
  aliasName: string;
  /** Tags, policy and description that the KMS keys should have. */
  inputs: MetadataInputs;
  /** What the last update applied; undefined in a create. */
  last?: { owner: Owner; inputs: MetadataInputs };
  /** Something has drifted, so the metadata of the KMS keys is read from AWS and not taken from the state. */
  repair?: boolean;
  deletionWindowDays?: number;
  adopt?: Adopt;
  /** The purpose of the KMS keys. A replica has that of its primary. */
  purpose?: string[];
}

export class RegionalDistribution {
  readonly kms: Kms;
  readonly region: string;
  readonly inputs: MetadataInputs;
  readonly last: RegionalDistributionSettings["last"];
  readonly repair: boolean;
  readonly deletionWindowDays: number;
  readonly adopt: Adopt | undefined;
  readonly #purpose: string[];
  readonly owner: Owner;
  aliasName: string;
  /** By version: metadata of KMS keys that is known without a call. */
  readonly knownMetadata = new Map<number, KmsKeyMetadata>();
  readonly #provided: ProvidedKeyring | undefined;
  /** Ids of KMS keys whose owner this run knows, so that their tags are not read again. */
  readonly verified = new Set<string>();
  /** Regions of replicas whose deletion this run has cancelled for a rotation, and not scheduled again yet. */
  readonly reclaimed = new Set<string>();
  #keyring: Keyring | undefined;

  constructor(
    readonly run: Run,
    {
      owner,
      keyring,
      region,
      aliasName,
      inputs,
      last,
      repair = false,
      deletionWindowDays = defaultOf<number>("KeyDistribution", "deletionWindowDays"),
      adopt,
      purpose = [],
    }: RegionalDistributionSettings,
  ) {
    this.owner = owner;
    this.#provided = keyring;
    this.region = region;
    this.aliasName = aliasName;
    this.inputs = inputs;
    this.last = last;
    this.repair = repair;
    this.deletionWindowDays = deletionWindowDays;
    this.adopt = adopt;
    this.#purpose = purpose;
    this.kms = this.at(region);
  }

  /** KMS in a Region of the distribution. */
  at(region: string): Kms {
    return this.run.openKms(this.owner.kms, region);
  }

  /** Whether the program leaves the Region out of every call. */
  isLeftOut(region: string): boolean {
    return isLeftOut(this.owner.kms, region);
  }

  get primary(): Kms {
    return this.run.openKms(this.owner.kms);
  }

  get keyring(): Keyring {
    if (this.#keyring) return this.#keyring;
    const keyring = parseKeyring(String(this.#provided?.keyring), this.owner.key.type);
    refuseOtherKeystore(keyring, this.keystoreInputs);
    this.#keyring = keyring;
    return keyring;
  }

  /** The inputs of the program about the keyring. */
  get keystoreInputs(): KeystoreInputs {
    const provided: Partial<ProvidedKeyring> = this.#provided ?? {};
    const { keystore = defaultOf<string>("ManagedKey", "keystore"), material } = provided;
    const reference = isReference(material) ? material : undefined;
    return { key: this.owner.key.name, keystore, reference, passphrase: provided.materialPassphrase };
  }

  get keyType(): KeyType {
    return keyTypeOf(this.owner.key.type);
  }

  /** KeySpec and KeyUsage for CreateKey. Only a KeyDistribution creates KMS keys, and `check` fills its purpose. */
  get keySpecAndUsage() {
    const { keyType } = this;
    return { KeySpec: keyType.keySpec, KeyUsage: usageFor(keyType, this.#purpose)!.keyUsage };
  }

  kcv(version: number): string {
    return kcvOf(this.keyring, version);
  }

  context(version?: number): CallContext {
    return contextOf(this.owner, version);
  }

  /** The desired metadata of one version's KMS key. */
  metadata(version: number, claim: string | undefined): KmsKeyMetadata {
    return metadataFor(this.owner, version, this.inputs, claim);
  }

  /** The metadata that the last update applied. */
  metadataBefore(version: number, claim?: string): KmsKeyMetadata {
    const { owner, inputs } = this.last ?? this;
    return metadataFor(owner, version, inputs, claim);
  }

  /**
   * The secret of the claims, which the caller zeroes. Undefined for a keyring of release 0.1.0, and for a removal that has not seen the
   * keyring.
   */
  async claimSecret(): Promise<Buffer | undefined> {
    if (this.#provided === undefined) return undefined;
    return claimSecretOf(this.run.keystores, this.keyring, this.owner.key.name);
  }

  /** The values that the claim of a version's KMS key covers. */
  claimed(version: number, distribution = this.owner.distribution): Claimed {
    return claimedIn(this.owner.kms, this.owner.key.name, distribution, version);
  }

  /**
   * A new claim. If the keyring has no claim secret, a new secret is used and not kept: the claim can then be compared with the one in the
   * state, but proves nothing for a KMS key that is in no state.
   */
  async newClaim(version: number): Promise<string> {
    const secret = (await this.claimSecret()) ?? crypto.randomBytes(CLAIM_SECRET_BYTES);
    try {
      return makeClaim(secret, this.claimed(version));
    } finally {
      secret.fill(0);
    }
  }

  /**
   * A replica takes only material that its primary already holds. Where a KMS key may have several materials, the call must say so
   * (ImportKeyMaterial's reference).
   */
  importOptions(region: string): ImportOptions {
    const { keyCollection, wrappingKeySpec } = this.owner.kms;
    const isNamed = this.keyType.hasSeveralMaterials && region !== keyCollection;
    return { wrappingKeySpec, importType: isNamed ? "EXISTING_KEY_MATERIAL" : undefined };
  }

  get isMultiRegion(): boolean {
    return this.owner.key.replicaRegions.length > 0;
  }

  /** "version 2 of key "orders"". */
  named(version: number): string {
    return `version ${version} of key "${this.owner.key.name}"`;
  }

  /** Takes the next alias name that this run has not reserved. The KMS keys' tags keep the requested name. */
  useNextName(): void {
    const { key, kms } = this.owner;
    let seconds = Number(/-(\d+)$/.exec(this.aliasName)?.[1] ?? Math.floor(this.run.now().getTime() / 1000));
    do seconds += 1;
    while (!this.run.names.reserve(`${key.name}-${seconds}`));
    this.aliasName = `alias/${kms.aliasPrefix}/${key.name}-${seconds}`;
  }

  /** Names that the distribution's KMS keys may have in their tags: two where another stack had the requested alias. */
  get distributions(): string[] {
    const { owner, last, aliasName } = this;
    const prefix = `alias/${owner.kms.aliasPrefix}/`;
    const named = aliasName.startsWith(prefix) ? [aliasName.slice(prefix.length)] : [];
    return [...new Set([owner.distribution, ...(last ? [last.owner.distribution] : []), ...named])];
  }

  get aliasArn(): string {
    return aliasArn(this.region, String(this.owner.kms.accountId), this.aliasName);
  }

  /** The command with which a user schedules the deletion of a KMS key. */
  deletionCommand({ keyId }: Pick<KmsKeyRecord, "keyId">, days: number, region = this.region): string {
    return `aws kms schedule-key-deletion --region ${region} --key-id ${keyId} --pending-window-in-days ${days}`;
  }
}
