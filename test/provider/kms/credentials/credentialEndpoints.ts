import { Agent } from "node:http";
import sinon from "sinon";
import { type Answer, type Loopback, loopback, type Seen, stsAnswer, stsCredentials } from "../loopback";

/** Where each source's credentials come from, strict as AWS's own: what a request lacks is refused. */
export const PATHS = {
  /** ECS: a path at 169.254.170.2. */
  task: "/v2/credentials/0f1e2d3c",
  /** EKS Pod Identity and other agents: a whole URL, and a token. */
  pod: "/v1/credentials",
  /** A whole URL without a token. */
  plain: "/plain",
  instanceToken: "/latest/api/token",
  instanceRole: "/latest/meta-data/iam/security-credentials/",
  sso: "/federation/credentials",
  ssoToken: "/token",
  /** GitHub Actions; its URL has a query already. */
  actions: "/oidc/token",
} as const;

export const INSTANCE_ROLE = "instance-role";

/** IMDSv2, the ECS and EKS agents, STS, SSO and SSO OIDC on one loopback port. */
export interface CredentialEndpoints extends Loopback {
  /** Answers in place of the usual ones, by operation or path. */
  instead: Partial<Record<string, Answer>>;
  /** How long credentials last that are given from now on. */
  lastingMs: number;
  /** The token that a pod's request must carry. */
  podToken: string;
  /** The access token that SSO takes. */
  ssoToken: string;
}

export async function credentialEndpoints(): Promise<CredentialEndpoints> {
  let endpoints: CredentialEndpoints;
  const server = await loopback((request) => {
    const { instead } = endpoints;
    return instead[request.operation || request.path] ?? usual(request, endpoints);
  });
  endpoints = Object.assign(server, {
    instead: {},
    lastingMs: 3_600_000,
    podToken: "pod-token",
    ssoToken: "sso-token",
  });
  return endpoints;
}

function usual(request: Seen, endpoints: CredentialEndpoints): Answer {
  const { lastingMs, podToken, ssoToken } = endpoints;
  const { method, operation, headers } = request;
  const url = new URL(request.path, "http://loopback");
  const expires = Date.now() + lastingMs;
  const keys = (id: string) => ({
    Code: "Success",
    AccessKeyId: id,
    SecretAccessKey: "s",
    Token: "t",
    Expiration: new Date(expires).toISOString(),
  });
  if (operation === "AssumeRole") return stsCredentials(operation, "FROM-ROLE", lastingMs);
  if (operation === "AssumeRoleWithWebIdentity")
    return stsCredentials(operation, "FROM-WEB-IDENTITY", lastingMs);
  if (operation === "GetCallerIdentity")
    return stsAnswer(
      operation,
      "<Arn>arn:aws:iam::111122223333:user/ci</Arn><UserId>A</UserId><Account>111122223333</Account>",
    );
  switch (url.pathname) {
    case PATHS.task:
      return { body: keys("FROM-TASK") };
    case PATHS.plain:
      return { body: keys("FROM-CONTAINER") };
    case PATHS.pod:
      return headers.authorization === podToken ? { body: keys("FROM-POD") } : refused;
    case PATHS.instanceToken:
      return method === "PUT" && headers["x-aws-ec2-metadata-token-ttl-seconds"]
        ? { body: "imds-token" }
        : { status: 405, body: "" };
    case PATHS.instanceRole:
      return ofInstance(headers, { body: INSTANCE_ROLE });
    case `${PATHS.instanceRole}${INSTANCE_ROLE}`:
      return ofInstance(headers, { body: keys("FROM-INSTANCE") });
    case PATHS.sso:
      if (headers["x-amz-sso_bearer_token"] !== ssoToken)
        return { status: 401, body: { message: "Session token not found or invalid" } };
      return {
        body: {
          roleCredentials: {
            accessKeyId: "FROM-SSO",
            secretAccessKey: "s",
            sessionToken: "t",
            expiration: expires,
          },
        },
      };
    case PATHS.actions:
      if (headers.authorization !== "Bearer job-token")
        return { status: 401, body: { message: "Unauthorized" } };
      return { body: { count: 1, value: `token for ${url.searchParams.get("audience")}` } };
    case PATHS.ssoToken:
      endpoints.ssoToken = `${ssoToken}+`; // a new one each time, and the last is refused
      return {
        body: {
          accessToken: endpoints.ssoToken,
          expiresIn: lastingMs / 1000,
          refreshToken: "next",
          tokenType: "Bearer",
        },
      };
  }
  return { status: 404, body: "" };
}

const refused: Answer = { status: 403, body: { Code: "AccessDenied", Message: "no such token" } };

/** IMDSv2 gives nothing to who has no session token. */
const ofInstance = (headers: Seen["headers"], answer: Answer): Answer =>
  headers["x-aws-ec2-metadata-token"] === "imds-token" ? answer : { status: 401, body: "" };

/**
 * Connections to this host go to `port` on loopback instead, until `sinon.restore()`. For ECS's 169.254.170.2, which no setting of
 * the AWS SDK changes: the address itself is not proved by these tests, all else is.
 */
export function redirect(host: string, port: number): void {
  const agent = Agent.prototype as unknown as {
    createConnection(options: { host?: string; port?: number }, ...rest: unknown[]): unknown;
  };
  const connect = agent.createConnection;
  sinon.stub(agent, "createConnection").callsFake(function (this: unknown, options, ...rest) {
    const to = options.host === host ? { ...options, host: "127.0.0.1", port } : options;
    return connect.call(this, to, ...rest);
  });
}
