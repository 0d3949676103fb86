import * as pulumi from "@pulumi/pulumi";
import { DistributionAlias } from "./distributionAlias";
import { DynamicResource, given, outputs } from "./dynamicResource";
import { followed } from "./followed";
import { KeyReplica, type KeyReplicaArgs } from "./keyReplica";
import type { KmsProvider } from "./kmsProvider";
import type { ManagedKey } from "./managedKey";
import { secretsAmong } from "./secretInputs";
import { stackName } from "./stackName";
import type { Adopt, KmsKeyVersion, Purpose, RotationStrategy } from "./types";

export interface KeyDistributionArgs {
  /** The KmsProvider to distribute through. */
  kms: KmsProvider;
  /** The ManagedKey to distribute. */
  key: ManagedKey;
  /** What the key is for; by default what its type allows: encrypt and decrypt. A change replaces. */
  purpose?: pulumi.Input<pulumi.Input<Purpose>[]>;
  /** Always `hsm`, the default: AWS KMS keeps every key in HSMs. A change replaces. */
  protection?: pulumi.Input<"hsm">;
  /**
   * How a rotation reaches AWS; by default `manual`: a new KMS key for each version behind one alias. `on-demand`: one KMS
   * key holds all versions, and AWS rotates it, 25 times at the most. A change replaces.
   */
  rotationStrategy?: pulumi.Input<RotationStrategy>;
  /** Days (7 to 30, by default 30) between scheduling the deletion of a KMS key and AWS deleting it. */
  deletionWindowDays?: pulumi.Input<number>;
  /**
   * Key policy, a JSON document; by default AWS's default key policy. A user or role that AWS KMS does not know yet is waited for,
   * two minutes at the most. Removing it leaves the policy in AWS as it is.
   */
  policy?: pulumi.Input<string>;
  /** Description of the KMS keys. AWS shows it in plain text, in CloudTrail too. Removing it leaves the description in AWS as it is. */
  description?: pulumi.Input<string>;
  /** Tags, over those of the KmsProvider. `aws:` and `keymgmt:` are reserved. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Time after which AWS lets the material expire: `90d`, `12w`, ISO 8601; 365 days at the most. By default it does not. */
  validFor?: pulumi.Input<string>;
  /** How long before it expires an update imports the material again; by default a third of `validFor`. */
  renewBefore?: pulumi.Input<string>;
  /**
   * KMS keys that exist, for example Vault's, to be taken under management when the distribution is made. Of a key that is
   * restored, the KMS keys of its backup are, in place of these. `{ versions: {} }` has new KMS keys made, whatever there is.
   */
  adopt?: pulumi.Input<Adopt>;
}

const distributed = new WeakMap<KmsProvider, Map<ManagedKey, string>>();

/**
 * A key given to AWS KMS: a KMS key with imported material for each version, behind one alias that stays the same
 * through rotations. Vault: `vault write keymgmt/kms/<kms>/key/<key>`.
 */
export class KeyDistribution extends DynamicResource {
  /** `<key name>-<unix timestamp of the distribution>`. */
  declare readonly name: pulumi.Output<string>;
  /** `alias/<aliasPrefix>/<name>`: what applications use. Known in every preview after the first update. */
  declare readonly aliasName: pulumi.Output<string>;
  /** ARN of the alias. Known in every preview after the first update. */
  declare readonly aliasArn: pulumi.Output<string>;
  /** When the distribution was made, ISO 8601 UTC. */
  declare readonly distributionTime: pulumi.Output<string>;
  /** Latest version of the key. */
  declare readonly keyVersion: pulumi.Output<number>;
  /** Whether the KMS keys are multi-Region. */
  declare readonly multiRegion: pulumi.Output<boolean>;
  /** Region of the primary KMS keys. */
  declare readonly primaryRegion: pulumi.Output<string>;
  declare readonly purpose: pulumi.Output<Purpose[]>;
  declare readonly protection: pulumi.Output<string>;
  declare readonly rotationStrategy: pulumi.Output<string>;
  declare readonly deletionWindowDays: pulumi.Output<number>;
  declare readonly policy: pulumi.Output<string | undefined>;
  declare readonly description: pulumi.Output<string | undefined>;
  declare readonly tags: pulumi.Output<Record<string, string> | undefined>;
  declare readonly validFor: pulumi.Output<string | undefined>;
  declare readonly renewBefore: pulumi.Output<string | undefined>;
  declare readonly adopt: pulumi.Output<Adopt | undefined>;
  /** UTC date on or after which the material was imported (YYYY-MM-DD), where it expires. */
  declare readonly importedOn: pulumi.Output<string | undefined>;
  /** UTC date from which an update imports the material again (YYYY-MM-DD). */
  declare readonly renewAfter: pulumi.Output<string | undefined>;
  /** With `rotationStrategy` on-demand: how many of AWS's 25 rotations of the KMS key are left. */
  declare readonly rotationsLeft: pulumi.Output<number | undefined>;
  /** Id of the latest version's KMS key. */
  declare readonly keyId: pulumi.Output<string>;
  /** ARN of the latest version's KMS key. */
  declare readonly keyArn: pulumi.Output<string>;
  /** KMS keys by version. */
  declare readonly versions: pulumi.Output<Record<string, KmsKeyVersion>>;
  /** Id of the KMS key that the alias points to, as last seen. */
  declare readonly aliasTarget: pulumi.Output<string>;
  /** What the last refresh found to differ in AWS, in words. The next update takes back what the program gives otherwise, and what holds the key together. */
  declare readonly drift: pulumi.Output<string[] | undefined>;
  /** Regions that the last refresh could not look at: what this resource says of them is as last known. Not there where all was seen. */
  declare readonly notSeen: pulumi.Output<string[] | undefined>;
  /** Shape of this resource's state. */
  declare readonly stateVersion: pulumi.Output<number>;

