import type { Command } from "commander";
import { withExitCode } from "../run.js";

export function declareImport(program: Command): void {
  program
    .command("import")
    .argument(
      "<backup>",
      "file of `keymgmt export`, or where it is: file:///path, env://NAME or exec:command",
    )
    .summary("restore a backup: the next `pulumi up` creates the key from it")
    .description(
      "Opens a backup, verifies every version, and stores in the stack's configuration what the next `pulumi up` needs: " +
        "references to the backup and to its passphrase or private key, and the names of the KMS keys and the alias. No secret is stored there. " +
        "The update creates the ManagedKey with the same versions, and its KeyDistribution adopts the existing KMS keys. " +
        "The program stays as it is. Calls no AWS operation.",
    )
    .option("--passphrase <reference>", "where the passphrase is: env://NAME, file:///path or exec:command")
    .option("--identity <reference>", "instead of a passphrase: where the private key is, PEM or JWK")
    .option(
      "--fingerprint <hex>",
      "fingerprint of the backup, as `keymgmt export` printed it; another file is refused",
    )
    .option("--stack <name>", "stack of the project to restore into; by default the selected one")
    .option("--cwd <folder>", "folder of the Pulumi project; by default this one")
    .addHelpText(
      "after",
      `
Examples:
  $ keymgmt import orders.jwe --passphrase env://BACKUP --fingerprint 9f86d081…
  $ keymgmt import orders.jwe --identity file:///media/safe/owner.pem --fingerprint 9f86d081… --stack prod`,
    )
    .action((backup: string, options, command) =>
      withExitCode(async () => (await import("./command.js")).importKey(backup, options))(options, command),
    );
}
