import { type Caller, callerAs, rootCaller } from "./caller.js";
import { parsePrincipal } from "./policy/principal.js";
import { PolicyError, readPolicy } from "./policy/readPolicy.js";

/** Who may call, with which credentials and permissions. Without it every caller is the root user of their account. */
export interface IamConfig {
  principals: IamPrincipal[];
}

export interface IamPrincipal {
  /** ARN of a user, a role or an account's root: `arn:aws:iam::111122223333:user/ci`. */
  arn: string;
  /** Once there is any, requests that are not signed by one of them are refused. */
  accessKeys?: AccessKey[];
  /** Policy documents in IAM's JSON: managed and inline ones, and those of the user's groups. */
  policies?: object[];
  permissionsBoundary?: object;
}

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** Makes it temporary credentials. */
  sessionToken?: string;
  /** When temporary credentials end: ISO 8601, by the machine's clock, as their holder counts too. */
  expiration?: string;
}

/** Credentials that are known, and whom they belong to. */
export interface Credentials extends AccessKey {
  readonly caller: Caller;
}

export interface Iam {
  /** By access key id; undefined where no access key is configured: every signature is accepted then. */
  readonly credentials: ReadonlyMap<string, Credentials> | undefined;
  /** The principals of the settings, by their ARN there. */
  readonly callers: ReadonlyMap<string, Caller>;
  /** False where the principal's account is configured and the principal is not. Of other accounts nothing is known. */
  exists(principalArn: string): boolean;
}

/** Throws a sentence that names the place where the configuration is wrong. */
export function readIam({ principals }: IamConfig = { principals: [] }): Iam {
  const credentials = new Map<string, Credentials>();
  const callers = new Map<string, Caller>();
  const accounts = new Set<string>();
  const roles = new Set<string>();
  for (const [i, given] of principals.entries()) {
    const at = `iam.principals[${i}]`;
    const caller = readCaller(given, at);
    const { arn, account, kind, name } = caller.principal;
    if (callers.has(arn)) throw new Error(`${at}: ${arn} is there twice`);
    callers.set(arn, caller);
    accounts.add(account);
    if (kind === "role") roles.add(`${account}/${name.split("/").at(-1)}`);
    for (const key of given.accessKeys ?? []) {
      if (credentials.has(key.accessKeyId))
        throw new Error(`${at}: the access key ${key.accessKeyId} is there twice`);
      if (key.expiration !== undefined && Number.isNaN(Date.parse(key.expiration)))
        throw new Error(`${at}: expected the expiration of ${key.accessKeyId} to be a time in ISO 8601`);
      credentials.set(key.accessKeyId, { ...key, caller });
    }
  }
  return {
    credentials: credentials.size > 0 ? credentials : undefined,
    callers,
    exists: (arn) => {
      const principal = parsePrincipal(arn);
      if (!principal) return false;
      const { kind, account, name } = principal;
      if (!accounts.has(account) || kind === "account" || kind === "federated user") return true;
      // A session's ARN has the role's name without its path.
      return kind === "session" ? roles.has(`${account}/${name.split("/")[0]}`) : callers.has(arn);
    },
  };
}

function readCaller(given: IamPrincipal, at: string): Caller {
  const principal = parsePrincipal(given.arn);
  if (!principal || !["account", "user", "role"].includes(principal.kind))
    throw new Error(`${at}: expected the ARN of a user, a role or an account's root, got ${given.arn}`);
  const { policies = [], permissionsBoundary } = given;
  if (principal.kind === "account") {
    if (policies.length > 0 || permissionsBoundary)
      throw new Error(`${at}: a root user has no policies and no permissions boundary`);
    return rootCaller(principal.partition, principal.account);
  }
  const read = (document: object, name: string) => readIdentityPolicy(document, `${at}.${name}`);
  return callerAs(
    principal,
    policies.map((document, n) => read(document, `policies[${n}]`)),
    permissionsBoundary && read(permissionsBoundary, "permissionsBoundary"),
  );
}

function readIdentityPolicy(document: object, at: string) {
  try {
    return readPolicy(document, "identity");
  } catch (error) {
    if (error instanceof PolicyError) throw new Error(`${at}: ${error.message}`);
    throw error;
  }
}
