/** OIDC tokens that STS takes for a role. They last minutes, so one is fetched whenever a role is taken. */
import { readFile } from "node:fs/promises";
import { KeymgmtError } from "../errors";
import { isThisMachine } from "./hosts";

/** What a role's trust policy asks for where AWS's guides for GitHub are followed; aws-actions asks for it too. */
const AUDIENCE = "sts.amazonaws.com";

/** Gives a token that is valid now. */
export type IdentityToken = () => Promise<string>;

/** In a file, which whoever issues tokens replaces. */
export function tokenInFile(path: string): IdentityToken {
  return async () => (await readFile(path, "utf8")).trim();
}

/**
 * From GitHub Actions (Forgejo's and Gitea's do as it does), for as long as the job runs: a GET with the job's own bearer token answers
 * `{"value": token}`. Throws InvalidCredentials; neither token is in a message.
 * Source: https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
 */
export function tokenOfActions(timeoutMs: number): IdentityToken {
  return async () => {
    const { ACTIONS_ID_TOKEN_REQUEST_URL: endpoint, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = process.env;
    if (!endpoint || !bearer)
      throw refused(
        "ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set. Give the job `permissions: id-token: write`, or `webIdentity` a `tokenFile`",
      );
    const url = new URL(endpoint);
    if (url.protocol !== "https:" && !isThisMachine(url.hostname))
      throw refused(
        `ACTIONS_ID_TOKEN_REQUEST_URL names ${url.origin}, to which the job's token is not sent in the clear`,
      );
    url.searchParams.set("audience", AUDIENCE);
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
