/** `status --account`: every KMS key in an account that has our tags. */
import type { Kms } from "../../provider/kms/client/client.js";
import { describeKmsKey } from "../../provider/kms/kmsKeys.js";
import { listTaggedKeys, TAG } from "../../provider/kms/taggedKeys.js";
import { date, table, wrapped } from "../text.js";
import { versionInTags } from "./cancelDeletion.js";

export interface AccountReport {
  accountId: string;
  regions: string[];
  keys: AccountKey[];
}

export interface AccountKey {
  stack: string | null;
  key: string | null;
  distribution: string;
  version: number | null;
  region: string;
  keyId: string;
  keyArn: string;
  state: string;
  /** ISO 8601 UTC. */
  validTo: string | null;
  deletionDate: string | null;
}

export async function accountReport(accountId: string, regions: Kms[]): Promise<AccountReport> {
  const keys = await Promise.all(regions.map(keysOf));
  const order = ({ stack, distribution, version, region }: AccountKey) =>
    JSON.stringify([stack, distribution, String(version).padStart(9), region]);
  return {
    accountId,
    regions: regions.map(({ region }) => region),
    keys: keys.flat().sort((a, b) => (order(a) < order(b) ? -1 : 1)),
  };
}

async function keysOf(kms: Kms): Promise<AccountKey[]> {
  const tagged = await listTaggedKeys(kms);
  return Promise.all(
    tagged.map(async ({ keyId, keyArn, tags }) => {
      const seen = await describeKmsKey(kms, keyId);
      return {
        stack: tags[TAG.stack] ?? null,
        key: tags[TAG.key] ?? null,
        distribution: tags[TAG.distribution]!,
        version: versionInTags(tags) ?? null,
        region: kms.region,
        keyId,
        keyArn,
        state: seen.state,
        validTo: seen.validTo ?? null,
        deletionDate: seen.deletionDate ?? null,
      };
    }),
  );
}

/** The report as text for a person, 80 columns wide, with whole key ids. */
export function accountText({ accountId, regions, keys }: AccountReport): string {
  const heading = wrapped(`account ${accountId}, in ${regions.join(", ")}`);
  if (keys.length === 0) return `${heading}  no KMS keys of this package\n`;
  const sections = [...new Set(keys.map(({ stack }) => stack))].map((stack) => {
    const own = keys.filter((key) => key.stack === stack);
    const distributions = [...new Set(own.map(({ distribution }) => distribution))];
    const tables = distributions.map((name) =>
      distributionText(
        name,
        own.filter(({ distribution }) => distribution === name),
      ),
    );
    return `\n${stack ?? "(no stack named)"}\n${tables.join("")}`;
  });
  return `${heading}${sections.join("")}\n${wrapped("From tags alone: the desired state and the dates of rotations are in the stacks' states.")}`;
}

function distributionText(name: string, keys: AccountKey[]): string {
  const rows = keys.map(({ version, region, keyId, state, validTo, deletionDate }) => [
    String(version ?? "?"),
    region,
    keyId,
    deletionDate === null ? state : `deleted on ${date(deletionDate)}`,
    date(validTo ?? undefined),
  ]);
  return `  ${name}\n${table([["ver", "Region", "KMS key", "state", "expires"], ...rows], "  ")}`;
}
