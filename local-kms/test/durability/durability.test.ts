import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFile, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CreateAliasCommand,
  DecryptCommand,
  EncryptCommand,
  ListKeysCommand,
  ReplicateKeyCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import { openJournal } from "../../src/store/journal.js";
import {
  createEnabledKey,
  createExternalKey,
  createKey,
  getParameters,
  importMaterial,
  metadataOf,
  start,
  stateOf,
  temporaryFolder,
  WEST,
} from "../support.js";

describe("local KMS: state in a folder", () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await temporaryFolder();
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it("survives a restart: keys, replicas, material, aliases, and import tokens that are not used yet", async () => {
    const first = await start({ dataDir });
    const { KeyId, material } = await createEnabledKey(first.client(), { MultiRegion: true });
    await first.client().send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
    await first.client().send(new CreateAliasCommand({ AliasName: "alias/kept", TargetKeyId: KeyId }));
    const { CiphertextBlob } = await first
      .client()
      .send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("a") }));
    const before = await metadataOf(first.client(), KeyId);
    const parameters = await getParameters(first.client(WEST), KeyId);
    await first.close();

    const second = await start({ dataDir });
    assert.deepEqual(await metadataOf(second.client(), "alias/kept"), before);
    await importMaterial(second.client(WEST), KeyId, material, {}, parameters);
    const { Plaintext } = await second.client(WEST).send(new DecryptCommand({ CiphertextBlob }));
    assert.equal(Buffer.from(Plaintext!).toString(), "a");
    await second.close();
  });

  it("is gone with the server where no folder is given", async () => {
    const first = await start();
    await createKey(first.client());
    await first.close();
    const second = await start();
    assert.deepEqual((await second.client().send(new ListKeysCommand({}))).Keys, []);
    await second.close();
  });

  it("is readable by its owner only", async () => {
    const kms = await start({ dataDir: join(dataDir, "new") });
    await createKey(kms.client());
    for (const name of ["", ...(await readdir(join(dataDir, "new")))]) {
      const { mode } = await stat(join(dataDir, "new", name));
      assert.equal(mode & 0o077, 0, `mode of ${name || "the folder"}`);
    }
    await kms.close();
  });

  it("belongs to one server at a time", async () => {
    const first = await start({ dataDir });
    await assert.rejects(start({ dataDir }), /data folder .* is in use by another local KMS \(process \d+\)/);
    await first.close();
    await (await start({ dataDir })).close();
    assert.deepEqual((await readdir(dataDir)).sort(), ["journal", "snapshot"]);
  });

  it("is taken over from a process that is gone, also where its process id is another's now", async () => {
    const gone = spawn(process.execPath, ["-e", ""]);
    await once(gone, "exit");
    await writeFile(join(dataDir, "lock"), JSON.stringify({ pid: gone.pid }));
    await (await start({ dataDir })).close();
    await writeFile(join(dataDir, "lock"), JSON.stringify({ pid: process.pid, started: "another boot" }));
    if (process.platform === "linux") await (await start({ dataDir })).close();
  });

  it("drops a last journal line that was never acknowledged", async () => {
    const { KeyId } = await makeJournal(dataDir);
    await appendFile(join(dataDir, "journal"), '12345678 [99,[["key","half');
    const kms = await start({ dataDir });
    assert.equal(await stateOf(kms.client(), KeyId), "PendingImport");
    await kms.close();
  });

  it("counts a journal line once that is in the snapshot already, as after a crash between the two", async () => {
    const { KeyId } = await makeJournal(dataDir);
    const journal = await readFile(join(dataDir, "journal"));
    const kms = await start({ dataDir });
    await kms.client().send(new UpdateKeyDescriptionCommand({ KeyId, Description: "later" }));
    await kms.close();
    const later = await readFile(join(dataDir, "journal"));
    await writeFile(join(dataDir, "journal"), Buffer.concat([journal, later]));
    const again = await start({ dataDir });
    assert.equal((await metadataOf(again.client(), KeyId)).Description, "later");
    await again.close();
  });

  it("folds a long journal into the snapshot and loses nothing by it", async () => {
    const { journal } = await openJournal(dataDir, { mostBytes: 1000 });
    const tokens = Array.from({ length: 200 }, (_, i) => `value ${i}`);
    for (const token of tokens) await journal.append([["secret", token, token]]);
    assert.ok((await stat(join(dataDir, "journal"))).size < 1100);
    await Promise.all(tokens.slice(50).map((token) => journal.append([["secret", token, null]])));
    await journal.close();
    const { state, journal: reopened } = await openJournal(dataDir);
    assert.deepEqual(
      state.map(([, , value]) => value),
      tokens.slice(0, 50),
    );
    await reopened.close();
  });

  it("is refused, and left as it is, where a byte of it changed", async () => {
    await makeJournal(dataDir);
    await (await start({ dataDir })).close();
    const snapshot = await readFile(join(dataDir, "snapshot"));
    await makeJournal(dataDir);
    const journal = await readFile(join(dataDir, "journal"));
    for (const [name, bytes] of [
      ["journal", journal],
      ["snapshot", snapshot],
    ] as const) {
      const changed = Buffer.from(bytes);
      changed[Math.floor(changed.length / 2)]! ^= 1;
      await writeFile(join(dataDir, name), changed);
      await assert.rejects(start({ dataDir }), /data folder .* is damaged: .*checksum.*Nothing was changed/);
      assert.deepEqual(await readFile(join(dataDir, name)), changed);
      await writeFile(join(dataDir, name), name === "journal" ? journal : snapshot);
    }
  });

  it("is refused where a part of it is missing or empty", async () => {
    await makeJournal(dataDir);
    const journal = await readFile(join(dataDir, "journal"), "utf8");
    const lines = journal.split("\n");
    await writeFile(join(dataDir, "journal"), [lines[0], ...lines.slice(2)].join("\n"));
    await assert.rejects(start({ dataDir }), /damaged: the journal goes from change \d+ to \d+/);
    await writeFile(join(dataDir, "journal"), journal);
    await (await start({ dataDir })).close();
    await rm(join(dataDir, "journal"));
    await assert.rejects(start({ dataDir }), /damaged: there is a snapshot but no journal/);
    await writeFile(join(dataDir, "journal"), "");
    await truncate(join(dataDir, "snapshot"));
    await assert.rejects(start({ dataDir }), /damaged: snapshot/);
    await rm(join(dataDir, "snapshot"));
    await assert.rejects(start({ dataDir }), /damaged: there is a journal but no snapshot/);
  });
});

/** Leaves a journal with some lines, as a killed server does. */
async function makeJournal(dataDir: string) {
  const kms = await start({ dataDir });
  const { KeyId } = await createExternalKey(kms.client());
  await createKey(kms.client(), { Description: randomBytes(200).toString("hex") });
  await kms.close();
  return { KeyId };
}
