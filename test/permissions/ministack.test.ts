import assert from "node:assert/strict";

import { SignatureV4 } from "@smithy/signature-v4";
import { examine } from "../../cli/doctor/examine";
import { madeUpKey } from "../../cli/doctor/probes";
import { Sha256 } from "../../local-kms/src/http/sha256";
import { AES_256 } from "../../provider/keys/keyTypes";
import { FEATURES, type Feature, PERMISSIONS, permissionsFor } from "../../provider/kms/permissions";
import { clientsOr, type Ministack, startMinistack } from "../compat/support";
import { setEnvironment } from "../provider/kms/loopback";
import { cameOf, printed } from "./effects";
import { HOME, Life, REPLICA, type Site } from "./life";
import { LIVES, type TriedLife } from "./lives";
import { actAs } from "./sites";

/**
 * The same at an IAM that others wrote: ministack with AUTH=true. Its condition keys of KMS are not AWS's (a new key's spec and
 * origin are not there), so that the policy here is the bare list of permissions; what the conditions do is tried on the local
 * KMS.
 */
const LIVED = LIVES.filter(
  ({ feature, replicated }) =>
    // A KMS key loses its earlier material there when it is rotated on demand; none can be older than the state.
    feature !== "onDemandRotation" &&
    feature !== "sweep" &&
    // For time: what is optional is the same in two Regions.
    (!replicated || feature === "multiRegion"),
);

/**
 * A permission is tried in the first life of its feature that needs it; what comes of it in others is tried on the local KMS. No
 * answer can be lost there, after which kms:ListAliases is used.
 */
function isTried({ name, feature }: TriedLife, action: string): boolean {
  if (action === "kms:ListAliases" || !PERMISSIONS[feature].some((each) => each.action === action))
    return false;
  return LIVED.find((life) => life.feature === feature && action in life.without)?.name === name;
}

/** What is otherwise there: tags and a policy in CreateKey need no permission, a denial comes before "no such alias". */
const OTHERWISE: Record<string, Record<string, string>> = {
  "a key in one Region": { "kms:TagResource": "error at change a tag" },
  "a replicated key": { "kms:DescribeKey": "error at create, rotate; warning at remove" },
  "a key with tags, policy and description": { "kms:PutKeyPolicy": "error at change all three" },
};

describe("the documented permissions, at ministack with AUTH=true", function () {
  this.timeout(120_000);
  let ministack: Ministack;
  let restore: () => void;
  let accounts = 0;

  before(async function () {
    restore = setEnvironment({});
    const clients = await clientsOr(this);
    ministack = await startMinistack(clients.python, { SERVICES: "kms,sts,iam", AUTH: "true" });
  });
  after(async () => {
    await ministack?.stop();
    restore();
  });

  for (const row of LIVED)
    describe(`for ${row.name}`, () => {
      const rows = new Map<string, string>();
      after(() => console.log(printed(`${row.name} at ministack`, rows)));

      it("are enough for the whole life", async () => {
        const { effects } = await lived(row);
        assert.deepEqual(
          effects.filter(({ kind }) => kind !== "warning"),
          [],
        );
      });

      for (const action of Object.keys(row.without).filter((each) => isTried(row, each)))
        it(`less ${action}: an error or a warning names it, and what is lost is what is expected`, async () => {
          const { effects } = await lived(row, action);
          rows.set(action, cameOf(effects, action));
          assert.equal(rows.get(action), OTHERWISE[row.name]?.[action] ?? row.without[action]);
        });
    });

  describe("keymgmt doctor", () => {
    const features = Object.keys(FEATURES) as Feature[];
    const permissions = permissionsFor(features);
    const row = { ...LIVES[0]!, features };

    async function verdicts(without?: string) {
      const site = await siteOf(ministack.endpoint, String(100_000_000_000 + accounts++), row, without);
      await site.as("all but one");
      const target = { keyId: madeUpKey(), real: false, keyType: AES_256, replicaRegion: REPLICA };
      const connection = { keyCollection: HOME, endpoint: site.url };
      const { regions } = await examine({
        connection,
        regions: [{ region: HOME, target }],
        permissions,
        explained: (error) => error,
      });
      return new Map(regions[0]!.permissions.map(({ action, verdict, why }) => [action, { verdict, why }]));
    }

    it("calls granted only what succeeds, and tells what is missing from what is not known", async () => {
      const whole = await verdicts();
      const listings = ["kms:ListKeys", "kms:ListAliases"];
      for (const { action } of permissions)
        assert.equal(whole.get(action)!.verdict, listings.includes(action) ? "granted" : "unclear", action);
      const untried = ["kms:CreateKey", "iam:CreateServiceLinkedRole", "servicequotas:ListServiceQuotas"];
      for (const { action } of permissions.filter((each) => !untried.includes(each.action)))
        assert.notDeepEqual((await verdicts(action)).get(action), whole.get(action), action);
    });
  });

  async function lived(row: TriedLife, without?: string): Promise<Life> {
    const accountId = String(100_000_000_000 + accounts++);
    const { endpoint: url } = ministack;
    await row.given?.(url, accountId);
    const life = new Life(await siteOf(url, accountId, row, without), row.replicated ?? false);
    await life.site.as("all but one");
    await row.live(life);
    await life.accounts();
    return life;
  }
});

async function siteOf(url: string, accountId: string, row: TriedLife, without?: string): Promise<Site> {
  await iam(url, accountId, { Action: "CreateUser", UserName: "ci" });
  const made = await iam(url, accountId, { Action: "CreateAccessKey", UserName: "ci" });
  const part = (name: string) => new RegExp(`<${name}>([^<]+)<`).exec(made)![1]!;
  return {
    url,
    accountId,
    async as(actor) {
      if (actor === "owner") return actAs(accountId, "any");
      const actions = permissionsFor(row.features).map(({ action }) => action as string);
      const Action = actions.filter((action) => actor === "everything" || action !== without);
      const Statement = [{ Effect: "Allow", Action, Resource: "*" }];
      await iam(url, accountId, {
        Action: "PutUserPolicy",
        UserName: "ci",
        PolicyName: "keymgmt",
        PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }),
      });
      actAs(part("AccessKeyId"), part("SecretAccessKey"));
    },
  };
}

/** One call of IAM's query API, as an account's root. */
async function iam(endpoint: string, accountId: string, parameters: Record<string, string>): Promise<string> {
  const { hostname, port, host } = new URL(endpoint);
  const signer = new SignatureV4({
    service: "iam",
    region: "us-east-1",
    credentials: { accessKeyId: accountId, secretAccessKey: "any" },
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
