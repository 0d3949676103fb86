#!/usr/bin/env node
import "../sdk/diagnosticReports.js";
import { declareDoctor } from "./doctor/declare.js";
import { EXIT_CODES_HELP } from "./exitCodes.js";
import { declareExport } from "./export/declare.js";
import { declareIamPolicy } from "./iam-policy/declare.js";
import { declareImport } from "./import/declare.js";
import { collect, port } from "./options.js";
import { print, printNote } from "./print.js";
import { QuietCommand } from "./quietCommand.js";
import { run } from "./run.js";
import { declareStatus } from "./status/declare.js";
import { declareSweep } from "./sweep/declare.js";

const EXAMPLES = `
Try it:
  $ keymgmt local-kms --data ./kms --control &
  $ aws kms create-key --origin EXTERNAL --endpoint-url http://127.0.0.1:4599 --region us-east-1
  $ curl -X POST -H content-type:application/json -d '{"advance": "P30D"}' http://127.0.0.1:4599/_local-kms/clock

A config file, every setting of it optional:
  startTime: 2027-01-01T00:00:00Z      # the clock starts at this time
  quotas: aws                          # ThrottlingException by AWS's request quotas
  consistency: { lagMillis: 500 }      # reads lag behind writes
  faults:                              # the third ImportKeyMaterial takes effect, and its response is lost
    - { operation: ImportKeyMaterial, skip: 2, times: 1, drop: close, when: after }

SIGTERM or SIGINT writes the state to disk and ends; a second signal ends at once.`;

const program = new QuietCommand("keymgmt")
  .description("Keys that their owners generate and keep, imported into AWS KMS by a Pulumi program.")
  .addHelpText("afterAll", EXIT_CODES_HELP)
  .showHelpAfterError("(run it with --help to see its options)")
  .exitOverride()
  .configureOutput({ writeOut: print, writeErr: printNote });

declareStatus(program);
declareSweep(program);
declareExport(program);
declareImport(program);
declareIamPolicy(program);
declareDoctor(program);

program
  .command("local-kms")
  .summary("an AWS KMS on this machine, for trials and tests")
  .description(
    "Serves an AWS KMS on this machine, for trials and tests. Point an SDK, the AWS CLI (--endpoint-url) or " +
      "AWS_ENDPOINT_URL_KMS at it. It has every Region. A 12-digit access key id is the account; with any other the " +
      "account is 000000000000. Any secret key is accepted.",
  )
  .option("--host <address>", "address to listen on", "127.0.0.1")
  .option("--port <number>", "port to listen on; 0 takes a free one", port, 4599)
  .option(
    "--allow-host <name>",
    "another name or address under which it is reached, such as a container's name (repeatable)",
    collect,
  )
  .option(
    "--data <folder>",
    "keep the state, including key material, in this folder; by default it is lost when the server ends",
  )
  .option("--config <file>", "settings, as YAML or JSON")
  .option("--control", "serve /_local-kms/…: move the clock, make requests fail, read the counts")
  .option("--log", "print a line for each request, and at the end the number of requests by operation")
  .addHelpText("after", EXAMPLES)
  .action(async (options) => {
    const { localKms } = await import("./local-kms/command.js");
    await localKms(options);
    process.exit();
  });

void run(program);
