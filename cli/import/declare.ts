import type { Command } from "commander";
import { withExitCode } from "../run.js";

export function declareImport(program: Command): void {
  program
    .command("import")
    .argument(
      "<backup>",
      "file of `keymgmt export`, or where it is: file:///path, env://NAME or exec:command",
    )
    .summary("restore a backup: the next `pulumi up` makes the key from it")
    .description(
      "Opens a backup, verifies every version, and puts into the stack's configuration what the next `pulumi up` needs: " +
        "where the backup and what opens it are, and which KMS keys and alias are the key's. No secret is put there. " +
        "The update makes the ManagedKey with the same versions, and its KeyDistribution takes the KMS keys that there " +
        "are. The program stays as it is. Asks AWS nothing.",
    )
    .option("--passphrase <reference>", "where the passphrase is: env://NAME, file:///path or exec:command")
    .option("--identity <reference>", "in its place: where the private key is, PEM or JWK")
    .option("--fingerprint <hex>", "of the backup, as `keymgmt export` printed it; another file is refused")
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
