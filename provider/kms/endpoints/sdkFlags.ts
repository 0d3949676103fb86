/** Settings of the AWS SDK that are true or false, from its variables and files. */
import { KeymgmtError } from "../../errors";
import { profileSetting, shownSetting } from "./sharedFiles";

/** A setting that is on. */
export interface Flag {
  /** What it asks for, in words. */
  kind: string;
  /** Where it stands, for a sentence. */
  place: string;
  /** The variable that counts before the files. */
  variable: string;
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html, feature-ss-endpoints.html */
const KINDS = {
  use_fips_endpoint: "FIPS",
  use_dualstack_endpoint: "dual-stack",
  ignore_configured_endpoint_urls: "AWS's own",
} as const;

/**
 * The variable (`AWS_` and the name in capitals) counts before the profile's line, as for the AWS SDK. That would pass over any value but
 * "true" and "false"; a wish for FIPS endpoints is not to be missed for a capital letter, so others than these two are refused.
 * Undefined where it is off. Throws InvalidInput.
 */
export function flagOf(name: keyof typeof KINDS, profile: string | undefined): Flag | undefined {
  const variable = `AWS_${name.toUpperCase()}`;
  const line = process.env[variable] ? undefined : profileSetting(profile, name);
  const value = (process.env[variable] || line?.value)?.toLowerCase();
  const place = line ? shownSetting(line) : variable;
  if (value === "true") return { kind: KINDS[name], place, variable };
  if (value === undefined || value === "false") return undefined;
  throw new KeymgmtError("InvalidInput", `Expected ${place} to be "true" or "false"; what came is neither.`);
}
