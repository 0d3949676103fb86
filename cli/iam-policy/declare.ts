import type { Command } from "commander";
import {
  accountId,
  aliasName,
  collect,
  days,
  keyArn,
  regionName,
  withFeatures,
  withRegions,
  withStateOptions,
} from "../options.js";
import { withExitCode } from "../run.js";

export function declareIamPolicy(program: Command): void {
  const command = withRegions(withStateOptions(program.command("iam-policy")))
    .summary("the least IAM policy for your Regions and features")
    .description(
      "Prints the least IAM policy under which `pulumi up` works, as JSON on stdout, and notes about it on stderr. " +
        "Account, Regions, aliases and stacks come from the options, else from --state or --stack. Calls no AWS operation.",
    )
    .option("--account-id <id>", "account that holds the KMS keys, 12 digits", accountId)
    .option(
      "--replica-region <region>",
      "a Region of replicas; implies --multi-region (repeatable)",
      regionName,
    )
    .option("--multi-region", "the keys are multi-Region (for both kinds, join two policies)")
    .option(
      "--key-type <type>",
      "a type of the keys, by default those of the state, else aes256-gcm96 (repeatable)",
      collect,
    )
    .option(
      "--alias-prefix <prefix>",
      "a KmsProvider's aliasPrefix, by default hashicorp (repeatable)",
      collect,
    )
    .option(
      "--alias <name>",
      "an alias of `extraAliases`, such as alias/orders, by default those of the state (repeatable)",
      aliasName,
    )
    .option("--for-stack <org/project/stack>", "only KMS keys tagged for this stack (repeatable)", collect)
    .option(
      "--former-stack <org/project/stack>",
      "the stack's name before a rename; its KMS keys have it in their tags until the next update (repeatable)",
      collect,
    )
    .option("--adopt-key <arn>", "ARN of a KMS key to adopt (repeatable)", keyArn)
    .option("--root-key <arn>", "ARN of a KMS key that seals keyrings, for --sealing (repeatable)", keyArn)
    .option(
      "--min-window <days>",
      "the shortest waiting period of a deletion that is allowed, 7 to 30; by default 7",
      days,
    )
    .option("--only", "only the permissions of the features, without those that every key needs");
  withFeatures(command)
    .addHelpText(
      "after",
      `
Examples:
  $ keymgmt iam-policy --account-id 111122223333 --region us-west-1
  $ keymgmt iam-policy --stack prod --drift --recovery --changes > policy.json
  $ keymgmt iam-policy --state prod.json --only --status`,
    )
    .action(withExitCode(async (options) => (await import("./command.js")).iamPolicy(options)));
}
