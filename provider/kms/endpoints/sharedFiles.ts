/** The AWS SDK's config and credentials files: the settings of a profile, and their places. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A line `name = value`. */
export interface Setting {
  /** The text between the brackets: "default", "profile NAME", "services NAME", or "NAME" in the credentials file. */
  section: string;
  /** The name of the profile, if the section is one. */
  profile?: string;
  /** The line without a value under which it is indented, such as `kms =` in a section of services. */
  group?: string;
  name: string;
  value: string;
  /** Its line and file. */
  place: string;
}

/**
 * All settings in file order, config first. A file that cannot be read is treated as empty, as in the SDK.
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function sharedSettings(): Setting[] {
  return settingsByFile().flat();
}

/**
 * A setting of a profile. The default profile is AWS_PROFILE's, else `default`. The config file overrides the credentials file, and
 * within one file the last line wins.
 */
export function profileSetting(profile: string | undefined, name: string): Setting | undefined {
  const wanted = profile || process.env.AWS_PROFILE || "default";
  const isIt = (one: Setting) => one.profile === wanted && !one.group && one.name === name;
  return settingsByFile().flatMap((settings) => settings.findLast(isIt) ?? [])[0];
}

/** The settings in the section `services NAME` of the config file. Undefined where there is no such section. */
export function servicesSettings(services: string): Setting[] | undefined {
  const found = sharedSettings().filter(({ section }) => quoteless(section) === `services ${services}`);
  return found.length > 0 ? found : undefined;
}

/** A setting as messages name it. */
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

/** The profile of a section in the config file. There, all profiles but `default` have the prefix `profile`. */
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
