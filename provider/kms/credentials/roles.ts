import type { STSClientConfig } from "@aws-sdk/client-sts";
import type { AssumeRole } from "../../schema/types";
import { clientSts, credentialProviders } from "../awsSdk";
import type { IdentityToken } from "./identityToken";
import { checkCredentialSources } from "./instanceMetadata";
import { type CredentialProvider, refreshed } from "./refreshed";
import type { PresentSource } from "./source";

const SESSION_NAME = "pulumi-keymgmt";

/** The limit of the AWS SDK for Go for a credential_process. The SDK for JavaScript has none: a process that asks a question would hang. */
const PROFILE_LIMIT_MS = 60_000;

/**
 * A profile of the config and credentials files: keys, SSO, credential_process, source_profile, credential_source, web identity. The
 * role assumers have our STS settings. `clientConfig` cannot carry them, because it also applies to SSO, which has its own endpoint and
 * Region. The SDK passes the options on to the source that `credential_source` names, so IMDSv1 is disabled there too.
 */
export function profileSource(profile: string, sts: STSClientConfig): PresentSource {
  const ask = async () => {
    checkCredentialSources();
    const { getDefaultRoleAssumer, getDefaultRoleAssumerWithWebIdentity } = clientSts();
    const { fromIni } = credentialProviders();
    const options = {
      profile,
      ignoreCache: true,
      roleAssumer: getDefaultRoleAssumer(sts),
      roleAssumerWithWebIdentity: getDefaultRoleAssumerWithWebIdentity(sts),
      clientConfig: { requestHandler: sts.requestHandler },
      ec2MetadataV1Disabled: true,
    };
    return withinLimit(fromIni(options)());
  };
  return { name: `profile ${profile}`, ask };
}

function withinLimit<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(
      `it returned none in ${PROFILE_LIMIT_MS / 1000} seconds; it cannot ask a question here`,
    );
    timer = setTimeout(() => reject(error), PROFILE_LIMIT_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** A role that is assumed with an OIDC token. */
export function webIdentitySource(
  roleArn: string,
  token: IdentityToken,
  clientConfig: STSClientConfig,
): PresentSource {
  const ask = async () => {
    const { fromWebToken } = credentialProviders();
    const roleSessionName = process.env.AWS_ROLE_SESSION_NAME || SESSION_NAME;
    return fromWebToken({ roleArn, webIdentityToken: await token(), roleSessionName, clientConfig })();
  };
  return { name: "web-identity", ask, operation: "AssumeRoleWithWebIdentity" };
}

/** A role that is assumed with the credentials of another source. */
export function roleSource(
  role: AssumeRole,
  from: { source: string; provider: CredentialProvider },
  clientConfig: STSClientConfig,
): PresentSource {
  const params = {
    RoleArn: role.roleArn,
    RoleSessionName: role.sessionName ?? SESSION_NAME,
    ExternalId: role.externalId,
    DurationSeconds: role.durationSeconds,
    Tags: role.tags && Object.entries(role.tags).map(([Key, Value]) => ({ Key, Value })),
    TransitiveTagKeys: role.transitiveTagKeys,
    SourceIdentity: role.sourceIdentity,
    Policy: role.policy,
    PolicyArns: role.policyArns?.map((arn) => ({ arn })),
  };
  const masterCredentials = from.provider;
  const ask = async () => {
    const { fromTemporaryCredentials } = credentialProviders();
    return fromTemporaryCredentials({ masterCredentials, params, clientConfig })();
  };
  return { name: `${from.source} > ${role.roleArn}`, ask: refreshed(ask), operation: "AssumeRole" };
}
