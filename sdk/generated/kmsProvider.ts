// Generated from schema.json by `make generate`. Do not edit.

import * as pulumi from "@pulumi/pulumi";
import { composeKmsProvider } from "../compose";
import { registration } from "../dynamicResource";
import type { KmsProviderArgs } from "./inputs";
import type { AssumeRole, Credentials, WebIdentity, WrappingKeySpec } from "./types";

/**
 * An AWS account and primary Region that keys are distributed to, and how to reach it. Declare one for each
 * account and primary Region. It calls AWS STS once to learn the account, and no KMS operation. In Vault:
 * `vault write keymgmt/kms/<name> provider=awskms key_collection=<Region>`.
 */
export class KmsProvider extends pulumi.CustomResource {
  /** AWS KMS is the only kind of KMS. */
  declare readonly provider: pulumi.Output<string>;
  /** AWS Region that holds the KMS keys: the primary Region of multi-Region keys. */
  declare readonly keyCollection: pulumi.Output<string>;
  /**
   * AWS access keys. They take precedence over every other source. Without them: `webIdentity` or `profile`
   * where set, then the environment, the shared config and credentials files, a web identity token file, and
   * the role of the container (ECS, EKS) or EC2 instance.
   */
  declare readonly credentials: pulumi.Output<Credentials | undefined>;
  /**
   * Profile of the shared AWS config and credentials files (SSO, `credential_process` and `source_profile`
   * included).
   */
  declare readonly profile: pulumi.Output<string | undefined>;
  /**
   * A role to assume with the credentials that were found. Of a list, each role is assumed with the
   * credentials of the one before it (role chaining).
   */
  declare readonly assumeRole: pulumi.Output<AssumeRole | AssumeRole[] | undefined>;
  /** A role to assume with an OIDC token, for CI without long-lived keys. */
  declare readonly webIdentity: pulumi.Output<WebIdentity | undefined>;
  /**
   * Endpoint of AWS KMS, for VPC endpoints and local stand-ins; https unless it is this machine. `{region}`
   * in it is replaced by the Region. Or a map from Region to URL, which then must have each Region that is
   * used. Default: the environment's `AWS_KMS_ENDPOINT` or `AWS_ENDPOINT_URL_KMS`, the profile's, then AWS's
   * own. The environment and AWS profiles can name only AWS's hosts and this machine.
   */
  declare readonly endpoint: pulumi.Output<string | Record<string, string> | undefined>;
  /** RSA key that AWS KMS generates to wrap key material for its import. */
  declare readonly wrappingKeySpec: pulumi.Output<WrappingKeySpec>;
  /** Tags for every KMS key that is distributed through this KmsProvider. */
  declare readonly tags: pulumi.Output<Record<string, string> | undefined>;
  /**
   * Requests per second by operation (for example `{ GetParametersForImport: 5 }`), for accounts whose KMS
   * quotas were raised. Or "aws": the quotas are read from AWS Service Quotas in each Region; without the
   * permission servicequotas:ListServiceQuotas AWS's default quotas are assumed, with a warning. Default:
   * AWS's documented quotas.
   */
  declare readonly quotas: pulumi.Output<string | Record<string, number> | undefined>;
  /**
   * Regions that do not answer: no request is sent there. Every preview lists the work that waits there, and
   * the first update without the Region in the list does it. With `keyCollection` in the list, everything
   * that is distributed through this KmsProvider is left as it is.
   */
  declare readonly unreachableRegions: string[] | undefined;
  /**
   * First part of the alias of every distribution: `alias/<aliasPrefix>/<key name>-<unix timestamp>`. The
   * default is that of Vault's key management engine; without aliases of Vault's, give a name of your own, or
   * give applications an alias of your own by `extraAliases`.
   */
  declare readonly aliasPrefix: pulumi.Output<string>;
  /** AWS account that the credentials belong to. */
  declare readonly accountId: pulumi.Output<string>;
  /** Source that the credentials come from. */
  declare readonly credentialSource: pulumi.Output<string>;
  /** Version of the format of this resource's state. */
  declare readonly stateVersion: pulumi.Output<number>;

  constructor(name: string, args: KmsProviderArgs, opts: pulumi.CustomResourceOptions = {}) {
    const composed = composeKmsProvider(name, args, opts);
    const { type, props, opts: options, complete } = registration("KmsProvider", composed);
    super(type, name, props, options);
    complete(this);
  }
}
