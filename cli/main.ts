#!/usr/bin/env node
import "../sdk/diagnosticReports.js";
import { declareDoctor } from "./doctor/declare.js";
import { EXIT_CODES_HELP } from "./exitCodes.js";
import { declareExport } from "./export/declare.js";
import { declareIamPolicy } from "./iam-policy/declare.js";
import { declareImport } from "./import/declare.js";
import { declareInit } from "./init/declare.js";
import { print, printNote } from "./print.js";
import { QuietCommand } from "./quietCommand.js";
import { run } from "./run.js";
import { declareStatus } from "./status/declare.js";
import { declareSweep } from "./sweep/declare.js";

const program = new QuietCommand("keymgmt")
  .description("Keys that their owners generate and keep, imported into AWS KMS by a Pulumi program.")
  .addHelpText("afterAll", EXIT_CODES_HELP)
  .showHelpAfterError("(run it with --help to see its options)")
  .exitOverride()
  .configureOutput({ writeOut: print, writeErr: printNote });

declareInit(program);
declareStatus(program);
declareSweep(program);
declareExport(program);
declareImport(program);
declareIamPolicy(program);
declareDoctor(program);

program
  .command("local-kms")
  .summary("an AWS KMS on this machine, for trials and tests (a package of its own)")
  .helpOption(false) // the package has its own
  .allowUnknownOption()
  .allowExcessArguments()
  .action(async (_options, command) => {
    const { localKms } = await import("./localKms.js");
    await localKms(command.args);
  });

void run(program);
