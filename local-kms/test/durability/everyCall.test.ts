import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  CreateAliasCommand,
  DeleteAliasCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import sinon from "sinon";
import type { Change } from "../../src/store/change.js";
import { openJournal } from "../../src/store/journal.js";
import { Store } from "../../src/store/store.js";
import { createEnabledKey, createKey, importMaterial, start, temporaryFolder, WEST } from "../support.js";
import { CALLS, type Step, watchDisk } from "./disk.js";

/** What a SIGKILL would leave at a moment: whatever was written, synced or not, as the system keeps it. */
interface Moment {
  step: Step;
  folder: string;
  /** Commits that were begun, and of them how many were acknowledged, by then. */
  begun: number;
  acknowledged: number;
}

describe("local KMS: killed at every call to the file system", function () {
  this.timeout(120_000);
  let dir: string;
  beforeEach(async () => {
    dir = join(await temporaryFolder(), "data");
  });
  afterEach(() => sinon.restore());

  for (const [title, run] of [
    ["requests and restarts", requests],
    ["commits that fold the journal into the snapshot", commits],
  ] as const)
    it(`has at its next start all that was acknowledged, and of the rest each commit whole or not at all: ${title}`, async () => {
      const { moments, states } = await watched(dir, run);
      const wrong: string[] = [];
      for (const { step, folder, begun, acknowledged } of moments) {
        const { state, journal } = await openJournal(folder);
        const found = states.lastIndexOf(text(new Map(state.map(entry))));
        if (found < acknowledged || found > begun)
          wrong.push(`${step}: as after ${found} commits, with ${acknowledged} acknowledged of ${begun}`);
        await journal.append([["secret", "later", "value"]]);
        await journal.close();
        const left = readdirSync(folder).filter((name) => !/^lock\../.test(name));
        assert.deepEqual(left.sort(), ["journal", "snapshot"], step);
      }
      assert.deepEqual(wrong, []);
      assert.ok(moments.length > 60, `${moments.length} moments`);
    });

  it("has no file that others may read, at no moment, whatever the umask", async () => {
    const open = new Set<string>();
    const umask = process.umask(0);
    const end = await watchDisk((step) => {
      for (const name of existsSync(dir) ? ["", ...readdirSync(dir)] : [])
        if (statSync(join(dir, name)).mode & 0o077) open.add(`${name} ${step}`);
    });
    try {
      await commits(dir);
    } finally {
      process.umask(umask);
      end();
    }
    assert.deepEqual([...open], []);
  });

  it("knows every call that the store makes", () => {
    const folder = join(__dirname, "../../src/store");
    const sources = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    const imported = sources.flatMap((source) => {
      const [, names = ""] = /import \{([^}]*)\} from "node:fs\/promises"/.exec(source) ?? [];
      return names.split(",").map((name) => name.trim());
    });
    const reads = ["", "readFile", "type FileHandle"];
    const known: string[] = [...CALLS.folder, ...reads];
    assert.deepEqual(
      imported.filter((name) => !known.includes(name)),
      [],
    );
    assert.ok(
      !sources.some((source) => /from "(node:)?fs"/.test(source)),
      "only node:fs/promises is watched",
    );
    const ofFiles = sources.flatMap((source) => [...source.matchAll(/\b(?:file|folder)\.(\w+)\(/g)]);
    const others = ofFiles.map(([, name]) => name!).filter((name) => !CALLS.file.includes(name as "sync"));
    assert.deepEqual([...new Set(others)], ["close"]);
  });
});

/** Of each commit that a script makes the state after it, and what a SIGKILL would leave at every call. */
async function watched(
  dir: string,
  run: (dir: string) => Promise<void>,
): Promise<{ moments: Moment[]; states: string[] }> {
  const copies = await temporaryFolder();
  const [moments, entities] = [[] as Moment[], new Map<string, Change>()];
  const states = [text(entities)];
  let [acknowledged, last] = [0, ""];
  const commit = Store.prototype.commit;
  sinon.replace(Store.prototype, "commit", async function (this: Store, changes) {
    for (const change of changes)
      if (change[2] === null) entities.delete(entry(change)[0]);
      else entities.set(...entry(change));
    states.push(text(entities));
    await commit.call(this, changes);
    acknowledged += 1;
  });
  const end = await watchDisk((step) => {
    const begun = states.length - 1;
    const left = `${contents(dir)} ${acknowledged}`;
    if (left === last || !existsSync(dir)) return;
    last = left; // Where nothing has changed since the moment before, that one stands for both.
    const folder = join(copies, String(moments.length));
    cpSync(dir, folder, { recursive: true });
    rmSync(join(folder, "lock"), { force: true }); // This process lives on; a killed one's lock is taken over.
    moments.push({ step, folder, begun, acknowledged });
  });
  try {
    await run(dir);
  } finally {
    end();
  }
  return { moments, states };
}

const entry = (change: Change) => [`${change[0]}/${change[1]}`, change] as const;

const text = (entities: Map<string, Change>) =>
  JSON.stringify([...entities.values()].map((change) => JSON.stringify(change)).sort());

function contents(dir: string): string {
  if (!existsSync(dir)) return "";
  return readdirSync(dir)
    .map((name) => `${name} ${readFileSync(join(dir, name), "latin1")}`)
    .join("\n");
}

/** Requests one by one and together, of one entity and of several, with a restart in between. */
async function requests(dataDir: string): Promise<void> {
  for (const name of ["alias/first", "alias/second"]) {
    const kms = await start({ dataDir });
    const client = kms.client();
    const { KeyId } = await createEnabledKey(client, { MultiRegion: true });
    await client.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: KeyId }));
    await client.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
    await importMaterial(client, KeyId, randomBytes(32), { ImportType: "NEW_KEY_MATERIAL" });
    await Promise.all([
      createKey(client),
      client.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: "a", TagValue: "b" }] })),
      client.send(new UpdateKeyDescriptionCommand({ KeyId, Description: "together" })),
    ]);
    const other = await createKey(client);
    await client.send(new ScheduleKeyDeletionCommand({ KeyId: other.KeyId, PendingWindowInDays: 7 }));
    await kms.moveClock({ advance: "P8D" });
    await client.send(new DeleteAliasCommand({ AliasName: name }));
    await kms.close();
  }
}

/** Commits of three entities of which the next but one removes one, into a journal so short that it is folded often. */
async function commits(dir: string): Promise<void> {
  for (const round of ["a", "b"]) {
    const { state, journal } = await openJournal(dir, { mostBytes: 1000 });
    const store = new Store(state, journal);
    const put = (i: number) =>
      store.commit([
        ["secret", `${round}${i}`, "value ".repeat(5)],
        ["clock", `${round}${i}`, i],
        ["secret", `${round}${i - 2}`, null],
      ]);
    for (let i = 0; i < 8; i += 1) await put(i);
    await Promise.all([8, 9, 10, 11].map(put));
    await store.close();
  }
}
