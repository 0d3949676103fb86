import { type Command, Option } from "commander";
import { withStateOptions } from "../options.js";
import { withExitCode } from "../run.js";

export function declareExport(program: Command): void {
  withStateOptions(program.command("export"))
    .summary("an encrypted backup of a key with all its versions, or its public keys")
    .description(
      "Writes a key with the material of all its versions, and the names of its KMS keys and alias, into a file that a " +
        "passphrase or a private key opens. Runs `pulumi stack export --show-secrets`, which needs access to the stack's " +
        "secrets provider; a keyring that a root key seals needs that root key too. `keymgmt import` restores it, and asks " +
        "for the fingerprint that is printed here. With --public it opens nothing, and needs no passphrase and no root key.",
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
    .option(
      "--public",
      "instead of a backup: write the public keys of an asymmetric key's enabled versions, and nothing else",
    )
    .addOption(
      new Option("--format <format>", "form of --public; by default a JWK set").choices(["jwks", "pem"]),
    )
    .option("--force", "overwrite an existing file")
    .addHelpText(
      "after",
      `
Examples:
  $ keymgmt export --key orders --passphrase env://BACKUP --out orders.jwe
  $ keymgmt export --key orders --recipient owner.pem --out orders.jwe
  $ keymgmt export --fingerprint orders.jwe
  $ keymgmt export --key issuer --public > jwks.json
  $ keymgmt export --key issuer --public --format pem --out issuer.pem
  $ pulumi stack export --show-secrets |
      keymgmt export --state - --key orders --recipient owner.pem --out -`,
    )
    .action(withExitCode(async (options) => (await import("./command.js")).exportKey(options)));
}
