import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import type { Interception } from "../../local-kms/src/index";
import { providerText } from "../../sdk/providerText";
import { built } from "../built";
import { temporaryFolder } from "../temporaryFolders";
import type { Program } from "../world/program";
import { useScene } from "../world/scene";

export const ACCOUNT = "111122223333";

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Text for the standard input, or what writes it when the process says something on stderr. */
  input?: string | ((stderr: string) => Promise<string | undefined>);
  env?: Record<string, string>;
  cwd?: string;
  /** A module that the process loads first. */
  preload?: string;
}

/** Runs `keymgmt` in a process of its own: with credentials of ACCOUNT, and nothing else of this machine's environment. */
export async function keymgmt(args: string[], options: RunOptions = {}): Promise<Ended> {
  const { input = "", env = {}, cwd, preload } = options;
  const preloads = preload ? ["--import", preload] : [];
  const child = spawn(process.execPath, ["--no-warnings", ...preloads, built("cli/main.js"), ...args], {
    cwd,
    env: {
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: "a-secret-key",
      AWS_EC2_METADATA_DISABLED: "true",
      HOME: "/nonexistent",
      PATH: "/nonexistent",
      ...(process.env.NODE_V8_COVERAGE && { NODE_V8_COVERAGE: process.env.NODE_V8_COVERAGE }),
      ...env,
    },
  });
  const ended: Ended = { code: null, stdout: "", stderr: "" };
  child.stdout.on("data", (data) => {
    ended.stdout += data;
  });
  child.stderr.on("data", async (data) => {
    ended.stderr += data;
    const typed = typeof input === "string" ? undefined : await input(ended.stderr);
    if (typed !== undefined) child.stdin.end(typed);
  });
  if (typeof input === "string") child.stdin.end(input);
  [ended.code] = await once(child, "close");
  return ended;
}

/** The same, with its calls sent to a local KMS: where they go is its caller's to say. */
export const keymgmtOn =
  (local: { url: string }) =>
  (args: string[], options: RunOptions = {}): Promise<Ended> =>
    keymgmt(args, { ...options, env: { AWS_ENDPOINT_URL_KMS: local.url, ...options.env } });

/** A scene and a program, as `useScene` has them, and the command; `deny` says which operations no policy allows. */
export function useCommand() {
  const { scene, program } = useScene();
  const deny = (...operations: string[]) => {
    scene.intercept = ({ operation }) =>
      operations.includes(operation) ? notAuthorized(operation) : undefined;
  };
  return { scene, program, keymgmt: keymgmtOn(scene), deny };
}

const TYPES: Record<string, string> = { kms: "KmsProvider", key: "ManagedKey" };

/** The mark of a secret in a state. */
export const secret = (ciphertext: string) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext,
});

/** The same with `--show-secrets`: the value as JSON, in a string. */
export const shown = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});

/** The program's state as `pulumi stack export` writes it now: a rename changes its URNs at once. */
export function exportOf(program: Program, showSecrets = false): string {
  const [, project, stack] = program.stack.split("/");
  const resources = [...program.states].map(([name, { id, inputs, outputs, failed }]) => {
    const type = TYPES[name] ?? (name === "distribution" ? "KeyDistribution" : "KeyReplica");
    const token = `pulumi-nodejs:dynamic/keymgmt:${type}`;
    const initErrors = failed ? ["it failed"] : undefined;
    const __provider = providerText(type);
    return {
      urn: `urn:pulumi:${stack}::${project}::${token}::${name}`,
      type: token,
      id,
      inputs: { ...inputs, __provider },
      outputs: { ...outputs, __provider },
      initErrors,
    };
  });
  return JSON.stringify(
    { version: 3, deployment: { manifest: { time: new Date().toISOString() }, resources } },
    (name, value) => {
      if (!["keyring", "credentials"].includes(name) || !value) return value;
      return showSecrets ? shown(value) : secret("v1:abc");
    },
  );
}

/** A file with this text, in a temporary folder of its own. */
export async function fileOf(text: string): Promise<string> {
  const file = join(await temporaryFolder(), "state.json");
  await writeFile(file, text);
  return file;
}

/** The environment of a `pulumi` that has this state, and writes the arguments of every other call into a file, one a line. */
export async function fakePulumi(
  file: string,
  exitCode = 0,
  state = '{ "deployment": null }',
): Promise<Record<string, string>> {
  const PATH = await temporaryFolder();
  const script = `#!/bin/sh
if [ "$1 $2" = "stack export" ]; then while IFS= read -r line || [ -n "$line" ]; do printf '%s\\n' "$line"; done < ${await fileOf(state)}; exit 0; fi
printf '%s\\n' "$@" > ${file}
exit ${exitCode}
`;
  await writeFile(join(PATH, "pulumi"), script, { mode: 0o755 });
  return { PATH };
}

/** Ids, names and times that differ from run to run, replaced by others as long. */
export function settled(text: string): string {
  return text
    .replaceAll(/mrk-[0-9a-f]{32}/g, `mrk-${"0".repeat(32)}`)
    .replaceAll(/mrk-[0-9a-f]{8}…/g, "mrk-00000000…")
    .replaceAll(/orders-\d{10}/g, "orders-1700000000")
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, "2026-01-01 00:00 UTC");
}

export function clientOf(local: { url: string }, region: string): KMSClient {
  const credentials = { accessKeyId: ACCOUNT, secretAccessKey: "any" };
  return new KMSClient({ endpoint: local.url, region, maxAttempts: 1, credentials });
}

/** What AWS answers a user whom no policy allows the operation. */
export function notAuthorized(operation: string): Interception {
  const action = `kms:${operation}`;
  return {
    error: {
      name: "AccessDeniedException",
      message: `User: arn:aws:iam::${ACCOUNT}:user/ci is not authorized to perform: ${action} on resource: * because no identity-based policy allows the ${action} action`,
    },
  };
}

/** A KMS key that an update might have left behind. */
export async function strayKey(
  client: Pick<KMSClient, "send">,
  tags: { stack: string; key?: string; distribution: string; version: string },
  multiRegion = false,
): Promise<string> {
  const { KeyMetadata } = await client.send(
    new CreateKeyCommand({
      Origin: "EXTERNAL",
      MultiRegion: multiRegion,
      Tags: Object.entries({ key: "orders", ...tags }).map(([name, TagValue]) => ({
        TagKey: `keymgmt:${name}`,
        TagValue,
      })),
    }),
  );
  return KeyMetadata!.KeyId!;
}
