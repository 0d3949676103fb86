import * as pulumi from "@pulumi/pulumi";
import { DynamicResource, given, outputs } from "./dynamicResource";
import { byPath, secretsAmong } from "./secretInputs";
import type { AssumeRole, Credentials, WebIdentity, WrappingKeySpec } from "./types";

export interface KmsProviderArgs {
  /** Kind of the provider. Only `awskms`, the default. A change replaces. */
  provider?: pulumi.Input<"awskms">;
  /** AWS Region that holds the KMS keys; the primary Region of multi-Region keys. A change replaces. */
  keyCollection: pulumi.Input<string>;
  /**
   * AWS access keys. They win over every other source. Without them: `webIdentity` or `profile` where given, then the
   * environment, the shared config and credentials files, a web identity token file, and the role of the container (ECS, EKS) or
   * EC2 instance.
   */
  credentials?: pulumi.Input<Credentials>;
  /** Profile of the shared AWS config and credentials files. */
  profile?: pulumi.Input<string>;
  /** A role to assume with whichever credentials were found; of a list each is assumed with the one before (role chaining). */
  assumeRole?: pulumi.Input<AssumeRole | pulumi.Input<AssumeRole>[]>;
  /** A role for an OIDC token: CI without long-lived keys. */
  webIdentity?: pulumi.Input<WebIdentity>;
  /**
   * Endpoint of AWS KMS, over https unless it is this machine; `{region}` in it is replaced by the Region. Or a map from Region to URL,
   * which then has each Region that is used. Default: `AWS_KMS_ENDPOINT`, `AWS_ENDPOINT_URL_KMS`, the profile's, AWS's own. The environment
   * and AWS profiles can name AWS's hosts and this machine only.
   */
  endpoint?: pulumi.Input<string | Record<string, pulumi.Input<string>>>;
  /** First part of every alias, by default `hashicorp`. A change replaces. */
  aliasPrefix?: pulumi.Input<string>;
  /** RSA key that AWS KMS makes to wrap material on its way, by default `RSA_4096`. */
  wrappingKeySpec?: pulumi.Input<WrappingKeySpec>;
  /** Tags for every KMS key distributed through this provider. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Requests a second by operation, for accounts whose KMS quotas were raised. Default: AWS's documented quotas. */
  quotas?: pulumi.Input<Record<string, pulumi.Input<number>>>;
  /**
   * Regions that do not answer: nothing is sent there, what is owed there is said, and made good once they are off the list. With
   * `keyCollection` on it, all that is distributed through this provider is left as it is. A plain list.
   */
  unreachableRegions?: string[];
}

/**
 * Where keys go: an AWS account and Region, and how to reach it. One for each account and primary Region.
 * Vault: `vault write keymgmt/kms/<name> provider=awskms key_collection=…`.
 */
export class KmsProvider extends DynamicResource {
  declare readonly provider: pulumi.Output<string>;
  declare readonly keyCollection: pulumi.Output<string>;
  declare readonly credentials: pulumi.Output<Credentials | undefined>;
  declare readonly profile: pulumi.Output<string | undefined>;
  declare readonly assumeRole: pulumi.Output<AssumeRole | AssumeRole[] | undefined>;
  declare readonly webIdentity: pulumi.Output<WebIdentity | undefined>;
  declare readonly endpoint: pulumi.Output<string | Record<string, string> | undefined>;
  declare readonly aliasPrefix: pulumi.Output<string>;
  declare readonly wrappingKeySpec: pulumi.Output<WrappingKeySpec>;
  declare readonly tags: pulumi.Output<Record<string, string> | undefined>;
  declare readonly quotas: pulumi.Output<Record<string, number> | undefined>;
  /** Regions that nothing is sent to. */
  readonly unreachableRegions: string[] | undefined;
  /** AWS account that the credentials belong to. */
  declare readonly accountId: pulumi.Output<string>;
  /** Which source of credentials won. */
  declare readonly credentialSource: pulumi.Output<string>;
  /** Shape of this resource's state. */
  declare readonly stateVersion: pulumi.Output<number>;

  readonly #repeatable: Record<string, pulumi.Input<unknown>>;

  constructor(name: string, args: KmsProviderArgs, opts: pulumi.CustomResourceOptions = {}) {
    const credentials = args.credentials === undefined ? undefined : pulumi.secret(args.credentials);
    const defaults = { provider: "awskms", aliasPrefix: "hashicorp", wrappingKeySpec: "RSA_4096" };
    const { tags, assumeRole } = args;
    const repeatable = { ...given({ tags }), ...byPath("assumeRole", assumeRole) };
    const secretInputs = secretsAmong(repeatable);
    const unreachableRegions = args.unreachableRegions?.length
      ? [...args.unreachableRegions].sort()
      : undefined;
    const declared = outputs("accountId", "credentialSource", "stateVersion");
    super(
      "KmsProvider",
      name,
      { ...defaults, ...given({ ...args, credentials, unreachableRegions }), secretInputs, ...declared },
      opts,
    );
    this.unreachableRegions = unreachableRegions;
    this.#repeatable = repeatable;
  }

  /** Inputs that messages of whatever uses this could repeat, by their paths under `prefix`. @internal */
  repeatable(prefix: string): Record<string, pulumi.Input<unknown>> {
    return Object.fromEntries(
      Object.entries(this.#repeatable).map(([path, value]) => [`${prefix}.${path}`, value]),
    );
  }

  /** What KeyDistribution and KeyReplica need to reach AWS. What was not given is undefined here too. @internal */
  connection(): pulumi.Inputs {
    const { keyCollection, credentials, profile, assumeRole, webIdentity, endpoint } = this;
    const { aliasPrefix, wrappingKeySpec, tags, quotas, accountId, unreachableRegions } = this;
    const reach = { keyCollection, credentials, profile, assumeRole, webIdentity, endpoint };
    return { ...reach, aliasPrefix, wrappingKeySpec, tags, quotas, accountId, unreachableRegions };
  }
}
