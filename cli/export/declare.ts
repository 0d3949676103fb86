import type { Command } from "commander";
import { withStateOptions } from "../options.js";
import { withExitCode } from "../run.js";

export function declareExport(program: Command): void {
  withStateOptions(program.command("export"))
    .summary("an encrypted backup of a key with all its versions")
    .description(
      "Writes a key with the material of all its versions, and the names of its KMS keys and alias, into a file that a " +
        "passphrase or a private key opens. Runs `pulumi stack export --show-secrets`, which needs access to the stack's " +
        "secrets provider; a keyring that a root key seals needs that root key too. `keymgmt import` restores it, and asks " +
        "for the fingerprint that is printed here.",
    )
    .option("--key <name>", "the key to back up")
    .option("--out <file>", "file to write, for your user alone to read; - is the standard output")
    .option("--passphrase <reference>", "where a passphrase is: env://NAME, file:///path or exec:command")
    .option(
      "--recipient <file>",
      "instead of a passphrase: a public key, PEM or JWK; its private key opens the backup",
    )
    .option("--keystore <url>", "the root key that seals the keyring, as the program's `keystore` names it")
    .option(
      "--fingerprint <backup>",
      "without the other options: print the fingerprint of an existing backup",
    )
    .option("--force", "overwrite an existing file")
    .addHelpText(
      "after",
      `
Examples:
  $ keymgmt export --key orders --passphrase env://BACKUP --out orders.jwe
  $ keymgmt export --key orders --recipient owner.pem --out orders.jwe
  $ keymgmt export --fingerprint orders.jwe
  $ pulumi stack export --show-secrets |
      keymgmt export --state - --key orders --recipient owner.pem --out -`,
    )
    .action(withExitCode(async (options) => (await import("./command.js")).exportKey(options)));
}
