import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What `aws sso login` leaves behind in a home: a token, under the name of the session or the start URL. */
export function ssoLogin(home: string, name: string, accessToken: string, expiresInMs: number): void {
  const cache = join(home, ".aws", "sso", "cache");
  mkdirSync(cache, { recursive: true });
  const token = {
    accessToken,
    expiresAt: new Date(Date.now() + expiresInMs).toISOString(),
    clientId: "c",
    clientSecret: "cs",
    refreshToken: "r",
  };
  writeFileSync(join(cache, `${createHash("sha1").update(name).digest("hex")}.json`), JSON.stringify(token));
}

/** A session in the config file. The AWS SDK asks for a new token of one no sooner than 30 seconds after the last. */
export const ssoSession = (name: string) =>
  `[sso-session ${name}]\nsso_start_url = https://sso.example/start\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n`;

/** Lines of a profile that uses it. */
export const ssoProfile = (session: string) =>
  `sso_session = ${session}\nsso_account_id = 111122223333\nsso_role_name = keys\n`;
