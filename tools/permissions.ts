/** docs/permissions.md from provider/awskms/permissions.ts: `tsx tools/permissions.ts` writes it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FEATURES, type Feature, NEEDED, PERMISSIONS, type Permission } from "../provider/awskms/permissions";
import { checkout } from "./toolchain";

export const permissionsFile = join(checkout, "docs", "permissions.md");

/** The text of docs/permissions.md. */
export function permissionsText(): string {
  const features = Object.keys(FEATURES) as Feature[];
  return `${[
    "# Permissions",
    "Made from `provider/awskms/permissions.ts` by `tools/permissions.ts`: change it there. `keymgmt iam-policy` writes a policy of\nthe same ([docs/cli.md](cli.md)), and `keymgmt doctor` tries them.",
    "Those of the principal that runs `pulumi up`, or the command. The first two tables are needed; each other one belongs to a feature,\nand where one of it is missing, what stands in the last column is lost and no more. Material that expires needs no permission of its own.",
    "Applications need `kms:Encrypt`, `kms:Decrypt` and the like, by IAM policy or by the `policy` input.",
    ...features.flatMap((feature) => [
      `## ${heading(feature)}`,
      ["| permission | when | without it |", "|---|---|---|", ...PERMISSIONS[feature].map(row)].join("\n"),
    ]),
  ].join("\n\n")}\n`;
}

const heading = (feature: Feature) =>
  NEEDED.includes(feature) ? FEATURES[feature] : `${FEATURES[feature]} (optional)`;

const row = ({ action, when, without }: Permission) => `| \`${action}\` | ${when} | ${without} |`;

if (require.main === module) writeFileSync(permissionsFile, permissionsText());
