import { type Command, CommanderError } from "commander";
import { visible } from "../provider/secrecy/visible.js";
import { EXIT, UsageError } from "./exitCodes.js";
import { printNote } from "./print.js";

/** An action that gives the exit code. A UsageError ends as commander's own mistakes do. */
export function withExitCode<Options>(action: (options: Options) => Promise<number>) {
  return async (options: Options, command: Command): Promise<void> => {
    try {
      process.exitCode = await action(options);
    } catch (error) {
      if (error instanceof UsageError)
        command.error(`error: ${visible(error.message)}`, { exitCode: EXIT.usage });
      printNote(`keymgmt ${command.name()}: ${visible((error as Error).message)}\n`);
      process.exitCode = EXIT.error;
    }
  };
}

/** Runs the command line. The process ends by itself, so that all that was printed arrives. */
export async function run(program: Command): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // commander says of its own mistakes 1; a command that ends by command.error gives its code.
    const own = error.code !== "commander.error" && error.exitCode !== 0;
    process.exitCode = own ? EXIT.usage : error.exitCode;
  }
}
