import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Policy, policyFor, type Scope } from "../../cli/iam-policy/policy";
import type { LocalKms, LocalKmsConfig, RequestLogEntry } from "../../local-kms/src/index";
import { startLocalKms } from "../world/localKms";
import { type Actor, HOME, REPLICA, type Site, STACK } from "./life";
import type { TriedLife } from "./lives";

/** A life that is to be lived without one permission, or with all. */
export interface Trial {
  life: TriedLife;
  without?: string;
  /** A statement that the policy has besides. */
  besides?: object;
}

/** The policy that `keymgmt iam-policy` writes, less one action where one is to be tried. */
export function policyOf(
  { features, replicated = false }: TriedLife,
  more: Partial<Scope>,
  without?: string,
): Policy {
  const { Version, Statement } = policyFor({
    accountId: "",
    primaryRegions: [HOME],
    replicaRegions: replicated ? [REPLICA] : [],
    multiRegion: replicated,
    aliases: ["hashicorp/*"],
    stacks: [STACK],
    adoptedArns: [],
    rootKeyArns: [],
    features,
    ...more,
  });
  const kept = Statement.map((statement) => ({
    ...statement,
    Action: [statement.Action].flat().filter((action) => action !== without),
  }));
  return { Version, Statement: kept.filter(({ Action }) => Action.length > 0) };
}

/**
 * One local KMS that enforces policies, with an account of its own for each trial. What must be there before, and be named in
 * a policy, is made first, without IAM.
 */
export async function localSites(
  trials: Trial[],
  more: LocalKmsConfig = {},
): Promise<{ sites: Map<Trial, Site>; close(): Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), "keymgmt-permissions-"));
  const accounts = trials.map((trial, index) => ({ trial, accountId: String(100_000_000_000 + index) }));
  const named = await given(dataDir, accounts);
  const log: RequestLogEntry[] = [];
  const principals = accounts.flatMap(({ trial, accountId }) => {
    const besides = trial.besides ? [{ Version: "2012-10-17", Statement: [trial.besides] }] : [];
    const user = (actor: Actor, without?: string) => ({
      arn: `arn:aws:iam::${accountId}:user/${actor === "everything" ? "all" : "ci"}`,
      accessKeys: [{ accessKeyId: keyOf(accountId, actor), secretAccessKey: SECRET }],
      policies: [policyOf(trial.life, { accountId, ...named.get(trial) }, without), ...besides],
    });
    return [
      {
        arn: `arn:aws:iam::${accountId}:root`,
        accessKeys: [{ accessKeyId: accountId, secretAccessKey: SECRET }],
      },
      user("everything"),
      user("all but one", trial.without),
    ];
  });
  const local = await startLocalKms({
    dataDir,
    log: (entry) => log.push(entry),
    config: { ...QUICK, ...more, iam: { principals } },
  });
  return {
    sites: new Map(accounts.map(({ trial, accountId }) => [trial, siteOf(local, accountId, log)])),
    async close() {
      await local.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}

const SECRET = "secret";
const QUICK = {
  replicaCreatingMillis: 0,
  onDemandRotationMillis: 0,
};

async function given(
  dataDir: string,
  accounts: { trial: Trial; accountId: string }[],
): Promise<Map<Trial, Partial<Scope>>> {
  const hourAgo = () => new Date(Date.now() - 3_600_000);
  const local = await startLocalKms({ dataDir, config: { ...QUICK, now: hourAgo } });
  const named = new Map<Trial, Partial<Scope>>();
  for (const { trial, accountId } of accounts)
    if (trial.life.given) named.set(trial, await trial.life.given(local.url, accountId));
  await local.close();
  return named;
}

function siteOf(local: LocalKms, accountId: string, log: RequestLogEntry[]): Site {
  return {
    url: local.url,
    accountId,
    passMinutes: (minutes) => local.moveClock({ advance: `PT${minutes}M` }),
    calls: () => log.filter(({ account }) => account === accountId),
    as: (actor) => Promise.resolve(actAs(keyOf(accountId, actor), SECRET)),
    loseAnswer: (operation) =>
      local.setFaults([{ account: accountId, operation, when: "after", drop: "close", times: 1 }]),
  };
}

const keyOf = (accountId: string, actor: Actor) =>
  actor === "owner" ? accountId : `AKIA${accountId}${actor === "everything" ? "ALL" : "CI"}`;

/** Makes these the environment's credentials, of which no connection knows yet. */
export function actAs(accessKeyId: string, secretAccessKey: string): void {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
}
