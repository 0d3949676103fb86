import { PREFIX } from "../provider/say.js";
import { printNote } from "./print.js";

const PACKAGE = "pulumi-keymgmt-local-kms";

interface Command {
  run(args: readonly string[], name: string): Promise<void>;
}

/** `keymgmt local-kms`: hands the command line over to the package of the local KMS, which only those install who want it. */
export async function localKms(args: readonly string[]): Promise<void> {
  const entry = installed();
  if (entry === undefined) {
    printNote(
      `${PREFIX}the local KMS is a package of its own, and it is not installed here. Run: npm install --save-dev ${PACKAGE}\n`,
    );
    process.exitCode = 1;
    return;
  }
  const { run }: Command = await import(entry);
  await run(args, "keymgmt local-kms");
}

function installed(): string | undefined {
  try {
    return require.resolve(`${PACKAGE}/command`);
  } catch {
    return undefined;
  }
}
