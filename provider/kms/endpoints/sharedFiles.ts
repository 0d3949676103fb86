/** The AWS SDK's config and credentials files: what they set for a profile, and where in them it stands. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A line `name = value`. */
export interface Setting {
  /** As it stands between the brackets: "default", "profile NAME", "services NAME", in the credentials file "NAME". */
  section: string;
  /** The profile that the section is, if it is one. */
  profile?: string;
  /** The line without a value that it is indented under, as `kms =` in a section of services. */
  group?: string;
  name: string;
  value: string;
  /** Its line and file. */
  place: string;
}

/**
 * In the order of the files, config first. A file that cannot be read counts as empty, as it does for the SDK.
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function sharedSettings(): Setting[] {
  return settingsByFile().flat();
}

/**
 * What the files set for a profile: without one for that of AWS_PROFILE, else for `default`. The config file comes before the credentials
 * file, and of two lines of one file the later one counts.
 */
export function profileSetting(profile: string | undefined, name: string): Setting | undefined {
  const wanted = profile || process.env.AWS_PROFILE || "default";
  const isIt = (one: Setting) => one.profile === wanted && !one.group && one.name === name;
  return settingsByFile().flatMap((settings) => settings.findLast(isIt) ?? [])[0];
}

/** What the section `services NAME` of the config file sets for a service; undefined where there is no such section. */
export function servicesSettings(services: string): Setting[] | undefined {
  const found = sharedSettings().filter(({ section }) => quoteless(section) === `services ${services}`);
  return found.length > 0 ? found : undefined;
}

/** A setting in a sentence. */
export function shownSetting({ name, section, place }: Setting): string {
  return `\`${name}\` of [${section}] (${place})`;
}

function settingsByFile(): Setting[][] {
  const { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = process.env;
  return [
    settingsIn(AWS_CONFIG_FILE || "~/.aws/config", ofConfig),
    settingsIn(AWS_SHARED_CREDENTIALS_FILE || "~/.aws/credentials", (section) => section),
  ];
}

function settingsIn(file: string, profileOf: (section: string) => string | undefined): Setting[] {
  const settings: Setting[] = [];
  let section = "";
  let group: string | undefined;
  for (const [index, text] of linesOf(file).entries()) {
    const line = text.split(/(?:^|\s)[;#]/)[0]!.trim();
    const [, head] = /^\[(.*)\]$/.exec(line) ?? [];
    if (head !== undefined) {
      section = head.trim();
      group = undefined;
      continue;
    }
    const [, name, value] = /^([^=[]+)=(.*)$/.exec(line)?.map((part) => part.trim()) ?? [];
    if (!name) continue;
    if (!/^\s/.test(text)) group = undefined;
    if (value) {
      const [profile, place] = [profileOf(section), `line ${index + 1} of ${file}`];
      settings.push({ section, ...(profile && { profile }), ...(group && { group }), name, value, place });
    } else group = name;
  }
  return settings;
}

/** There, a profile's section says that it is one, but for `default`. */
function ofConfig(section: string): string | undefined {
  return section === "default" ? section : /^profile\s+(.+)$/.exec(quoteless(section))?.[1];
}

const quoteless = (section: string) => section.replaceAll(/["']/g, "");

function linesOf(file: string): string[] {
  try {
    return readFileSync(file.startsWith("~/") ? join(homedir(), file.slice(2)) : file, "utf8").split("\n");
  } catch {
    return [];
  }
}
