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
  startTime: 2027-01-01T00:00:00Z      # the clock begins then
  quotas: aws                          # ThrottlingException as AWS's request quotas have it
  consistency: { lagMillis: 500 }      # reads lag behind writes
  faults:                              # the third ImportKeyMaterial takes effect, and its answer is lost
    - { operation: ImportKeyMaterial, skip: 2, times: 1, drop: close, when: after }

SIGTERM or SIGINT ends it with its state on disk; a second one ends it at once.`;

const program = new QuietCommand("keymgmt")
  .description("Keys that their owners make and keep, given to AWS KMS from a Pulumi program.")
  .addHelpText("afterAll", EXIT_CODES_HELP)
  .showHelpAfterError("(run it with --help to see what it takes)")
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
  .summary("an AWS KMS on this machine, for trying out and testing")
  .description(
    "Serves an AWS KMS on this machine, for trying out and testing. Point an SDK, the AWS CLI (--endpoint-url) or " +
      "AWS_ENDPOINT_URL_KMS at it. Every Region is there. A 12-digit access key id is the account, any other means " +
      "account 000000000000; the secret key may be anything.",
  )
  .option("--host <address>", "address to listen on", "127.0.0.1")
  .option("--port <number>", "port to listen on; 0 takes a free one", port, 4599)
  .option(
    "--allow-host <name>",
    "a name or address by which it is reached besides --host and loopback, a container's for one (repeatable)",
    collect,
  )
  .option(
    "--data <folder>",
    "keep the state, key material included, in this folder; without it, it ends with the server",
  )
  .option("--config <file>", "settings, as YAML or JSON")
  .option("--control", "serve /_local-kms/…: move the clock, make requests fail, read the counts")
  .option("--log", "a line for each request, and at the end the number of requests by operation")
  .addHelpText("after", EXAMPLES)
  .action(async (options) => {
    const { localKms } = await import("./local-kms/command.js");
    await localKms(options);
    process.exit();
  });

void run(program);
