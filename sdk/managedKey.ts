import * as pulumi from "@pulumi/pulumi";
import { DynamicResource, given, outputs } from "./dynamicResource";
import type { KmsProvider } from "./kmsProvider";
import { adoptedIn, configuredRestore, restoredElsewhere } from "./restore";
import { stackName } from "./stackName";
import type { Adopt, KeyType, KeyVersion, Restore } from "./types";

export interface ManagedKeyArgs {
  /** Name of the key, in aliases and tags; by default the resource's name. A change replaces. */
  name?: pulumi.Input<string>;
  /** Type of the key, by default `aes256-gcm96`, the one that AWS KMS takes. A change replaces. */
  type?: pulumi.Input<KeyType>;
  /** Regions that may hold replicas: a plain list. Not empty makes multi-Region KMS keys. A change replaces. */
  replicaRegions?: string[];
  /** Versions below it are disabled in AWS, and enabled again when it is lowered. By default 1. */
  minEnabledVersion?: pulumi.Input<number>;
  /**
   * Whether the key, and its material with it, may be deleted or replaced; must be true in the state before that. By
   * default false, which also sets Pulumi's own `protect`. A plain boolean.
   */
  deletionAllowed?: boolean;
  /** Time between rotations: `90d`, `12w`, `1y`, or ISO 8601 (`P3M`); at least a day. */
  rotationPeriod?: pulumi.Input<string>;
  /** Any change of this value rotates the key. */
  rotationTrigger?: pulumi.Input<string>;
  /**
   * Own material for the next version: 32 bytes in base64, hex or a JWK, or where to read them: `env://NAME`, and, raw too,
   * `file:///path`, `exec:command`. A change is a new version; a reference that holds `{version}` names each, and then
   * `rotationTrigger` or `rotationPeriod` makes a new one. By default 32 bytes of the system's CSPRNG.
   */
  material?: pulumi.Input<string>;
  /**
   * Where the material is kept. By default `state`: in the stack's state, as a Pulumi secret. Sealed there by a root key:
   * `env://NAME`, `file:///path`, `awskms://alias/NAME?region=…`. `none`: `material` says where. A change seals anew.
   */
  keystore?: pulumi.Input<string>;
  /**
   * A backup from which the key gets its versions when it is made; later changes have no effect. By default what `keymgmt
   * import` has put into the stack's configuration.
   */
  restore?: pulumi.Input<Restore>;
}

/**
 * A key whose material is made and kept by its owner: a name, a type, and numbered versions. It calls no AWS operation;
 * a KeyDistribution gives it to AWS KMS. Vault: `vault write keymgmt/key/<name>`, `…/rotate`.
 */
export class ManagedKey extends DynamicResource {
  declare readonly name: pulumi.Output<string>;
  declare readonly type: pulumi.Output<KeyType>;
  declare readonly minEnabledVersion: pulumi.Output<number>;
  declare readonly deletionAllowed: pulumi.Output<boolean>;
  declare readonly rotationPeriod: pulumi.Output<string | undefined>;
  declare readonly rotationTrigger: pulumi.Output<string | undefined>;
  declare readonly keystore: pulumi.Output<string>;
  /** Latest version after the update; known in previews. */
  declare readonly keyVersion: pulumi.Output<number>;
  /** UTC date of the latest version (YYYY-MM-DD). */
  declare readonly rotatedOn: pulumi.Output<string>;
  /** UTC date from which an update rotates the key (YYYY-MM-DD). */
  declare readonly rotateAfter: pulumi.Output<string | undefined>;
  /** Number of the latest version. */
  declare readonly latestVersion: pulumi.Output<number>;
  /** All versions, without material. */
  declare readonly versions: pulumi.Output<KeyVersion[]>;
  /** All versions with their material, as `keystore` says: a JWK set (RFC 7517), sealed as JWE (RFC 7516) or not. A secret. */
  declare readonly keyring: pulumi.Output<string>;
  /** The stack, `organization/project/stack`. */
  declare readonly stack: pulumi.Output<string>;
  /** Names that the stack had before, newest first. */
  declare readonly formerStacks: pulumi.Output<string[]>;
  /** Shape of this resource's state. */
  declare readonly stateVersion: pulumi.Output<number>;
  /** Regions that may hold replicas. */
  readonly replicaRegions: string[];

  readonly #keystore: pulumi.Input<string>;
  readonly #material: pulumi.Input<string> | undefined;
  readonly #restore: pulumi.Input<Restore | undefined> | undefined;

  constructor(name: string, args: ManagedKeyArgs = {}, opts: pulumi.CustomResourceOptions = {}) {
    const deletionAllowed = args.deletionAllowed ?? false;
    const replicaRegions = [...(args.replicaRegions ?? [])].sort();
    const material = args.material === undefined ? undefined : pulumi.secret(args.material);
    const restore = args.restore ?? configuredRestore(args.name ?? name);
    const planned = outputs("keyVersion", "rotatedOn", "rotateAfter", "formerStacks");
    const defaults = { name, type: "aes256-gcm96", minEnabledVersion: 1, keystore: "state" };
    super(
      "ManagedKey",
      name,
      {
        ...defaults,
        ...given({ ...args, material, restore }),
        deletionAllowed,
        replicaRegions,
        stack: stackName(),
        ...planned,
        ...outputs("latestVersion", "versions", "keyring", "stateVersion"),
      },
      {
        ...opts,
        // What is retained is not deleted, and must be able to leave the state.
        protect: opts.protect ?? (!deletionAllowed && !opts.retainOnDelete),
        // A replacement (`up --replace`) then begins with the deletion, which the provider refuses while the key is still the
        // one in the state. Otherwise it would begin with another key, and the refusal would come too late.
        deleteBeforeReplace: opts.deleteBeforeReplace ?? !deletionAllowed,
        additionalSecretOutputs: [...(opts.additionalSecretOutputs ?? []), "keyring", "material"],
      },
    );
    this.replicaRegions = replicaRegions;
    this.#restore = restore;
    this.#keystore = args.keystore ?? defaults.keystore;
    this.#material = material;
  }

  /** The KMS keys that are there for a distribution: of a restored key its backup's, else those of the program. @internal */
  adopted(kms: KmsProvider, program?: pulumi.Input<Adopt>): pulumi.Input<Adopt> | undefined {
    return this.#restore === undefined ? program : adoptedIn(this.#restore, kms, program);
  }

  /** KMS keys of the backup that are in no Region and account of this KmsProvider. @internal */
  elsewhere(kms: KmsProvider): pulumi.Input<string[]> | undefined {
    return this.#restore === undefined ? undefined : restoredElsewhere(this.#restore, kms);
  }

  /** What KeyDistribution and KeyReplica need of the key. @internal */
  ref(): pulumi.Inputs {
    const { id, name, type, replicaRegions, minEnabledVersion, deletionAllowed } = this;
    const { formerStacks, keyVersion, keyring } = this;
    // Of the program and not of the state, which somebody else may have written.
    const said = given({ keystore: this.#keystore, material: this.#material });
    const named = { id, name, type, replicaRegions, minEnabledVersion, deletionAllowed };
    return { ...named, formerStacks, keyVersion, keyring, ...said };
  }
}
