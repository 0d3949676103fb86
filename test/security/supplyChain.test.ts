/** What somebody who moves a tag, replaces a published file or serves another registry can put into what is installed or run. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { publishConfig, scripts } from "../../package.json";
import { checkout } from "../../tools/toolchain";
import { temporaryFolder } from "../temporaryFolders";

const read = (...path: string[]) => readFileSync(join(checkout, ...path), "utf8");

/** A wheel for each requirement, of its name and version, which holds something else. */
const PLANT = `
import sys, zipfile
folder, requirements = sys.argv[1:]
for line in requirements.splitlines():
    name, version = line.split()[0].split("==")
    name = name.replace("-", "_").replace(".", "_")
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(f"{folder}/{name.lower()}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", "planted = True\\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
`;

interface Locked {
  version: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  dev?: boolean;
  hasInstallScript?: boolean;
}

const locked = (...path: string[]) =>
  Object.entries(JSON.parse(read(...path)).packages as Record<string, Locked>).filter(
    ([place]) => place !== "" && !OWN.includes(place),
  );

/** The workspace of this repository, and npm's link to it. */
const OWN = ["local-kms", "node_modules/pulumi-keymgmt-local-kms"];

describe("what npm installs", () => {
  // An entry that says no address comes from the registry that npm is set to: not from a repository or a URL.
  for (const folder of ["", "tools/hsm"])
    it(`is pinned by SHA-512 and comes from a registry alone, by ${join(folder, "package-lock.json")}`, () => {
      for (const [place, { version, resolved, integrity, link }] of locked(folder, "package-lock.json")) {
        assert.equal(resolved, undefined, place);
        assert.match(version, /^\d+\.\d+\.\d+/, place);
        assert.match(integrity ?? "", /^sha512-[A-Za-z0-9+/]{86}==$/, place);
        assert.equal(link, undefined, place);
      }
    });

  it("runs no script of this package, and none of a dependency but one that only looks at a version", () => {
    for (const name of ["preinstall", "install", "postinstall", "prepare", "prepublish"])
      assert.ok(!(name in scripts), name);
    const withScripts = locked("package-lock.json")
      .filter(([, { dev, hasInstallScript }]) => hasInstallScript && !dev)
      .map(([place]) => place);
    assert.deepEqual(withScripts, ["node_modules/protobufjs"], "docs/dependencies.md says what it does");
    const script = read(withScripts[0]!, "scripts", "postinstall.js");
    assert.doesNotMatch(script, /child_process|https?:|\beval\b|write(File|v|FileSync)\b/);
  });

  it("runs no script at all where this repository is worked on", () => {
    const { allowScripts } = JSON.parse(read("package.json"));
    const withScripts = locked("package-lock.json").filter(([, { hasInstallScript }]) => hasInstallScript);
    assert.deepEqual(
      Object.entries(allowScripts),
      withScripts.map(([place]) => [place.replace("node_modules/", ""), false]),
    );
  });
});

describe("what pip installs", () => {
  const requirements = read("tools", "clients", "requirements.txt")
    .replaceAll("\\\n", " ")
    .trim()
    .split("\n");
  let folder: string;
  before(async () => {
    folder = await temporaryFolder();
  });

  it("is pinned by hashes, what is needed in turn too, and is built nowhere", () => {
    for (const line of requirements) assert.match(line, /^[\w.-]+==[\w.]+(\s+--hash=sha256:[0-9a-f]{64})+$/);
    assert.match(read("tools", "clients", "main.mjs"), /"--require-hashes",\n\s+"--only-binary=:all:",/);
  });

  it("is what requirements.in asks for, and what that needs", () => {
    const asked = read("tools", "clients", "requirements.in").match(/^\w.*$/gm)!;
    for (const line of asked)
      assert.ok(
        requirements.some((one) => one.startsWith(`${line} `)),
        line,
      );
  });

  it("is refused where the index gives another file of the same name and version", async function () {
    this.timeout(300_000);
    // Where there is no Python 3 the clients are not installed either.
    if ((await run("python3", ["-c", PLANT, folder, requirements.join("\n")])).code !== 0) this.skip();
    const { code, stdout, stderr } = await run(process.execPath, ["tools/clients/main.mjs"], {
      XDG_CACHE_HOME: folder,
      PIP_NO_INDEX: "1",
      PIP_FIND_LINKS: folder,
      PIP_CONFIG_FILE: "/dev/null",
    });
    assert.equal(code, 1, stdout);
    assert.match(stderr, /^clients: Got +[0-9a-f]{64}$/m); // the last line of what pip says of a hash
    assert.deepEqual(
      readdirSync(join(folder, "pulumi-keymgmt")).filter((name) => name.startsWith("clients-")),
      [],
    );
  });
});

describe("what a workflow runs", () => {
  const workflows = [".github", "examples/ci/.github"].flatMap((folder) =>
    readdirSync(join(checkout, folder, "workflows")).map((name) => join(folder, "workflows", name)),
  );
  /** Each version's commit, which is the same everywhere. */
  const commits = new Map<string, string>();

  for (const path of workflows)
    it(`is pinned by ${path}: actions by commit, the version in a comment; the machine, Node and pulumi by version`, () => {
      const text = read(path);
      for (const [line, action] of text.matchAll(/^.*\buses: *(\S*).*$/gm)) {
        const [, name, commit, version] =
          /uses: ([\w-]+\/[\w-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$/.exec(line) ?? [];
        assert.ok(name && commit && version, `${action} is not pinned`);
        assert.equal(commits.get(`${name} ${version}`) ?? commit, commit);
        commits.set(`${name} ${version}`, commit);
      }
      for (const [, machine] of text.matchAll(/runs-on: *(\S+)/g))
        assert.match(machine!, /^[a-z]+-\d+\.\d+$/);
      for (const [, version] of text.matchAll(/(?:node|pulumi)-version: *(\S+)/g))
        assert.match(version!, /^\d+\.\d+\.\d+$/);
      assert.equal(text.match(/uses: pulumi\/actions/g)?.length, text.match(/pulumi-version:/g)?.length);
      for (const [, command] of text.matchAll(/run: (npm (?:ci|install|publish).*)/g))
        assert.match(command!, / --ignore-scripts\b/);
    });
});

describe("what is published", () => {
  it("says which commit and workflow it was made from, or npm refuses: no machine with a token in its place", () => {
    assert.equal(publishConfig.provenance, true);
    const release = read(".github", "workflows", "release.yml");
    assert.match(release, /run: npm publish --provenance --ignore-scripts/);
    assert.match(release, /id-token: write/);
    assert.doesNotMatch(release, /secrets\.|_TOKEN|cache: npm/);
    assert.match(release, /run: npm audit signatures\n/);
  });
});

async function run(command: string, args: string[], env: Record<string, string> = {}) {
  const { execa } = await import("execa");
  const { exitCode, stdout, stderr } = await execa(command, args, { cwd: checkout, env, reject: false });
  return { code: exitCode, stdout, stderr };
}
