/** One distribution in one Region: whose it is, what its KMS keys should have, and how to reach AWS there and elsewhere. */

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
  /** As the ManagedKey has it; a removal may do without. */
  keyring?: ProvidedKeyring;
  region: string;
  aliasName: string;
  /** Tags, policy and description that the KMS keys should have. */
  inputs: MetadataInputs;
  /** What the last update applied; undefined in a create. */
  last?: { owner: Owner; inputs: MetadataInputs };
  /** Something has drifted: what the KMS keys have is looked at instead of taken from the state. */
  repair?: boolean;
  deletionWindowDays?: number;
  adopt?: Adopt;
  /** What the KMS keys are for. A replica has its primary's. */
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
  /** What a KMS key is known to have, in place of looking: by version. */
  readonly knownMetadata = new Map<number, KmsKeyMetadata>();
  readonly #handed: ProvidedKeyring | undefined;
  /** Ids of KMS keys that this run has made, proved or compared: their tags are not read again. */
  readonly verified = new Set<string>();
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
    this.#handed = keyring;
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

  /** Nothing may be sent to a Region. */
  isLeftOut(region: string): boolean {
    return isLeftOut(this.owner.kms, region);
  }

  get primary(): Kms {
    return this.run.openKms(this.owner.kms);
  }

  get keyring(): Keyring {
    if (this.#keyring) return this.#keyring;
    const keyring = parseKeyring(String(this.#handed?.keyring), this.owner.key.type);
    refuseOtherKeystore(keyring, this.keystoreInputs);
    this.#keyring = keyring;
    return keyring;
  }

  /** What the program says of the keyring. */
  get keystoreInputs(): KeystoreInputs {
    const { keystore = defaultOf<string>("ManagedKey", "keystore"), material } = this.#handed ?? {};
    return { key: this.owner.key.name, keystore, reference: isReference(material) ? material : undefined };
  }

  get keyType(): KeyType {
    return keyTypeOf(this.owner.key.type);
  }

  /** As CreateKey takes them. Only a KeyDistribution creates KMS keys, and `check` gives it its purpose. */
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

  /** What one version's KMS key should have besides its material. */
  metadata(version: number, claim: string | undefined): KmsKeyMetadata {
    return metadataFor(this.owner, version, this.inputs, claim);
  }

  /** What the last update applied. */
  metadataBefore(version: number, claim?: string): KmsKeyMetadata {
    const { owner, inputs } = this.last ?? this;
    return metadataFor(owner, version, inputs, claim);
  }

  /**
   * The secret that proves whose a KMS key is; the caller zeroes it. Undefined in a keyring of release 0.1.0, and in a removal that has
   * not seen the keyring.
   */
  async claimSecret(): Promise<Buffer | undefined> {
    if (this.#handed === undefined) return undefined;
    return claimSecretOf(this.run.keystores, this.keyring, this.owner.key.name);
  }

  /** What the claim of a version's KMS key says. */
  claimed(version: number, distribution = this.owner.distribution): Claimed {
    return claimedIn(this.owner.kms, this.owner.key.name, distribution, version);
  }

  /**
   * A new claim. Under a secret of its own where the keyring has none: it is then compared with the state's, and proves nothing once
   * the KMS key has left the state.
   */
  async newClaim(version: number): Promise<string> {
    const secret = (await this.claimSecret()) ?? crypto.randomBytes(CLAIM_SECRET_BYTES);
    try {
      return makeClaim(secret, this.claimed(version));
    } finally {
      secret.fill(0);
    }
  }

  /** A replica takes only material that its primary already holds, and the call must say so (ImportKeyMaterial's reference). */
  importOptions(region: string): ImportOptions {
    const { keyCollection, wrappingKeySpec } = this.owner.kms;
    return { wrappingKeySpec, importType: region === keyCollection ? undefined : "EXISTING_KEY_MATERIAL" };
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

  /** The command by which a person leaves a KMS key to its deletion. */
  deletionCommand({ keyId }: Pick<KmsKeyRecord, "keyId">, days: number, region = this.region): string {
    return `aws kms schedule-key-deletion --region ${region} --key-id ${keyId} --pending-window-in-days ${days}`;
  }
}
