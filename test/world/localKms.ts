import {
  type LocalKms,
  type LocalKmsConfig,
  type LocalKmsOptions,
  startLocalKms as start,
} from "../../local-kms/src/index";
import { REQUEST_QUOTAS } from "../../local-kms/src/quotas/table";

/** Whether the servers of `startLocalKms` are as strict as AWS: `LOCAL_KMS_PROFILE=aws npx mocha …` (`make test-strict`). */
export const isStrict = process.env.LOCAL_KMS_PROFILE === "aws";

/** The secret of every access key in tests that does not stand for another's or a wrong one. */
export const SECRET = "secret";

/** Of the programs of tests; guarded stacks have an account each (e2e/guard/stack.ts). */
const ACCOUNTS = [
  "111122223333",
  "444455556666",
  ...Array.from({ length: 50 }, (_, n) => String(100_000_000_001 + n)),
];

/** Who is named in key policies of tests. */
const ROLES = ["app", "stolen", "other"];

/** The lag of each server of a strict run, from its start to its end. */
const lags = new Map<LocalKms, LocalKmsConfig["consistency"]>();

/**
 * A local KMS for tests of the provider. In a strict run it has the profile `aws`, and an IAM user of each account is who calls.
 * `speed`: how many times as fast as elsewhere time goes by for who calls it (`useHurry`).
 */
export async function startLocalKms(options: LocalKmsOptions = {}, speed = 1): Promise<LocalKms> {
  if (!isStrict) return start(options);
  const { consistency, ...config } = { ...options.config, ...strict(speed) };
  // The commands of a document come one after the other, as people type them.
  if (options.config?.primaryUpdatingMillis === 0) config.primaryUpdatingMillis = 0;
  const local = await start({ ...options, config: { iam: IAM, ...config, consistency: undefined } });
  lags.set(local, consistency);
  const close = async () => {
    lags.delete(local);
    await local.close();
  };
  return { ...local, close };
}

function strict(speed: number): LocalKmsConfig {
  const delay = 3000 / speed;
  const perSecond = Object.entries(REQUEST_QUOTAS).map(([quota, { usual }]) => [quota, usual * speed]);
  return {
    profile: "aws",
    replicaCreatingMillis: delay,
    primaryUpdatingMillis: delay,
    onDemandRotationMillis: delay,
    quotas: { requestsPerSecond: Object.fromEntries(perSecond) },
    consistency: { lagMillis: 1000 / speed, flipBack: true },
    tagsCountAfterMillis: 0, // nobody waits five minutes here; test/permissions/lateTags moves the clock
  };
}

/** What key policies leave to IAM. */
const EVERYTHING = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
};

const IAM = {
  principals: ACCOUNTS.flatMap((account) => [
    {
      arn: `arn:aws:iam::${account}:user/tests`,
      accessKeys: [{ accessKeyId: account, secretAccessKey: SECRET }],
      policies: [EVERYTHING],
    },
    ...ROLES.map((role) => ({ arn: `arn:aws:iam::${account}:role/${role}` })),
  ]),
};

/**
 * Does work during which, in a strict run, reads lag behind writes. Before and after it every read sees every write, so that who
 * judges what came of it sees what there is. A lag that a test has set itself stays.
 */
export async function lagging<T>(work: () => Promise<T>): Promise<T> {
  const lagged = [...lags].filter(([local]) => local.consistency() === undefined);
  for (const [local, lag] of lagged) await local.setConsistency(lag);
  try {
    return await work();
  } finally {
    for (const [local] of lagged) await local.setConsistency(undefined);
  }
}
