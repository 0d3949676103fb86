import assert from "node:assert/strict";

import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "../../localkms/http/sha256";
import { type Feature, permissionsFor } from "../../provider/awskms/permissions";
import { clientsOr, type Ministack, startMinistack } from "../compat/support";
import { ACCOUNT, type Effect, Life, plainLife, printed, type Site } from "./life";

/**
 * The same at an IAM that others wrote: ministack with AUTH=true. Its condition keys of KMS are not AWS's (a new key's spec and
 * origin are not there), so that the policy here is the bare list of permissions; what the conditions do is tried on the local
 * KMS. So is kms:TagResource: ministack does not ask for it where CreateKey brings tags, as AWS does.
 */
const lives: { name: string; features: Feature[]; replicated: boolean }[] = [
  { name: "a single-Region key", features: ["everyKey"], replicated: false },
  { name: "a replicated key", features: ["everyKey", "multiRegion"], replicated: true },
];

describe("the documented permissions, at ministack with AUTH=true", function () {
  this.timeout(120_000);
  let ministack: Ministack;
  let credentials: Site["credentials"];

  before(async function () {
    const clients = await clientsOr(this);
    ministack = await startMinistack(clients.python, { SERVICES: "kms,sts,iam", AUTH: "true" });
    await iam(ministack.endpoint, { Action: "CreateUser", UserName: "ci" });
    const made = await iam(ministack.endpoint, { Action: "CreateAccessKey", UserName: "ci" });
    const part = (name: string) => new RegExp(`<${name}>([^<]+)<`).exec(made)![1]!;
    credentials = { accessKey: part("AccessKeyId"), secretKey: part("SecretAccessKey") };
  });
  after(() => ministack?.stop());

  for (const { name, features, replicated } of lives)
    describe(`of ${name}`, () => {
      const needed = permissionsFor(features).map(({ action }) => action as string);
      const rows = new Map<string, Effect[]>();
      after(() => console.log(printed(`${name} at ministack`, rows)));

      async function lived(without?: string): Promise<Effect[]> {
        const site: Site = {
          url: ministack.endpoint,
          credentials,
          allow: async (what) => {
            const Action = needed.filter((action) => what === "everything" || action !== without);
            const statement = { Effect: "Allow", Action, Resource: "*" };
            await iam(ministack.endpoint, {
              Action: "PutUserPolicy",
              UserName: "ci",
              PolicyName: "keymgmt",
              PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
            });
          },
        };
        await site.allow("all but one");
        const life = new Life(site, { replicated });
        await plainLife(life);
        return life.effects;
      }

      it("are enough for the whole life", async () => {
        for (const { kind, step, text } of await lived()) assert.equal(kind, "warning", `${step}: ${text}`);
      });

      // ListAliases is asked for after a killed update only; the role is AWS's own.
      const untried = ["kms:ListAliases", "kms:TagResource", "iam:CreateServiceLinkedRole"];
      for (const action of needed.filter((each) => !untried.includes(each)))
        it(`less ${action}: an error names it, and nothing is lost`, async () => {
          const errors = (await lived(action)).filter(({ kind }) => kind === "error");
          rows.set(action, errors);
          assert.ok(errors.length > 0, "nothing failed");
          for (const { text } of errors) assert.ok(text.includes(action), text);
        });
    });
});

/** One call of IAM's query API, as the account's root. */
async function iam(endpoint: string, parameters: Record<string, string>): Promise<string> {
  const { hostname, port, host } = new URL(endpoint);
  const signer = new SignatureV4({
    service: "iam",
    region: "us-east-1",
    credentials: { accessKeyId: ACCOUNT, secretAccessKey: "any" },
    sha256: Sha256,
  });
  const body = new URLSearchParams({ Version: "2010-05-08", ...parameters }).toString();
  const { headers } = await signer.sign({
    method: "POST",
    protocol: "http:",
    hostname,
    port: Number(port),
    path: "/",
    query: {},
    headers: { host, "content-type": "application/x-www-form-urlencoded" },
    body,
  });
  const answer = await fetch(endpoint, { method: "POST", headers, body });
  const text = await answer.text();
  assert.ok(answer.ok, `${parameters.Action}: ${text}`);
  return text;
}
