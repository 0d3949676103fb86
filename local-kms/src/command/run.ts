import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { print, printNote } from "./print.js";
import type { Options } from "./serve.js";

const HELP = (name: string) => `
Try it:
  $ ${name} --data ./kms --control &
  $ aws kms create-key --origin EXTERNAL --endpoint-url http://127.0.0.1:4599 --region us-east-1
  $ curl -X POST -H content-type:application/json -d '{"advance": "P30D"}' http://127.0.0.1:4599/_local-kms/clock

A config file, every setting of it optional:
  startTime: 2027-01-01T00:00:00Z      # the clock starts at this time
  profile: aws                         # as --profile aws
  quotas: aws                          # ThrottlingException by AWS's request quotas
  consistency: { lagMillis: 500 }      # reads lag behind writes
  faults:                              # the third ImportKeyMaterial takes effect, and its response is lost
    - { operation: ImportKeyMaterial, skip: 2, times: 1, drop: close, when: after }

SIGTERM or SIGINT writes the state to disk and ends; a second signal ends at once.

Exit codes:
  0  ended by a signal, with its state on disk
  1  error: it could not start
  2  the command line is wrong; nothing was started`;

/** The command line after the command's name; `name` is what the user typed before it. Ends the process. */
export async function run(args: readonly string[], name = "local-kms"): Promise<void> {
  ignoreClosedOutput();
  try {
    await command(name).parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}

/** The server goes on when the reader of its output ends (`… | head -1`). */
function ignoreClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}

function command(name: string): Command {
  return new Command(name)
    .description(
      "Serves an AWS KMS on this machine, for trials and tests. Point an SDK, the AWS CLI (--endpoint-url) or " +
        "AWS_ENDPOINT_URL_KMS at it. It has every Region. A 12-digit access key id is the account; with any other the " +
        "account is 000000000000. Any secret key is accepted, unless --profile aws or the settings say who may call.",
    )
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <number>", "port to listen on; 0 takes a free one", port, 4599)
    .option(
      "--allow-host <name>",
      "another name or address under which it is reached, such as a container's name (repeatable)",
      (value: string, before: string[] = []) => [...before, value],
    )
    .option(
      "--data <folder>",
      "keep the state, including key material, in this folder; by default it is lost when the server ends",
    )
    .option("--config <file>", "settings, as YAML or JSON")
    .addOption(
      new Option("--profile <name>", "as strict as AWS in all that is lenient otherwise").choices(["aws"]),
    )
    .option("--control", "serve /_local-kms/…: move the clock, make requests fail, read the counts")
    .option("--log", "print a line for each request, and at the end the number of requests by operation")
    .addHelpText("after", HELP(name))
    .showHelpAfterError("(run it with --help to see its options)")
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: printNote })
    .action(async (options: Options) => {
      const { serve } = await import("./serve.js");
      await serve(name, options);
      process.exit();
    });
}

function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError("Expected a number from 0 to 65535.");
}
