import { startLocalKms } from "../local-kms/src/index";
import { ours } from "./subjects";

/** One `up` under AWS's default quotas, of which one GetParametersForImport a second in each Region is the one that all waits for. */
export interface Paced {
  /** From the first GetParametersForImport to the last. */
  seconds: number;
  /** The least that the quota allows for that. */
  bound: number;
  /** Seconds that the whole command took. */
  command: number;
  /** Calls that were throttled. */
  throttled: number;
}

/**
 * Distributes keys, and then rotates each of them.
 *
 * @param replicas how many more Regions
 */
export async function paced(keys: number, replicas: number): Promise<{ made: Paced; rotated: Paced }> {
  let imports: number[] = [];
  let throttled = 0;
  const local = await startLocalKms({
    config: { quotas: "aws", importKeyPool: { reuse: true } },
    log: ({ operation, outcome, cause }) => {
      if (cause === "quota") throttled++;
      if (operation === "GetParametersForImport" && outcome === "ok") imports.push(performance.now());
    },
  });
  const subject = await ours(local, { keys, replicas });
  const measured = async (env: Record<string, string>): Promise<Paced> => {
    [imports, throttled] = [[], 0];
    const began = performance.now();
    await subject.up(undefined, env);
    const command = (performance.now() - began) / 1000;
    return { seconds: (imports.at(-1)! - imports[0]!) / 1000, bound: keys - 1, command, throttled };
  };
  try {
    return { made: await measured({}), rotated: await measured({ ROTATION: "first" }) };
  } finally {
    await subject.close();
    await local.close();
  }
}
