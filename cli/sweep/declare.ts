import type { Command } from "commander";
import { defaultOf } from "../../provider/schema/definition.js";
import { collect, days, regionName, withAwsOptions, withStateOptions } from "../options.js";
import { withExitCode } from "../run.js";

export function declareSweep(program: Command): void {
  withAwsOptions(withStateOptions(program.command("sweep")))
    .summary("KMS keys with our tags that no stack's state accounts for")
    .description(
      "Lists KMS keys with our tags that no given state accounts for, in every Region that the states name. With --delete, " +
        "schedules the deletion of those that nobody can be using: Disabled or without material, without an alias, of a " +
        "distribution of which the same is true. All others are left alone, and the reason is said. KMS keys of stacks " +
        "that were not given are listed apart and never touched.",
    )
    .option("--region <region>", "look in this Region too (repeatable)", regionName)
    .option(
      "--empty-stack <org/project/stack>",
      "a stack that holds no keys any more, or is gone: nothing accounts for its KMS keys (repeatable)",
      collect,
    )
    .option("--delete", "schedule deletion, after you have typed what it asks for")
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
keep the full window: until its end \`aws kms cancel-key-deletion\` brings a KMS
key back.

Examples:
  $ keymgmt sweep
  $ keymgmt sweep --state dev.json --state prod.json --region us-east-1
  $ keymgmt sweep --empty-stack acme/shop/old --region us-west-1 --delete`,
    )
    .action(withExitCode(async (options) => (await import("./command.js")).sweep(options)));
}
