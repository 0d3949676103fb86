/** docs/permissions.md from provider/kms/permissions.ts and the lives that its test lives: `tsx tools/permissions.ts` writes it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FEATURES, type Feature, NEEDED, PERMISSIONS, type Permission } from "../provider/kms/permissions";
import { LIVES, type TriedLife } from "../test/permissions/lives";
import { checkout } from "./toolchain";

export const permissionsFile = join(checkout, "docs", "permissions.md");

/** The text of docs/permissions.md. */
export function permissionsText(): string {
  const features = Object.keys(FEATURES) as Feature[];
  return `${[
    "# Permissions",
    "Made from `provider/kms/permissions.ts` by `tools/permissions.ts`: change it there. `keymgmt iam-policy` writes a policy of\nthe same ([docs/cli.md](cli.md)), and `keymgmt doctor` tries them.",
    "Those of the principal that runs `pulumi up`, or the command. The first two tables are needed; each other one belongs to a feature,\nand where one of it is missing, what stands in the last column is lost and no more. Material that expires needs no permission of its own.",
    "Applications need `kms:Encrypt`, `kms:Decrypt` and the like, by IAM policy or by the `policy` input.",
    ...features.flatMap((feature) => [
      `## ${heading(feature)}`,
      ["| permission | when | without it |", "|---|---|---|", ...PERMISSIONS[feature].map(row)].join("\n"),
    ]),
    "## Roles, by STS",
    "Of whoever takes the role, in its IAM policy and in the role's trust policy: `sts:AssumeRole` for `assumeRole`; `sts:TagSession` where a role is given `tags`, or the calling\nsession hands tags on, as EKS Pod Identity's does; `sts:SetSourceIdentity` where `sourceIdentity` is given, or the calling session has one. For `webIdentity` the trust\npolicy allows `sts:AssumeRoleWithWebIdentity` to the token's issuer. Of a list each role needs them for the next one. AWS's error names the one that is missing.",
    "## What was tried",
    "Whole lives under the policies that `keymgmt iam-policy` writes, at the [local KMS](local-kms.md), which enforces them, each permission taken\naway in turn (`test/permissions`). A step that failed was made again with everything granted. Then everything was as the program says, all that an\napplication had encrypted was read, and no KMS key was left that no state knows: but for what stands under *lost*. With nothing taken away they also hold where tags\ncount five minutes late, as AWS may let them. The same but for on-demand rotation and `sweep` holds at ministack, whose IAM others wrote. Nothing of it has been tried on AWS itself.",
    ["| life | without | what happens |", "|---|---|---|", ...LIVES.flatMap(triedRows)].join("\n"),
  ].join("\n\n")}\n`;
}

const heading = (feature: Feature) =>
  NEEDED.includes(feature) ? FEATURES[feature] : `${FEATURES[feature]} (optional)`;

const row = ({ action, when, without }: Permission) => `| \`${action}\` | ${when} | ${without} |`;

function triedRows({ name, without }: TriedLife): string[] {
  return Object.entries(without).map(
    ([action, what], index) => `| ${index === 0 ? name : ""} | \`${action}\` | ${what} |`,
  );
}

if (require.main === module) writeFileSync(permissionsFile, permissionsText());
