import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import type { LocalKms } from "../../local-kms/src/index";
import { localKms } from "../world/program";

const LIFE = join(__dirname, "memory/life.ts");
const TSX = pathToFileURL(require.resolve("tsx")).href;

describe("the memory of a provider process whose work is done", function () {
  this.timeout(120_000);
  const secrets: Record<string, Buffer> = {};
  let folder: string;
  let local: LocalKms;
  let provider: ChildProcess;

  before(async function () {
    if (process.platform !== "linux") {
      console.log("    skipped: a process's memory is read from /proc, which only Linux has");
      this.skip();
    }
    folder = await mkdtemp(join(tmpdir(), "keymgmt-memory-"));
    local = await localKms();
    const credentials = { accessKeyId: "111122223333", secretAccessKey: "secret" };
    const client = new KMSClient({ region: "us-east-1", endpoint: local.url, credentials });
    const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
    await client.send(new CreateAliasCommand({ AliasName: "alias/root", TargetKeyId: KeyMetadata!.KeyId }));

    const inFile = async (name: string) => {
      secrets[name] = randomBytes(32);
      await writeFile(join(folder, name), secrets[name].toString("hex"));
      return pathToFileURL(join(folder, name)).href;
    };
    const keystores = {
      state: "state",
      sealed: await inFile("root"),
      awskms: `awskms://alias/root?region=us-east-1&endpoint=${local.url}`,
      none: "none",
    };
    const keys: object[] = [];
    for (const [name, keystore] of Object.entries(keystores)) {
      const [first] = [await inFile(`${name}-1`), await inFile(`${name}-2`)];
      keys.push({ name, keystore, material: first.replace(/-1$/, "-{version}") });
    }
    const flags = ["--no-warnings", "--expose-gc", "--heap-snapshot-string-limit=1000000", "--import", TSX];
    provider = spawn(process.execPath, [...flags, LIFE, JSON.stringify({ url: local.url, keys, folder })], {
      env: { ...process.env, AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret" },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const [said] = await Promise.race([once(provider, "message"), once(provider, "exit")]);
    assert.equal(said, "done");
  });
  after(async () => {
    provider?.kill("SIGKILL");
    await local?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  it("holds no material and no root key as bytes, whatever the keystore, not even in what is free again", async () => {
    const found: string[] = [];
    let reads = false;
    for await (const bytes of memoryOf(provider.pid!)) {
      reads ||= bytes.includes(local.url);
      for (const [name, secret] of Object.entries(secrets)) if (bytes.includes(secret)) found.push(name);
    }
    assert.ok(reads, "what is in the memory is found");
    assert.deepEqual(found, []);
  });

  it("holds on to no text of them, but of material that is kept in the state", async () => {
    const heap = await readFile(join(folder, "heap"), "utf8");
    const held = Object.entries(secrets).filter(([, secret]) =>
      [secret.toString("hex"), secret.toString("base64url"), secret.toString("base64").slice(0, -1)].some(
        (form) => heap.includes(form),
      ),
    );
    assert.deepEqual(
      held.map(([name]) => name),
      ["state-1", "state-2"],
    );
  });
});

/** What a process can write to: heap, stacks, data. */
async function* memoryOf(pid: number): AsyncGenerator<Buffer> {
  const memory = await open(`/proc/${pid}/mem`, "r");
  try {
    for (const line of (await readFile(`/proc/${pid}/maps`, "utf8")).split("\n")) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      if (!from || !to) continue;
      const [begin, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
      const bytes = Buffer.alloc(end - begin);
      try {
        await memory.read(bytes, 0, bytes.length, begin);
        yield bytes;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EIO") throw error; // given back meanwhile
      }
    }
  } finally {
    await memory.close();
  }
}
