import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { ListKeysCommand, ReplicateKeyCommand } from "@aws-sdk/client-kms";
import ts from "typescript";
import { builtLocalKms } from "../../../test/built";
import { rawRequest } from "../../../test/security/support/rawRequest";
import { untilStopped } from "../../src/command/serve.js";
import { clientFor, createKey, EAST, refusal, start, stateOf, temporaryFolder, WEST } from "../support.js";

interface Run {
  process: ChildProcess;
  stdout: string;
  stderr: string;
  ended: Promise<number | null>;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, [builtLocalKms(), ...args]);
  const result: Run = {
    process: child,
    stdout: "",
    stderr: "",
    ended: once(child, "close").then(([code]) => code),
  };
  child.stdout.on("data", (data) => {
    result.stdout += data;
  });
  child.stderr.on("data", (data) => {
    result.stderr += data;
  });
  return result;
}

/** The address that the server says it listens on. */
async function listening(server: Run): Promise<string> {
  while (!server.stdout.includes("\n")) await once(server.process.stdout!, "data");
  return server.stdout.trim().replace("local-kms listening on ", "");
}

describe("local-kms", function () {
  // Each run starts a process of its own.
  this.timeout(60_000);

  it("prints where it listens, says what it is for, and ends cleanly on SIGTERM and SIGINT", async () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const server = run("--port", "0");
      const url = await listening(server);
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
      await createKey(clientFor(url));
      server.process.kill(signal);
      assert.equal(await server.ended, 0);
      assert.equal(server.stdout, `local-kms listening on ${url}\n`);
      assert.match(server.stderr, /for trying out and testing, not for production/);
    }
  });

  it("leaves a second signal to the system, which ends it at once", async () => {
    for (const [first, second] of [
      ["SIGINT", "SIGTERM"],
      ["SIGTERM", "SIGTERM"],
    ] as const) {
      const signals = new EventEmitter();
      const stopped = untilStopped(signals);
      assert.ok(signals.emit(first));
      await stopped;
      assert.ok(!signals.emit(second));
    }
  });

  it("logs each request and, at the end, the number of requests by operation", async () => {
    const server = run("--port", "0", "--log");
    const url = await listening(server);
    await createKey(clientFor(url));
    server.process.kill("SIGTERM");
    await server.ended;
    const [, entry, count] = server.stdout.split("\n");
    assert.match(entry!, /^\S+Z 111122223333 us-east-1 CreateKey - ok [0-9a-f-]{36} -$/);
    assert.equal(count, "CreateKey  1");
  });

  it("reads its settings from a JSON or YAML file and says what is wrong with one", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "config.json");
    await writeFile(file, '{"replicaCreatingMillis": 600000}');
    const server = run("--port", "0", "--config", file);
    const url = await listening(server);
    const { KeyId } = await createKey(clientFor(url), { MultiRegion: true });
    await clientFor(url).send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
    assert.equal(await stateOf(clientFor(url, WEST), KeyId), "Creating");
    server.process.kill("SIGTERM");
    await server.ended;
    await writeFile(file, "# as YAML\nreplicaCreatingMillis: 600000\n");
    const yaml = run("--port", "0", "--config", file);
    await listening(yaml);
    yaml.process.kill("SIGTERM");
    assert.equal(await yaml.ended, 0);
    for (const [text, message] of [
      ["{", /config\.json is neither valid YAML nor JSON/],
      ['{"replicaCreatingMilis": 1}', /Unknown setting `replicaCreatingMilis` in `config`/],
      [
        '{"replicaCreatingMillis": -1}',
        /Expected `config.replicaCreatingMillis` to be a whole number from 0 on, got `-1`/,
      ],
    ] as const) {
      await writeFile(file, text);
      const failed = run("--port", "0", "--config", file);
      assert.equal(await failed.ended, 1);
      assert.match(failed.stderr, message);
    }
    await rm(folder, { recursive: true });
  });

  it("names at start what is more lenient than on AWS; with --profile aws nothing is, and it prints credentials", async () => {
    const lenient = run("--port", "0");
    await listening(lenient);
    lenient.process.kill("SIGTERM");
    await lenient.ended;
    for (const named of [
      /credentials are not checked/,
      /no IAM/,
      /no request quotas/,
      /no eventual/,
      /a replica/,
    ])
      assert.match(lenient.stderr, named);
    const strict = run("--port", "0", "--profile", "aws");
    while (strict.stdout.split("\n").length < 3) await once(strict.process.stdout!, "data");
    const [, url, id, secret] =
      /^local-kms listening on (\S+)\nexport AWS_ACCESS_KEY_ID=(\w+) AWS_SECRET_ACCESS_KEY=(\S+)\n$/.exec(
        strict.stdout,
      )!;
    await createKey(clientFor(url!, EAST, id, secret));
    assert.equal((await refusal(createKey(clientFor(url!)))).status, 400);
    strict.process.kill("SIGTERM");
    await strict.ended;
    assert.equal(strict.stderr, "An AWS KMS for trying out and testing, not for production.\n");
  });

  it("says that a port is taken or no port, and ends", async () => {
    const kms = await start();
    const taken = run("--port", String(kms.port));
    assert.equal(await taken.ended, 1);
    assert.equal(
      taken.stderr,
      `local-kms: port ${kms.port} of 127.0.0.1 is taken; choose another with --port\n`,
    );
    await kms.close();
    const wrong = run("--port", "http");
    assert.equal(await wrong.ended, 2);
    assert.match(wrong.stderr, /Expected a number from 0 to 65535/);
  });

  it("answers control requests where --control asks for it", async () => {
    const server = run("--port", "0", "--control");
    const url = await listening(server);
    assert.equal((await fetch(`${url}/_local-kms/health`)).status, 200);
    server.process.kill("SIGTERM");
    assert.equal(await server.ended, 0);
  });

  it("prints the control endpoint's token where others reach it, and lets in by the names it is told", async () => {
    const names = ["--allow-host", "kms", "--allow-host", "kms.test"];
    const server = run("--port", "0", "--host", "0.0.0.0", "--control", ...names);
    while (server.stdout.split("\n").length < 3) await once(server.process.stdout!, "data");
    const [, port, token] =
      /^local-kms listening on http:\/\/0\.0\.0\.0:(\d+)\nlocal-kms control token: ([0-9a-f]{64})\n$/.exec(
        server.stdout,
      )!;
    const url = `http://127.0.0.1:${port}/_local-kms/health`;
    assert.equal((await fetch(url)).status, 401);
    assert.equal((await fetch(url, { headers: { "x-local-kms-token": token! } })).status, 200);
    for (const [host, status] of [
      ["kms", 401],
      [`kms.test:${port}`, 401],
      ["other", 403],
    ] as const)
      assert.equal((await rawRequest(url, { method: "GET", headers: { host } })).status, status);
    server.process.kill("SIGTERM");
    assert.equal(await server.ended, 0);
  });

  it("is killed by a fault, before or after a request takes effect; what took effect is kept", async () => {
    const data = await temporaryFolder();
    const file = join(data, "config.yaml");
    const args = ["--port", "0", "--data", join(data, "state"), "--config", file];
    const keys = [];
    for (const when of ["before", "after"]) {
      await writeFile(file, `faults: [{ operation: CreateKey, kill: true, when: ${when} }]`);
      const killed = run(...args);
      assert.equal((await refusal(createKey(clientFor(await listening(killed))))).status, undefined);
      await killed.ended;
      assert.equal(killed.process.signalCode, "SIGKILL");
      await writeFile(file, "");
      const next = run(...args);
      const { Keys } = await clientFor(await listening(next)).send(new ListKeysCommand({}));
      keys.push(Keys!.length);
      next.process.kill("SIGTERM");
      await next.ended;
    }
    assert.deepEqual(keys, [0, 1]);
    await rm(data, { recursive: true });
  });

  it("serves on when whoever reads its output goes away", async () => {
    const server = run("--port", "0", "--log");
    const url = await listening(server);
    server.process.stdout!.destroy();
    server.process.stderr!.destroy();
    for (let i = 0; i < 3; i += 1) await createKey(clientFor(url));
    server.process.kill("SIGTERM");
    const [code] = await once(server.process, "exit");
    assert.equal(code, 0);
  });

  it("starts without the AWS SDK, of which only types are used", async () => {
    const folder = join(__dirname, "../../src");
    const sources = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts"));
    assert.ok(sources.length > 30);
    for (const source of sources) {
      const text = await readFile(join(folder, source), "utf8");
      for (const [statement] of text.matchAll(/^(import|export)\b[^;]*from "@aws-sdk[^;]*;/gm))
        assert.match(statement, /^import type /);
      assert.doesNotMatch(text, /from "[^"]*\/(provider|sdk)\//);
    }
  });

  it("has types that need no other package: what its index exports is its own", () => {
    const dist = dirname(builtLocalKms());
    const found = new Set<string>();
    const outside: string[] = [];
    const follow = (file: string): void => {
      if (found.has(file)) return;
      found.add(file);
      for (const { fileName } of ts.preProcessFile(readFileSync(file, "utf8")).importedFiles) {
        if (fileName.startsWith(".")) follow(join(dirname(file), fileName.replace(/\.js$/, ".d.ts")));
        else if (!isBuiltin(fileName)) outside.push(`${fileName}, imported by ${file}`);
      }
    };
    follow(join(dist, "index.d.ts"));
    assert.ok(found.size > 5);
    assert.deepEqual(outside, []);
  });

  it("has a help that names the command and its options", async () => {
    const help = run("--help");
    assert.equal(await help.ended, 0);
    assert.match(help.stdout, /^Usage: local-kms \[options\]/);
    for (const option of ["--host", "--port", "--allow-host", "--data", "--config", "--control", "--log"])
      assert.ok(help.stdout.includes(option));
    assert.match(help.stdout, /A config file, every setting of it optional:\n {2}startTime: /);
  });
});
