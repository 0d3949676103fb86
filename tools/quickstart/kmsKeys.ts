import { ListAliasesCommand } from "@aws-sdk/client-kms";
import type { Stage } from "./stage";

export const PRIMARY = "us-west-1";
export const REPLICAS = ["eu-west-1", "us-east-1"];
export const REGIONS = [PRIMARY, ...REPLICAS];

/** One KMS key as the local KMS itself shows it. */
export interface Seen {
  version: string;
  region: string;
  keyId: string;
  state: string;
  /** The alias that points to it; "" where none does. */
  alias: string;
  deletionDate?: Date;
}

/** KMS keys of the versions in every Region. `keyIds`: by version; the ids are the same in each Region. */
export async function look(stage: Stage, keyIds: Record<string, string>): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (const [version, keyId] of Object.entries(keyIds)) {
    for (const region of REGIONS) {
      const application = stage.application(region);
      const { KeyState, DeletionDate } = await application.describe(keyId);
      const { Aliases = [] } = await application.send(new ListAliasesCommand({ KeyId: keyId }));
      const alias = Aliases[0]?.AliasName ?? "";
      seen.push({ version, region, keyId, state: KeyState!, alias, deletionDate: DeletionDate });
    }
  }
  return seen;
}

/** As a table: key, version, Region, KMS key, state, alias. */
export function rows(key: string, seen: Seen[]): string[][] {
  return [
    ["key", "version", "Region", "KMS key", "state", "alias"],
    ...seen.map(({ version, region, keyId, state, alias }) => [
      key,
      version,
      region,
      `${keyId.slice(0, 12)}…`,
      state,
      alias || "-",
    ]),
  ];
}

/** Name of the error that a call ends with; "" where it succeeds. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "";
  } catch (error) {
    return (error as Error).name;
  }
}
