import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPair, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Context } from "mocha";
import { builtLocalKms } from "../../../test/built.js";
import {
  clientFor,
  createExternalKey,
  createKey,
  EAST,
  getParameters,
  metadataOf,
  temporaryFolder,
} from "../support.js";

/** What docs/local-kms.md promises. Machines that test have other work too, so the best of several tries counts. */
const MOST_START_MILLIS = 300;
const KEYS = 1000;
const MOST_RESTART_MILLIS = 1000;
const MOST_MEBIBYTES = 150;
const LEAST_PER_SECOND = 2000;
const TRIES = 20;

describe("local KMS: performance of the compiled command", function () {
  this.timeout(120_000);
  let server: Server;

  before(async () => {
    server = await serve();
  });
  after(() => server?.stop());

  it(`listens within ${MOST_START_MILLIS} ms`, async function () {
    const best = await quickestStart([], MOST_START_MILLIS);
    report(this, `${Math.round(best)} ms`);
    assert.ok(best < MOST_START_MILLIS, `${best} ms`);
  });

  it("loads no package at its start but the one that reads its command line", async () => {
    const folder = await temporaryFolder();
    const preload = join(folder, "preload.cjs");
    await writeFile(
      preload,
      `const Module = require("node:module");
      const load = Module._load;
      Module._load = (name, ...rest) => {
        if (!/^[./]/.test(name) && !Module.isBuiltin(name)) process.stdout.write("loads " + name + "\\n");
        return load(name, ...rest);
      };`,
    );
    const loaded: string[] = [];
    const child = spawn(process.execPath, ["--require", preload, builtLocalKms(), "--port", "0"]);
    for await (const line of createInterface(child.stdout)) {
      if (line.includes("listening")) break;
      loaded.push(line);
    }
    child.kill("SIGKILL");
    assert.deepEqual(loaded, ["loads commander"]);
  });

  it(`holds ${KEYS} keys with material and an alias in ${MOST_MEBIBYTES} MiB, and starts with them within ${MOST_RESTART_MILLIS} ms`, async function () {
    const folder = await temporaryFolder();
    const [config, data] = [join(folder, "config.json"), join(folder, "data")];
    await writeFile(config, JSON.stringify({ keys: Array.from({ length: KEYS }, (_, i) => seed(i)) }));
    const first = await serve("--data", data, "--config", config);
    const client = clientFor(first.url);
    assert.equal((await metadataOf(client, `alias/key-${KEYS - 1}`)).KeyState, "Enabled");
    client.destroy();
    const memory = await residentMebibytes(first.pid);
    await first.stop();
    const best = await quickestStart(["--data", data], MOST_RESTART_MILLIS);
    report(this, `${Math.round(memory)} MiB, ${Math.round(best)} ms`);
    assert.ok(memory < MOST_MEBIBYTES, `${memory} MiB`);
    assert.ok(best < MOST_RESTART_MILLIS, `${best} ms`);
  });

  it(`answers ${LEAST_PER_SECOND} DescribeKey a second to eight connections, on one core`, async function () {
    const client = clientFor(server.url);
    const { KeyId } = await createKey(client);
    client.destroy();
    const callers = Array.from(
      { length: 8 },
      () => new Caller(server.url, "DescribeKey", JSON.stringify({ KeyId })),
    );
    const best = await bestOf(
      TRIES,
      (rate) => rate >= LEAST_PER_SECOND,
      Math.max,
      async () => {
        const before = await scheduled(server.pid);
        const counts = await Promise.all(callers.map((caller) => caller.callFor(400)));
        const millis = (await scheduled(server.pid)).ran - before.ran || 400;
        return counts.reduce((sum, count) => sum + count) / (millis / 1000);
      },
    );
    for (const caller of callers) caller.close();
    report(this, `${Math.round(best)} a second`);
    assert.ok(best >= LEAST_PER_SECOND, `${best} a second`);
  });

  it("stores changes while callers wait for RSA pairs: to make them leaves threads to the journal", async () => {
    const busy = await serve("--data", await temporaryFolder());
    const client = clientFor(busy.url);
    try {
      const { KeyId } = await createExternalKey(client);
      let made = 0;
      for (let i = 0; i < 8; i += 1)
        getParameters(client, KeyId, "RSA_4096").then(
          () => (made += 1),
          () => undefined,
        );
      for (let i = 0; i < 20; i += 1) await createKey(client);
      assert.ok(made < 4, `20 keys took as long as ${made} RSA pairs`);
    } finally {
      await busy.stop();
      client.destroy();
    }
  });

  it("hands out import parameters in a fraction of the time that their RSA pair takes to make", async function () {
    const client = clientFor(server.url);
    const { KeyId } = await createExternalKey(client);
    const making = median(await timed(9, () => promisify(generateKeyPair)("rsa", { modulusLength: 2048 })));
    await getParameters(client, KeyId); // From now on several are kept ready.
    let pause = 0; // Longer each time: on a busy machine the pool fills slowly.
    const best = await bestOf(
      5,
      (millis) => millis < making / 3,
      Math.min,
      async () => {
        pause += 1000;
        await sleep(pause);
        return median(await timed(5, () => getParameters(client, KeyId)));
      },
    );
    client.destroy();
    report(this, `${best.toFixed(1)} ms, against ${making.toFixed(1)} ms`);
    assert.ok(best < making / 3, `${best} ms, against ${making} ms`);
  });
});

