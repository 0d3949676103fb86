import { Command, type ErrorOptions } from "commander";

/** What commander repeats of a command line, by the code of its error: what was typed there may be a passphrase. */
const REPEATED: Readonly<Record<string, RegExp>> = {
  "commander.unknownOption": /(?<=^error: unknown option ')(?!--?[a-z]+(-[a-z]+)*').*(?=')/s,
  "commander.unknownCommand": /(?<=^error: unknown command ')(?![a-z]+(-[a-z]+)*').*(?=')/s,
  "commander.invalidArgument": /(?<=argument ').*(?=' is invalid)/s,
};

/** A command whose mistakes do not repeat values: of an unknown option or command, only what is a word is shown. */
export class QuietCommand extends Command {
  override createCommand(name?: string): Command {
    return new QuietCommand(name);
  }

  override error(message: string, options?: ErrorOptions): never {
    const repeated = REPEATED[options?.code ?? ""];
    return super.error(repeated ? message.replace(repeated, "…") : message, options);
  }
}
