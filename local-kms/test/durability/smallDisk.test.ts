import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CreateKeyCommand, type KMSClient, paginateListKeys } from "@aws-sdk/client-kms";
import { builtLocalKms } from "../../../test/built";
import { clientFor, createKey, metadataOf, refusal, temporaryFolder } from "../support.js";

/** Of a file system in memory, mounted in a namespace of its own: the rest of the machine does not see it. */
const MOUNTED = ["-rm", "sh", "-c", 'mount -t tmpfs -o size=256k none "$0" && exec "$@"'];

describe("local KMS: a disk that is really full", function () {
  this.timeout(60_000);

  it("makes changes fail as on AWS until there is room, and takes away nothing that was acknowledged", async function () {
    const disk = await temporaryFolder();
    if (spawnSync("unshare", [...MOUNTED, disk, "true"]).status !== 0) this.skip();
    const command = [process.execPath, builtLocalKms(), "--port", "0", "--data", join(disk, "data")];
    const server = spawn("unshare", [...MOUNTED, disk, ...command]);
    let said = "";
    server.stderr.on("data", (text) => {
      said += text;
    });
    try {
      const [line] = await once(createInterface(server.stdout), "line");
      const client = clientFor(String(line).replace("local-kms listening on ", ""));
      const filler = join(`/proc/${server.pid}/root`, disk, "filler");
      await writeFile(filler, Buffer.alloc(128 * 1024));
      const made = await fill(client);
      assert.ok(made.length > 3, `${made.length} keys`);
      assert.match(said, /could not be stored \(ENOSPC\)/);
      assert.ok(!said.includes(disk), said);
      assert.equal((await metadataOf(client, made[0]!)).KeyId, made[0]);
      await rm(filler);
      made.push((await createKey(client)).KeyId);
      assert.deepEqual(await listed(client), made.sort());
      client.destroy();
    } finally {
      server.kill("SIGKILL");
    }
  });
});

/** Creates keys until there is no room for one. Returns those that were acknowledged. */
async function fill(client: KMSClient): Promise<string[]> {
  const Description = "long ".repeat(1000);
  for (const made: string[] = []; ; ) {
    const answer = await client.send(new CreateKeyCommand({ Description })).catch((error: Error) => error);
    if (!(answer instanceof Error)) made.push(answer.KeyMetadata!.KeyId!);
    else {
      const { name, status } = await refusal(createKey(client, { Description }));
      assert.deepEqual([answer.name, name, status], ["KMSInternalException", "KMSInternalException", 500]);
      return made;
    }
  }
}

async function listed(client: KMSClient): Promise<string[]> {
  const ids: string[] = [];
  for await (const { Keys } of paginateListKeys({ client }, {}))
    ids.push(...Keys!.map(({ KeyId }) => KeyId!));
  return ids.sort();
}
