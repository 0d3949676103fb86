/**
 * `make bench-large`: many keys under AWS's default quotas, in real time: a thousand take more than a quarter of an hour.
 *
 * `--keys 1000`, `--replicas 2`: how many more Regions, `--stacks 4`: the keys are in so many stacks, updated one after the other,
 * `--kill 300`: kills Pulumi and all its processes after so many seconds, and goes on with a second `up`.
 */
import { parseArgs } from "node:util";
import { startLocalKms } from "../local-kms/src/index";
import { end, withDescendants } from "../test/e2e/support/processes";
import { timed } from "./memory";
import { ours, type PulumiSubject, type Subject } from "./subjects";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      keys: { type: "string", default: "1000" },
      replicas: { type: "string", default: "0" },
      stacks: { type: "string", default: "1" },
      kill: { type: "string" },
    },
  });
  const [keys, replicas, stacks] = [Number(values.keys), Number(values.replicas), Number(values.stacks)];
  const counts = { throttled: 0, imported: 0, all: 0 };
  const local = await startLocalKms({
    config: { quotas: "aws", importKeyPool: { reuse: true } },
    log: ({ operation, outcome, cause }) => {
      counts.all++;
      if (cause === "quota") counts.throttled++;
      if (operation === "ImportKeyMaterial" && outcome === "ok") counts.imported++;
    },
  });
  const began = Date.now();
  try {
    for (let stack = 0; stack < stacks; stack++) {
      const each = keys / stacks;
      const subject = await ours(local, { keys: each, replicas, first: stack * each });
      await measured(subject, { keys: each, counts, kill: values.kill }).finally(() => subject.close());
    }
    say("all", counts, { seconds: Math.round((Date.now() - began) / 1000) });
  } finally {
    await local.close();
  }
}

interface Counts {
  throttled: number;
  imported: number;
  all: number;
}

/** One stack, from nothing to an `up` with nothing to do. */
async function measured(
  subject: PulumiSubject,
  { keys, counts, kill }: { keys: number; counts: Counts; kill: string | undefined },
): Promise<void> {
  /** Seconds of one command, and the largest of its processes in MiB. */
  const run = async (what: string, work: Subject["up"]) => {
    let failed: unknown;
    const { seconds, memory = 0 } = await timed((started) =>
      work((pid) => {
        started(pid);
        if (what === "up" && kill) setTimeout(() => end(withDescendants(pid)), Number(kill) * 1000);
      }).catch((error) => {
        failed = error;
      }),
    );
    say(what, counts, {
      seconds: Math.round(seconds),
      MiB: Math.round(memory / 2 ** 20),
      killed: failed !== undefined,
    });
    if (failed && !kill) throw failed;
  };
  await run("up", subject.up);
  if (kill) {
    await subject.unlock();
    await run("up after the kill", subject.up);
  }
  const made = { ...counts };
  await run("up, nothing to do", subject.up);
  if (counts.all !== made.all)
    throw new Error(`an update with nothing to do made ${counts.all - made.all} calls`);
  say("state", counts, { bytesOfOneKey: Math.round((await subject.stateBytes()) / keys) });
}

const say = (what: string, counts: Counts, more: object) =>
  console.log(`${what}: ${JSON.stringify({ ...counts, ...more })}`);

void main();