  readonly #args: KeyDistributionArgs;
  readonly #opts: pulumi.CustomResourceOptions;
  readonly #name: string;
  readonly #stack: string;

  constructor(name: string, args: KeyDistributionArgs, opts: pulumi.CustomResourceOptions = {}) {
    refuseSecond(name, args);
    const { kms, key, ...rest } = args;
    const adopt = key.adopted(kms, args.adopt);
    const { purpose = ["encrypt", "decrypt"], protection = "hsm", rotationStrategy = "manual" } = args;
    const adoptedAlias = adopt && pulumi.output(adopt).apply((wanted) => wanted?.aliasName);
    const adopts = adopt && pulumi.output(adopt).apply((wanted) => wanted !== undefined);
    const makesNew = adopt && pulumi.output(adopt).apply((wanted) => isEmpty(wanted?.versions));
    const alias = new DistributionAlias(
      name,
      { kms, key, purpose, protection, rotationStrategy, ...given({ adoptedAlias, adopts, makesNew }) },
      opts,
    );
    const stack = stackName();
    const { tags, description, policy } = args;
    const restoredElsewhere = adopt && key.elsewhere(kms);
    const { name: distribution, aliasName, aliasArn, distributionTime } = alias;
    super(
      "KeyDistribution",
      name,
      {
        ...given({ ...rest, adopt, restoredElsewhere }),
        kms: kms.connection(),
        key: key.ref(),
        purpose,
        protection,
        rotationStrategy,
        stack,
        ...given({ ignored: opts.ignoreChanges }),
        secretInputs: secretsAmong({ tags, description, policy, ...kms.repeatable("kms") }),
        name: distribution,
        aliasName,
        aliasArn,
        distributionTime,
        ...outputs("keyVersion", "multiRegion", "primaryRegion", "importedOn", "renewAfter"),
        ...outputs(
          "keyId",
          "keyArn",
          "versions",
          "aliasTarget",
          "rotationsLeft",
          "drift",
          "notSeen",
          "stateVersion",
        ),
      },
      opts,
    );
    this.#args = args;
    this.#opts = opts;
    this.#name = name;
    this.#stack = stack;
  }

  /** Inputs of its KmsProvider that messages could repeat, by their paths under `prefix`. @internal */
  repeatable(prefix: string): Record<string, pulumi.Input<unknown>> {
    return this.#args.kms.repeatable(prefix);
  }

  /**
   * One KeyReplica for each of the key's `replicaRegions`, named `<this name>-<Region>`.
   * Vault: `vault write -f keymgmt/kms/<kms>/key/<key>/replicate`.
   */
  replicate(args: Omit<KeyReplicaArgs, "distribution" | "region"> = {}): KeyReplica[] {
    const { parent, protect, retainOnDelete } = this.#opts;
    return this.#args.key.replicaRegions.map((region) => {
      const aliases = followed(this.#opts.aliases, "KeyReplica", `-${region}`);
      const opts = { parent, protect, retainOnDelete, aliases };
      return new KeyReplica(`${this.#name}-${region}`, { ...args, distribution: this, region }, opts);
    });
  }

  /** What a KeyReplica needs of the distribution. @internal */
  ref(): pulumi.Inputs {
    const { kms, key, validFor, renewBefore, rotationStrategy } = this.#args;
    return {
      name: this.name,
      stack: this.#stack,
      kms: kms.connection(),
      key: key.ref(),
      versions: this.versions,
      ...given({ validFor, renewBefore, rotationStrategy }),
    };
  }
}

/** `adopt: { versions: {} }` names no KMS key on purpose. */
const isEmpty = (versions?: object) => versions !== undefined && Object.keys(versions).length === 0;

function refuseSecond(name: string, { kms, key }: KeyDistributionArgs): void {
  const keys = distributed.get(kms) ?? new Map<ManagedKey, string>();
  const first = keys.get(key);
  if (first !== undefined) {
    const error = new pulumi.RunError(
      `KeyDistribution "${name}" distributes a key through a KmsProvider that KeyDistribution "${first}" has distributed it through already. One key goes to a KmsProvider once: use "${first}", or another KmsProvider.`,
    );
    // Pulumi does not show it, but has util.inspect colour it, which Node 20 and others may do for minutes (nodejs/node#64011).
    error.stack = undefined;
    throw error;
  }
  distributed.set(kms, keys.set(key, name));
}
