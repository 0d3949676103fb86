/** Another user of the machine on which keymgmt runs: reads what its mode lets them, and puts files where they may. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { chmod, chown, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sinon from "sinon";
import { exportKey } from "../../cli/export/command";
import type { LocalKms } from "../../local-kms/src/index";
import { exportOf, keymgmt } from "../cli/support";
import { temporaryFolder } from "../temporaryFolders";
import { localKms, Program } from "../world/program";

const PASSPHRASE = "correct horse battery staple";

describe("another user of the machine", function () {
  this.timeout(60_000);
  let local: LocalKms;
  let folder: string;
  let printed: sinon.SinonStub;
  const at = (name: string) => join(folder, name);
  const secret = async (name: string, text: string, mode: number) => {
    await writeFile(at(name), text);
    await chmod(at(name), mode);
    return pathToFileURL(at(name)).href;
  };
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
  const warningsOf = (text: string) =>
    text.split("\n").filter((line) => line.includes("others than its owner"));

  before(async function () {
    if (process.platform === "win32") this.skip(); // modes mean nothing there
    local = await localKms();
  });
  after(() => local?.close());
  beforeEach(async () => {
    folder = await temporaryFolder();
    printed = sinon.stub(console, "error");
  });
  afterEach(() => sinon.restore());

  it("reads no root key and no material without a warning, one for a run and file", async () => {
    const keystore = await secret("root", randomBytes(32).toString("hex"), 0o644);
    const material = await secret("material", randomBytes(32).toString("hex"), 0o600);
    await chmod(at("material"), 0o640);
    const program = new Program(local);
    await program.up({ key: { keystore, material } });
    const lines = printed.args.map(([line]) => String(line));
    assert.deepEqual(warningsOf(lines.join("\n")).sort(), [
      `keymgmt: others than its owner can read ${at("material")}, which holds a secret: its mode is 0640. Run: chmod 600 ${at("material")}`,
      `keymgmt: others than its owner can read ${at("root")}, which holds a secret: its mode is 0644. Run: chmod 600 ${at("root")}`,
    ]);
  });

  const stateFile = async () => {
    const program = new Program(local);
    await program.up({});
    await writeFile(at("state.json"), exportOf(program, true));
    return at("state.json");
  };

  it("reads no passphrase without a warning, behind a link too, and no backup, whatever the umask", async () => {
    const state = await stateFile();
    await secret("passphrase", PASSPHRASE, 0o604);
    await symlink(at("passphrase"), at("link"));
    await writeFile(at("umask.mjs"), "process.umask(0);");
    const passphrase = ["--passphrase", pathToFileURL(at("link")).href];
    const out = ["--out", at("orders.jwe"), "--key", "orders"];
    const ended = await keymgmt(["export", "--state", state, ...passphrase, ...out], {
      preload: at("umask.mjs"),
    });
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(warningsOf(ended.stderr).length, 1, ended.stderr);
    assert.ok(ended.stderr.includes(`${at("link")}, which holds a secret: its mode is 0604`));
    assert.equal(await modeOf(at("orders.jwe")), 0o600);
  });

  /** As write-file-atomic names a temporary file: by what anybody can know. */
  const foreseen = (path: string, call: number) => {
    const hash = createHash("sha1").update(require.resolve("write-file-atomic"));
    for (const part of [process.pid, 0, call]) hash.update(String(part));
    return `${path}.${hash.digest().readUInt32BE(0)}`;
  };

  it("has no backup written through a link that they put into a folder of everybody's", async () => {
    const state = await stateFile();
    const shared = at("shared");
    await mkdir(shared);
    const taken = at("taken");
    await writeFile(taken, "");
    await chmod(taken, 0o666);
    const out = join(shared, "orders.jwe");
    const links = Array.from({ length: 200 }, (_, call) => foreseen(out, call + 1));
    for (const link of links) await symlink(taken, link);
    sinon.stub(process.stderr, "write");
    await exportKey({ key: "orders", out, state: [state], passphrase: await secret("p", PASSPHRASE, 0o600) });
    sinon.restore();
    assert.equal(await readFile(taken, "utf8"), "");
    const written = await lstat(out);
    assert.ok(written.isFile(), "a link of theirs is in its place");
    assert.equal(written.mode & 0o777, 0o600);
    assert.deepEqual((await readdir(shared)).length, links.length + 1, "no other file is left");
  });

  it("does not own a backup that is written over a file of theirs", async function () {
    if (process.getuid?.() !== 0) this.skip(); // only root can make a file somebody else's
    const state = await stateFile();
    await writeFile(at("theirs.jwe"), "");
    await chown(at("theirs.jwe"), 4242, 4242);
    sinon.stub(process.stderr, "write");
    const passphrase = await secret("p", PASSPHRASE, 0o600);
    await exportKey({ key: "orders", out: at("theirs.jwe"), state: [state], passphrase, force: true });
    sinon.restore();
    const { uid, gid, mode } = await stat(at("theirs.jwe"));
    assert.deepEqual([uid, gid, mode & 0o777], [0, process.getgid!(), 0o600]);
  });

  it("reads no state of a local KMS, whatever the umask, nor a copy of one that everybody could read", async () => {
    const preload = `process.umask(0);
      const write = process.stdout.write.bind(process.stdout);
      process.stdout.write = (text, ...rest) => {
        if (String(text).includes("listening")) setImmediate(() => process.kill(process.pid, "SIGTERM"));
        return write(text, ...rest);
      };`;
    await writeFile(at("umask.mjs"), preload);
    const serve = () =>
      keymgmt(["local-kms", "--port", "0", "--data", at("data")], { preload: at("umask.mjs") });
    assert.match((await serve()).stdout, /listening/);
    assert.equal(await modeOf(at("data")), 0o700);
    const files = await readdir(at("data"));
    assert.ok(files.length >= 2, files.join());
    for (const name of files) await chmod(join(at("data"), name), 0o644);
    assert.match((await serve()).stdout, /listening/);
    for (const name of files) assert.equal(await modeOf(join(at("data"), name)), 0o600, name);
  });
});
