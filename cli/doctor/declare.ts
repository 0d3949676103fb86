import type { Command } from "commander";
import { codeName, collect, regionName, withAwsOptions, withFeatures, withStateOptions } from "../options.js";
import { withExitCode } from "../run.js";

export function declareDoctor(program: Command): void {
  const command = withAwsOptions(withStateOptions(program.command("doctor")))
    .summary("credentials, account, endpoint, clock and permissions, as AWS sees them")
    .description(
      "Says which credentials win and whose they are, which endpoint answers, how far the clocks are apart, and which " +
        "permissions are there. Changes nothing: calls that would change something name a KMS key that does not exist, " +
        "which AWS answers differently to those who may make them; CloudTrail records them. What cannot be told is said to " +
        "be so. With --state or --stack, it first looks at what the state makes the engine run, and refuses all that is not " +
        "this package's, a keyring that is not encrypted, and a host that is neither AWS's nor allowed; then reads are tried on a KMS key of the stack.",
    )
    .option(
      "--region <region>",
      "a Region to look at (repeatable); by default the state's, else AWS_REGION",
      regionName,
    )
    .option("--multi-region", "also what multi-Region keys need")
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
    .option("--offline", "look at the state alone; ask AWS nothing")
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
