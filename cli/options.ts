/** Options that several commands share, and the parsers of their values. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { isAliasName } from "../provider/kms/arn.js";
import type { KmsConnection } from "../provider/kms/endpoints/connection.js";
import { endpointMistakes } from "../provider/kms/endpoints/endpoint.js";
import { isKnownRegion, isRegion, notKnown } from "../provider/kms/endpoints/regions.js";
import { OPTIONAL } from "./iam-policy/features.js";

/** Where states come from; read by loadStates. */
export function withStateOptions(command: Command): Command {
  return command
    .option("--state <file>", "a file of `pulumi stack export`, - for stdin (repeatable)", collect)
    .option(
      "--stack <name>",
      "this stack of the project, by `pulumi stack export`; by default the selected one",
    )
    .option("--cwd <folder>", "folder of the Pulumi project; by default this one");
}

/** Regions besides those that the states name; read by each command that lists or examines Regions. */
export function withRegions(command: Command): Command {
  return command.option(
    "--region <region>",
    "a Region, besides those that the states name (repeatable)",
    regionName,
  );
}

/** How AWS is reached; read by `Aws`. */
export function withAwsOptions(command: Command): Command {
  return command
    .option(
      "--as <provider=credentials>",
      "PROFILE or ROLE-ARN for a KmsProvider's account (repeatable); by default the environment's credentials",
      collect,
    )
    .option("--profile <name>", "AWS profile in place of the environment's credentials")
    .option(
      "--endpoint <url>",
      "endpoint of AWS KMS, may hold {region}, or REGION=URL (repeatable); the state's is never used",
      endpoint,
    );
}

/** A flag for each optional feature. */
export function withFeatures(command: Command): Command {
  for (const [feature, what] of Object.entries(OPTIONAL))
    command.addOption(
      new Option(`--${feature.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, `also ${what}`),
    );
  return command;
}

type Endpoint = NonNullable<KmsConnection["endpoint"]>;

/** One URL for all Regions, or one for each: the form of the KmsProvider's `endpoint`. */
function endpoint(value: string, before?: Endpoint): Endpoint {
  const all = withEndpoint(value, before);
  const [mistake] = endpointMistakes(all);
  if (mistake !== undefined) throw new InvalidArgumentError(mistake);
  return all;
}

function withEndpoint(value: string, before?: Endpoint): Endpoint {
  const [, region, url] = /^([a-z0-9-]+)=(.+)$/.exec(value) ?? [];
  const isFirst = before === undefined;
  if (region === undefined || url === undefined) {
    if (isFirst) return value;
  } else if (!isRegion(region))
    throw new InvalidArgumentError(
      `Expected REGION=URL with an AWS Region such as us-east-1${notKnown(region)}`,
    );
  else if (isFirst || typeof before === "object") return { ...before, [region]: url };
  throw new InvalidArgumentError("Expected one URL, or REGION=URL once for each Region.");
}

/** Collects the values of a repeatable option. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** Refuses an unknown Region: the policy would match nothing, and the host would not exist. */
export function regionName(value: string, before: string[] = []): string[] {
  if (isKnownRegion(value)) return [...before, value];
  throw new InvalidArgumentError(`Expected an AWS Region such as us-east-1${notKnown(value)}`);
}

/** The form of a value of --allow-dynamic. It holds no character that a shell interprets. */
export const CODE_NAME = /^[\w:/.-]+@[\da-f]{64}$/;

export function codeName(value: string, before: string[] = []): string[] {
  if (CODE_NAME.test(value)) return [...before, value];
  throw new InvalidArgumentError("Expected TYPE@SHA256, as `keymgmt doctor` prints it.");
}

/** AWS's window for ScheduleKeyDeletion. */
export function days(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 7 && number <= 30) return number;
  throw new InvalidArgumentError("Expected a number from 7 to 30.");
}

export function accountId(text: string): string {
  if (/^\d{12}$/.test(text)) return text;
  throw new InvalidArgumentError("Expected 12 digits.");
}

export function aliasName(text: string, before: string[] = []): string[] {
  if (isAliasName(text)) return [...before, text];
  throw new InvalidArgumentError("Expected an alias such as alias/orders.");
}

export function keyArn(text: string, before: string[] = []): string[] {
  if (/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/.test(text)) return [...before, text];
  throw new InvalidArgumentError("Expected an ARN such as arn:aws:kms:us-east-1:111122223333:key/KEY-ID.");
}
