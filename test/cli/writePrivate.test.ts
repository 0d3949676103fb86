import assert from "node:assert/strict";
import { type FileHandle, lstat, open, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sinon from "sinon";
import { writePrivate } from "../../cli/writePrivate";
import { temporaryFolder } from "../temporaryFolders";

describe("a file that the command writes", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const mode = async () => (await lstat(at("out"))).mode & 0o777;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => sinon.restore());

  it("has the mode 0600 before anything is in it", async () => {
    const handle = await open(at("any"), "w");
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const write = sinon.stub(prototype, "writeFile").callsFake(async function (this: FileHandle) {
      const { mode, size } = await this.stat();
      assert.deepEqual([mode & 0o777, size], [0o600, 0]);
    });
    const before = process.umask(0);
    try {
      await writePrivate(at("out"), "text", false);
    } finally {
      process.umask(before);
    }
    assert.ok(write.calledOnce);
    assert.equal(await mode(), 0o600);
  });

  it("takes no name that is taken, unless it may, and then not through a link", async () => {
    await writeFile(at("other"), "other");
    await symlink(at("other"), at("out"));
    await assert.rejects(writePrivate(at("out"), "text", false), { code: "EEXIST" });
    assert.deepEqual((await readdir(folder)).sort(), ["other", "out"]);
    await writePrivate(at("out"), "text", true);
    assert.equal(await readFile(at("out"), "utf8"), "text");
    assert.equal(await readFile(at("other"), "utf8"), "other");
    assert.equal(await mode(), 0o600);
    assert.deepEqual((await readdir(folder)).sort(), ["other", "out"]);
  });
});
