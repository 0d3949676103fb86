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
    "Generated from `provider/kms/permissions.ts` by `tools/permissions.ts`: change it there. `keymgmt iam-policy` writes a policy with these\npermissions ([docs/cli.md](cli.md)), and `keymgmt doctor` checks them.",
    "The principal that runs `pulumi up`, or the command, needs these permissions. The first two tables are required. Each other table belongs to an\noptional feature: if one of its permissions is missing, only what the last column says is lost. Material that expires needs no further permission.",
    "Applications need permissions such as `kms:Encrypt` and `kms:Decrypt`, from an IAM policy or from the `policy` input.",
    ...features.flatMap((feature) => [
      `## ${heading(feature)}`,
      ["| permission | when | without it |", "|---|---|---|", ...PERMISSIONS[feature].map(row)].join("\n"),
    ]),
    "## Roles, by STS",
    "The principal that assumes a role needs these in its own IAM policy and in the role's trust policy: `sts:AssumeRole` for `assumeRole`; `sts:TagSession` if the role has `tags`,\nor if the calling session passes tags on, as that of EKS Pod Identity does; `sts:SetSourceIdentity` if `sourceIdentity` is set, or if the calling session has one. For `webIdentity` the\ntrust policy allows `sts:AssumeRoleWithWebIdentity` to the issuer of the token. In a list, each role needs them for the next one. AWS's error names the missing permission.",
    "## What was tested",
    "Tests run whole life cycles with the policies that `keymgmt iam-policy` writes, at the [local KMS](local-kms.md), which enforces them. Each permission is removed\nin turn (`test/permissions`). A step that fails is repeated with all permissions. Then everything is as the program says, an application can decrypt all that it\nencrypted, and every KMS key is in a state, except for what the table says after *lost*. With all permissions the life cycles also work if tags take effect five\nminutes late, as AWS documents it. At ministack, whose IAM is an independent\nimplementation, each permission is removed in one life cycle, except those of on-demand rotation and `sweep`. Nothing of it has been tested on AWS.",
    ["| life cycle | without | what happens |", "|---|---|---|", ...LIVES.flatMap(triedRows)].join("\n"),
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
