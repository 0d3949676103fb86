/** OIDC tokens with which STS lets a caller assume a role. They are valid for minutes, so each assumption fetches a new one. */

import { type Content, contentAt, contentOfFile, isReadable, type Missing, textOf } from "../../content";
import { KeymgmtError } from "../../errors";
import { isLikePath, shownReference } from "../../secrecy/shownReference";
import { isThisMachine } from "../endpoints/hosts";
import { partitionOf } from "../endpoints/regions";

/**
 * The audience that a role's trust policy expects by AWS's guides for GitHub: that of the OIDC provider in IAM. In AWS's action for
 * GitHub only aws-cn has its own audience; the other partitions, aws-us-gov included, share one.
 * Source: https://github.com/aws-actions/configure-aws-credentials#oidc-audience
 */
function audienceIn(region: string): string {
  return partitionOf(region) === "aws-cn" ? "sts.amazonaws.com.cn" : "sts.amazonaws.com";
}

/** Returns a token that is valid now. */
export type IdentityToken = () => Promise<string>;

/** For messages: how `tokenFile` names the variables in which CI services put tokens. */
const IN_A_VARIABLE =
  'a token in a variable is given as `tokenFile: "env://NAME"` (GitLab: GITLAB_OIDC_TOKEN, by the name that `id_tokens` gives it; Bitbucket: BITBUCKET_STEP_OIDC_TOKEN; CircleCI: CIRCLE_OIDC_TOKEN_V2)';

/** The token that `tokenFile` names by a reference or a path. Throws InvalidCredentials; the message holds no token or possible token. */
export function tokenAt(tokenFile: string): IdentityToken {
  if (!isTokenReference(tokenFile)) return tokenInFile(tokenFile, "`tokenFile`");
  return async () => tokenIn(await contentAt(tokenFile), `from ${shownReference(tokenFile)}`);
}

/** The token in a file, which the issuer replaces from time to time. `by` is the setting that names the path, for messages. */
export function tokenInFile(path: string, by: string): IdentityToken {
  const isShown = /^\.{0,2}\//.test(path) && isLikePath(path);
  const from = `in the file ${isShown ? `${path} ` : ""}that ${by} names`;
  const hint = isShown ? "" : ` Its name is not shown, in case it is the token itself: ${IN_A_VARIABLE}.`;
  return async () => tokenIn(await contentOfFile(path), from, hint);
}

function tokenIn(read: Content | Missing, from: string, hint = ""): string {
  const token = "missing" in read ? "" : textOf(read).trim();
  if (token) return token;
  throw new KeymgmtError(
    "InvalidCredentials",
    `Expected an OIDC token ${from}; ${"missing" in read ? read.missing : "there is nothing in it"}.${hint}`,
  );
}

/** Mistakes in `tokenFile`. Its value is not repeated, because it may be the token. A JSON Web Token (RFC 7519) certainly is one. */
export function tokenFileMistakes(tokenFile: string): string[] {
  if (/^eyJ[\w-]+\.[\w-]+\.[\w-]*$/.test(tokenFile.trim()))
    return [
      `Expected \`webIdentity.tokenFile\` to say where the token is, got a token, which would be stored in the state in plain text; ${IN_A_VARIABLE}.`,
    ];
  if (!isTokenReference(tokenFile) || isReadable(tokenFile)) return [];
  return [
    'Expected `webIdentity.tokenFile` to be the path of a file, env://NAME, file:///path (absolute) or "exec:command argument …"; what came is none of them, and is not shown here in case it holds a token.',
  ];
}

const isTokenReference = (text: string) => /^(env|file|exec):/.test(text);

/**
 * Tokens of GitHub Actions, while the job runs (Forgejo and Gitea work the same). A GET with the job's bearer token returns
 * `{"value": token}`. Throws InvalidCredentials; its message holds neither token.
 * Source: https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
 */
export function tokenOfActions(
  region: string,
  timeoutMs: number,
  audience = audienceIn(region),
): IdentityToken {
  return async () => {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: endpoint, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = process.env;
    if (!endpoint || !bearer)
      throw refused(
        `ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set. In GitHub Actions, give the job \`permissions: id-token: write\`. Anywhere else, give \`webIdentity\` a \`tokenFile\`: ${IN_A_VARIABLE}; one in a file by its path; one that a command prints as "exec:command"`,
      );
    const url = new URL(endpoint);
    if (url.protocol !== "https:" && !isThisMachine(url.hostname))
      throw refused(
        `ACTIONS_ID_TOKEN_REQUEST_URL names ${url.origin}, to which the job's token is not sent without TLS`,
      );
    url.searchParams.set("audience", audience);
    const headers = { authorization: `Bearer ${bearer}` };
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) }).catch((error) => {
      throw refused(`${url.host} does not answer (${error.cause?.code ?? error.name})`);
    });
    const answer = (await response.json().catch(() => ({}))) as { value?: unknown };
    if (response.ok && typeof answer.value === "string") return answer.value;
    throw refused(`${url.host} answered with status ${response.status} and no token`);
  };
}

function refused(came: string): KeymgmtError {
  return new KeymgmtError(
    "InvalidCredentials",
    `Expected an OIDC token from GitHub Actions for \`webIdentity\`; ${came}.`,
  );
}