const seed = (i: number) => ({
  create: { Description: `key ${i}`, Tags: [{ TagKey: "number", TagValue: String(i) }] },
  aliases: [`alias/key-${i}`],
  material: randomBytes(32).toString("base64"),
});

/** Milliseconds from the start of the process to its line, without those in which others had the processor. */
function quickestStart(args: string[], enough: number): Promise<number> {
  return bestOf(
    TRIES,
    (millis) => millis < enough,
    Math.min,
    async () => {
      const begun = performance.now();
      const started = await serve(...args);
      const millis = performance.now() - begun - (await scheduled(started.pid)).queued;
      await started.stop();
      return millis;
    },
  );
}

async function residentMebibytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024;
}

/** Figures stand in the title, where the reporter shows them. */
function report({ test }: Context, figures: string): void {
  test!.title += `: ${figures}`;
}

async function bestOf(
  tries: number,
  isEnough: (figure: number) => boolean,
  better: (a: number, b: number) => number,
  measure: () => Promise<number>,
): Promise<number> {
  let best = await measure();
  for (let i = 1; i < tries && !isEnough(best); i += 1) best = better(best, await measure());
  return best;
}

async function timed(count: number, run: () => Promise<unknown>): Promise<number[]> {
  const millis: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const begun = performance.now();
    await run();
    millis.push(performance.now() - begun);
  }
  return millis;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/**
 * On Linux, milliseconds in which a process has had a processor, and in which it was ready to run while others had them: the
 * machine's time and not its own. Elsewhere both are 0.
 */
async function scheduled(pid: number): Promise<{ ran: number; queued: number }> {
  const text = await readFile(`/proc/${pid}/schedstat`, "utf8").catch(() => "0 0 0");
  const [ran = 0, queued = 0] = text.split(" ").map((nanoseconds) => Number(nanoseconds) / 1e6);
  return { ran, queued };
}

interface Server {
  pid: number;
  url: string;
  stop(): Promise<unknown>;
}

async function serve(...args: string[]): Promise<Server> {
  const command = [builtLocalKms(), "--port", "0", ...args];
  const child: ChildProcess = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "ignore"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = once(child, "exit");
  const stop = () => {
    process.off("exit", kill);
    kill();
    return ended;
  };
  const [line] = await once(createInterface(child.stdout!), "line");
  return {
    pid: child.pid!,
    url: (line as string).replace("local-kms listening on ", ""),
    stop,
  };
}

/** One connection that asks the same again and again. Written by hand: an SDK would take more time than the server. */
class Caller {
  private readonly socket: Socket;
  private readonly request: string;

  constructor(url: string, operation: string, body: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname).setNoDelay();
    const credential = `111122223333/20261124/${EAST}/kms/aws4_request`;
    this.request = [
      "POST / HTTP/1.1",
      `Host: ${hostname}`,
      `Authorization: AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=00`,
      "Content-Type: application/x-amz-json-1.1",
      `X-Amz-Target: TrentService.${operation}`,
      `Content-Length: ${body.length}`,
      "",
      body,
    ].join("\r\n");
  }

  /** How many answers of 200 came within the time. */
  async callFor(millis: number): Promise<number> {
    const until = performance.now() + millis;
    let answers = 0;
    while (performance.now() < until) {
      this.socket.write(this.request);
      const [answer] = await once(this.socket, "data"); // Head and body are one segment.
      assert.match(String(answer), /^HTTP\/1.1 200 .*\}$/s);
      answers += 1;
    }
    return answers;
  }

  close(): void {
    this.socket.destroy();
  }
}
