import { Command, type ErrorOptions } from "commander";
import { PREFIX } from "../provider/say.js";

/** The part of a message in which commander repeats the command line, by error code. What was typed may be a passphrase. */
const REPEATED: Readonly<Record<string, RegExp>> = {
  "commander.unknownOption": /(?<=^error: unknown option ')(?!--?[a-z]+(-[a-z]+)*').*(?=')/s,
  "commander.unknownCommand": /(?<=^error: unknown command ')(?![a-z]+(-[a-z]+)*').*(?=')/s,
  "commander.invalidArgument": /(?<=argument ').*(?=' is invalid)/s,
};

/** A command whose error messages do not repeat values. An unknown option or command is shown only if it is a plain word. */
export class QuietCommand extends Command {
  override createCommand(name?: string): Command {
    return new QuietCommand(name);
  }

  override error(message: string, options?: ErrorOptions): never {
    const repeated = REPEATED[options?.code ?? ""];
    const shown = repeated ? message.replace(repeated, "…") : message;
    return super.error(shown.replace(/^error: /, PREFIX), options);
  }
}
