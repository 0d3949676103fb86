// Generated from schema.json by `make generate`. Do not edit.

import type * as pulumi from "@pulumi/pulumi";
import type { AssumeRole, Credentials, KeyType, WebIdentity, WrappingKeySpec } from "./types";

/** What the SDK passes from a KmsProvider to the resources that use it. */
export interface KmsConnection {
  readonly keyCollection: pulumi.Output<string>;
  readonly credentials: pulumi.Output<Credentials | undefined>;
  readonly profile: pulumi.Output<string | undefined>;
  readonly assumeRole: pulumi.Output<AssumeRole | AssumeRole[] | undefined>;
  readonly webIdentity: pulumi.Output<WebIdentity | undefined>;
  readonly endpoint: pulumi.Output<string | Record<string, string> | undefined>;
  readonly wrappingKeySpec: pulumi.Output<WrappingKeySpec>;
  readonly tags: pulumi.Output<Record<string, string> | undefined>;
  readonly quotas: pulumi.Output<string | Record<string, number> | undefined>;
  readonly unreachableRegions: string[] | undefined;
  readonly aliasPrefix: pulumi.Output<string>;
  readonly accountId: pulumi.Output<string>;
}

export const kmsConnection = [
  "keyCollection",
  "credentials",
  "profile",
  "assumeRole",
  "webIdentity",
  "endpoint",
  "wrappingKeySpec",
  "tags",
  "quotas",
  "unreachableRegions",
  "aliasPrefix",
  "accountId",
] as const;

/** What the SDK passes from a ManagedKey to the resources that use it. */
export interface KeyVersions {
  readonly id: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
  readonly type: pulumi.Output<KeyType>;
  readonly replicaRegions: string[];
  readonly minEnabledVersion: pulumi.Output<number>;
  readonly deletionAllowed: pulumi.Output<boolean>;
  readonly keyVersion: pulumi.Output<number>;
  readonly keyring: pulumi.Output<string>;
  readonly formerStacks: pulumi.Output<string[]>;
}

export const keyVersions = [
  "id",
  "name",
  "type",
  "replicaRegions",
  "minEnabledVersion",
  "deletionAllowed",
  "keyVersion",
  "keyring",
  "formerStacks",
] as const;
