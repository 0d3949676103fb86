import type { Command } from "commander";
import { withExitCode } from "../run.js";

export function declareInit(program: Command): void {
  program
    .command("init")
    .argument("[folder]", "folder of the new project, whose name the key gets; by default this one")
    .summary("write a Pulumi project with a key in two Regions")
    .description(
      "Writes a Pulumi project in TypeScript: one key in two Regions behind alias/<name of the folder>, and an application in Python " +
        "and TypeScript that uses it. The folder is new or empty, but for what `npm install` and a new repository put there. Overwrites nothing; dependencies are added to a package.json that exists. Calls no AWS operation.",
    )
    .option("--force", "also into a folder that has other files, none of which is overwritten")
    .addHelpText(
      "after",
      `
Examples:
  $ keymgmt init
  $ keymgmt init orders`,
    )
    .action((folder: string | undefined, options, command) =>
      withExitCode(async () => (await import("./command.js")).init(folder, options))(options, command),
    );
}
