/**
 * `make bench-large`: a large stack under AWS's default quotas, in real time: a thousand keys take more than a quarter of an hour.
 *
 * `--keys 1000`, `--replicas 2`: how many more Regions, `--kill 300`: kills Pulumi and all its processes after so many seconds, and goes on
 * with a second `up`.
 */
import { parseArgs } from "node:util";
import { startLocalKms } from "../local-kms/src/index";
import { end, withDescendants } from "../test/e2e/support/processes";
import { timed } from "./memory";
import { ours } from "./subjects";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      keys: { type: "string", default: "1000" },
      replicas: { type: "string", default: "0" },
      kill: { type: "string" },
    },
  });
  const [keys, replicas] = [Number(values.keys), Number(values.replicas)];
  const counts = { throttled: 0, imported: 0, all: 0 };
  const local = await startLocalKms({
    config: { quotas: "aws", importKeyPool: { reuse: true } },
    log: ({ operation, outcome, cause }) => {
      counts.all++;
      if (cause === "quota") counts.throttled++;
      if (operation === "ImportKeyMaterial" && outcome === "ok") counts.imported++;
    },
  });
  const subject = await ours(local, { keys, replicas });
  const say = (what: string, more: object) =>
    console.log(`${what}: ${JSON.stringify({ ...counts, ...more })}`);
  /** Seconds of one command, and the largest of its processes in MiB. */
  const run = async (what: string, work: (started: (pid: number) => void) => Promise<void>) => {
    let failed: unknown;
    const { seconds, memory = 0 } = await timed((started) =>
      work((pid) => {
        started(pid);
        if (what === "up" && values.kill)
          setTimeout(() => end(withDescendants(pid)), Number(values.kill) * 1000);
      }).catch((error) => {
        failed = error;
      }),
    );
    say(what, {
      seconds: Math.round(seconds),
      MiB: Math.round(memory / 2 ** 20),
      killed: failed !== undefined,
    });
    if (failed && !values.kill) throw failed;
  };
  try {
    await run("up", subject.up);
    if (values.kill) {
      await subject.unlock();
      await run("up after the kill", subject.up);
    }
    Object.assign(counts, { all: 0, throttled: 0, imported: 0 });
    await run("up, nothing to do", subject.up);
    say("state", { bytesOfOneKey: Math.round((await subject.stateBytes()) / keys) });
  } finally {
    await subject.close();
    await local.close();
  }
}

void main();
