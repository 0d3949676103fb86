import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { KMSClient } from "@aws-sdk/client-kms";
import { builtLocalKms } from "../../../test/built";
import { clientFor, temporaryFolder } from "../support.js";
import { type Action, nextAction } from "./killed/actions.js";
import { NOTHING, observe, type World } from "./killed/world.js";

const ROUNDS = 5;

describe("local KMS: killed under load", function () {
  this.timeout(120_000);
  let dataDir: string;
  let server: Server | undefined;
  before(async () => {
    dataDir = await temporaryFolder();
  });
  after(async () => {
    server?.kill();
    await server?.exited;
    await rm(dataDir, { recursive: true, force: true });
  });

  it("shows after each restart every acknowledged change, and of one that was under way all or nothing", async () => {
    const writers = ["a", "b", "c", "d", "e", "f"].map((owner) => new Writer(owner));
    const acknowledged = () => writers.reduce((sum, writer) => sum + writer.acknowledged, 0);
    for (let round = 0; ; round += 1) {
      server = await serve(dataDir);
      const { client, exited } = server;
      const seen = await observe(client);
      for (const writer of writers) writer.settle(seen(writer.owner));
      if (round === ROUNDS) break;
      const writing = writers.map((writer) => writer.writeUntilKilled(client));
      const enough = acknowledged() + randomInt(20, 80);
      while (acknowledged() < enough) await sleep(randomInt(3));
      server.kill();
      await Promise.all(writing);
      assert.equal(await exited, "SIGKILL");
    }
  });
});

/** Sends one request after another, and keeps account of what was acknowledged. */
class Writer {
  acknowledged = 0;
  private world = NOTHING;
  private pending: Action | undefined;

  constructor(readonly owner: string) {}

  /** Returns when the server is gone; any other failure is the test's. */
  async writeUntilKilled(client: KMSClient): Promise<void> {
    for (;;) {
      const action = nextAction(this.owner, this.world);
      this.pending = action;
      try {
        const made = await action.send(client);
        this.world = action.after(this.world, String(made));
      } catch (error) {
        if (isAnswered(error)) throw error;
        return;
      }
      this.pending = undefined;
      this.acknowledged += 1;
    }
  }

  /** Holds what the server shows against what it acknowledged, and goes on from there. */
  settle(seen: World): void {
    const { pending, world } = this;
    const made = Object.keys(seen.keys).find((id) => world.keys[id] === undefined);
    const possible =
      pending && made !== undefined ? pending.after(world, made) : (pending?.after(world, "") ?? world);
    const tookEffect = pending !== undefined && isEqual(seen, possible);
    if (!tookEffect) assert.deepEqual(seen, world, `pending: ${pending?.name}`);
    this.world = seen;
    this.pending = undefined;
  }
}

function isEqual(a: World, b: World): boolean {
  try {
    assert.deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}

/** A refusal, or a wrong answer to a read: the server was there. */
const isAnswered = (error: unknown) =>
  error instanceof assert.AssertionError ||
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== undefined;

interface Server {
  client: KMSClient;
  /** The signal that ended it. */
  exited: Promise<string>;
  kill(): void;
}

async function serve(dataDir: string): Promise<Server> {
  const args = [builtLocalKms(), "--port", "0", "--data", dataDir];
  const server = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(server, "exit").then(([code, signal]) => signal ?? `exit code ${code}`);
  let said = "";
  server.stderr.on("data", (text) => {
    said += text;
  });
  const line = once(createInterface(server.stdout), "line").then(([text]) => text as string);
  const ended = exited.then((how) =>
    Promise.reject(new Error(`The server ended by itself, ${how}: ${said}`)),
  );
  const url = (await Promise.race([line, ended])).replace("local-kms listening on ", "");
  ended.catch(() => undefined);
  const client = clientFor(url);
  const kill = () => {
    server.kill("SIGKILL");
    client.destroy();
  };
  return { client, exited, kill };
}
