import { randomBytes } from "node:crypto";
import { type LocalKmsConfig, RESOURCE_QUOTAS, type ResourceQuotas, USUAL_MILLIS } from "./config.js";
import type { IamConfig } from "./iam/config.js";
import { REQUEST_QUOTAS } from "./quotas/table.js";

/**
 * What is off or short unless asked for, as AWS has it at its strictest. AWS gives no figures for how long a new replica is Creating,
 * keys are Updating or reads lag; five minutes is what it says of tags.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/abac.html
 */
const AWS = {
  replicaCreatingMillis: 3000,
  primaryUpdatingMillis: 3000,
  onDemandRotationMillis: 3000,
  tagsCountAfterMillis: 5 * 60 * 1000,
  quotas: "aws",
  consistency: { lagMillis: 1000, flipBack: true },
} as const satisfies LocalKmsConfig;

/** Of an IAM user who may do everything that key policies give to IAM. */
export interface ProfileCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * The config with the settings of its profile filled in; its own settings win. The profile `aws` lets in nobody without an access key:
 * where the config names none, one is made. `credentials` is that one.
 */
export function withProfile(config: LocalKmsConfig): {
  config: LocalKmsConfig;
  credentials?: ProfileCredentials;
} {
  if (config.profile === undefined) return { config };
  if (hasAccessKey(config)) return { config: { ...AWS, ...config } };
  const credentials = {
    accessKeyId: `AKIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64"),
  };
  return { config: { ...AWS, ...config, iam: withUser(config.iam, credentials) }, credentials };
}

/** Without one every signature is accepted (iam/config.ts). */
function hasAccessKey({ iam }: LocalKmsConfig): boolean {
  return iam?.principals.some(({ accessKeys = [] }) => accessKeys.length > 0) ?? false;
}

const USER = "arn:aws:iam::111122223333:user/local-kms";

function withUser(iam: IamConfig = { principals: [] }, accessKey: ProfileCredentials): IamConfig {
  const everything = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
  };
  const user = { arn: USER, accessKeys: [accessKey], policies: [everything] };
  return { principals: [...iam.principals, user] };
}

/** In what this server is more lenient than AWS: a phrase for each. */
export function leniencies(config: LocalKmsConfig): string[] {
  const named = (isLenient: boolean, phrase: string) => (isLenient ? [phrase] : []);
  const { consistency, quotas, resourceQuotas = {}, tagsCountAfterMillis = 0 } = config;
  const hasLag = Boolean(consistency?.lagMillis || consistency?.lagReads);
  const isKnown = hasAccessKey(config);
  const short = SHORT.filter(([setting]) => (config[setting] ?? USUAL_MILLIS) < AWS[setting]);
  return [
    ...named(
      !isKnown,
      "credentials are not checked: a 12-digit access key id is the account, any secret key is accepted",
    ),
    ...named(!isKnown, "no IAM: every caller is the root user of the account"),
    ...named(quotas === undefined, "no request quotas"),
    ...named(exceedsQuotas(quotas), "request quotas are higher than AWS's default ones"),
    ...named(exceedsResourceQuotas(resourceQuotas), "resource quotas are higher than AWS's default ones"),
    ...named(!hasLag, "no eventual consistency: every read sees every write"),
    ...named(hasLag && consistency?.operations !== undefined, "only some operations lag behind writes"),
    ...named(
      tagsCountAfterMillis < AWS.tagsCountAfterMillis,
      tagsCountAfterMillis === 0
        ? "tags count in aws:ResourceTag at once"
        : `tags count in aws:ResourceTag after ${tagsCountAfterMillis / 1000} s`,
    ),
    ...named(Boolean(config.importKeyPool?.reuse), "wrapping keys are given out again and again"),
    ...short.map(([setting, what]) => `${what} takes ${(config[setting] ?? USUAL_MILLIS) / 1000} s`),
  ];
}

function exceedsQuotas(quotas: LocalKmsConfig["quotas"]): boolean {
  if (quotas === undefined || quotas === "aws") return false;
  const { requestsPerSecond = {}, burstSeconds = 1 } = quotas;
  const higher = Object.entries(requestsPerSecond).some(
    ([quota, perSecond]) => perSecond > (REQUEST_QUOTAS[quota]?.usual ?? Infinity),
  );
  return higher || burstSeconds > 1;
}

function exceedsResourceQuotas(quotas: Partial<ResourceQuotas>): boolean {
  return Object.entries(quotas).some(
    ([quota, count]) => count > RESOURCE_QUOTAS[quota as keyof ResourceQuotas],
  );
}

const SHORT = [
  ["replicaCreatingMillis", "to make a replica"],
  ["primaryUpdatingMillis", "to change the primary Region"],
  ["onDemandRotationMillis", "an on-demand rotation"],
] as const;
