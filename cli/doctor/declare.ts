import type { Command } from "commander";
import {
  codeName,
  collect,
  withAwsOptions,
  withFeatures,
  withRegions,
  withStateOptions,
} from "../options.js";
import { withExitCode } from "../run.js";

export function declareDoctor(program: Command): void {
  const command = withRegions(withAwsOptions(withStateOptions(program.command("doctor"))))
    .summary("credentials, account, endpoint, clock and permissions, as AWS sees them")
    .description(
      "Shows which credentials are used and whose they are, which endpoint answers, the difference of the clocks, and which " +
        "permissions are granted. Changes nothing: calls that would change something name a KMS key that does not exist. " +
        "CloudTrail records them. A permission is granted only where a call succeeded, and otherwise denied or not known. " +
        "With a state, by default that of the stack that is selected in the current project, it first examines the code that the state makes the engine run, and refuses code that is not " +
        "this package's, a keyring that is not encrypted, and a host that is neither AWS's nor allowed; then it tries reads on a KMS key of the stack.",
    )
    .option("--multi-region", "also the permissions that multi-Region keys need")
    .option(
      "--allow-dynamic <type@sha256>",
      "other code in the state that you have read, as doctor names it (repeatable)",
      codeName,
    )
    .option(
      "--allow-endpoint <url>",
      "an endpoint that the program names and the state therefore has (repeatable)",
      collect,
    )
    .option("--offline", "examine the state alone, without calling AWS")
    .option("--json", "print JSON");
  withFeatures(command)
    .addHelpText(
      "after",
      `
Examples:
  $ keymgmt doctor --region us-west-1 --multi-region
  $ keymgmt doctor --stack prod --drift --recovery
  $ keymgmt doctor --stack prod --offline && pulumi up --stack prod`,
    )
    .action(withExitCode(async (options) => (await import("./command.js")).doctor(options)));
}
