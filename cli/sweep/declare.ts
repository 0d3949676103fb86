import type { Command } from "commander";
import { defaultOf } from "../../provider/schema/definition.js";
import { collect, days, withAwsOptions, withRegions, withStateOptions } from "../options.js";
import { withExitCode } from "../run.js";

export function declareSweep(program: Command): void {
  withRegions(withAwsOptions(withStateOptions(program.command("sweep"))))
    .summary("KMS keys with our tags that no stack's state accounts for")
    .description(
      "Lists KMS keys with our tags that no state accounts for, in every Region that the states name. With --delete, " +
        "schedules the deletion of those that nobody can be using: Disabled or without material, without an alias, in a " +
        "distribution in which no other KMS key is in use. All others are left alone, and the reason is printed. KMS keys of stacks " +
        "that no state names are listed separately and never changed.",
    )
    .option(
      "--empty-stack <org/project/stack>",
      "a stack that has no keys any more, or was removed: no state accounts for its KMS keys (repeatable)",
      collect,
    )
    .option("--delete", "schedule deletion, after you confirm it")
    .option(
      "--days <days>",
      "days until AWS deletes, 7 to 30",
      days,
      defaultOf<number>("KeyDistribution", "deletionWindowDays"),
    )
    .option("--yes", "with --delete: do not ask")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
A KMS key that no state knows may be the only one that decrypts somebody's data.
Give the newest state of every stack that uses the account, read the list, and
keep the full window: until its end \`aws kms cancel-key-deletion\` cancels the
deletion of a KMS key.

Examples:
  $ keymgmt sweep
  $ keymgmt sweep --state dev.json --state prod.json --region us-east-1
  $ keymgmt sweep --empty-stack acme/shop/old --region us-west-1 --delete`,
    )
    .action(withExitCode(async (options) => (await import("./command.js")).sweep(options)));
}
