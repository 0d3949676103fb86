import { type Command, CommanderError } from "commander";
import { PREFIX } from "../provider/say.js";
import { visible } from "../provider/secrecy/visible.js";
import { EXIT, UsageError } from "./exitCodes.js";
import { printNote } from "./print.js";

/** Makes an action of a function that returns the exit code. A UsageError is reported like commander's own errors. */
export function withExitCode<Options>(action: (options: Options) => Promise<number>) {
  return async (options: Options, command: Command): Promise<void> => {
    try {
      process.exitCode = await action(options);
    } catch (error) {
      if (error instanceof UsageError)
        command.error(`${PREFIX}${visible(error.message)}`, { exitCode: EXIT.usage });
      printNote(`${PREFIX}${visible((error as Error).message)}\n`);
      process.exitCode = EXIT.error;
    }
  };
}

/** Runs the command line. It does not call `process.exit`, so that all output is written before the process ends. */
export async function run(program: Command): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // commander has exit code 1 for its own errors; command.error passes the code of the caller.
    const own = error.code !== "commander.error" && error.exitCode !== 0;
    process.exitCode = own ? EXIT.usage : error.exitCode;
  }
}
