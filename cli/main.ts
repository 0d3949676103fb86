#!/usr/bin/env node
import { Command, InvalidArgumentError } from "commander";

const program = new Command("keymgmt")
  .description("Keys that their owners make and keep, given to AWS KMS from a Pulumi program.")
  .showHelpAfterError("(run `keymgmt --help` to see the commands)");

program
  .command("local-kms")
  .summary("an AWS KMS on this machine, for trying out and testing")
  .description(
    "Serves an AWS KMS on this machine, for trying out and testing. Point an SDK, the AWS CLI (--endpoint-url) or " +
      "AWS_ENDPOINT_URL_KMS at it. Every Region is there. A 12-digit access key id is the account, any other means " +
      "account 000000000000; the secret key may be anything.",
  )
  .option("--host <address>", "address to listen on", "127.0.0.1")
  .option("--port <number>", "port to listen on; 0 takes a free one", port, 4599)
  .option(
    "--data <folder>",
    "keep the state, key material included, in this folder; without it, it ends with the server",
  )
  .option("--config <file>", 'settings as JSON or YAML, for example {"replicaCreatingMillis": 5000}')
  .option("--log", "a line for each request, and at the end the number of requests by operation")
  .addHelpText(
    "after",
    "\nExample:\n  $ keymgmt local-kms --data ./kms &\n  $ aws kms list-keys --endpoint-url http://127.0.0.1:4599 --region us-east-1",
  )
  .action(async (options, command) => {
    const { localKms } = await import("./local-kms.js");
    await localKms(options, command);
    process.exit();
  });

function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65535) return number;
  throw new InvalidArgumentError("Expected a number from 0 to 65535.");
}

program.parseAsync().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
