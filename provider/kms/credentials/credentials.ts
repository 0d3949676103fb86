import { isKeymgmtError, KeymgmtError } from "../../errors";
import { type KmsConnection, rolesOf } from "../endpoints/connection";
import { refuseOtherHosts, stsReach } from "../endpoints/endpoint";
import { httpOptions, type TimeLimits } from "../endpoints/http";
import { awsError } from "../errors/awsErrors";
import { asSdkError, isTlsRefusal, isUnanswered } from "../errors/failures";
import { sanitized, sanitizedError } from "../errors/sanitize";
import { type CredentialProvider, refreshed } from "./refreshed";
import { roleSource } from "./roles";
import type { PresentSource } from "./source";
import { sourcesOf } from "./sources";

/** Credentials and their source. */
export interface FoundCredentials {
  /**
   * "credentials", "web-identity", "profile NAME", "environment", "container" or "instance"; with assumed roles,
   * "... > ROLE-ARN > ROLE-ARN".
   */
  source: string;
  /** Returns credentials that are valid now. Throws KeymgmtError only. */
  provider: CredentialProvider;
}

interface Sts {
  region: string;
  endpoint?: string;
  /** Set when a connection was refused. The SDK's SSO code continues after that and ends with another error. */
  refused?: KeymgmtError;
}

/**
 * Finds a connection's credentials, in the order of sourcesOf. Some sources show only by a request whether they exist (the profile
 * `default`, the instance role). These are requested at once, the others at their first use.
 * Throws InvalidCredentials, MissingCredentials, AccessDenied or EndpointUnreachable.
 */
export async function findCredentials(
  connection: KmsConnection,
  time: TimeLimits,
): Promise<FoundCredentials> {
  const reach = stsReach(connection);
  const { region, endpoint } = reach;
  const sts: Sts = { region, endpoint };
  const others = refuseOtherHosts(connection, region);
  const refuse = (url: URL) => {
    const refused = others(url);
    sts.refused ??= refused;
    return refused;
  };
  const config = { ...reach, requestHandler: httpOptions(time, { keepAlive: false, refuse }) };
  const missing: string[] = [];
  for (const source of sourcesOf(connection, config, time)) {
    const found = "missing" in source ? source.missing : await look(source, sts);
    if (typeof found !== "string")
      return rolesOf(connection).reduce((from, role) => present(roleSource(role, from, config), sts), found);
    missing.push(`${source.name} (${found})`);
  }
  throw new KeymgmtError(
    "MissingCredentials",
    `Expected AWS credentials, found none. Looked at: ${missing.join("; ")}. ` +
      "Give the KmsProvider `credentials` or `profile`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    { region },
  );
}

/** The source's credentials, or the reason why the source has none. */
async function look(source: PresentSource, sts: Sts): Promise<FoundCredentials | string> {
  const ask = refreshed(source.ask);
  if (source.absentIf) {
    try {
      await ask();
    } catch (thrown) {
      const error = asSdkError(thrown);
      if (source.absentIf(error)) return sanitized(error.message);
      throw sourceError(error, source, sts);
    }
  }
  return present({ ...source, ask }, sts);
}

/** Credentials of a source that exists. */
function present(source: PresentSource, sts: Sts): FoundCredentials {
  const provider = () => source.ask().catch((error) => Promise.reject(sourceError(error, source, sts)));
  return { source: source.name, provider };
}

/** The error of a source that exists but returns no credentials. */
function sourceError(
  thrown: unknown,
  { name, operation }: PresentSource,
  { region, endpoint, refused }: Sts,
): KeymgmtError {
  if (isKeymgmtError(thrown)) return thrown;
  if (refused) return refused;
  const error = asSdkError(thrown);
  const fromSts = error.$metadata?.httpStatusCode !== undefined || isUnanswered(error) || isTlsRefusal(error);
  if (operation && fromSts) {
    return awsError(error, {
      service: "sts",
      operation,
      region,
      endpoint,
      credentialSource: name,
      repeatable: true,
    });
  }
  const denied = error.name === "AccessDenied" || error.name === "AccessDeniedException";
  const code = denied ? "AccessDenied" : isUnanswered(error) ? "EndpointUnreachable" : "InvalidCredentials";
  return new KeymgmtError(
    code,
    `Expected AWS credentials from ${name}, but could not get them: ${sanitized(error.message)}. ` +
      "Correct that source, or give the KmsProvider another one by `credentials`, `webIdentity` or `profile`.",
    { region, awsName: error.name, requestId: error.$metadata?.requestId },
    { cause: sanitizedError(error) },
  );
}
