/** Settings of the AWS SDK that are true or false, from its variables and files. */
import { KeymgmtError } from "../../errors";
import { profileSetting, shownSetting } from "./sharedFiles";

/** A setting that is on. */
export interface Flag {
  /** Its subject, for messages. */
  kind: string;
  /** The place of the setting, for messages. */
  place: string;
  /** The environment variable that overrides the files. */
  variable: string;
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html, feature-ss-endpoints.html */
const KINDS = {
  use_fips_endpoint: "FIPS",
  use_dualstack_endpoint: "dual-stack",
  ignore_configured_endpoint_urls: "AWS's own",
} as const;

/**
 * A flag of the AWS SDK; undefined where it is off. The variable (`AWS_` and the name in capitals) overrides the profile, as in the SDK.
 * The SDK ignores values other than "true" and "false". They are refused here, so that a typing error does not switch FIPS off unnoticed.
 * Case does not matter. Throws InvalidInput.
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
