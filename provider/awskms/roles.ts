import type { STSClientConfig } from "@aws-sdk/client-sts";
import type { KmsConnection } from "./connection";
import { type CredentialProvider, refreshed } from "./refreshed";
import type { PresentSource } from "./source";

const SESSION_NAME = "pulumi-keymgmt";

/**
 * A profile of the config and credentials files: keys, SSO, credential_process, source_profile, web identity. The role
 * assumers carry our STS settings, because `clientConfig` would also go to SSO, which has an endpoint and a Region of
 * its own.
 */
export function profileSource(profile: string, sts: STSClientConfig): PresentSource {
  const ask = async () => {
    const { getDefaultRoleAssumer, getDefaultRoleAssumerWithWebIdentity } = await import(
      "@aws-sdk/client-sts"
    );
    const { fromIni } = await import("@aws-sdk/credential-providers");
    return fromIni({
      profile,
      ignoreCache: true,
      roleAssumer: getDefaultRoleAssumer(sts),
      roleAssumerWithWebIdentity: getDefaultRoleAssumerWithWebIdentity(sts),
      clientConfig: { requestHandler: sts.requestHandler },
    })();
  };
  return { name: `profile ${profile}`, ask };
}

/** The token file is read each time: whoever writes it replaces the token. */
export function webIdentitySource(
  roleArn: string,
  webIdentityTokenFile: string,
  clientConfig: STSClientConfig,
): PresentSource {
  const ask = async () => {
    const { fromTokenFile } = await import("@aws-sdk/credential-providers");
    const roleSessionName = process.env.AWS_ROLE_SESSION_NAME || SESSION_NAME;
    return fromTokenFile({
      roleArn,
      webIdentityTokenFile,
      roleSessionName,
      clientConfig,
    })();
  };
  return { name: "web-identity", ask, operation: "AssumeRoleWithWebIdentity" };
}

/** The role, taken with the credentials of another source. */
export function roleSource(
  role: NonNullable<KmsConnection["assumeRole"]>,
  from: { source: string; provider: CredentialProvider },
  clientConfig: STSClientConfig,
): PresentSource {
  const params = {
    RoleArn: role.roleArn,
    RoleSessionName: role.sessionName ?? SESSION_NAME,
    ExternalId: role.externalId,
    DurationSeconds: role.durationSeconds,
  };
  const masterCredentials = from.provider;
  const ask = async () => {
    const { fromTemporaryCredentials } = await import("@aws-sdk/credential-providers");
    return fromTemporaryCredentials({ masterCredentials, params, clientConfig })();
  };
  return { name: `${from.source} > ${role.roleArn}`, ask: refreshed(ask), operation: "AssumeRole" };
}
