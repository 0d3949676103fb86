import type { STSClientConfig } from "@aws-sdk/client-sts";
import { KeymgmtError } from "../../errors";
import { credentialProviders } from "../awsSdk";
import type { KmsConnection } from "../endpoints/connection";
import type { TimeLimits } from "../endpoints/http";
import { saysNoDefaultProfile } from "../errors/texts";
import { tokenAt, tokenInFile, tokenOfActions } from "./identityToken";
import { checkContainerEndpoint, checkInstanceEndpoint } from "./instanceMetadata";
import type { AwsCredentials } from "./refreshed";
import { profileSource, webIdentitySource } from "./roles";
import type { Source } from "./source";

/**
 * All sources of credentials, in order. The first one that exists is used. The order is Vault's: credentials of the KMS provider,
 * environment, shared credentials file, IAM role of the ECS task or EC2 instance. `webIdentity` and `profile` are inputs too, so they
 * follow `credentials`. AWS_PROFILE is not an input, so access keys in the environment come before it. (The AWS SDK for JavaScript
 * prefers AWS_PROFILE, so its own chain is not used.) A source is examined only when the ones before it do not exist: a mistake in the
 * environment does not matter where `credentials` are set.
 *
 * @param sts how to reach STS
 */
export function* sourcesOf(
  connection: KmsConnection,
  sts: STSClientConfig,
  time: TimeLimits,
): Generator<Source> {
  yield fromInput(connection);
  yield fromWebIdentityInput(connection, sts, time);
  yield fromProfileInput(connection, sts);
  yield fromEnvironment();
  yield fromSharedFiles(sts);
  yield fromWebIdentityEnvironment(sts);
  yield fromContainer();
  yield fromInstance();
}

function fromInput({ credentials }: KmsConnection): Source {
  const name = "credentials";
  if (!credentials) return { name, missing: "not set" };
  const { accessKey, secretKey, sessionToken } = credentials;
  if (!accessKey || !secretKey) {
    throw new KeymgmtError(
      "InvalidCredentials",
      `Expected \`credentials\` to hold accessKey and secretKey, got none for ${accessKey ? "secretKey" : "accessKey"}.`,
    );
  }
  const keys: AwsCredentials = {
    accessKeyId: accessKey,
    secretAccessKey: secretKey,
    ...(sessionToken && { sessionToken }),
  };
  return { name, ask: async () => keys };
}

function fromWebIdentityInput(
  { webIdentity, keyCollection }: KmsConnection,
  sts: STSClientConfig,
  { requestMs }: TimeLimits,
): Source {
  if (!webIdentity) return { name: "webIdentity", missing: "not set" };
  const { roleArn, tokenFile, audience } = webIdentity;
  const token = tokenFile ? tokenAt(tokenFile) : tokenOfActions(keyCollection, requestMs, audience);
  return webIdentitySource(roleArn, token, sts);
}

function fromProfileInput({ profile }: KmsConnection, sts: STSClientConfig): Source {
  if (!profile) return { name: "profile", missing: "not set" };
  return profileSource(profile, sts);
}

function fromEnvironment(): Source {
  const name = "environment";
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = process.env;
  if (!id && !secret) return { name, missing: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set" };
  if (!id || !secret) {
    const [set, unset] = id
      ? ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
      : ["AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"];
    throw new KeymgmtError(
      "InvalidCredentials",
      `Expected both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, got only ${set}. Set ${unset} as well, or neither.`,
    );
  }
  return {
    name,
    ask: async () => {
      const { fromEnv } = credentialProviders();
      return fromEnv()();
    },
  };
}

/** A profile that AWS_PROFILE names must exist. The profile `default` need not. */
function fromSharedFiles(sts: STSClientConfig): Source {
  const named = process.env.AWS_PROFILE;
  if (named) return profileSource(named, sts);
  return {
    ...profileSource("default", sts),
    // Any other error means that the profile exists and does not work. Another source could be another identity than the user wants.
    absentIf: (error) => saysNoDefaultProfile(error.message),
  };
}

function fromWebIdentityEnvironment(sts: STSClientConfig): Source {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_ROLE_ARN: roleArn } = process.env;
  if (!tokenFile) return { name: "web-identity", missing: "AWS_WEB_IDENTITY_TOKEN_FILE is not set" };
  if (!roleArn) {
    throw new KeymgmtError(
      "InvalidCredentials",
      "Expected AWS_ROLE_ARN in the environment next to AWS_WEB_IDENTITY_TOKEN_FILE, got none. Set it, or neither.",
    );
  }
  return webIdentitySource(roleArn, tokenInFile(tokenFile, "AWS_WEB_IDENTITY_TOKEN_FILE"), sts);
}

/** ECS task roles and EKS Pod Identity. */
function fromContainer(): Source {
  const name = "container";
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } =
    process.env;
  if (!relative && !full) return { name, missing: "AWS_CONTAINER_CREDENTIALS_*_URI are not set" };
  return {
    name,
    ask: async () => {
      checkContainerEndpoint();
      const { fromHttp } = credentialProviders();
      return fromHttp()();
    },
  };
}

/** IMDSv2 only: IMDSv1 answers any request that somebody can make this machine send. */
function fromInstance(): Source {
  const name = "instance";
  const disabled = process.env.AWS_EC2_METADATA_DISABLED?.toLowerCase();
  if (disabled && disabled !== "false") return { name, missing: "AWS_EC2_METADATA_DISABLED is set" };
  checkInstanceEndpoint(); // not in `ask`, because every error of `ask` means that there is no instance
  return {
    name,
    ask: async () => {
      const { fromInstanceMetadata } = credentialProviders();
      return fromInstanceMetadata({ timeout: 1_000, maxRetries: 1, ec2MetadataV1Disabled: true })();
    },
    absentIf: () => true,
  };
}
