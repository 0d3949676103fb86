/** Backups of keys, as docs/backup.md describes them: made by the command, opened by `jose`. */
import assert from "node:assert/strict";
import { createPrivateKey, type JsonWebKey } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compactDecrypt } from "jose";
import { built } from "../../built";
import type { Project } from "../support";
import { type Copy, openssl } from "./openssl";

export interface Backup {
  /** The `restore` of a ManagedKey. */
  restore: object;
  /** The owner's copies of all versions. */
  copies: Copy[];
}

/** Makes backups of a stack's keys, by their names; all is written into `folder`. */
export async function backUp(
  project: Project,
  folder: string,
  names: string[],
): Promise<Record<string, Backup>> {
  const [identity, recipient, state] = ["owner.pem", "owner.pub", "state.json"].map((file) =>
    join(folder, file),
  ) as [string, string, string];
  await openssl(["genpkey", "-algorithm", "X25519", "-out", identity]);
  await openssl(["pkey", "-in", identity, "-pubout", "-out", recipient]);
  const { stdout } = await project.stackExport({ showSecrets: true });
  await writeFile(state, stdout, { mode: 0o600 });
  const backups = names.map(async (name) => {
    const out = join(folder, `${name}.jwe`);
    const args = ["export", "--key", name, "--state", state, "--recipient", recipient, "--out", out];
    const ran = await project.run(process.execPath, ["--no-warnings", built("cli/main.js"), ...args]);
    assert.equal(ran.exitCode, 0, ran.stderr);
    const [fingerprint] = /^[0-9a-f]{64}$/m.exec(ran.stderr)!;
    return [name, await opened(out, identity, fingerprint)] as const;
  });
  return Object.fromEntries(await Promise.all(backups));
}

async function opened(file: string, identity: string, fingerprint: string): Promise<Backup> {
  const jwe = (await readFile(file, "utf8")).trim();
  const { plaintext } = await compactDecrypt(jwe, createPrivateKey(await readFile(identity)));
  const { kcvs, keyring, distributions } = JSON.parse(new TextDecoder().decode(plaintext));
  const [from, opens] = [file, identity].map((path) => pathToFileURL(path).href);
  const adopted = distributions.map(({ replicas: _, ...rest }: { replicas: string[] }) => rest);
  return {
    restore: { from, identity: opens, fingerprint, kcvs, distributions: adopted },
    copies: keyring.keys.map(copyOf),
  };
}

function copyOf(jwk: JsonWebKey): Copy {
  if (jwk.kty === "oct") return Buffer.from(jwk.k!, "base64url").toString("base64");
  return createPrivateKey({ key: jwk, format: "jwk" }).export({ type: "pkcs8", format: "pem" }).toString();
}
