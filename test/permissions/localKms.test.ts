import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Policy, policyFor, type Scope } from "../../cli/iam-policy/policy";
import { type LocalKms, startLocalKms } from "../../localkms/index";
import { type Feature, permissionsFor } from "../../provider/awskms/permissions";
import type { ProgramInputs } from "../provider/resources/support/program";
import {
  ACCOUNT,
  type Effect,
  fullLife,
  killedLife,
  Life,
  onDemandLife,
  plainLife,
  printed,
  REPLICA,
  type Site,
  STACK,
} from "./life";

const CI = { accessKey: "AKIACI", secretKey: "of-ci" };

/** The policy that `keymgmt iam-policy` writes, less one action where one is to be tried. */
function policy(features: Feature[], replicated: boolean, without?: string): Policy {
  const scope: Scope = {
    accountId: ACCOUNT,
    primaryRegions: ["us-west-1"],
    replicaRegions: replicated ? [REPLICA] : [],
    multiRegion: replicated,
    aliases: ["hashicorp/*"],
    stacks: [STACK],
    adoptedArns: [],
    rootKeyArns: [],
    features,
  };
  const { Version, Statement } = policyFor(scope);
  const kept = Statement.map((statement) => ({
    ...statement,
    Action: [statement.Action].flat().filter((action) => action !== without),
  }));
  return { Version, Statement: kept.filter(({ Action }) => Action.length > 0) };
}

/** A local KMS whose principals' policies change by a restart on the same port and data. */
async function site(allowed: Policy, everything: Policy): Promise<Site & { close(): Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), "keymgmt-permissions-"));
  const start = (document: Policy, port: number): Promise<LocalKms> =>
    startLocalKms({
      port,
      dataDir,
      config: {
        replicaCreatingMillis: 0,
        onDemandRotationMillis: 0,
        importKeyPool: { RSA_2048: 2, RSA_3072: 0, RSA_4096: 0 },
        iam: {
          principals: [
            {
              arn: `arn:aws:iam::${ACCOUNT}:root`,
              accessKeys: [{ accessKeyId: ACCOUNT, secretAccessKey: "secret" }],
            },
            {
              arn: `arn:aws:iam::${ACCOUNT}:user/ci`,
              accessKeys: [{ accessKeyId: CI.accessKey, secretAccessKey: CI.secretKey }],
              policies: [document],
            },
          ],
        },
      },
    });
  let local = await start(allowed, 0);
  return {
    url: local.url,
    credentials: CI,
    async allow(what) {
      const { port } = local;
      await local.close();
      local = await start(what === "everything" ? everything : allowed, port);
    },
    async close() {
      await local.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}

interface TriedLife {
  name: string;
  features: Feature[];
  replicated: boolean;
  distribution?: ProgramInputs["distribution"];
  live: (life: Life) => Promise<void>;
  /** Permissions that are tried by their absence. */
  tried: string[];
}

/** Of KMS: the local KMS has no service-linked roles. */
const actions = (...features: Feature[]) =>
  permissionsFor(features)
    .map(({ action }) => action as string)
    .filter((action) => action.startsWith("kms:"));

const needed = actions("everyKey", "multiRegion");
const all: Feature[] = ["everyKey", "multiRegion", "drift", "recovery", "changes"];
const lives: TriedLife[] = [
  {
    name: "a single-Region key",
    features: ["everyKey"],
    replicated: false,
    live: plainLife,
    tried: actions("everyKey").filter((action) => action !== "kms:ListAliases"),
  },
  {
    name: "a replicated key",
    features: ["everyKey", "multiRegion"],
    replicated: true,
    live: plainLife,
    tried: needed.filter((action) => action !== "kms:ListAliases"),
  },
  {
    name: "a replicated key with all that is optional",
    features: all,
    replicated: true,
    live: fullLife,
    tried: actions(...all).filter((action) => !needed.includes(action)),
  },
  {
    name: "a key that rotates on demand",
    features: ["everyKey", "onDemandRotation"],
    replicated: false,
    distribution: { rotationStrategy: "on-demand" },
    live: onDemandLife,
    tried: actions("onDemandRotation"),
  },
  {
    name: "a key whose first update was killed",
    features: ["everyKey", "recovery"],
    replicated: false,
    live: killedLife,
    tried: ["kms:ListAliases"],
  },
];

for (const { name, features, replicated, distribution, live, tried } of lives) {
  describe(`the policy that keymgmt iam-policy writes for ${name}, at a KMS that enforces it`, function () {
    this.timeout(60_000);
    const rows = new Map<string, Effect[]>();
    const granted = actions(...features);

    async function lived(without?: string): Promise<Effect[]> {
      const here = await site(policy(features, replicated, without), policy(features, replicated));
      try {
        const life = new Life(here, { replicated, distribution });
        await live(life);
        return life.effects;
      } finally {
        await here.close();
      }
    }

    it("is enough for the whole life: only what is optional and was not asked for is missed, with a warning", async () => {
      for (const { step, kind, text } of await lived()) {
        assert.equal(kind, "warning", `${step}: ${text}`);
        for (const action of granted)
          assert.ok(!text.includes(`no permission ${action} `), `${step}: ${text}`);
      }
    });

    for (const action of tried)
      it(`less ${action} is an error or a warning that names it, and nothing is lost`, async () => {
        const named = (await lived(action)).filter(({ kind, text }) => {
          if (kind === "error") assert.ok(text.includes(action), text);
          return text.includes(action);
        });
        rows.set(action, named);
        assert.ok(named.length > 0, "nothing was said");
      });

    after(() => console.log(printed(name, rows)));
  });
}
