import type { Command } from "commander";
import { withAwsOptions, withRegions, withStateOptions } from "../options.js";
import { withExitCode } from "../run.js";

export function declareStatus(program: Command): void {
  withRegions(withAwsOptions(withStateOptions(program.command("status"))))
    .summary("every key: versions, Regions, states, next rotation, expiry, drift")
    .description(
      "Shows every key of a stack, how AWS differs from the stack's state, and what is scheduled for deletion. Changes nothing. Reads the stack that is " +
        "selected in the current project, unless --state or --account is used. Reads no secret, and " +
        "uses no profile, role or endpoint of a state: credentials and endpoint are the environment's, or those of --as, --profile and --endpoint.",
    )
    .option("--offline", "show the state alone, without calling AWS")
    .option("--account", "in place of a stack: every KMS key with our tags in the account, in each --region")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ keymgmt status
  $ keymgmt status --as prod=arn:aws:iam::111122223333:role/keymgmt-status
  $ pulumi stack export | keymgmt status --state -
  $ keymgmt status --account --region us-west-1 --region eu-west-1`,
    )
    .action(withExitCode(async (options) => (await import("./command.js")).status(options)));
}
