/**
 * A provider process that makes, imports, replicates and rotates keys, each with the inputs that come. Then it writes its heap
 * to the folder, says so, and stays until it is ended.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeHeapSnapshot } from "node:v8";
import { Program } from "../../world/program";

async function live(): Promise<void> {
  const { url, keys, folder } = JSON.parse(process.argv[2]!);
  const programs: Program[] = [];
  for (const key of keys) {
    const program = new Program({ url });
    for (const rotationTrigger of ["1", "2"])
      await program.up({
        key: { replicaRegions: ["eu-west-1"], ...key, rotationTrigger },
        replicas: ["eu-west-1"],
      });
    programs.push(program);
  }
  // What was used a moment ago is still held by timers and sockets.
  for (let round = 0; round < 5; round++) {
    global.gc!();
    await sleep(20);
  }
  writeHeapSnapshot(join(folder, "heap"));
  process.send!("done");
  process.on("message", () => programs); // keeps the process and the programs
}

void live();
