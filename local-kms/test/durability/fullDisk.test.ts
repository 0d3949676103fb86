import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import {
  ListKeysCommand,
  ScheduleKeyDeletionCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import sinon from "sinon";
import { openJournal } from "../../src/store/journal.js";
import { createKey, metadataOf, refusal, start, type TestKms, temporaryFolder } from "../support.js";
import { type Step, watchDisk } from "./disk.js";

/** As node:fs words them. */
const failure = (code: string) =>
  Object.assign(new Error(`${code}: it failed, write '/home/somebody/kms'`), { code });

describe("local KMS: a disk that takes no writes", () => {
  let dataDir: string;
  let kms: TestKms;
  let KeyId: string;
  let fails: (step: Step) => unknown;
  let endWatch: () => void;
  let printed: sinon.SinonStub;
  beforeEach(async () => {
    dataDir = await temporaryFolder();
    fails = () => undefined;
    endWatch = await watchDisk((step) => fails(step));
    printed = sinon.stub(console, "error");
    kms = await start({ dataDir });
    KeyId = (await createKey(kms.client(), { Description: "stored" })).KeyId;
  });
  afterEach(async () => {
    endWatch();
    sinon.restore();
    await kms.close();
  });

  const describeAs = (Description: string) =>
    kms.client().send(new UpdateKeyDescriptionCommand({ KeyId, Description }));
  const description = async () => (await metadataOf(kms.client(), KeyId)).Description;
  const failAt =
    (code: string, ...steps: Step[]) =>
    (step: Step) => {
      if (steps.includes(step)) throw failure(code);
    };

  for (const [code, ...steps] of [
    ["ENOSPC", "before appendFile"],
    ["ENOSPC", "halfway appendFile"],
    ["EDQUOT", "halfway appendFile", "before truncate"],
    ["EIO", "before datasync"],
    ["EIO", "after datasync", "after truncate"],
    ["EROFS", "before appendFile", "before datasync", "before truncate"],
  ] as [string, ...Step[]][])
    it(`refuses as AWS does and changes nothing, and goes on when it takes them again: ${code} ${steps.join(", ")}`, async () => {
      fails = failAt(code, ...steps);
      for (const lost of ["lost", "lost again"]) {
        assert.deepEqual(await refusal(describeAs(lost)), {
          name: "KMSInternalException",
          message: "The local KMS failed; see its log",
          status: 500,
        });
        assert.equal(await description(), "stored");
      }
      assert.match(
        printed.lastCall.args.join(" "),
        new RegExp(`could not be stored \\(${code}\\).*make room`),
      );
      fails = () => undefined;
      await describeAs("later");
      await kms.close();
      kms = await start({ dataDir });
      assert.equal(await description(), "later");
    });

  it("leaves nothing of a write that failed for a start after a SIGKILL", async () => {
    fails = failAt("ENOSPC", "after appendFile");
    await refusal(describeAs("lost"));
    const journal = await readFile(`${dataDir}/journal`, "utf8");
    assert.ok(!journal.includes("lost"), journal);
  });

  for (const [title, isLost] of [
    ["is stored", false],
    ["turns out not to be stored", true],
  ] as const)
    it(`answers nobody by a change until it ${title}`, async () => {
      const atDisk = new Promise<() => void>((reached) => {
        fails = (step) => {
          if (step !== "before datasync") return;
          fails = () => undefined;
          return new Promise<void>((resolve, reject) => {
            reached(() => (isLost ? reject(failure("EIO")) : resolve()));
          });
        };
      });
      const changed = describeAs("changed").catch((error: Error) => error.name);
      const goOn = await atDisk;
      const seen: (string | undefined)[] = [];
      const look = description().then((shown) => seen.push(shown));
      const made = createKey(kms.client()).catch((error: Error) => error.name);
      for (let i = 0; i < 50; i += 1) await setImmediate();
      assert.deepEqual(seen, [], "answered while the change was under way");
      goOn();
      await look;
      assert.deepEqual(seen, [isLost ? "stored" : "changed"]);
      const outcomes = [await changed, await made];
      if (isLost) assert.deepEqual(outcomes, ["KMSInternalException", "KMSInternalException"]);
      const { Keys } = await kms.client().send(new ListKeysCommand({}));
      assert.equal(Keys!.length, isLost ? 1 : 2);
    });

  it("goes on, and loses nothing, where only the journal cannot be folded into the snapshot", async () => {
    const dir = await temporaryFolder();
    const reports: unknown[] = [];
    const report = (error: unknown) => reports.push(error);
    const { journal } = await openJournal(dir, { mostBytes: 200, report });
    fails = failAt("ENOSPC", "halfway writeFile");
    const names = Array.from({ length: 20 }, (_, i) => `name ${i}`);
    for (const name of names) await journal.append([["secret", name, "value"]]);
    assert.ok(reports.length > 0 && reports.length < names.length, `${reports.length} reports`);
    assert.deepEqual((await readdir(dir)).sort(), ["journal", "lock", "snapshot"]);
    fails = failAt("EMFILE", "before open");
    await journal.append([["secret", "late", "value ".repeat(100)]]);
    await journal.close();
    fails = () => undefined;
    const { state, journal: again } = await openJournal(dir);
    assert.deepEqual(
      state.map(([, name]) => name),
      [...names, "late"],
    );
    await again.close();
  });

  it("does not start, says so in a sentence, and leaves the folder as it was", async () => {
    await kms.close();
    const files = async () => {
      const names = (await readdir(dataDir)).sort();
      return Promise.all(names.map(async (name) => [name, await readFile(`${dataDir}/${name}`, "utf8")]));
    };
    const before = await files();
    for (const step of ["before writeFile", "halfway writeFile", "before rename"] as const) {
      fails = failAt("ENOSPC", step);
      await assert.rejects(start({ dataDir }), {
        message:
          /^The data folder .* cannot be used: ENOSPC.*What was stored in it is stored still.*Make room on its disk/,
      });
      assert.deepEqual(await files(), before, step);
    }
    fails = () => undefined;
    kms = await start({ dataDir });
    assert.equal(await description(), "stored");
  });

  it("fails requests while what time has done cannot be stored, and does it when it can", async () => {
    const other = await createKey(kms.client());
    for (const id of [other.KeyId, KeyId])
      await kms.client().send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    kms.waitDays(8);
    fails = failAt("ENOSPC", "before appendFile");
    const endsTheProcess = sinon.spy();
    process.on("unhandledRejection", endsTheProcess);
    assert.equal((await refusal(description())).name, "KMSInternalException");
    await setImmediate();
    process.off("unhandledRejection", endsTheProcess);
    sinon.assert.notCalled(endsTheProcess);
    fails = () => undefined;
    assert.equal((await refusal(description())).name, "NotFoundException");
  });

  it("is a fault of the server for the control endpoint too, and names no path", async () => {
    await kms.close();
    kms = await start({ dataDir, config: { control: true } });
    fails = failAt("ENOSPC", "halfway appendFile");
    const time = kms.time();
    const response = await fetch(`${kms.url}/_local-kms/clock`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"advance": "P1D"}',
    });
    const text = await response.text();
    assert.equal(response.status, 500);
    assert.match(text, /could not be stored \(ENOSPC\)/);
    assert.doesNotMatch(text, /somebody|keymgmt-test/);
    assert.ok(kms.time().getTime() - time.getTime() < 3_600_000);
  });
});
