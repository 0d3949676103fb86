// Generated from schema.json by `make generate`. Do not edit.

import * as pulumi from "@pulumi/pulumi";
import { composeManagedKey } from "../compose";
import { registration } from "../dynamicResource";
import type { ManagedKeyArgs } from "./inputs";
import type { KeyType, KeyVersion } from "./types";

/**
 * A key whose owner generates and keeps its material: a name, a type and numbered versions. It calls no AWS
 * operation unless its keystore is AWS KMS; a KeyDistribution gives it to AWS KMS. In Vault: `vault write
 * keymgmt/key/<name>`, `…/rotate`.
 */
export class ManagedKey extends pulumi.CustomResource {
  /** Name of the key, in aliases and tags. Default: the name of the resource. */
  declare readonly name: pulumi.Output<string>;
  /** Type of the key. */
  declare readonly type: pulumi.Output<KeyType>;
  /** Regions that may hold replicas. If there are any, every version is a multi-Region KMS key. */
  declare readonly replicaRegions: string[];
  /** Versions below it are disabled in AWS. They are enabled again when it is lowered. */
  declare readonly minEnabledVersion: pulumi.Output<number>;
  /**
   * Whether the key, and its material with it, may be deleted or replaced. It must be true in the state
   * before that. While it is false, no KMS key of it is scheduled for deletion unless the update has seen the
   * program declare the key, and the SDK sets Pulumi's own `protect`.
   */
  declare readonly deletionAllowed: pulumi.Output<boolean>;
  /**
   * Time between rotations: `90d`, `12w`, `1y`, or ISO 8601 (`P3M`); at least a day. An update on or after
   * `rotateAfter` rotates the key.
   */
  declare readonly rotationPeriod: pulumi.Output<string | undefined>;
  /** Any change of this value rotates the key. */
  declare readonly rotationTrigger: pulumi.Output<string | undefined>;
  /**
   * Where the material is kept. `state`: in the stack's state, as a Pulumi secret. `env://NAME` or
   * `file:///path`: in the state, sealed by the 256-bit root key that is there.
   * `awskms://alias/NAME?region=REGION`, `awskms://KEY-ID?region=REGION` or `awskms:///ARN`, each with
   * `profile` and `endpoint` where needed: in the state, sealed by data keys of that KMS key. `none`: only
   * where `material` names it. `pkcs11:token=NAME?module-path=/PATH&pin-source=env://NAME`, with `token` or
   * `serial`, and `env://`, `file://` or `exec:` as source of the PIN: in an HSM, which generates and wraps
   * it. A change seals the material again; keys of an HSM stay in it.
   */
  declare readonly keystore: pulumi.Output<string>;
  /** Latest version after the update. A preview shows `1 => 2` when a rotation is due. Planned by `check`. */
  declare readonly keyVersion: pulumi.Output<number>;
  /**
   * UTC date of the latest version (YYYY-MM-DD). Recorded by `check`; unknown in a preview that makes a
   * version.
   */
  declare readonly rotatedOn: pulumi.Output<string>;
  /**
   * UTC date from which an update rotates the key (YYYY-MM-DD). Recorded by `check`; unknown in a preview
   * that makes a version.
   */
  declare readonly rotateAfter: pulumi.Output<string | undefined>;
  /** Number of the latest version. */
  declare readonly latestVersion: pulumi.Output<number>;
  /** All versions, without their material. */
  declare readonly versions: pulumi.Output<KeyVersion[]>;
  /**
   * Public halves of the enabled versions of an asymmetric key: a JWK set in JSON (RFC 7517), as verifiers of
   * its signatures read it; each `kid` is a thumbprint (RFC 7638).
   */
  declare readonly jwks: pulumi.Output<string | undefined>;
  /**
   * All versions with their material, as `keystore` says: a JWK set (RFC 7517) whose keys are in the clear,
   * sealed as JWE (RFC 7516), or left out.
   */
  declare readonly keyring: pulumi.Output<string>;
  /** Version of the format of this resource's state. */
  declare readonly stateVersion: pulumi.Output<number>;
  /** Name of the stack, `organization/project/stack`, which the KMS keys are tagged with. Set by the SDK. */
  declare readonly stack: pulumi.Output<string>;
  /**
   * Former names of the stack (`organization/project/stack`), newest first, at most 10. KMS keys that are
   * tagged with one of them belong to this stack. Planned by `check`.
   */
  declare readonly formerStacks: pulumi.Output<string[]>;

  constructor(name: string, args: ManagedKeyArgs = {}, opts: pulumi.CustomResourceOptions = {}) {
    const composed = composeManagedKey(name, args, opts);
    const { type, props, opts: options, complete } = registration("ManagedKey", composed);
    super(type, name, props, options);
    complete(this);
  }
}
