/** The AWS SDK's config and credentials files, as far as an error must say where in them something stands. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A line `name = value`. */
export interface Setting {
  /** As it stands between the brackets: "default", "profile NAME", "services NAME", in the credentials file "NAME". */
  section: string;
  name: string;
  value: string;
  /** Its line and file. */
  place: string;
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html; a file that cannot be read counts as empty, as it does for the SDK. */
export function sharedSettings(): Setting[] {
  const { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = process.env;
  const settings: Setting[] = [];
  for (const file of [
    AWS_CONFIG_FILE || "~/.aws/config",
    AWS_SHARED_CREDENTIALS_FILE || "~/.aws/credentials",
  ]) {
    let section = "";
    for (const [index, text] of linesOf(file).entries()) {
      const line = text.split(/(?:^|\s)[;#]/)[0]!.trim();
      section = /^\[(.*)\]$/.exec(line)?.[1]?.trim() ?? section;
      const [, name, value] = /^([^=[]+)=(.+)$/.exec(line) ?? [];
      if (name && value)
        settings.push({
          section,
          name: name.trim(),
          value: value.trim(),
          place: `line ${index + 1} of ${file}`,
        });
    }
  }
  return settings;
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file.startsWith("~/") ? join(homedir(), file.slice(2)) : file, "utf8").split("\n");
  } catch {
    return [];
  }
}
